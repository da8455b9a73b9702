"""Every way to say which pixels matter to a unit, as a function of images; and two that ask no network."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import get_args

import numpy as np
from scipy.ndimage import gaussian_gradient_magnitude

from npdeconv._checks import random_generator
from npdeconv._types import Array, Generator, Pair, Rule
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential, Standardize
from npdeconv.parallel import Workers
from npdeconv.visualize.class_activation import class_activation_maps, tells_classes
from npdeconv.visualize.faithfulness import Explainer
from npdeconv.visualize.occluder import occluder_grid
from npdeconv.visualize.occlusion import occlude
from npdeconv.visualize.projection import project

CONTROLS = ("random", "edges")
"""The explainers that do not ask the network."""

EDGE_WIDTH = 1.0  # pixels: standard deviation of the Gaussian whose gradient finds edges


@finite_answers
def explainers(
    network: Sequential,
    layer: str,
    *,
    size: int | Pair | None = None,
    stride: int | Pair | None = None,
    rng: Generator | None = None,
    workers: Workers = None,
) -> Mapping[str, Explainer]:
    """Return all ways of this package to say which pixels matter to a layer's classes or maps, by name.

    Parameters
    ----------
    network : Sequential
    layer : str
        That of the logits for classes.
    size, stride : int or (height, width), optional
        Of the occluder, as for `occluder_grid`; but the stride is half the size unless given, since
        explanations are asked for many times.
    rng : numpy.random.Generator, optional
        Draws the random maps; seed 0 unless given.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    mapping from name to function of (images, feature_maps)
        The rules of `project`, by their names: the strongest unit's projection, signed (N, H, W, C). All
        others are (N, H, W). "occlusion": by how much the map's activity falls, as a mean over all
        gray squares that hide a pixel; 0 where none does, at a stride above the size. "class map", if
        the network has them and the layer is that of the logits. The controls "random", drawn anew
        each time, and "edges", the steepness of the image's brightness.

    Raises
    ------
    KeyError
        If the network has no such layer.

    Examples
    --------
    >>> net = nd.models.cam_net(input_shape=(28, 28, 1), rng=np.random.default_rng(0))
    >>> digits, every = nd.data.load_strokes(2), nd.visualize.explainers(net, "logits")
    >>> list(every)
    ['deconv', 'gradient', 'guided', 'linear', 'occlusion', 'class map', 'random', 'edges']
    >>> [every[name](digits.images, digits.labels).shape for name in ("deconv", "edges")]
    [(2, 28, 28, 1), (2, 28, 28)]
    """
    network[:layer]  # raises KeyError now rather than later
    rng = np.random.default_rng(0) if rng is None else random_generator(rng, "explainers")
    found: dict[str, Explainer] = {
        rule: partial(_project, network, layer, rule, workers) for rule in get_args(Rule)
    }
    found["occlusion"] = partial(_occlude, network, layer, size, stride, workers)
    if tells_classes(network, layer):
        found["class map"] = partial(_class_maps, network, workers)
    return MappingProxyType(found | {"random": partial(_random, rng), "edges": _edges})


def blank_pixel(network: Sequential) -> Array:
    """Return the color that is 0 behind a network's scaling of pixels: float64 (C,), or (1,) for black.

    That is the mean which a leading `npdeconv.layers.Standardize` subtracts.

    Examples
    --------
    >>> nd.visualize.blank_pixel(nd.models.deck_model4(rng=np.random.default_rng(0)))
    array([0.])
    """
    first = next(iter(network.layers.values()))
    return first.mean.copy() if isinstance(first, Standardize) else np.zeros(1)


def _project(
    network: Sequential, layer: str, rule: Rule, workers: Workers, images: Array, feature_maps: Array
) -> Array:
    return project(network, images, layer, feature_maps, rule=rule, workers=workers).pixels


def _class_maps(network: Sequential, workers: Workers, images: Array, feature_maps: Array) -> Array:
    labels = np.asarray(feature_maps)[:, np.newaxis]
    return class_activation_maps(network, images, labels=labels, workers=workers).upsampled[:, 0]


def _occlude(
    network: Sequential,
    layer: str,
    size: int | Pair | None,
    stride: int | Pair | None,
    workers: Workers,
    images: Array,
    feature_maps: Array,
) -> Array:
    size = occluder_grid(images.shape[1:], size).size
    stride = (max(1, size[0] // 2), max(1, size[1] // 2)) if stride is None else stride
    maps = np.zeros(images.shape[:3])
    for image, m, drops in zip(images, feature_maps, maps, strict=True):
        found = occlude(network, image, layer, int(m), label=0, size=size, stride=stride, workers=workers)
        hidden = np.zeros(drops.shape, np.int64)
        for (p, q), activity in np.ndenumerate(found.activity):
            row, column = found.rows[p], found.columns[q]
            box = np.s_[row : row + found.size[0], column : column + found.size[1]]
            drops[box] += found.clean_activity - activity
            hidden[box] += 1
        drops /= np.maximum(hidden, 1)
    return maps


def _random(rng: Generator, images: Array, feature_maps: Array) -> Array:
    return rng.random(images.shape[:3])


def _edges(images: Array, feature_maps: Array) -> Array:
    gray = images.mean(axis=3, dtype=np.float64) / (255 if images.dtype == np.uint8 else 1)
    return np.array([gaussian_gradient_magnitude(one, EDGE_WIDTH) for one in gray]).reshape(images.shape[:3])
