"""The IDX format, in which MNIST comes: a few big-endian numbers, then bytes.

A file starts with a magic number (2051: images, 2049: labels) and the length of each axis, all
four bytes long; one unsigned byte per pixel or label follows. The files come packed with gzip; whether
one is, its content tells.

Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*, file formats.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from npdeconv._types import Array

LARGEST = 2**30
"""Bytes that a file may promise; MNIST's largest has 47 million."""

DEFLATE_RATIO = 1032
"""How many bytes one packed byte can stand for at most (258 repeated bytes in 2 bits)."""

GZIP = b"\x1f\x8b"
"""How packed files begin."""


def read_images(path: Path) -> Array:
    """Read a file of images, packed or not, as uint8 (N, H, W, 1).

    Raises
    ------
    ValueError
        If the file is damaged, is none of images, or does not hold what its header promises.
    """
    return _read(path, magic=2051, axes=3)[..., np.newaxis]


def read_labels(path: Path, class_count: int) -> Array:
    """Read a file of labels, packed or not, as uint8 (N,).

    Raises
    ------
    ValueError
        As for images, and if a label is not below `class_count`.
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
            # One byte more than promised would be one too many; reading on to the end is also
            # what makes gzip compare its checksum.
            values = np.frombuffer(file.read(math.prod(shape) + 1), dtype=np.uint8)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: expected a complete gzip file, got a damaged one ({error})") from error
    if len(values) != math.prod(shape):
        got = f"only {len(values)}" if len(values) < math.prod(shape) else "more"
        raise ValueError(f"{path}: expected {math.prod(shape)} bytes after the header, got {got}")
    return values.reshape(shape)


def _parse_header(header: Array, magic: int, axes: int, possible: int, path: Path) -> tuple[int, ...]:
    """Return the promised shape, unless it cannot be true."""
    if len(header) != 4 + 4 * axes:
        raise ValueError(f"{path}: expected a header of {4 + 4 * axes} bytes, got {len(header)}")
    found, *shape = map(int, header.view(">u4"))
    if found != magic:
        raise ValueError(f"{path}: expected magic number {magic}, got {found}")
    promised = math.prod(shape)
    if not 0 < promised <= possible:
        raise ValueError(f"{path}: expected a header that promises 1 to {possible} bytes, got {tuple(shape)}")
    return tuple(shape)
