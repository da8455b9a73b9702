"""The IDX format of MNIST: a few big-endian numbers, then bytes.

A file starts with a magic number (2051: images, 2049: labels) and the length of each axis, all
four bytes long; one unsigned byte per pixel or label follows. Files may be packed with gzip, which
their first bytes show.

Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*, file formats.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from npdeconv._types import Array

LARGEST = 2**30
"""The most bytes that a header may declare; MNIST's largest file has 47 million."""

DEFLATE_RATIO = 1032
"""The most bytes that one packed byte can unpack to (258 repeated bytes in 2 bits)."""

GZIP = b"\x1f\x8b"
"""The first bytes of packed files."""


def read_images(path: Path) -> Array:
    """Read a file of images, packed or not, as uint8 (N, H, W, 1).

    Raises
    ------
    ValueError
        If the file is damaged, holds no images, or has another size than its header declares.
    """
    return _read(path, magic=2051, axes=3)[..., np.newaxis]


def read_labels(path: Path, class_count: int) -> Array:
    """Read a file of labels, packed or not, as uint8 (N,).

    Raises
    ------
    ValueError
        As in `read_images`, or if a label is not below `class_count`.
    """
    labels = _read(path, magic=2049, axes=1)
    wrong = np.flatnonzero(labels >= class_count)
    if wrong.size:
        at = wrong[0]
        raise ValueError(
            f"{path}: expected labels from 0 to {class_count - 1}, got {labels[at]} for image {at}"
        )
    return labels


def _read(path: Path, magic: int, axes: int) -> Array:
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP)) == GZIP
    largest = path.stat().st_size * (DEFLATE_RATIO if is_packed else 1)
    try:
        with gzip.open(path) if is_packed else path.open("rb") as file:
            header = np.frombuffer(file.read(4 + 4 * axes), dtype=np.uint8)
            shape = _parse_header(header, magic, axes, min(LARGEST, largest), path)
            # One more byte shows a file that is too long; at the end, gzip compares its checksum.
            values = np.frombuffer(file.read(math.prod(shape) + 1), dtype=np.uint8)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: expected a complete gzip file, got a damaged one ({error})") from error
    if len(values) != math.prod(shape):
        got = f"only {len(values)}" if len(values) < math.prod(shape) else "more"
        raise ValueError(f"{path}: expected {math.prod(shape)} bytes after the header, got {got}")
    return values.reshape(shape)


def _parse_header(header: Array, magic: int, axes: int, possible: int, path: Path) -> tuple[int, ...]:
    """Return the declared shape after checking that it is possible."""
    if len(header) != 4 + 4 * axes:
        raise ValueError(f"{path}: expected a header of {4 + 4 * axes} bytes, got {len(header)}")
    found, *shape = map(int, header.view(">u4"))
    if found != magic:
        raise ValueError(f"{path}: expected magic number {magic}, got {found}")
    promised = math.prod(shape)
    if not 0 < promised <= possible:
        raise ValueError(f"{path}: expected a header that declares 1 to {possible} bytes, got {tuple(shape)}")
    return tuple(shape)
