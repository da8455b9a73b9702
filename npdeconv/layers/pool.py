"""Max pooling and its inverse, unpooling."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import image_shape, kernel_input
from npdeconv._types import Array, Generator, Pair, Shape
from npdeconv.kernels.pooling import max_pool, unpool
from npdeconv.layers.base import LinearLayer
from npdeconv.layers.window import Padding, Window


class Pool2D(LinearLayer):
    """Pooling: a window slides over each channel by itself.

    Parameters
    ----------
    window : int or (int, int)
    stride : int or (int, int), optional
        The window's size unless given; windows overlap if the stride is smaller, as in AlexNet.
    padding : "valid", "same" or ((top, bottom), (left, right))
        With "valid", rows and columns at the end that fill no window are left out. Explicit
        padding must be smaller than the window.
    ceil_mode : bool
        With "valid" or explicit padding, let one more window hang over the end if rows or columns
        are left there, as in Caffe and PyTorch. It must begin inside the image or its padding before.
    """

    window: Window

    def __init__(
        self,
        window: int | Pair,
        *,
        stride: int | Pair | None = None,
        padding: Padding = "valid",
        ceil_mode: bool = False,
    ) -> None:
        stride = window if stride is None else stride
        self.window = Window.parse(window, stride, padding, self.kind, "window")
        self.window = self.window._replace(ceil=ceil_mode and padding != "same")
        if isinstance(self.window.padding, tuple):
            for size, margins in zip(self.window.size, self.window.padding, strict=True):
                if max(margins) >= size:
                    raise ValueError(
                        f"{self.kind}: padding must be smaller than the window {self.window.size},"
                        f" got {self.window.padding}"
                    )

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (OH, OW, C)."""
        channels = image_shape(input_shape, self.kind)[2]
        return (*self.window.place(input_shape, self.kind).out_shape, channels)

    def __repr__(self) -> str:
        size, stride, padding, _, ceil = self.window
        return f"{self.kind}({size}, stride={stride}, padding={padding!r}{', ceil_mode=True' * ceil})"


class MaxPool2D(Pool2D):
    """Keep the largest value of each window: (N, H, W, C) -> (N, OH, OW, C).

    Parameters
    ----------
    window, stride, padding, ceil_mode
        As of every `Pool2D`. Padding never wins.

    Notes
    -----
    With fixed switches, pooling is a linear selection of inputs; unpooling (arXiv:1311.2901,
    section 2.1) is its transpose, and so also its gradient. Ties go to the first in row-major
    order. Overlapping windows may share a winner: values that come down to it are summed.

    Examples
    --------
    >>> x = np.array([[1.0, 5, 2, 2], [3, 4, 0, 7], [0, 0, 6, 1], [0, 0, 1, 1]]).reshape(1, 4, 4, 1)
    >>> y, context = nd.layers.MaxPool2D(2).forward(x)
    >>> y[0, ..., 0]
    array([[5., 7.],
           [0., 6.]])
    >>> context.switches[0, ..., 0]  # row * width + column of each winner
    array([[ 1,  7],
           [ 8, 10]], dtype=int32)
    >>> nd.layers.MaxPool2D(2).deconv(y, context)[0, ..., 0]
    array([[0., 5., 0., 0.],
           [0., 0., 0., 7.],
           [0., 0., 6., 0.],
           [0., 0., 0., 0.]])
    """

    locality = "window"
    beyond = -np.inf
    pools = "maximum"

    class Context(NamedTuple):
        """The shape of the batch of inputs, and the winners' positions `h * W + w`, int32 (N, OH, OW, C)."""

        input_shape: Shape
        switches: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Pool, and keep the switches."""
        self.check_input(x)
        offset, out_shape = self.window.place(x.shape[1:], self.kind)
        y = np.empty((len(x), *out_shape, x.shape[3]), x.dtype)
        switches = np.empty(y.shape, np.int32)
        max_pool(kernel_input(x), self.window.size, self.window.stride, offset, y, switches)
        return y, self.Context(x.shape, switches)

    def _transpose(self, y: Array, context: Context) -> Array:
        _, height, width, channels = context.input_shape
        x = np.zeros((len(y), height * width, channels), y.dtype)
        unpool(kernel_input(y), kernel_input(context.switches), x)
        return x.reshape(context.input_shape)

    def centered(self, context: Context) -> Context:
        """Return the context with every winner replaced by the center of its window.

        This is unpooling without switches: each value goes to its window's center. The window is
        clipped to the image first; the center of an even window is the upper left of the middle four.
        """
        _, height, width, _ = context.input_shape
        size, stride = self.window.size, self.window.stride
        (top, left), (down, across) = self.window.place(context.input_shape[1:], self.kind)
        rows = _centers(down, size[0], stride[0], top, height)
        columns = _centers(across, size[1], stride[1], left, width)
        centers = rows[:, np.newaxis, np.newaxis] * width + columns[:, np.newaxis]  # (OH, OW, 1)
        return context._replace(switches=np.broadcast_to(centers, context.switches.shape))


def _centers(places: int, size: int, stride: int, offset: int, length: int) -> Array:
    """Return the middle position of each window along one axis, int32."""
    first = np.arange(places, dtype=np.int32) * stride - offset
    return (np.maximum(first, 0) + np.minimum(first + size, length) - 1) // 2
