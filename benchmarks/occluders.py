"""Occluded images, and the form in which Captum states what they did."""

from collections.abc import Iterator

import numpy as np

from npdeconv._types import Array, Shape

GRAY = 0.5


def occluded_rows(image: Array, size: int, stride: int) -> Iterator[Array]:
    """Yield copies of an image (H, W, C), the occluder at each column of one row of positions."""
    rows, columns = (range(0, side - size + 1, stride) for side in image.shape[:2])
    for row in rows:
        hidden = np.repeat(image[np.newaxis], len(columns), axis=0)
        for copy, column in zip(hidden, columns, strict=True):
            copy[row : row + size, column : column + size] = GRAY
        yield hidden


def attribution(drop: Array, shape: Shape, size: int, stride: int) -> Array:
    """Average over the positions that hide a pixel the drop (P, Q) that they cause: (H, W)."""
    total, count = np.zeros(shape[:2]), np.zeros(shape[:2])
    for p, q in np.ndindex(drop.shape):
        hidden = np.s_[p * stride : p * stride + size, q * stride : q * stride + size]
        total[hidden] += drop[p, q]
        count[hidden] += 1
    return total / np.maximum(count, 1)
