"""The part of an image that is enough to compute one unit, and to project it.

A unit depends on its receptive field and on nothing else, so a network can be given the field
instead of the image. For the unit not to notice, a piece is cut where poolings and strides fall
on the pixels as they do in the image, and where the field reaches beyond the image's edge, the
piece ends there too.
"""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Box, Pair, Shape
from npdeconv.layers import Sequential
from npdeconv.visualize.cone import is_local


class Crops(NamedTuple):
    """Pieces of images, all of one size, one for each of N units."""

    size: Pair
    corners: Array  # int (N, 2): row and column of the upper left corners
    positions: Array  # int (N, 2): of the units, in the maps that a piece gives


def crops_for(head: Sequential, input_shape: Shape, positions: Array) -> Crops:
    """Say which pieces of images of some shape are enough for units of a chain's last layer.

    Parameters
    ----------
    head : Sequential
    input_shape : (H, W, C)
    positions : int (N, 2)
        Row and column of each unit in its map.

    Returns
    -------
    Crops
        Whole images where units see as much, or may: where a layer is of an unknown kind.
    """
    if not all(map(is_local, head.layers.values())):
        return Crops((input_shape[0], input_shape[1]), np.zeros_like(positions), positions)
    first, second = (head.receptive_field(Box(n, n + 1, n, n + 1), input_shape) for n in (0, 1))
    height, top, row = _crop_axis(
        (first.top, first.bottom), second.top - first.top, input_shape[0], positions[:, 0]
    )
    width, left, column = _crop_axis(
        (first.left, first.right), second.left - first.left, input_shape[1], positions[:, 1]
    )
    return Crops((height, width), np.stack([top, left], axis=1), np.stack([row, column], axis=1))


def _crop_axis(field: Pair, step: int, length: int, positions: Array) -> tuple[int, Array, Array]:
    """Return size, corners and positions within, along one axis, from what the unit at 0 sees."""
    # Corners are multiples of all strides together, and what is left out at the end is, too.
    start = field[0] - field[0] % step
    size = field[1] - start
    size = min(size + (length - size) % step, length)
    corners = np.clip(start + positions * step, 0, length - size)
    return size, corners, positions - corners // step
