"""Maps that claim to explain a unit or a class, by several methods, each for a batch of images."""

from collections.abc import Callable
from functools import partial
from typing import get_args

import numpy as np

from npdeconv._types import Array, Rule
from npdeconv.anatomy.maps import as_maps, map_count
from npdeconv.anatomy.roles import answer_shape
from npdeconv.data import as_input
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards
from npdeconv.visualize import class_activation_maps, occlude, occluder_grid, project
from npdeconv.visualize.class_activation import tells_classes

RULES: tuple[Rule, ...] = get_args(Rule)
OCCLUSION, CLASS_MAP, IMAGE = "occlusion", "class map", "image"

Explain = Callable[[Sequential, Array, str, Array, Workers], Array]
"""(network, images, layer, one feature map of each image, workers) -> (N, h, w, c); zeros if silent."""


def usual_methods(network: Sequential, images: Array, layer: str) -> tuple[str, ...]:
    """Return the methods that can explain a layer: all rules, the others where they can, and the image."""
    shape = images.shape[1:]
    found: list[str] = list(RULES)
    if len(answer_shape(network, shape)) == 1:
        found.append(OCCLUSION)
        if tells_classes(network, layer) and map_count(network, layer, shape) > 1:
            found.append(CLASS_MAP)
    return (*found, IMAGE)


def explain(
    network: Sequential,
    images: Array,
    layer: str,
    feature_maps: Array,
    *,
    method: str,
    workers: Workers = None,
) -> Array:
    """Return a map (h, w, c) for each image: what the unit or class answers to, by a method.

    The map is blank where the unit is silent; that of the image itself never is.
    """
    return EXPLAIN[method](network, images, layer, feature_maps, workers)


def _projections(
    rule: Rule, network: Sequential, images: Array, layer: str, maps: Array, workers: Workers
) -> Array:
    return project(network, images, layer, maps, rule=rule, workers=workers).pixels


def _drops(network: Sequential, images: Array, layer: str, maps: Array, workers: Workers) -> Array:
    """Return by how much the map's activity drops where a part of the image is hidden."""
    return np.stack([_drop(network, *each, layer, workers) for each in zip(images, maps, strict=True)])


def _drop(network: Sequential, image: Array, feature_map: int, layer: str, workers: Workers) -> Array:
    size = occluder_grid(image.shape).size
    stride = max(1, size[0] // 2), max(1, size[1] // 2)
    seen = occlude(network, image, layer, int(feature_map), label=0, stride=stride, workers=workers)
    drop = (seen.clean_activity - seen.activity)[..., np.newaxis]
    return drop if seen.clean_activity else np.zeros_like(drop)


def _class_maps(network: Sequential, images: Array, layer: str, maps: Array, workers: Workers) -> Array:
    chosen = maps[:, np.newaxis]
    return class_activation_maps(network, images, labels=chosen, workers=workers).upsampled[:, 0, ..., None]


def _images(network: Sequential, images: Array, layer: str, maps: Array, workers: Workers) -> Array:
    return as_input(images, network.dtype)


EXPLAIN: dict[str, Explain] = {rule: partial(_projections, rule) for rule in RULES}
EXPLAIN |= {OCCLUSION: _drops, CLASS_MAP: _class_maps, IMAGE: _images}
METHODS = tuple(EXPLAIN)


def strongest_maps(network: Sequential, images: Array, layer: str, *, workers: Workers = None) -> Array:
    """Return the two maps of the layer with the largest activations, of each image, int (N, 2).

    The second is -1 if there is only one map.
    """
    return map_shards(partial(_strongest_shard, network[:layer]), images, workers=workers)


def _strongest_shard(head: Sequential, images: Array) -> Array:
    order = np.argsort(-as_maps(head(as_input(images, head.dtype))).max(axis=(1, 2)), axis=1, kind="stable")
    return np.pad(order[:, :2], ((0, 0), (0, max(2 - order.shape[1], 0))), constant_values=-1)
