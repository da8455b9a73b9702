"""Distances of features: of transformed images from the image itself, and of different images."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import Outputs
from npdeconv.anatomy.maps import map_shape
from npdeconv.data import as_input
from npdeconv.finite import must_be_finite
from npdeconv.layers import Sequential
from npdeconv.layers.softmax import softmax
from npdeconv.parallel import each_shard

MOST_COMPARED = 100  # images, and so 4,950 pairs of different ones
COMPARED_BYTES = 2**28  # of their features


@brief
class Scene(NamedTuple):
    """What all shards of work share.

    Attributes
    ----------
    outputs : Outputs, of the layers and of the one that classes are read from
    layers : tuple[str, ...], whose features are compared
    last : str, the layer that classes are read from; None without classes
    are_logits : bool, whether its outputs are no probabilities yet
    transform : callable, of one image, by `amount`
    """

    outputs: Outputs
    layers: tuple[str, ...]
    last: str | None
    are_logits: bool
    transform: Any


@brief
class Look(NamedTuple):
    """What one image becomes under A amounts of a transform, in L layers.

    Attributes
    ----------
    distance : float64 (L, A), of its features from those without the transform
    label : int, the class that is followed; meaningless without classes
    probability : (A,), of that class; empty without classes
    clean : float, the same without the transform
    """

    distance: Array
    label: int
    probability: Array
    clean: float


def look(scene: Scene, item: tuple[Array, int, Array]) -> Look:
    """Pass an image and its transforms through the network, and compare them.

    `item` is the image (H, W, C), its label, -1 for the predicted class, and the amounts.
    """
    pixels, label, amounts = item
    clean = as_input(pixels[np.newaxis], scene.outputs.dtype)
    batch = np.concatenate([clean, *(scene.transform(clean[0], amount=a)[np.newaxis] for a in amounts)])
    found, probability = {}, np.empty(0, scene.outputs.dtype)
    for name, maps in scene.outputs(batch):
        must_be_finite(maps)
        rows = maps.reshape(len(maps), -1)
        if name in scene.layers:
            found[name] = distances(rows[1:], rows[0])
        if name == scene.last:
            probabilities = softmax(rows) if scene.are_logits else rows
            label = int(probabilities[0].argmax()) if label < 0 else label
            probability = probabilities[:, label]
    distance = np.stack([found[name] for name in scene.layers])
    return Look(distance, label, probability[1:], float(probability[0]) if len(probability) else 0.0)


def distances(rows: Array, row: Array) -> Array:
    """Return the Euclidean distances of rows (A, D) from a row (D,), one after the other to save memory.

    Examples
    --------
    >>> from npdeconv.visualize.feature_distances import distances
    >>> distances(np.array([[3, 4], [0, 1]]), np.zeros(2))
    array([5., 1.])
    """
    gaps = (np.subtract(one, row, dtype=np.float64) for one in rows)
    return np.array([np.sqrt(np.square(gap, out=gap).sum()) for gap in gaps], np.float64)


def mean_between(scene: Scene, images: Array, parallel_map: Any) -> Array:
    """Return the mean distance (L,) between the features of different images."""
    parts: dict[str, list[Array]] = {name: [] for name in scene.layers}
    for _, found in each_shard(partial(_rows, scene), images, workers=parallel_map):
        for name, rows in found.items():
            parts[name].append(rows)
    means = []
    for name in scene.layers:
        rows = np.concatenate(parts[name])
        apart = parallel_map(partial(_distances_above, rows), range(len(rows) - 1))
        means.append(np.concatenate(list(apart)).mean())
    return np.array(means)


def evenly_spread(network: Sequential, images: Array, layers: Sequence[str]) -> Array:
    """Return which images are compared with one another, as many as fit into memory."""
    widths = [np.prod(map_shape(network, name, images.shape[1:])) for name in layers]
    fitting = int(COMPARED_BYTES // (sum(widths) * network.dtype.itemsize))
    count = max(2, min(len(images), MOST_COMPARED, fitting))
    return np.arange(count) * len(images) // count


def _rows(scene: Scene, images: Array) -> dict[str, Array]:
    """Return the features (N, D) of images in each layer."""
    return {name: maps.reshape(len(maps), -1) for name, maps in scene.outputs(images) if name in scene.layers}


def _distances_above(rows: Array, n: int) -> Array:
    return distances(rows[n + 1 :], rows[n])
