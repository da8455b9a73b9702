"""One step up a unit's gradient: what the unit says of an image, and which way up is."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from npdeconv._types import Array, Shape
from npdeconv.data import Preprocessing
from npdeconv.layers import ReLU, Sequential
from npdeconv.layers.sequential import Tape
from npdeconv.parallel import OrderedMap, shards
from npdeconv.visualize.projection import as_map_shape


class Tones(NamedTuple):
    """What black and white become for the network; between them lie the images."""

    black: Array  # (C,)
    span: Array  # (C,)
    preprocessing: Preprocessing | None

    @classmethod
    def of(cls, preprocessing: Preprocessing | None, shape: Shape, dtype: Any) -> "Tones":
        """Return the tones of images (H, W, C); 0 and 1 where nothing prepares them."""
        if preprocessing is None:
            return cls(np.zeros(1, dtype), np.ones(1, dtype), None)
        ends = np.empty((2, *shape), np.uint8)
        ends[0], ends[1] = 0, 255
        black, white = preprocessing.normalize(ends)[:, 0, 0].astype(dtype)
        return cls(black, white - black, preprocessing)

    def inputs(self, images: Array) -> Array:
        """Turn brightness from 0 to 1 into what the network takes."""
        return self.black + self.span * images

    def pixels(self, images: Array) -> Array:
        """Turn brightness from 0 to 1 into uint8 pixels."""
        if self.preprocessing is not None:
            return self.preprocessing.invert(self.inputs(images))
        return np.rint(255 * images).astype(np.uint8)


def look_at(
    head: Sequential, maps: Array, aim: Array, tones: Tones, parallel_map: OrderedMap, images: Array
) -> tuple[Array, Array]:
    """Return the units' activations (U,), and their gradients by the brightness of images (U, H, W, C)."""
    x = tones.inputs(images)
    work = [(x[cut], maps[cut]) for cut in shards(x)]
    values, gradients = zip(*parallel_map(partial(_look_shard, head, aim), work), strict=True)
    return np.concatenate(values), np.concatenate(gradients) * tones.span


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
        if isinstance(layer, ReLU):
            stopped = ~below.any(axis=tuple(range(1, below.ndim)))
            below[stopped] = dy[stopped]
        dy = below
    return dy


def direction(gradient: Array) -> Array:
    """Scale each gradient (U, H, W, C) until the mean of its squares is 1; leave zeros alone."""
    largest = np.abs(gradient).max(axis=(1, 2, 3), keepdims=True)  # squares of huge ones would overflow
    gradient = gradient / np.where(largest > 0, largest, 1)
    size = np.sqrt(np.square(gradient).mean(axis=(1, 2, 3), keepdims=True))
    return gradient / np.where(size > 0, size, 1)


def moved(images: Array, moves: Sequence[Array]) -> Array:
    """Move each image (H, W, C) by some rows and columns, around its edges."""
    return np.stack([np.roll(image, move, axis=(0, 1)) for image, move in zip(images, moves, strict=True)])
