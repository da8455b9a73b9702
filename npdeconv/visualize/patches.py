"""What do the images that excite a map most have in common? Their patches, beside their projections."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import image_batch
from npdeconv._types import Array, Box, Rule
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize.projection import as_map_shape, project
from npdeconv.visualize.strongest import Strongest

IMAGES_AT_ONCE = 64  # whole projections held in memory before they are cropped


class Patches(NamedTuple):
    """The k strongest of each of a layer's F maps, cropped to what the unit sees (PH, PW, C).

    Pixels beyond the image, and places without an image, are 0 and not `inside`.
    """

    images: Array  # (F, k, PH, PW, C), of the images' dtype
    projections: Array  # (F, k, PH, PW, C), signed and unscaled
    inside: Array  # bool (F, k, PH, PW)


def find_patches(
    network: Sequential,
    images: Array,
    found: Strongest,
    layer: str,
    *,
    rule: Rule = "deconv",
    workers: Workers = None,
) -> Patches:
    """Crop the strongest images of each map, and their projections, to the receptive field.

    This is what the paper's figure 2 shows (arXiv:1311.2901).

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        Those that were searched.
    found : Strongest
        The result of `find_strongest` for the layer.
    layer : str
    rule, workers
        As for `project`.

    Returns
    -------
    Patches
        PH and PW are the sides of the receptive field, at most those of the image.

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take, and a `found` that is another layer's.
    """
    image_batch(images, "find_patches")
    input_shape, head = images.shape[1:], network[:layer]
    maps_found, maps_there = len(found.images), as_map_shape(head.output_shape(input_shape))[2]
    if maps_found != maps_there:
        raise ValueError(
            f"find_patches: expected what was found for the {maps_there} maps of layer {layer!r},"
            f" got {maps_found} maps"
        )
    top, bottom, left, right = head.receptive_field(Box(0, 1, 0, 1), input_shape)
    size = min(bottom - top, input_shape[0]), min(right - left, input_shape[1])
    shape = (*found.images.shape, *size)
    patches = np.zeros((*shape, input_shape[2]), images.dtype)
    projections = np.zeros((*shape, input_shape[2]), network.dtype)
    inside = np.zeros(shape, bool)
    places = np.argwhere(found.images >= 0)
    for first in range(0, len(places), IMAGES_AT_ONCE):
        maps, ranks = places[first : first + IMAGES_AT_ONCE].T
        chosen = images[found.images[maps, ranks]]
        result = project(network, chosen, layer, maps, rule=rule, workers=workers)
        for n, place in enumerate(zip(maps, ranks, strict=True)):
            source, target = _overlap(result.box[n], size, input_shape)
            patches[place][target] = chosen[n][source]
            projections[place][target] = result.pixels[n][source]
            inside[place][target] = True
    return Patches(patches, projections, inside)


def _overlap(
    box: Array, size: tuple[int, int], input_shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the part of the image that lies in the box, and where it belongs in the patch."""
    source, target = [], []
    for start, patch, length in zip(box[::2].tolist(), size, input_shape, strict=False):
        first = 0 if patch == length else start  # a field as large as the image shows the image
        low, high = max(first, 0), min(first + patch, length)
        source.append(slice(low, high))
        target.append(slice(low - first, high - first))
    return (source[0], source[1]), (target[0], target[1])
