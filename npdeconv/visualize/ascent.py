"""One step up a unit's gradient: what the unit says of an image, and which way up is."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from npdeconv._types import Array
from npdeconv.finite import explain_outputs, is_finite
from npdeconv.layers import Sequential
from npdeconv.layers.sequential import Tape
from npdeconv.parallel import OrderedMap, shards
from npdeconv.visualize.projection import as_map_shape


def look_at(
    head: Sequential, maps: Array, aim: Array, parallel_map: OrderedMap, images: Array
) -> tuple[Array, Array]:
    """Return the units' activations (U,), and their gradients by images (U, H, W, C)."""
    work = [(images[cut], maps[cut]) for cut in shards(images)]
    values, gradients = zip(*parallel_map(partial(_look_shard, head, aim), work), strict=True)
    activations = np.concatenate(values)
    if not is_finite(activations):
        raise explain_outputs(head, images, "maximize_activation")
    return activations, np.concatenate(gradients)


def _look_shard(head: Sequential, aim: Array, work: tuple[Array, Array]) -> tuple[Array, Array]:
    x, maps = work
    y, tape = head.forward(x)
    activations, every = y.reshape(len(y), *as_map_shape(y.shape[1:])), np.arange(len(x))
    start = np.zeros_like(activations)
    start[every, :, :, maps] = aim
    values = (activations[every, :, :, maps] * aim).sum(axis=(1, 2), dtype=np.float64)
    return values, _gradient(head, start.reshape(y.shape), tape)


def _gradient(head: Sequential, dy: Array, tape: Tape) -> Array:
    """Carry a gradient down; a rectifier that would stop the whole of an image's stops nothing."""
    for layer, context in zip(reversed(list(head.layers.values())), reversed(tape), strict=True):
        below = layer.descend(dy, context, "gradient")
        if layer.rectifies:
            stopped = ~below.any(axis=tuple(range(1, below.ndim)))
            below[stopped] = dy[stopped]
        dy = below
    return dy


def direction(gradient: Array, seen: int) -> Array:
    """Scale each gradient (U, H, W, C) until its squares' mean over `seen` pixels is 1; leave zeros alone."""
    largest = np.abs(gradient).max(axis=(1, 2, 3), keepdims=True)  # squares of huge ones would overflow
    gradient = gradient / np.where(largest > 0, largest, 1)
    mean = np.square(gradient).sum(axis=(1, 2, 3), keepdims=True) / (seen * gradient.shape[3])
    size = np.sqrt(mean)
    return gradient / np.where(size > 0, size, 1)


def moved(images: Array, moves: Sequence[Array]) -> Array:
    """Move each image (H, W, C) by some rows and columns, around its edges."""
    return np.stack([np.roll(image, move, axis=(0, 1)) for image, move in zip(images, moves, strict=True)])
