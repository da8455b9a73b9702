"""Convolution."""

from collections.abc import Iterator, Mapping
from math import prod
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from npdeconv import initializers
from npdeconv._checks import batch_of, positive_int, random_generator
from npdeconv._types import Array, Box, Generator, Gradients, Pair, Shape
from npdeconv.kernels import convolution, winograd
from npdeconv.layers.base import LinearLayer, check_descent
from npdeconv.layers.window import Padding, Placement, Window

FEW_PLACES = 512  # transforming filters for Winograd's way takes as long as filtering directly so often


def fastest_algorithm(window: Window, channels: int, filters: int, places: int) -> ModuleType:
    """Choose by geometry between modules of `npdeconv.kernels` that all compute the same.

    Winograd's way saves three of four multiplications of a 3x3 convolution, but spends additions
    on every channel that enters and leaves and on every filter, which is much for a batch with
    few places to put filters at; and it works on 16 channels at a time.
    """
    is_small = window.size == (3, 3) and window.stride == (1, 1)
    is_worth_it = places > FEW_PLACES and winograd.is_suited(channels, filters)
    return winograd if is_small and is_worth_it else convolution


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
    groups : int
        Cuts the channels and the filters into as many equal shares; each share of the filters
        sees its share of the channels only. With 2, these are AlexNet's two towers.
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
        groups: int = 1,
        rng: Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.window = Window.parse(kernel_size, stride, padding, self.name, "kernel_size")
        channels = positive_int(in_channels, self.name, "in_channels")
        count = positive_int(filters, self.name, "filters")
        self.groups = positive_int(groups, self.name, "groups")
        if channels % self.groups or count % self.groups:
            raise ValueError(
                f"{self.name}: in_channels and filters must be multiples of groups ({self.groups}),"
                f" got {channels} and {count}"
            )
        shape = (*self.window.size, channels // self.groups, count)
        self.weight = initializers.he_normal(shape, random_generator(rng, self.name), dtype)
        self.bias = np.zeros(count, self.weight.dtype)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """`weight` (KH, KW, C / groups, F) and `bias` (F,)."""
        return {"weight": self.weight, "bias": self.bias}

    @property
    def in_channels(self) -> int:
        """C."""
        return self.weight.shape[2] * self.groups

    def algorithm(self, places: int) -> ModuleType:
        """Return the module that computes this layer fastest for a batch with so many output positions."""
        return fastest_algorithm(
            self.window, self.weight.shape[2], self.weight.shape[3] // self.groups, places
        )

    def place(self, x: Array) -> Placement:
        """Check a batch, and return where the filters stand on its images."""
        batch_of(x, self.weight.dtype, (None, None, self.in_channels), self.name)
        return self.window.place(x.shape[1:], self.name)

    def _shares(self) -> Iterator[tuple[slice, slice]]:
        """Yield the channels of each group, and its filters."""
        channels, filters = self.weight.shape[2], self.weight.shape[3] // self.groups
        for group in range(self.groups):
            yield _share(group, channels), _share(group, filters)

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Correlate, and keep x."""
        place = self.place(x)
        algorithm = self.algorithm(len(x) * prod(place.out_shape))
        y = [
            algorithm.convolve(
                x[..., channels], self.weight[..., filters], self.bias[filters], self.window.stride, *place
            )
            for channels, filters in self._shares()
        ]
        return _side_by_side(y), self.Context(x)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Return dx and the gradients of `weight` and `bias`."""
        return self._transpose(dy, context), self.gradients(dy, context)

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of `weight` and `bias` alone, which is all that a first layer needs."""
        offset, _ = self.window.place(context.x.shape[1:], self.name)
        shape = (*self.weight.shape[:3], self.weight.shape[3] // self.groups)
        algorithm = self.algorithm(prod(dy.shape[:3]))
        dweight = [
            algorithm.weight_gradient(
                context.x[..., channels], dy[..., filters], shape, self.window.stride, offset
            )
            for channels, filters in self._shares()
        ]
        return {"weight": _side_by_side(dweight), "bias": _sum_of_pixels(dy)}

    def _transpose(self, y: Array, context: Context) -> Array:
        input_shape = context.x.shape[1:]
        check_descent(y, (len(context.x), *self.output_shape(input_shape)), self.weight.dtype, self.name)
        offset, _ = self.window.place(input_shape, self.name)
        image: Pair = (input_shape[0], input_shape[1])
        algorithm = self.algorithm(prod(y.shape[:3]))
        x = [
            algorithm.convolve_transposed(
                y[..., filters], self.weight[..., filters], self.window.stride, offset, image
            )
            for _, filters in self._shares()
        ]
        return _side_by_side(x)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (OH, OW, F)."""
        place = self.window.place(input_shape, self.name)
        if input_shape[2] != self.in_channels:
            raise ValueError(f"{self.name}: expected {self.in_channels} input channels, got {input_shape[2]}")
        return (*place.out_shape, self.weight.shape[3])

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """The box under the filters."""
        return self.window.receptive_field(box, input_shape, self.name)

    def __repr__(self) -> str:
        size, filters = self.window.size, self.weight.shape[3]
        options = "" if self.window.stride == (1, 1) else f", stride={self.window.stride}"
        options += f", padding={self.window.padding!r}"
        options += "" if self.groups == 1 else f", groups={self.groups}"
        return f"Conv2D({self.in_channels}, {filters}, {size}{options})"


def _share(group: int, length: int) -> slice:
    return slice(group * length, (group + 1) * length)


def _sum_of_pixels(dy: Array) -> Array:
    """Sum over all but the last axis, as a matrix product: several times faster than `sum`."""
    pixels = dy.reshape(-1, dy.shape[-1])
    return np.ones(len(pixels), dy.dtype) @ pixels


def _side_by_side(parts: list[Array]) -> Array:
    """Join the groups' arrays along the last axis; a single one is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
