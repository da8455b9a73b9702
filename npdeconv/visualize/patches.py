"""Patches of the images that excite a map most, and their projections."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple, get_args

import numpy as np

from npdeconv._checks import image_batch, one_of
from npdeconv._repr import brief
from npdeconv._types import Array, Rule, Shape
from npdeconv.anatomy.maps import descent_start, fields, map_shape, patch_size, several_maps
from npdeconv.data import as_input
from npdeconv.fast.crops import crops_for, window
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool
from npdeconv.visualize.strongest import Strongest

SHARD_PIXELS = 2**14  # of the pieces that are projected at once


@brief
class Patches(NamedTuple):
    """The k strongest images of each of a layer's F maps, cropped to the receptive field (PH, PW, C).

    Pixels beyond the image, and places without an image, are 0 and not `inside`.

    Attributes
    ----------
    pixels : (F, k, PH, PW, C), of the images' dtype
    projections : (F, k, PH, PW, C), signed and unscaled
    inside : bool (F, k, PH, PW)

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu2"], k=3)["relu2"]
    >>> patches = nd.visualize.find_patches(net, images, "relu2", found=found, feature_maps=[0, 1])
    >>> patches.pixels.shape, patches.projections.shape
    ((2, 3, 5, 5, 1), (2, 3, 5, 5, 1))
    """

    pixels: Array
    projections: Array
    inside: Array


@finite_answers
def find_patches(
    network: Sequential,
    images: Array,
    layer: str,
    *,
    found: Strongest,
    feature_maps: Sequence[int] | Array | None = None,
    rule: Rule = "deconv",
    workers: Workers = None,
) -> Patches:
    """Crop the strongest images of each map, and their projections, to the receptive field.

    This is what the paper's figure 2 shows (arXiv:1311.2901).

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        The searched images.
    layer : str
    found : Strongest
        The result of `find_strongest` for the layer.
    feature_maps : sequence of int, optional
        F of the layer's maps; all unless given. Patches of all maps of a deep layer of a large network
        take gigabytes.
    rule, workers
        As for `project`.

    Returns
    -------
    Patches
        PH and PW are the sides of the receptive field, but at most those of the image.

    Raises
    ------
    KeyError
        If the network has no such layer.
    IndexError
        If the layer has no such map.
    TypeError, ValueError
        For images that the network can't take, unknown rules, and a `found` of another layer.

    Notes
    -----
    Only the units' receptive fields are passed up and down, see `npdeconv.fast.crops`. The projections
    are those of `project`, since an output depends on its patch alone.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu4"], k=3)["relu4"]
    >>> nd.visualize.find_patches(net, images, "relu4", found=found).pixels.shape  # 14x14 pixels each
    (64, 3, 14, 14, 1)
    """
    image_batch(images, "find_patches")
    one_of(rule, get_args(Rule), "find_patches", "rule")
    input_shape, head = images.shape[1:], network[:layer]
    wanted = wanted_maps(network, input_shape, layer, feature_maps, found=found, who="find_patches")
    size = patch_size(network, layer, input_shape)
    shape = (len(wanted), found.image_indices.shape[1], *size)
    patches = np.zeros((*shape, input_shape[2]), images.dtype)
    projections = np.zeros((*shape, input_shape[2]), network.dtype)
    inside = np.zeros(shape, bool)
    rows, ranks = np.nonzero(found.image_indices[wanted] >= 0)
    units = wanted[rows]
    numbers, positions = found.image_indices[units, ranks], found.positions[units, ranks]
    crops = crops_for(head, input_shape, positions)
    batches = list(crops.of_one_size(SHARD_PIXELS))
    work = ((crops.cut_out(images, numbers, n), units[n], crops.positions[n]) for n in batches)
    # The patch of a receptive field as large as the image is the image.
    first = np.where(np.equal(size, input_shape[:2]), 0, fields(head, input_shape, positions)[:, ::2])
    low = np.clip(first, 0, input_shape[:2])
    high = np.clip(first + size, low, input_shape[:2])  # empty if the field lies in the padding
    top_left = np.maximum(low, crops.corners)
    bottom_right = np.clip(high, top_left, np.maximum(crops.corners + crops.sizes, top_left))
    with pool(workers) as parallel_map:
        pixels = chain.from_iterable(parallel_map(partial(_project_units, head, rule), work))
        for n, projection in zip(chain.from_iterable(batches), pixels, strict=True):
            place, shown = (rows[n], ranks[n]), window(low[n] - first[n], high[n] - first[n])
            patches[place][shown] = images[numbers[n]][window(low[n], high[n])]
            inside[place][shown] = True
            source, target = (
                window(top_left[n] - corner, bottom_right[n] - corner)
                for corner in (crops.corners[n], first[n])
            )
            projections[place][target] = projection[source]
    return Patches(patches, projections, inside)


def wanted_maps(
    network: Sequential,
    input_shape: Shape,
    layer: str,
    feature_maps: Sequence[int] | Array | None,
    *,
    found: Strongest,
    who: str,
) -> Array:
    """Return the numbers of the wanted maps, all if none are named; check them and what was found."""
    shape, maps_found = map_shape(network, layer, input_shape), len(found.image_indices)
    count = shape[2]
    if maps_found != count:
        raise ValueError(
            f"{who}: expected what was found for the {count} maps of layer {layer!r}, got {maps_found} maps"
        )
    if feature_maps is None:
        return np.arange(count)
    return several_maps(feature_maps, shape, layer=layer, who=who)


def _project_units(head: Sequential, rule: Rule, work: tuple[Array, Array, Array]) -> Array:
    """Project the unit at a position of a map for each of some pieces of images."""
    pieces, maps, positions = work
    y, tape = head.forward(as_input(pieces, head.dtype))
    return head.descend(descent_start(y, maps, positions), tape, rule)
