"""The weights behind each feature map, as pictures."""

from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Shape
from npdeconv.anatomy.maps import as_map_shape, map_shape
from npdeconv.anatomy.roles import sources_of, weights_below
from npdeconv.layers import Sequential

GAP = 1  # pixels between the slices of a filter


@brief
class Filters(NamedTuple):
    """One filter per map of a layer: in color over pixels, else one slice per input map.

    Attributes
    ----------
    source : str, the layer that holds the weights
    reads : str, the layer whose maps are the filters' input, and those that it merges; empty: the pixels
    slices : int, pictures side by side
    size : Shape, height and width of one slice
    pixels : (F, H, W, C), signed and unscaled
    inside : bool (F, H, W), false in the gaps between slices
    """

    source: str
    reads: str
    slices: int
    size: Shape
    pixels: Array
    inside: Array


def find_filters(network: Sequential, layer: str, feature_maps: Array | None = None) -> Filters | None:
    """Return the filters that made a layer's maps: the nearest weights at or below the layer.

    A unit of a dense layer has a filter as large as its input maps. `feature_maps` limits the filters to
    those of some maps. None if no layer has weights, if the maps are made of those of several layers, or if
    the image itself is flattened.
    """
    source = weights_below(network, layer)
    if source is None:
        return None
    reads = next(iter(sources_of(network, source)), "")
    weight = network[source].parameters["weight"]
    if weight.ndim == 2:
        weight = weight.reshape(*_map_size(network, reads), -1, weight.shape[1])
    weight = weight if feature_maps is None else weight[..., feature_maps]
    kh, kw, channels, count = weight.shape
    if not reads and channels in (1, 3):
        pixels = np.moveaxis(weight, 3, 0)
        return Filters(source, reads, 1, (kh, kw), pixels, np.ones(pixels.shape[:3], bool))
    pixels, inside = _side_by_side(np.moveaxis(weight, (3, 2), (0, 1)))
    merged = sources_of(network, reads) if reads and network[reads].merges else ()
    named = f"{reads} ({', '.join(merged)})" if merged else reads
    return Filters(source, named, channels, (kh, kw), pixels, np.broadcast_to(inside, (count, *inside.shape)))


def _map_size(network: Sequential, reads: str) -> Shape:
    """Return height and width of a dense layer's input: those of the maps, or of the image."""
    shape = network.input_shape
    if shape is None:
        return (1, 1)
    return (map_shape(network, reads, shape) if reads else as_map_shape(shape))[:2]


def _side_by_side(slices: Array) -> tuple[Array, Array]:
    """Lay slices (F, C, KH, KW) out in rows; return pixels (F, H, W, 1) and where slices are (H, W)."""
    count, channels, height, width = slices.shape
    columns = int(np.ceil(np.sqrt(channels)))
    rows = -(-channels // columns)
    shape = rows * (height + GAP) - GAP, columns * (width + GAP) - GAP
    pixels, inside = np.zeros((count, *shape), slices.dtype), np.zeros(shape, bool)
    for c in range(channels):
        top, left = c // columns * (height + GAP), c % columns * (width + GAP)
        place = np.s_[top : top + height, left : left + width]
        pixels[:, *place] = slices[:, c]
        inside[place] = True
    return pixels[..., None], inside
