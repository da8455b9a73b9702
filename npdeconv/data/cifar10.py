"""CIFAR-10: 60000 color photographs of 32x32 pixels in ten classes (Krizhevsky 2009).

It comes in two versions. The binary one has records of a label byte and 3072 pixel bytes. The
Python one has pickled dictionaries of labels and rows of pixels. In both, an image is its red plane,
then its green, then its blue.

Source: A. Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009); the layout is
described on the page of the data set.
"""

import lzma
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from npdeconv._checks import one_of
from npdeconv._files import UnexpectedError, naming
from npdeconv._progress import progress_bar
from npdeconv._types import Array
from npdeconv._unpickling import NUMPY, PickledArray, restricted_load
from npdeconv.data.dataset import Dataset
from npdeconv.data.files import Source, fetch
from npdeconv.parallel import bars_are_wanted

SOURCE = Source(
    "cifar10",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    members="cifar-10-batches-bin",
)

BATCHES = {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)}
CLASSES = 10
PIXELS = 32 * 32 * 3
LARGEST = 10_000
"""The most images in a batch."""

LARGEST_PICKLE = 2**26
"""The most bytes of a batch of the Python version; the original ones have 31 million."""

XZ_MEMORY = 2**28
"""The most bytes that unpacking xz may take; the strongest compression needs 65 million."""


def load_cifar10(split: Literal["train", "test"]) -> Dataset:
    """Load CIFAR-10.

    Each batch is read from the first of these files: ``data_batch_1.bin`` of the binary version,
    ``data_batch_1.bin.xz``, the same packed, or ``data_batch_1`` of the Python version. The pickle of
    the latter is read without running its code.

    Parameters
    ----------
    split : "train" or "test"
        50000 or 10000 images.

    Returns
    -------
    Dataset
        Images (N, 32, 32, 3). ``batches.meta.txt`` (or ``batches.meta`` of the Python version) names
        the classes, such as airplane, automobile, bird.

    Raises
    ------
    FileNotFoundError
        If the folder is missing and could not be downloaded, or lacks a file. The message says what
        to put where.
    ValueError
        If a file is damaged or is another one.

    Examples
    --------
    >>> nd.data.load_cifar10("test")
    <Dataset 'cifar10 test': 9800 images of 32x32x3 in 10 classes>
    """
    one_of(split, BATCHES, "load_cifar10", "split")
    folder = fetch(SOURCE)
    classes = _read_classes(folder)
    names = BATCHES[split]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # lzma releases the GIL
        read = pool.map(partial(_read_batch, folder), names)
        bar = progress_bar(read, total=len(names), unit="batch", delay=2, shown=bars_are_wanted())
        parts = list(bar)
    planes = np.concatenate([pixels for _, pixels in parts]).reshape(-1, 3, 32, 32)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    labels = np.concatenate([labels for labels, _ in parts]).astype(np.int64)
    return Dataset(images, labels, classes, f"cifar10 {split}")


def _read_batch(folder: Path, name: str) -> tuple[Array, Array]:
    """Return the labels (n,) of a batch, and its pixels, uint8 (n, 3072)."""
    path = _first_of(folder, f"{name}.bin", f"{name}.bin.xz", name)
    if path.name == name:
        labels, pixels = _read_pickled_batch(path)
    else:
        labels, pixels = _read_records(path)
    if labels.size and not 0 <= labels.min() <= labels.max() < CLASSES:
        at = np.flatnonzero((labels < 0) | (labels >= CLASSES))[0]
        raise ValueError(f"{path}: expected labels from 0 to {CLASSES - 1}, got {labels[at]} for image {at}")
    return labels, pixels


def _first_of(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder}: expected a file {' or '.join(names)}, got a folder without any")


def _read_records(path: Path) -> tuple[Array, Array]:
    """Read a batch of the binary version."""
    size, most = 1 + PIXELS, LARGEST * (1 + PIXELS)
    with path.open("rb") as file:
        content = _unpack_xz(file, most, path) if path.suffix == ".xz" else file.read(most + 1)
    if not content or len(content) % size or len(content) > most:
        got = f"{len(content)} bytes" if len(content) <= most else "more"
        raise ValueError(f"{path}: expected 1 to {LARGEST} records of {size} bytes, got {got}")
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    return records[:, 0], records[:, 1:]


def _unpack_xz(file: BinaryIO, most: int, path: Path) -> bytes:
    """Return the content, or one byte more than `most` of it."""
    with naming(path, "whole xz file"):
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
        content = unpacker.decompress(file.read(most), most + 1)
        if len(content) <= most and not unpacker.eof:
            raise UnexpectedError("expected a whole xz file, got a part")
        if unpacker.unused_data:
            raise UnexpectedError("expected an xz file and nothing else, got more bytes after it")
    return content


def _read_pickled_batch(path: Path) -> tuple[Array, Array]:
    """Read a batch of the Python version."""
    batch = _unpickle(path, "a pickled batch of CIFAR-10")
    data, labels = batch.get("data"), batch.get("labels")
    pixels = data.array if isinstance(data, PickledArray) else np.empty(0)
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape[1] != PIXELS:
        raise ValueError(f"{path}: expected data of uint8 (N, {PIXELS}), got something else")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise ValueError(f"{path}: expected labels to be a list of integers, got something else")
    if not 0 < len(pixels) == len(labels) <= LARGEST:
        raise ValueError(
            f"{path}: expected as many labels as images, 1 to {LARGEST}, got {len(labels)} and {len(pixels)}"
        )
    if max(map(abs, labels)) > CLASSES:  # Python's integers may not fit into an array
        raise ValueError(f"{path}: expected labels from 0 to {CLASSES - 1}, got others")
    return np.array(labels), pixels


def _read_classes(folder: Path) -> tuple[str, ...]:
    path = _first_of(folder, "batches.meta.txt", "batches.meta")
    if path.suffix == ".txt":
        with path.open("rb") as file, naming(path, "list of class names"):
            listed: Any = [line for line in file.read(1000).decode("ascii").splitlines() if line.strip()]
    else:
        listed = _unpickle(path, "a pickled list of class names").get("label_names")
    # Counted before they are decoded: all of them may be the same long text.
    is_list = isinstance(listed, list) and len(listed) == CLASSES
    names = [_as_text(name) for name in listed] if is_list else []
    classes = {name.strip(): None for name in names if name is not None}  # a set in order
    if not len(classes) == len(names) == CLASSES:
        raise ValueError(f"{path}: expected the names of {CLASSES} classes, each once, got something else")
    return tuple(classes)


def _unpickle(path: Path, expected: str) -> dict[str, Any]:
    """Read a pickled dictionary with keys of text, as Python 2's strings or Python 3's bytes."""
    with path.open("rb") as file, naming(path, expected.removeprefix("a ")):
        if path.stat().st_size > LARGEST_PICKLE:
            raise UnexpectedError(f"expected at most {LARGEST_PICKLE} bytes, got {path.stat().st_size}")
        content = restricted_load(file, NUMPY)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected {expected}, got something else")
    return {text: value for key, value in content.items() if (text := _as_text(key)) is not None}


def _as_text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None
