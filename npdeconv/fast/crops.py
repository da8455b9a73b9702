"""The part of an image that is enough to compute one unit, and to project it.

A unit depends on its receptive field alone, so the field can replace the image as the network's
input. A piece is aligned so that strides and pooling windows fall on the same pixels as in the
image, and ends at the image's edge where the field reaches beyond it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Box, Shape
from npdeconv.fast.cone import is_local
from npdeconv.layers import Sequential
from npdeconv.parallel import slices


class Crops(NamedTuple):
    """Pieces of images, one for each of N units."""

    corners: Array  # int (N, 2): row and column of the upper left corners
    sizes: Array  # int (N, 2)
    positions: Array  # int (N, 2): of the units, in the maps that the pieces give

    def of_one_size(self, count: int) -> Iterator[Array]:
        """Yield groups of indices: pieces of one size, at most so many pixels together."""
        kinds, kind = np.unique(self.sizes, axis=0, return_inverse=True)
        for n, (height, width) in enumerate(kinds.tolist()):
            alike = np.flatnonzero(kind == n)
            for cut in slices(len(alike), max(1, count // (height * width))):
                yield alike[cut]

    def cut_out(self, images: Array, numbers: Array, some: Array) -> Array:
        """Return some of the pieces, all of one size, from the images with these numbers."""
        boxes = zip(numbers[some], self.corners[some], self.corners[some] + self.sizes[some], strict=True)
        return np.stack([images[number][window(low, high)] for number, low, high in boxes])


def window(low: Array, high: Array) -> tuple[slice, slice]:
    """Return the index of the rows and columns between two corners (2,)."""
    return slice(low[0], high[0]), slice(low[1], high[1])


def crops_for(head: Sequential, input_shape: Shape, positions: Array) -> Crops:
    """Return the pieces of images that are enough for units of a chain's last layer.

    Parameters
    ----------
    head : Sequential
    input_shape : (H, W, C)
    positions : int (N, 2)
        Row and column of each unit in its map.

    Returns
    -------
    Crops
        The whole image for a unit that sees all of it, and for all units above a layer without `locality`.
    """
    if not all(map(is_local, head.layers.values())):
        whole = np.broadcast_to(input_shape[:2], positions.shape)
        return Crops(np.zeros_like(positions), whole, positions)
    first, second = (head.receptive_field(Box(n, n + 1, n, n + 1), input_shape) for n in (0, 1))
    top, bottom, row = _crop_axis(
        positions[:, 0], first.top, first.bottom, second.top - first.top, input_shape[0]
    )
    left, right, column = _crop_axis(
        positions[:, 1], first.left, first.right, second.left - first.left, input_shape[1]
    )
    corners = np.stack([top, left], axis=1)
    sizes = np.stack([bottom, right], axis=1) - corners
    own = np.stack([row, column], axis=1)
    kinds, kind = np.unique(sizes, axis=0, return_inverse=True)
    fit = np.array([_fits(head, (*size, input_shape[2])) for size in kinds.tolist()])[kind.reshape(-1, 1)]
    return Crops(
        np.where(fit, corners, 0), np.where(fit, sizes, input_shape[:2]), np.where(fit, own, positions)
    )


def _fits(head: Sequential, piece_shape: Shape) -> bool:
    """Tell whether all layers' windows fit; they do not if a unit sees little but padding."""
    try:
        head.output_shape(piece_shape)
    except ValueError:
        return False
    return True


def _crop_axis(units: Array, start: int, stop: int, step: int, length: int) -> tuple[Array, Array, Array]:
    """Return where pieces begin and end along one axis, and the units' positions within.

    The unit at 0 sees the pixels from `start` up to `stop`; each next unit, `step` pixels further.
    """
    # The margin cut off on either side is a multiple of the product of all strides.
    last = (length - 1) // step * step
    low = np.clip(start - start % step + units * step, 0, last)
    high = np.clip(stop + units * step, low + 1, length)
    return low, high + (length - high) % step, units - low // step
