"""Which parts of an image speak for a class? Class activation maps: Zhou et al., arXiv:1512.04150."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from npdeconv._checks import check_indices, describe, image_batch, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array, Shape
from npdeconv.anatomy.maps import fields
from npdeconv.anatomy.roles import (
    AtPooling,
    answer_shape,
    at_pooling,
    below_softmax,
    logits_layer,
    two_classes,
)
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.inference import as_class
from npdeconv.layers import Sequential
from npdeconv.layers.softmax import softmax
from npdeconv.parallel import Workers, map_shards


@brief
class ClassActivationMaps(NamedTuple):
    """Maps of K classes for each of N images: the chosen classes, or the most likely first.

    Attributes
    ----------
    labels : int (N, K)
    probability : (N, K)
    logit : (N, K), with average pooling, the mean of the map plus the bias
    bias : (N, K), of the dense layer; 0 without one
    maps : (N, K, OH, OW), signed, as large as the last feature maps
    upsampled : (N, K, H, W), the maps at the size of the image

    Examples
    --------
    >>> net = nd.models.cam_net(rng=np.random.default_rng(0))
    >>> images = np.zeros((2, 32, 32, 3), np.uint8)
    >>> result = nd.visualize.class_activation_maps(net, images, k=3)
    >>> result.labels.shape, result.maps.shape, result.upsampled.shape
    ((2, 3), (2, 3, 8, 8), (2, 3, 32, 32))
    """

    labels: Array
    probability: Array
    logit: Array
    bias: Array
    maps: Array
    upsampled: Array


@finite_answers
def class_activation_maps(
    network: Sequential,
    images: Array,
    *,
    labels: Sequence[int | str] | Array | None = None,
    k: int = 5,
    workers: Workers = None,
) -> ClassActivationMaps:
    """Map how much each place of an image speaks for a class.

    Where global pooling stands between the last feature maps and the classes, each class's dense
    weights say how much each feature map speaks for it. The maps, weighted so and summed, are the
    class's map (arXiv:1512.04150, section 2, equation 2). Without a dense layer, the last feature
    maps are themselves the maps of the classes.

    Parameters
    ----------
    network : Sequential
        One that `has_class_maps`.
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    labels : sequence of K ints or names, or int (N, K), optional
        Numbers or names of the classes, for all images or for each; the most likely ones of each
        image unless given.
    k : int
        How many of the most likely classes.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    ClassActivationMaps

    Raises
    ------
    TypeError, ValueError
        If the network has no such maps, or can't take the images.
    IndexError, KeyError
        If there is no class of this number or name.

    Notes
    -----
    `upsampled` puts each unit at the center of its receptive field, and interpolates linearly between
    these centers. (The usual scaling of the map to the size of the image misplaces it by several pixels
    where convolutions have no padding.)

    Examples
    --------
    >>> net = nd.models.cam_net(input_shape=(40, 40, 1), rng=np.random.default_rng(0))
    >>> pictures = nd.data.plant(nd.data.load_strokes(2)).dataset
    >>> result = nd.visualize.class_activation_maps(net, pictures.images, labels=["4", "6"])
    >>> result.labels.tolist(), result.upsampled.shape
    ([[4, 6], [4, 6]], (2, 2, 40, 40))
    """
    parts = _split(network)
    image_batch(images, "class_activation_maps")
    shape = images.shape[1:]
    (count,) = answer_shape(network, shape)
    if isinstance(labels, list | tuple):
        labels = [as_class(network, count, wanted, "class_activation_maps") for wanted in labels]
    chosen = () if labels is None else (_checked_labels(labels, len(images), count),)
    k = min(positive_int(k, "class_activation_maps", "k"), count)
    rows, columns = _places(parts.body, shape, 0), _places(parts.body, shape, 1)
    task = partial(_map_shard, parts, k, rows, columns)
    return map_shards(task, images, *chosen, workers=workers)


def has_class_maps(network: Sequential) -> bool:
    """Tell whether a network ends in global pooling and at most one dense layer.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> [nd.visualize.has_class_maps(build(rng=rng)) for build in (nd.models.cam_net, nd.models.plotka)]
    [True, False]
    """
    return at_pooling(network) is not None


def tells_classes(network: Sequential, layer: str) -> bool:
    """Tell whether class maps explain a layer: each of its maps is the logit of the class of its number.

    The one output of a yes-or-no network is no such map, since it stands for two classes.
    """
    return has_class_maps(network) and layer == logits_layer(network) and two_classes(network) is network


def _split(network: Sequential) -> AtPooling:
    found = at_pooling(network)
    if found is None:
        ending = ", ".join(map(repr, list(below_softmax(network).layers)[-4:]))
        raise ValueError(
            "class_activation_maps: expected a network that ends in global pooling and at most one"
            f" dense layer, {network.name} ends in {ending}"
        )
    return found


def _checked_labels(labels: Sequence[int | str] | Array, images: int, count: int) -> Array:
    chosen = np.asarray(labels)
    if (
        chosen.dtype.kind not in "iu"
        or chosen.ndim not in (1, 2)
        or (chosen.ndim == 2 and len(chosen) != images)
    ):
        raise TypeError(
            "class_activation_maps: labels must be several integers, or several for each of"
            f" {images} images, got {describe(labels)}"
        )
    check_indices(chosen, count, "class_activation_maps", "there are the classes")
    return np.broadcast_to(chosen.astype(np.int64), (images, chosen.shape[-1]))


def _map_shard(
    parts: AtPooling, k: int, rows: Array, columns: Array, images: Array, labels: Array | None = None
) -> ClassActivationMaps:
    features = parts.body(as_input(images, parts.body.dtype))  # (N, OH, OW, D)
    logits = parts.above(features)
    if labels is None:
        labels = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    if parts.dense is None:
        maps = np.take_along_axis(features, labels[:, np.newaxis, np.newaxis], axis=3)
        bias = np.zeros(labels.shape, logits.dtype)
    else:
        weight = parts.dense.parameters["weight"][:, labels].swapaxes(0, 1)  # (N, D, K)
        maps = features @ weight[:, np.newaxis]
        bias = parts.dense.parameters["bias"][labels]
    maps = np.moveaxis(maps, 3, 1)
    return ClassActivationMaps(
        labels=labels,
        probability=np.take_along_axis(softmax(logits), labels, axis=1),
        logit=np.take_along_axis(logits, labels, axis=1),
        bias=bias,
        maps=maps,
        upsampled=(rows @ maps @ columns.T).astype(maps.dtype),
    )


def _places(body: Sequential, shape: Shape, axis: int) -> Array:
    """Return the weight of each unit along an axis of the maps at each pixel: (H, OH) or (W, OW)."""
    units = body.output_shape(shape)[axis]
    diagonal = np.repeat(np.arange(units)[:, np.newaxis], 2, axis=1)
    ends = fields(body, shape, diagonal)[:, 2 * axis : 2 * axis + 2]
    middles = (ends.sum(axis=1) - 1) / 2
    pixels = np.arange(shape[axis])
    return np.stack([np.interp(pixels, middles, unit) for unit in np.eye(units)], axis=1)
