"""Plain NumPy twins of `cut_pieces` and of `ranking`: slow, and easy to believe. Tests compare them."""

import numpy as np

from npdeconv._types import Array, Pair


def cut(clean: Array, boxes: Array, corners: Array, places: Array, beyond: float, size: Pair) -> Array:
    """Paste each box into a copy of the clean image, pad the copy generously, and slice it."""
    height, width = boxes.shape[1:3]
    margin = max(*clean.shape, *size, int(np.abs(places).max()))
    pieces = []
    for box, (row, column), place in zip(boxes, corners, places, strict=True):
        image = clean.copy()
        image[row : row + height, column : column + width] = box
        padded = np.pad(image, ((margin, 2 * margin),) * 2 + ((0, 0),), constant_values=beyond)
        top, left = place + margin
        pieces.append(padded[top : top + size[0], left : left + size[1]])
    return np.stack(pieces)


def strongest(values: Array, places: Array, k: int) -> tuple[Array, Array, Array]:
    """Sort all values (N, F), and return the k largest of each map, their numbers and places (F, k)."""
    best, numbers = np.full((values.shape[1], k), -np.inf), np.full((values.shape[1], k), -1)
    where = numbers.copy()
    for f, column in enumerate(values.T):
        candidates = np.flatnonzero(column > -np.inf)  # excludes NaN
        order = candidates[np.argsort(-column[candidates], kind="stable")][:k]
        best[f, : len(order)], numbers[f, : len(order)] = column[order], order
        where[f, : len(order)] = places[order, f]
    return best, numbers, where
