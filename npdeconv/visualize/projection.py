"""Feature maps projected back to pixels: the DeconvNet of Zeiler & Fergus (arXiv:1311.2901)."""

from collections.abc import Sequence
from functools import partial
from operator import index
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from npdeconv._checks import image_batch, one_image, one_of
from npdeconv._repr import brief
from npdeconv._types import Array, Box, Pair, Rule, Shape
from npdeconv.data import as_input
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool, shards

Select: TypeAlias = Literal["strongest", "map"] | Pair
"""Which of a map's activations go down: the largest, all of them, or the one at (h, w)."""


@brief
class Projection(NamedTuple):
    """Projections of one feature map per image.

    Attributes
    ----------
    pixels : (N, H, W, C), signed and unscaled; zeros where the map is silent
    activation : (N,), of the chosen unit; of the strongest, where a whole map was projected
    position : int (N, 2), that unit's row and column in its map
    box : int (N, 4), top, bottom, left, right of the pixels it depends on; may leave the image
    silent : bool (N,), the activation is not positive, so there is nothing to project
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

    All other activations of the layer are set to 0, and what is left is passed down: unpooled by
    the switches of each image's own pass, rectified, filtered with the transposed filters
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
        How to pass each ReLU on the way down, see `npdeconv.layers.ReLU`; by "deconv", also to pass
        normalizations as if they were not there. With "gradient", the result is the gradient of half
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
    """
    head = network[:layer]
    one_of(rule, get_args(Rule), "project", "rule")
    image_batch(images, "project")
    if head.input_shape is not None and images.shape[1:] != head.input_shape:
        raise ValueError(
            f"project: {network.name} expects images of shape {head.input_shape}, got {images.shape[1:]}"
        )
    shape = as_map_shape(head.output_shape(images.shape[1:]))
    maps = _checked_maps(feature_map, len(images), shape[2], layer)
    _check_select(select, shape, layer)
    task = partial(_project_shard, head, select, rule)
    with pool(workers) as parallel_map:
        parts = list(parallel_map(task, [(images[cut], maps[cut]) for cut in shards(images)]))
    if not parts:
        parts = [task((images, maps))]
    return Projection(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _project_shard(head: Sequential, select: Select, rule: Rule, work: tuple[Array, Array]) -> Projection:
    images, maps = work
    x = as_input(images, head.dtype)
    y, tape = head.forward(x)
    every = np.arange(len(x))
    activations = y.reshape(len(y), *as_map_shape(y.shape[1:]))  # (N, OH, OW, F)
    height, width = activations.shape[1:3]
    chosen = activations[every, :, :, maps]  # (N, OH, OW)
    if isinstance(select, str):
        row, column = np.divmod(chosen.reshape(len(x), height * width).argmax(axis=1), width)
    else:
        row, column = np.full(len(x), select[0]), np.full(len(x), select[1])
    position = np.stack([row, column], axis=1)
    if select == "map":
        start = np.zeros_like(activations)
        start[every, :, :, maps] = np.maximum(chosen, 0)
        boxes = [Box(0, height, 0, width)] * len(x)
    else:
        start = lone_units(y, maps, position)
        boxes = [Box(r, r + 1, c, c + 1) for r, c in position.tolist()]
    activation = chosen[every, row, column]
    fields = [head.receptive_field(box, x.shape[1:]) for box in boxes]
    return Projection(
        pixels=head.descend(start.reshape(y.shape), tape, rule),
        activation=activation,
        position=position,
        box=np.array(fields, dtype=np.int64).reshape(len(x), 4),
        silent=activation <= 0,
    )


def lone_units(y: Array, maps: Array, positions: Array) -> Array:
    """Keep one unit's activation for each of N images, unless it is negative; all others become 0.

    Parameters
    ----------
    y : (N, OH, OW, F) or (N, M)
    maps : int (N,)
    positions : int (N, 2)
    """
    kept = np.zeros((len(y), *as_map_shape(y.shape[1:])), y.dtype)
    unit = np.arange(len(y)), *positions.T, maps
    kept[unit] = np.maximum(y.reshape(kept.shape)[unit], 0)
    return kept.reshape(y.shape)


def as_map_shape(shape: Shape) -> tuple[int, int, int]:
    """Read the M outputs of a dense layer as M maps of one unit each."""
    if len(shape) == 1:
        return 1, 1, shape[0]
    height, width, maps = shape
    return height, width, maps


def maps_of(head: Sequential, image: Array, who: str) -> Array:
    """Return all maps (OH, OW, F) of a chain's last layer for one image (H, W, C)."""
    one_image(image, who)
    y = head(as_input(image[np.newaxis], head.dtype))
    must_be_finite(y)
    return y.reshape(as_map_shape(y.shape[1:]))


def _checked_maps(feature_map: int | Sequence[int] | Array, images: int, maps: int, layer: str) -> Array:
    chosen = np.asarray(feature_map)
    if not np.issubdtype(chosen.dtype, np.integer) and chosen.size:
        raise TypeError(f"project: feature_map must be an integer or one per image, got {feature_map!r}")
    if chosen.shape not in ((), (images,)):
        raise ValueError(f"project: expected one feature_map, or one per image ({images}), got {chosen.size}")
    wrong = chosen[(chosen < 0) | (chosen >= maps)]
    if wrong.size:
        raise IndexError(f"project: layer {layer!r} has the maps 0 to {maps - 1}, got {wrong.flat[0]}")
    return np.broadcast_to(chosen.astype(np.int64), images)


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
