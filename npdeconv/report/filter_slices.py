"""The weights behind each feature map, as pictures."""

from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Shape
from npdeconv.layers import Flatten, Sequential

GAP = 1  # pixels between the slices of a filter


@brief
class Filters(NamedTuple):
    """One filter per map of a layer: in color over pixels, else one slice per input map."""

    source: str  # the layer that holds the weights
    reads: str  # the layer below, whose maps are the filters' input; empty: the pixels
    slices: int  # pictures side by side
    size: Shape  # height and width of one slice
    pixels: Array  # (F, H, W, C): signed and unscaled
    inside: Array  # bool (F, H, W): False in the gaps between slices


def find_filters(network: Sequential, layer: str, maps: Array | None = None) -> Filters | None:
    """Return the filters that made a layer's maps: the nearest weights at or below the layer.

    A unit of a dense layer has a filter as large as its input maps. `maps` limits the filters to
    those of some maps. None if no layer has weights, or the image itself is flattened.
    """
    names = list(network.layers)
    upto = names[: names.index(layer) + 1]
    source = next((name for name in reversed(upto) if "weight" in network[name].parameters), None)
    if source is None:
        return None
    below = names[: names.index(source)]
    weight = network[source].parameters["weight"]
    if weight.ndim == 2:
        weight = weight.reshape(*_map_size(network, below), -1, weight.shape[1])
    weight = weight if maps is None else weight[..., maps]
    kh, kw, channels, count = weight.shape
    reads = next((name for name in reversed(below) if not isinstance(network[name], Flatten)), "")
    if not reads and channels in (1, 3):
        pixels = np.moveaxis(weight, 3, 0)
        return Filters(source, reads, 1, (kh, kw), pixels, np.ones(pixels.shape[:3], bool))
    pixels, inside = _side_by_side(np.moveaxis(weight, (3, 2), (0, 1)))
    return Filters(source, reads, channels, (kh, kw), pixels, np.broadcast_to(inside, (count, *inside.shape)))


def _map_size(network: Sequential, below: list[str]) -> Shape:
    """Return height and width of a dense layer's input: those of the maps if a `Flatten` is just below."""
    if network.input_shape is None or not below or not isinstance(network[below[-1]], Flatten):
        return (1, 1)
    shape = network.input_shape if len(below) == 1 else network[: below[-2]].output_shape(network.input_shape)
    return shape[:2] if len(shape) == 3 else (1, 1)


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
