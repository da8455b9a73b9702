"""Whole images beside the whole projection of a map, or of its strongest unit."""

from collections.abc import Sequence
from math import prod
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Shape
from npdeconv.anatomy.maps import map_shape
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.downscaling import PICTURE_SIDE, shrink
from npdeconv.visualize import Strongest, affordable_maps, most_active, top_images

Select: TypeAlias = Literal["strongest", "map"]

IMAGES = 5  # of each map, as in the published deck
LEAST = 8  # maps of each layer, however large the images are
PROJECTED = 4_000_000  # pixels of all projections: seconds for digits, a minute or two for photos
PIXELS = 2_500_000  # of the same, shrunk: in color 5 MB


@brief
class Whole(NamedTuple):
    """Whole projections of U maps of a layer, each over its K strongest images.

    Attributes
    ----------
    select : "strongest" or "map", what is projected
    feature_maps : int (U,), their numbers
    projections : (U, K, H, W, C), signed, unscaled, shrunk; 0 where there is no image
    """

    select: Select
    feature_maps: Array
    projections: Array


def whole_size(network: Sequential, input_shape: Shape, layers: Sequence[str]) -> tuple[int, int]:
    """Return how many maps of each layer are projected whole, and the longest side of their pictures."""
    shapes = [map_shape(network, layer, input_shape) for layer in layers]
    counts = [shape[2] for shape in shapes if shape[:2] != (1, 1)]
    most = max(LEAST, affordable_maps(counts, [IMAGES * prod(input_shape)] * len(counts), PROJECTED))
    pictures = IMAGES * sum(min(count, most) for count in counts)
    return most, min(int(np.sqrt(PIXELS / max(pictures, 1))), PICTURE_SIDE)


def find_whole(
    network: Sequential,
    images: Array,
    layer: str,
    *,
    found: Strongest,
    maps: Array,
    select: Select,
    size: tuple[int, int],
    workers: Workers,
) -> Whole | None:
    """Project the most active of some maps, whole; None if all are dead.

    None, too, where a map is one unit: its patch is the whole image.

    Parameters
    ----------
    network, images, layer, found, workers
        As for `npdeconv.visualize.top_images`.
    maps : int (F,)
        The maps to choose from.
    select : "strongest" or "map"
    size : (int, int)
        See `whole_size`.
    """
    if map_shape(network, layer, images.shape[1:])[:2] == (1, 1):
        return None
    most, side = size
    alive = np.intersect1d(maps, np.flatnonzero(found.firing))
    chosen = np.intersect1d(alive, most_active(found, most))
    if not len(chosen):
        return None
    few = found._replace(image_indices=found.image_indices[:, :IMAGES])
    result = top_images(
        network, images, layer, found=few, feature_maps=chosen, select=select, workers=workers
    )
    return Whole(select, chosen, shrink(result.projections, side))
