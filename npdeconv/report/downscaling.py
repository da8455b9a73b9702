"""Pictures made small enough for a page."""

from collections.abc import Sequence

import numpy as np

from npdeconv._types import Array, Pair, Shape
from npdeconv.anatomy import map_count, patch_size
from npdeconv.layers import Sequential
from npdeconv.visualize import Patches, affordable_maps

SIDE = 48  # pixels: larger patches are averaged down to at most this
PIXELS = 7_000_000  # of all patches and projections; in color, up to 1.9 bytes each: 13 MB
PICTURE_SIDE = 150  # pixels: the same limit for the few pictures that are shown large


def shrink(pictures: Array, side: int = SIDE) -> Array:
    """Average pictures (..., H, W, C) over square blocks of pixels until no side is longer than `side`.

    Blocks at the right and lower edge may be narrower.

    Examples
    --------
    >>> from npdeconv.report.downscaling import shrink
    >>> shrink(np.arange(6.0).reshape(2, 3, 1), side=2)[..., 0]
    array([[2. , 3.5]])
    """
    height, width = pictures.shape[-3:-1]
    block = -(-max(height, width) // side)
    if block == 1:
        return pictures
    floating = np.result_type(pictures.dtype, np.float32)
    means = pictures
    for axis, length in ((-3, height), (-2, width)):
        starts = np.arange(0, length, block)
        counts = np.diff(starts, append=length).astype(floating)
        sums = np.add.reduceat(means, starts, axis=axis, dtype=floating)
        means = sums / counts.reshape(-1, *(1,) * (-axis - 1))
    if pictures.dtype == np.uint8:
        means = np.round(means)
    return means.astype(pictures.dtype)


def shrunk_size(size: Pair, side: int = SIDE) -> Pair:
    """Return height and width of pictures of some size after `shrink`."""
    block = -(-max(size) // side)
    return -(-size[0] // block), -(-size[1] // block)


def shrink_patches(patches: Patches) -> Patches:
    """Shrink patches and projections alike; a block is inside if half of it is."""
    inside = shrink(patches.inside[..., None].astype(np.float32))[..., 0] >= 0.5
    return Patches(shrink(patches.pixels), shrink(patches.projections), inside)


def maps_that_fit(
    network: Sequential, input_shape: Shape, layers: Sequence[str], *, patches: int, stages: int
) -> int:
    """Return how many maps of each layer fit into a page, given the patches and stages of each map."""
    sizes = [shrunk_size(patch_size(network, layer, input_shape)) for layer in layers]
    pictures = 2 * patches + stages  # each patch has a projection
    counts = [map_count(network, layer, input_shape) for layer in layers]
    return affordable_maps(counts, [height * width * pictures for height, width in sizes], PIXELS)
