"""MNIST: 70000 handwritten digits (LeCun, Cortes & Burges 1998)."""

from pathlib import Path
from typing import Literal

import numpy as np

from npdeconv._checks import one_of
from npdeconv.data.dataset import Dataset
from npdeconv.data.files import Source, fetch
from npdeconv.data.idx import read_images, read_labels

CLASSES = tuple("0123456789")

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


def _source(file: str, sha256: str) -> Source:
    return Source(f"mnist/{file}", tuple(mirror + file for mirror in MIRRORS), sha256)


SOURCES = {
    "train": (
        _source(
            "train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        _source(
            "train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
    ),
    "test": (
        _source(
            "t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        _source(
            "t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    ),
}
"""The files of images and labels of each split, with the checksums of the originals."""


def load_mnist(split: Literal["train", "test"]) -> Dataset:
    """Load MNIST, white digits on black.

    The files may be packed or unpacked, under both common names: ``train-images-idx3-ubyte.gz``,
    ``train-images-idx3-ubyte`` and ``train-images.idx3-ubyte``.

    Parameters
    ----------
    split : "train" or "test"
        60000 or 10000 images.

    Returns
    -------
    Dataset
        Images (N, 28, 28, 1).

    Raises
    ------
    FileNotFoundError
        If a file is missing and could not be downloaded. The message says which file to put where.
    ValueError
        If a file is damaged or is another one, or the two files do not belong together.

    Examples
    --------
    >>> nd.data.load_mnist("test")
    <Dataset 'mnist test': 10000 images of 28x28x1 in 10 classes>
    """
    one_of(split, SOURCES, "load_mnist", "split")
    images_path, labels_path = map(_find_or_fetch, SOURCES[split])
    images = read_images(images_path)
    labels = read_labels(labels_path, len(CLASSES))
    if len(images) != len(labels):
        raise ValueError(
            f"{labels_path}: expected a label for each of the {len(images)} images in {images_path}, "
            f"got {len(labels)}"
        )
    return Dataset(images, labels.astype(np.int64), CLASSES, f"mnist {split}")


def _find_or_fetch(source: Source) -> Path:
    """Return the file, packed or not, under any of its common names."""
    packed = Path(source.path)
    dotted = packed.with_name(packed.stem.replace("-idx", ".idx"))
    return fetch(source, packed.with_suffix(""), dotted, dotted.with_name(f"{dotted.name}.gz"))
