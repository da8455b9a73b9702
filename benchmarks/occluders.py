"""Occluded images, and their effect in Captum's form."""

from collections.abc import Iterator

import numpy as np

from npdeconv._types import Array, Shape

GRAY = 0.5


def occluded_rows(image: Array, size: int, stride: int) -> Iterator[Array]:
    """Yield, for each row of positions, copies of an image (H, W, C) with the occluder at each column."""
    rows, columns = (range(0, side - size + 1, stride) for side in image.shape[:2])
    for row in rows:
        hidden = np.repeat(image[np.newaxis], len(columns), axis=0)
        for copy, column in zip(hidden, columns, strict=True):
            copy[row : row + size, column : column + size] = GRAY
        yield hidden


def attribution(drop: Array, shape: Shape, size: int, stride: int) -> Array:
    """Return for each pixel (H, W) the mean drop (P, Q) over the positions that hide it."""
    total, count = np.zeros(shape[:2]), np.zeros(shape[:2])
    for p, q in np.ndindex(drop.shape):
        hidden = np.s_[p * stride : p * stride + size, q * stride : q * stride + size]
        total[hidden] += drop[p, q]
        count[hidden] += 1
    return total / np.maximum(count, 1)
