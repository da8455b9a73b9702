"""Feature maps projected back to pixels: the DeconvNet of Zeiler & Fergus (arXiv:1311.2901)."""

from collections.abc import Sequence
from functools import partial
from operator import index
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from npdeconv._checks import image_batch, one_of
from npdeconv._repr import brief
from npdeconv._types import Array, Box, Pair, Rule, Shape
from npdeconv.anatomy.maps import as_maps, chosen_maps, descent_start, fields, map_shape
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards

Select: TypeAlias = Literal["strongest", "map"] | Pair
"""Which of a map's activations to project: the largest, all of them, or the one at (h, w)."""


@brief
class Projection(NamedTuple):
    """Projections of one feature map per image.

    Attributes
    ----------
    pixels : (N, H, W, C), signed and unscaled; zeros where the map is silent
    activation : (N,), of the chosen unit, or the strongest one if a whole map was projected
    position : int (N, 2), row and column of that unit in its map
    box : int (N, 4), top, bottom, left, right of the unit's receptive field; may leave the image
    silent : bool (N,), the activation is not positive, so there is nothing to project

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> result = nd.visualize.project(net, images, "relu4", feature_map=7)
    >>> result.pixels.shape, result.activation.shape, result.position.shape, result.box.shape
    ((3, 28, 28, 1), (3,), (3, 2), (3, 4))
    """

    pixels: Array
    activation: Array
    position: Array
    box: Array
    silent: Array


@finite_answers
def project(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    select: Select = "strongest",
    rule: Rule = "deconv",
    workers: Workers = None,
) -> Projection:
    """Project a feature map's activations down to the pixels that caused them.

    All other activations of the layer are set to 0, and the rest is passed down: unpooled by the
    switches of each image's own pass, rectified, and filtered with the transposed filters
    (arXiv:1311.2901, section 2.1).

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer : str
        Name of any layer of the network; after a ReLU, for maps as the paper shows them. A dense
        layer has one "map" of a single unit per output.
    feature_map : int or sequence of N ints
        Which map, counted from 0; the same for all images, or one for each.
    select : "strongest", "map" or (h, w)
        Which of the map's activations to keep. Negative ones are never projected.
    rule : "deconv", "gradient", "guided" or "linear"
        How to pass each ReLU on the way down, see `npdeconv.layers.ReLU`; "deconv" also skips
        normalizations. With "gradient", the result is the gradient of half
        the sum of the squared kept activations with respect to the pixels; for a single unit, divide
        by `activation` for the gradient of the unit itself.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    Projection

    Raises
    ------
    KeyError
        If the network has no such layer.
    IndexError
        If the layer has no such map, or the map no such position.
    TypeError, ValueError
        For images that the network can't take, and unknown rules.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> result = nd.visualize.project(net, images, "relu4", feature_map=7)
    >>> top, bottom, left, right = result.box[0].tolist()  # nothing outside of it can matter
    >>> outside = result.pixels[0].copy()
    >>> outside[max(top, 0) : bottom, max(left, 0) : right] = 0
    >>> bool(outside.any())
    False
    """
    head = network[:layer]
    one_of(rule, get_args(Rule), "project", "rule")
    image_batch(images, "project")
    if head.input_shape is not None and images.shape[1:] != head.input_shape:
        raise ValueError(
            f"project: {network.name} expects images of shape {head.input_shape}, got {images.shape[1:]}"
        )
    shape = map_shape(network, layer, images.shape[1:])
    maps = chosen_maps(feature_map, len(images), shape, layer=layer, who="project")
    _check_select(select, shape, layer)
    return map_shards(partial(_project_shard, head, select, rule), images, maps, workers=workers)


def _project_shard(head: Sequential, select: Select, rule: Rule, images: Array, maps: Array) -> Projection:
    x = as_input(images, head.dtype)
    y, tape = head.forward(x)
    every = np.arange(len(x))
    chosen = as_maps(y)[every, :, :, maps]  # (N, OH, OW)
    height, width = chosen.shape[1:]
    if isinstance(select, str):
        row, column = np.divmod(chosen.reshape(len(x), height * width).argmax(axis=1), width)
    else:
        row, column = np.full(len(x), select[0]), np.full(len(x), select[1])
    position = np.stack([row, column], axis=1)
    if select == "map":
        start = descent_start(y, maps)
        box = np.tile(head.receptive_field(Box(0, height, 0, width), x.shape[1:]), (len(x), 1))
    else:
        start = descent_start(y, maps, position)
        box = fields(head, x.shape[1:], position)
    activation = chosen[every, row, column]
    return Projection(
        pixels=head.descend(start, tape, rule),
        activation=activation,
        position=position,
        box=box,
        silent=activation <= 0,
    )


def _check_select(select: Select, shape: Shape, layer: str) -> None:
    if isinstance(select, str):
        one_of(select, ("strongest", "map", "(h, w)"), "project", "select")
        return
    try:
        row, column = map(index, select)
        inside = 0 <= row < shape[0] and 0 <= column < shape[1]
    except (TypeError, ValueError):
        raise TypeError(f"project: select must be 'strongest', 'map' or (h, w), got {select!r}") from None
    if not inside:
        raise IndexError(f"project: the maps of layer {layer!r} are {shape[0]}x{shape[1]}, got {select!r}")
