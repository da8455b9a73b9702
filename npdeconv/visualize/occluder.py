"""Occluders: their places on an image, and the pixels that they show instead of it."""

from collections.abc import Iterable
from operator import index
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from scipy.ndimage import gaussian_filter

from npdeconv._checks import describe, image_shape, one_image, one_of, positive_pair
from npdeconv._repr import brief
from npdeconv._types import Array, Box, Pair, Shape
from npdeconv.data import as_input
from npdeconv.inference import predict
from npdeconv.layers import Sequential

Fill: TypeAlias = Literal["gray", "mean", "black", "blur"]
"""What an occluder shows: mid-gray, the image's mean color, black, or the image itself, blurred.

Black is the background of MNIST and hides nothing there. Gray adds edges of its own; blurred pixels
add none, and keep the brightness.
"""


@brief
class OccluderGrid(NamedTuple):
    """The places of an occluder: every pair of a row and a column.

    Attributes
    ----------
    size : Pair, height and width of the occluder, in pixels
    rows : int (P,), of its upper edge
    columns : int (Q,), of its left edge

    Examples
    --------
    >>> grid = nd.visualize.occluder_grid((8, 8, 1), size=4, stride=2)
    >>> grid.rows.tolist(), grid.total
    ([0, 2, 4], 9)
    """

    size: Pair
    rows: Array
    columns: Array

    @property
    def total(self) -> int:
        """The number of places."""
        return len(self.rows) * len(self.columns)


def occluder_grid(
    shape: Shape,
    size: int | Pair | None = None,
    stride: int | Pair | None = None,
    *,
    corner: Pair | None = None,
) -> OccluderGrid:
    """Return all places at which an occluder lies wholly inside an image.

    Parameters
    ----------
    shape : (H, W, C)
    size : int or (height, width), optional
        In pixels; two sevenths of the image's shorter side unless given, 8 of 28.
    stride : int or (down, right), optional
        Pixels from one place to the next, beginning in the upper left corner; unless given,
        a 28th of the shorter side, and at least 1. The last step may be shorter, so that the last
        place is flush with the edge.
    corner : (row, column), optional
        The occluder's upper left corner, if it stands at one place only.

    Examples
    --------
    >>> nd.visualize.occluder_grid((28, 28, 1), size=8).total
    441
    """
    height, width, _ = image_shape(shape, "occlude")
    shorter = min(height, width)
    size = positive_pair(max(1, round(shorter * 2 / 7)) if size is None else size, "occlude", "size")
    down, right = positive_pair(max(1, shorter // 28) if stride is None else stride, "occlude", "stride")
    if size[0] > height or size[1] > width:
        raise ValueError(
            f"occlude: an occluder of {size[0]}x{size[1]} does not fit into an image of {height}x{width}"
        )
    if corner is None:
        return OccluderGrid(size, _starts(height - size[0], down), _starts(width - size[1], right))
    try:
        row, column = map(index, corner)
    except (TypeError, ValueError):
        raise TypeError(
            f"occlude: corner must be two integers (row, column), got {describe(corner)}"
        ) from None
    box = box_at(row, column, size)
    _check_inside(box, shape)
    return OccluderGrid(size, np.array([box.top]), np.array([box.left]))


def _starts(last: int, step: int) -> Array:
    """Return 0, step, 2 * step, ... and `last`, so that every pixel is hidden at some place."""
    return np.unique(np.append(np.arange(0, last, step), last))


def occlude_box(image: Array, box: Box, fill: Fill = "gray") -> Array:
    """Return a copy of an image (H, W, C) with one box (`npdeconv.visualize.Box`) hidden, see `Fill`.

    Examples
    --------
    >>> white = np.full((4, 4, 1), 255, np.uint8)
    >>> nd.visualize.occlude_box(white, nd.visualize.Box(top=0, bottom=2, left=1, right=4))[:, :, 0]
    array([[255, 128, 128, 128],
           [255, 128, 128, 128],
           [255, 255, 255, 255],
           [255, 255, 255, 255]], dtype=uint8)
    """
    check_image(image)
    if not isinstance(box, Box):
        raise TypeError(f"occlude: expected a Box (top, bottom, left, right), got {describe(box)}")
    _check_inside(box, image.shape)
    occluded = image.copy()
    cover(occluded, filled(image, fill, (box.bottom - box.top, box.right - box.left)), box)
    return occluded


@brief
class PlainOcclusion(NamedTuple):
    """A network's outputs for an image with each of B boxes hidden.

    Attributes
    ----------
    probability : (B,), of the class
    activity : float64 (B,), sum of the map's positive activations
    """

    probability: Array
    activity: Array


def occlude_plainly(
    network: Sequential,
    image: Array,
    layer: str,
    feature_map: int,
    *,
    label: int,
    boxes: Iterable[Box],
    fill: Fill,
) -> PlainOcclusion:
    """Pass every occluded image (H, W, C) whole, and ask for a class and a map.

    `occlude` gives the same faster; the tests compare it with this.
    """
    probabilities, activities = [], []
    for box in boxes:
        occluded = occlude_box(image, box, fill)[np.newaxis]
        probabilities.append(predict(network, occluded, workers=1)[0, label])
        maps = network[:layer](as_input(occluded, network.dtype))[..., feature_map]
        activities.append(np.maximum(maps, 0).sum(dtype=np.float64))
    return PlainOcclusion(np.array(probabilities), np.array(activities))


def filled(image: Array, fill: Fill, size: Pair) -> Array:
    """Return what an occluder of some size shows, wherever it is: an image like the given one (H, W, C)."""
    one_of(fill, get_args(Fill), "occlude", "fill")
    shown: Any = 0.0
    if fill == "gray":
        shown = 128.0 if image.dtype == np.uint8 else 0.5
    elif fill == "mean":
        shown = image.mean(axis=(0, 1), dtype=np.float64)
    elif fill == "blur":
        # A standard deviation of a quarter of the occluder makes smaller details unrecognizable.
        sigma = (size[0] / 4, size[1] / 4, 0)
        shown = gaussian_filter(image.astype(np.float64), sigma, mode="nearest")
    if image.dtype == np.uint8:
        shown = np.round(shown)
    return np.broadcast_to(np.asarray(shown, image.dtype), image.shape)


def cover(image: Array, filling: Array, box: Box) -> None:
    """Replace the pixels of a box of an image (H, W, C) by those of another, in place."""
    window = np.s_[box.top : box.bottom, box.left : box.right]
    image[window] = filling[window]


def box_at(row: int, column: int, size: Pair) -> Box:
    """Return the box of an occluder by its upper left corner."""
    return Box(int(row), int(row) + size[0], int(column), int(column) + size[1])


def check_image(image: Any) -> None:
    """Check that `image` is one image (H, W, C) of uint8 or floating pixels."""
    one_image(image, "occlude")
    if image.dtype != np.uint8 and image.dtype.kind != "f":
        raise TypeError(f"occlude: expected uint8 or floating pixels, got {image.dtype}")


def _check_inside(box: Box, shape: Shape) -> None:
    if not (0 <= box.top < box.bottom <= shape[0] and 0 <= box.left < box.right <= shape[1]):
        raise ValueError(
            f"occlude: expected an occluder inside the image of {shape[0]}x{shape[1]},"
            f" got rows {box.top} to {box.bottom - 1}, columns {box.left} to {box.right - 1}"
        )
