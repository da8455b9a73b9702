"""One step up a unit's gradient: the unit's activation, and the direction that raises it."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from npdeconv._types import Array
from npdeconv.anatomy.maps import as_maps, descent_start
from npdeconv.finite import explain_outputs, is_finite
from npdeconv.layers import Sequential
from npdeconv.parallel import OrderedMap, map_shards


def look_at(
    head: Sequential, maps: Array, aim: Array, parallel_map: OrderedMap, images: Array
) -> tuple[Array, Array]:
    """Return the units' activations (U,), and their gradients by images (U, H, W, C)."""
    task = partial(_look_shard, head, aim)
    activations, gradients = map_shards(task, images, maps, workers=parallel_map)
    if not is_finite(activations):
        raise explain_outputs(head, images, "maximize_activation")
    return activations, gradients


def _look_shard(head: Sequential, aim: Array, x: Array, maps: Array) -> tuple[Array, Array]:
    y, tape = head.forward(x)
    values = (as_maps(y)[np.arange(len(x)), :, :, maps] * aim).sum(axis=(1, 2), dtype=np.float64)
    return values, head.descend(descent_start(y, maps, values=aim), tape, "ascent")


def direction(gradient: Array, seen: int) -> Array:
    """Scale each gradient (U, H, W, C) until its squares' mean over `seen` pixels is 1; leave zeros alone."""
    largest = np.abs(gradient).max(axis=(1, 2, 3), keepdims=True)  # squares of huge ones would overflow
    gradient = gradient / np.where(largest > 0, largest, 1)
    mean = np.square(gradient).sum(axis=(1, 2, 3), keepdims=True) / (seen * gradient.shape[3])
    size = np.sqrt(mean)
    return gradient / np.where(size > 0, size, 1)


def moved(images: Array, moves: Sequence[Array]) -> Array:
    """Shift each image (H, W, C) by some rows and columns, cyclically."""
    return np.stack([np.roll(image, move, axis=(0, 1)) for image, move in zip(images, moves, strict=True)])
