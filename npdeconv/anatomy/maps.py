"""Layers as feature maps: their shape, their units' receptive fields, the start of a descent.

The M outputs of a dense layer are read as M maps of one unit each.
"""

from collections.abc import Sequence

import numpy as np

from npdeconv._checks import check_indices, describe, one_for_each, one_image
from npdeconv._types import Array, Box, Pair, Shape
from npdeconv.data import as_input
from npdeconv.finite import must_be_finite
from npdeconv.layers import Sequential


def as_map_shape(shape: Shape) -> tuple[int, int, int]:
    """Return (OH, OW, F) for the shape of one output: (M,) is (1, 1, M).

    Examples
    --------
    >>> from npdeconv.anatomy.maps import as_map_shape
    >>> as_map_shape((7, 5, 64)), as_map_shape((10,))
    ((7, 5, 64), (1, 1, 10))
    """
    if len(shape) == 1:
        return 1, 1, shape[0]
    height, width, maps = shape
    return height, width, maps


def as_maps(y: Array) -> Array:
    """Return outputs (N, OH, OW, F) or (N, M) as maps (N, OH, OW, F)."""
    return y.reshape(len(y), *as_map_shape(y.shape[1:]))


def map_shape(network: Sequential, layer: str, input_shape: Shape) -> tuple[int, int, int]:
    """Return (OH, OW, F) of a layer's maps for images (H, W, C)."""
    return as_map_shape(network[:layer].output_shape(input_shape))


def map_count(network: Sequential, layer: str, input_shape: Shape) -> int:
    """Return how many maps a layer has.

    Examples
    --------
    >>> nd.anatomy.map_count(nd.models.deck_model4(rng=np.random.default_rng(0)), "relu4", (28, 28, 1))
    64
    """
    return map_shape(network, layer, input_shape)[2]


def several_maps(feature_map: int | Sequence[int] | Array, shape: Shape, *, layer: str, who: str) -> Array:
    """Return the numbers of one map or several, int (M,), after checking that a layer (OH, OW, F) has them.

    Examples
    --------
    >>> from npdeconv.anatomy.maps import several_maps
    >>> several_maps([7, 3], (14, 14, 64), layer="relu4", who="find_patches")
    array([7, 3])
    """
    maps = np.atleast_1d(np.asarray(feature_map))
    if maps.dtype.kind not in "iu" or maps.ndim != 1:
        raise TypeError(f"{who}: feature_map must be an integer or several, got {describe(feature_map)}")
    check_indices(maps, shape[2], who, f"layer {layer!r} has the maps")
    return maps.astype(np.int64)


def chosen_maps(
    feature_map: int | Sequence[int] | Array, image_count: int, shape: Shape, *, layer: str, who: str
) -> Array:
    """Return the map of each image, int (N,), after checking that a layer (OH, OW, F) has them.

    Examples
    --------
    >>> from npdeconv.anatomy.maps import chosen_maps
    >>> chosen_maps(7, 3, (14, 14, 64), layer="relu4", who="project")
    array([7, 7, 7])
    """
    maps = one_for_each(feature_map, image_count, who, "feature_map")
    check_indices(maps, shape[2], who, f"layer {layer!r} has the maps")
    return maps


def maps_of(network: Sequential, image: Array, layer: str, *, who: str) -> Array:
    """Return all maps (OH, OW, F) of a layer for one image (H, W, C).

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For an image that the network can't take.
    """
    head = network[:layer]
    one_image(image, who)
    y = head(as_input(image[np.newaxis], head.dtype))
    must_be_finite(y)
    return as_maps(y)[0]


def fields(head: Sequential, input_shape: Shape, positions: Array) -> Array:
    """Return the receptive fields of units of a chain's last layer.

    Parameters
    ----------
    head : Sequential
    input_shape : (H, W, C)
    positions : int (N, 2)
        Row and column of each unit in its map.

    Returns
    -------
    int (N, 4)
        Top, bottom, left, right of the pixels that the unit depends on; they may leave the image.
    """
    every, unit = np.unique(positions, axis=0, return_inverse=True)
    boxes = [head.receptive_field(Box(h, h + 1, w, w + 1), input_shape) for h, w in every.tolist()]
    return np.array(boxes, np.int64).reshape(-1, 4)[unit.reshape(-1)]


def field_size(network: Sequential, layer: str, input_shape: Shape) -> Pair:
    """Return height and width of the receptive field of a layer's units, in pixels, padding included."""
    top, bottom, left, right = network[:layer].receptive_field(Box(0, 1, 0, 1), input_shape)
    return bottom - top, right - left


def patch_size(network: Sequential, layer: str, input_shape: Shape) -> Pair:
    """Return height and width of a layer's patches: the receptive field, but at most the image.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> [nd.anatomy.patch_size(net, layer, (28, 28, 1)) for layer in ("relu1", "relu2", "relu4", "logits")]
    [(3, 3), (5, 5), (14, 14), (28, 28)]
    """
    height, width = field_size(network, layer, input_shape)
    return min(height, input_shape[0]), min(width, input_shape[1])


def descent_start(
    y: Array, feature_maps: int | Array, positions: Array | None = None, values: float | Array | None = None
) -> Array:
    """Return the start of a descent: zeros like y, except one unit, or one map, of each image.

    Parameters
    ----------
    y : (N, OH, OW, F) or (N, M)
        A layer's outputs. Each class of a classifier's logits is a map.
    feature_maps : int or int (N,)
        The map of each image.
    positions : int (N, 2), optional
        Row and column of the one unit; the whole map unless given.
    values : number or array, optional
        The values to start with: one for each unit (N,), or for each place of a map (OH, OW). The
        positive values of y unless given.

    Examples
    --------
    >>> from npdeconv.anatomy.maps import descent_start
    >>> descent_start(np.array([[3.0, -1.0, 2.0], [4.0, 5.0, -6.0]]), np.array([0, 2]))
    array([[3., 0., 0.],
           [0., 0., 0.]])
    """
    activations = as_maps(y)
    places = np.s_[:, :] if positions is None else tuple(positions.T)
    chosen = (np.arange(len(y)), *places, feature_maps)
    start = np.zeros_like(activations)
    start[chosen] = np.maximum(activations[chosen], 0) if values is None else values
    return start.reshape(y.shape)
