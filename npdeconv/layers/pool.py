"""Max pooling and its inverse, unpooling."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import image_shape, kernel_input
from npdeconv._types import Array, Box, Generator, Gradients, Pair, Shape
from npdeconv.kernels.pooling import max_pool, unpool
from npdeconv.layers.base import LinearLayer, check_descent, check_floating
from npdeconv.layers.window import Padding, Window


class Pool2D(LinearLayer):
    """What poolings share: a window that slides over each channel by itself.

    Parameters
    ----------
    window : int or (int, int)
    stride : int or (int, int), optional
        The window's size unless given; a smaller stride makes windows overlap, as in AlexNet.
    padding : "valid", "same" or ((top, bottom), (left, right))
        With "valid", rows and columns at the end that fill no window are left out. Explicit
        padding must be smaller than the window.
    """

    def __init__(
        self, window: int | Pair, *, stride: int | Pair | None = None, padding: Padding = "valid"
    ) -> None:
        stride = window if stride is None else stride
        self.window = Window.parse(window, stride, padding, self.name, "window")
        if isinstance(self.window.padding, tuple):
            for size, margins in zip(self.window.size, self.window.padding, strict=True):
                if max(margins) >= size:
                    raise ValueError(
                        f"{self.name}: padding must be smaller than the window {self.window.size},"
                        f" got {self.window.padding}"
                    )

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (OH, OW, C)."""
        channels = image_shape(input_shape, self.name)[2]
        return (*self.window.place(input_shape, self.name).out_shape, channels)

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """The box under the windows."""
        return self.window.receptive_field(box, input_shape, self.name)

    def __repr__(self) -> str:
        size, stride, padding = self.window
        return f"{self.name}({size}, stride={stride}, padding={padding!r})"


class MaxPool2D(Pool2D):
    """Keep the largest value of each window: (N, H, W, C) -> (N, OH, OW, C).

    Parameters
    ----------
    window, stride, padding
        As of every `Pool2D`. Padding never wins.

    Notes
    -----
    With its switches held, pooling is a linear selection of inputs; unpooling (arXiv:1311.2901,
    section 2.1) is its transpose, and so also its gradient. Ties go to the first in row-major
    order. The paper's windows overlap; values that come down to the same winner are summed.
    """

    class Context(NamedTuple):
        """The winners' positions `h * W + w`, int32 (N, OH, OW, C), and the input's (H, W, C)."""

        switches: Array
        input_shape: Shape

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Pool, and keep the switches."""
        check_floating(x, self.name)
        offset, out_shape = self.window.place(x.shape[1:], self.name)
        y = np.empty((len(x), *out_shape, x.shape[3]), x.dtype)
        switches = np.empty(y.shape, np.int32)
        max_pool(kernel_input(x), self.window.size, self.window.stride, offset, y, switches)
        return y, self.Context(switches, x.shape[1:])

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Send each gradient to the winner."""
        return self._transpose(dy, context), {}

    def _transpose(self, y: Array, context: Context) -> Array:
        check_floating(y, self.name)
        check_descent(y, context.switches.shape, y.dtype, self.name)
        height, width, channels = context.input_shape
        x = np.zeros((len(y), height * width, channels), y.dtype)
        unpool(kernel_input(y), kernel_input(context.switches), x)
        return x.reshape(len(y), height, width, channels)

    def centered(self, context: Context) -> Context:
        """Return the context with every winner replaced by the center of its window.

        So unpools who has lost the switches. The center is that of the part of the window that
        lies in the image; of the four middle pixels of an even window, it is the upper left one.
        """
        height, width, _ = context.input_shape
        size, stride, _ = self.window
        (top, left), (down, across) = self.window.place(context.input_shape, self.name)
        rows = _centers(down, size[0], stride[0], top, height)
        columns = _centers(across, size[1], stride[1], left, width)
        centers = rows[:, np.newaxis, np.newaxis] * width + columns[:, np.newaxis]  # (OH, OW, 1)
        return context._replace(switches=np.broadcast_to(centers, context.switches.shape))


def _centers(places: int, size: int, stride: int, offset: int, length: int) -> Array:
    """Return the middle position of each window along one axis, int32."""
    first = np.arange(places, dtype=np.int32) * stride - offset
    return (np.maximum(first, 0) + np.minimum(first + size, length) - 1) // 2
