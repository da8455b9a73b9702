"""Maps that claim to explain a unit or a class, by several methods, each for a batch of images."""

from functools import partial
from typing import get_args

import numpy as np

from npdeconv._types import Array, Rule
from npdeconv.anatomy.maps import as_maps, map_count
from npdeconv.anatomy.roles import answer_shape
from npdeconv.data import as_input
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards
from npdeconv.visualize import explainers, occlude, occluder_grid
from npdeconv.visualize.class_activation import tells_classes

RULES: tuple[Rule, ...] = get_args(Rule)
OCCLUSION, CLASS_MAP, IMAGE = "occlusion", "class map", "image"
METHODS = (*RULES, OCCLUSION, CLASS_MAP, IMAGE)


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
    if method == IMAGE:
        return as_input(images, network.dtype)
    if method == OCCLUSION:
        pairs = zip(images, feature_maps.tolist(), strict=True)
        return np.stack([_drop(network, image, m, layer, workers) for image, m in pairs])
    maps = explainers(network, layer, workers=workers)[method](images, feature_maps)
    return maps if maps.ndim == 4 else maps[..., np.newaxis]


def _drop(network: Sequential, image: Array, feature_map: int, layer: str, workers: Workers) -> Array:
    """Return by how much the map's activity drops at each place of an occluder (P, Q, 1)."""
    size = occluder_grid(image.shape).size
    stride = max(1, size[0] // 2), max(1, size[1] // 2)
    seen = occlude(network, image, layer, feature_map, label=0, stride=stride, workers=workers)
    drop = (seen.clean_activity - seen.activity)[..., np.newaxis]
    return drop if seen.clean_activity else np.zeros_like(drop)


def strongest_maps(network: Sequential, images: Array, layer: str, *, workers: Workers = None) -> Array:
    """Return the two maps of the layer with the largest activations, of each image, int (N, 2).

    The second is -1 if there is only one map.
    """
    return map_shards(partial(_strongest_shard, network[:layer]), images, workers=workers)


def _strongest_shard(head: Sequential, images: Array) -> Array:
    order = np.argsort(-as_maps(head(as_input(images, head.dtype))).max(axis=(1, 2)), axis=1, kind="stable")
    return np.pad(order[:, :2], ((0, 0), (0, max(2 - order.shape[1], 0))), constant_values=-1)
