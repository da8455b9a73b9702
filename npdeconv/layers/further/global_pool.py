"""Pooling of whole maps to one value per channel."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import image_shape
from npdeconv._types import Array, Box, Generator, Shape
from npdeconv.layers.base import LinearLayer
from npdeconv.layers.pool import MaxPool2D


class GlobalPool(LinearLayer):
    """Shapes of global pooling."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (C,)."""
        height, width, channels = image_shape(input_shape, self.kind)
        if not height * width:
            raise ValueError(f"{self.kind}: expected at least one pixel, got a map of {height}x{width}")
        return (channels,)

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """The whole map."""
        return Box(0, input_shape[0], 0, input_shape[1])


class GlobalAveragePool(GlobalPool):
    """Average each map: (N, H, W, C) -> (N, C).

    Lin, Chen & Yan, "Network In Network" (arXiv:1312.4400), section 3.2. It makes class activation
    maps exact (Zhou et al., arXiv:1512.04150): a dense layer applied to the mean is the mean of the
    dense layer applied at each position. `deconv` and the gradient spread a value evenly.

    Examples
    --------
    >>> nd.layers.GlobalAveragePool()(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[3., 4.]])
    """

    pools = "mean"

    class Context(NamedTuple):
        """The shape of the batch of inputs."""

        input_shape: Shape

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Average."""
        self.check_input(x)
        return x.mean(axis=(1, 2)), self.Context(x.shape)

    def _transpose(self, y: Array, context: Context) -> Array:
        _, height, width, _ = context.input_shape
        return np.broadcast_to(y[:, None, None] / (height * width), context.input_shape).copy()


class GlobalMaxPool(GlobalPool):
    """Keep the largest value of each map: (N, H, W, C) -> (N, C).

    It is `MaxPool2D` with the map as its window: ties go to the first in row-major order, and a NaN
    wins over every number, so that it stays visible.

    Examples
    --------
    >>> nd.layers.GlobalMaxPool()(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[6., 7.]])
    """

    pools = "maximum"

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, MaxPool2D.Context]:
        """Pool, and keep the switches."""
        self.check_input(x)
        y, context = _over(x.shape).forward(x)
        return y[:, 0, 0], context

    def _transpose(self, y: Array, context: MaxPool2D.Context) -> Array:
        return _over(context.input_shape)._transpose(y[:, np.newaxis, np.newaxis], context)

    def centered(self, context: MaxPool2D.Context) -> MaxPool2D.Context:
        """Return the context with every winner replaced by the map's center, as `MaxPool2D.centered`."""
        return _over(context.input_shape).centered(context)


def _over(batch: Shape) -> MaxPool2D:
    """Return max pooling with the whole map as its window, for batches of a shape (N, H, W, C)."""
    _, height, width, _ = batch
    return MaxPool2D((height, width))
