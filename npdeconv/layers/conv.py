"""Convolution."""

from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from npdeconv import initializers
from npdeconv._checks import batch_of, positive_int, random_generator
from npdeconv._types import Array, Box, Generator, Gradients, Pair, Shape
from npdeconv.kernels import convolution, winograd
from npdeconv.kernels.winograd_transforms import LANES
from npdeconv.layers.base import LinearLayer, check_descent
from npdeconv.layers.window import Padding, Window


def fastest_algorithm(window: Window, channels: int, filters: int) -> ModuleType:
    """Choose by geometry between modules of `npdeconv.kernels` that all compute the same.

    Winograd's way saves three of four multiplications of a 3x3 convolution, but spends additions
    on every channel that enters and leaves, and works on 16 channels at a time.
    """
    is_small = window.size == (3, 3) and window.stride == (1, 1)
    fills_lanes = channels % LANES == 0 and filters % LANES == 0
    return winograd if is_small and fills_lanes else convolution


class Conv2D(LinearLayer):
    """Correlate images with filters and add a bias: (N, H, W, C) -> (N, OH, OW, F).

    Parameters
    ----------
    in_channels, filters : int
        C and F.
    kernel_size : int or (int, int)
        KH and KW.
    stride : int or (int, int)
    padding : "valid", "same" or ((top, bottom), (left, right))
        None; so much that OH = ceil(H / stride); or explicit. Always of zeros.
    rng : numpy.random.Generator
        Source of the initial filters, drawn by `npdeconv.initializers.he_normal`. Biases start at 0.
    dtype : float32 or float64

    Notes
    -----
    `deconv` filters with the transposed filters (arXiv:1311.2901, section 2.1: "flipping each
    filter vertically and horizontally") and adds no bias: it is the gradient's map.
    """

    class Context(NamedTuple):
        """The inputs, (N, H, W, C): the patches are made again from them, KH * KW times smaller."""

        x: Array

    def __init__(
        self,
        in_channels: int,
        filters: int,
        kernel_size: int | Pair,
        *,
        stride: int | Pair = 1,
        padding: Padding = "valid",
        rng: Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.window = Window.parse(kernel_size, stride, padding, self.name, "kernel_size")
        channels = positive_int(in_channels, self.name, "in_channels")
        count = positive_int(filters, self.name, "filters")
        generator = random_generator(rng, self.name)
        self.weight = initializers.he_normal((*self.window.size, channels, count), generator, dtype)
        self.bias = np.zeros(count, self.weight.dtype)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """`weight` (KH, KW, C, F) and `bias` (F,)."""
        return {"weight": self.weight, "bias": self.bias}

    @property
    def _algorithm(self) -> ModuleType:
        return fastest_algorithm(self.window, *self.weight.shape[2:])

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Correlate, and keep x."""
        batch_of(x, self.weight.dtype, (None, None, self.weight.shape[2]), self.name)
        place = self.window.place(x.shape[1:], self.name)
        y = self._algorithm.convolve(x, self.weight, self.bias, self.window.stride, *place)
        return y, self.Context(x)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Return dx and the gradients of `weight` and `bias`."""
        dx = self._transpose(dy, context)
        offset, _ = self.window.place(context.x.shape[1:], self.name)
        dweight = self._algorithm.weight_gradient(
            context.x, dy, self.weight.shape, self.window.stride, offset
        )
        return dx, {"weight": dweight, "bias": dy.sum(axis=(0, 1, 2))}

    def _transpose(self, y: Array, context: Context) -> Array:
        input_shape = context.x.shape[1:]
        check_descent(y, (len(context.x), *self.output_shape(input_shape)), self.weight.dtype, self.name)
        offset, _ = self.window.place(input_shape, self.name)
        image: Pair = (input_shape[0], input_shape[1])
        return self._algorithm.convolve_transposed(y, self.weight, self.window.stride, offset, image)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (OH, OW, F)."""
        place = self.window.place(input_shape, self.name)
        channels, filters = self.weight.shape[2:]
        if input_shape[2] != channels:
            raise ValueError(f"{self.name}: expected {channels} input channels, got {input_shape[2]}")
        return (*place.out_shape, filters)

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """The box under the filters."""
        return self.window.receptive_field(box, input_shape, self.name)

    def __repr__(self) -> str:
        kh, kw, channels, filters = self.weight.shape
        options = "" if self.window.stride == (1, 1) else f", stride={self.window.stride}"
        return f"Conv2D({channels}, {filters}, {(kh, kw)}{options}, padding={self.window.padding!r})"
