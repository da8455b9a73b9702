"""Convolution."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from npdeconv import initializers
from npdeconv._checks import batch_of, positive_int, random_generator
from npdeconv._types import Array, Generator, Gradients, Pair, Shape
from npdeconv.kernels.convolution import convolve, convolve_transposed, weight_gradient
from npdeconv.kernels.product import column_sums
from npdeconv.layers.base import LinearLayer
from npdeconv.layers.window import Padding, Placement, Window


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
        No padding; as much as gives OH = ceil(H / stride); or explicit. Padding is zeros.
    dilation : int or (int, int)
        Distance between neighboring weights of a filter, in pixels; 1 for a dense filter.
    groups : int
        Number of equal groups of channels and filters; each group of filters sees its group of
        channels only. With 2, these are AlexNet's two towers.
    rng : numpy.random.Generator
        Source of the initial filters, drawn by `npdeconv.initializers.he_normal`. Biases start at 0.
    dtype : float32 or float64

    Notes
    -----
    An output depends on its patch alone: every sum runs in the same order, in float64, and is
    rounded once. Equal patches give equal outputs, and a patch of zeros gives exactly the bias.

    `deconv` filters with the transposed filters (arXiv:1311.2901, section 2.1: "flipping each
    filter vertically and horizontally") and adds no bias: it is the gradient's map.

    Examples
    --------
    >>> conv = nd.layers.Conv2D(1, 1, 2, rng=np.random.default_rng(0), dtype=np.float64)
    >>> conv.weight[..., 0, 0] = [[1, 2], [3, 4]]
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> y, context = conv.forward(x)
    >>> y[0, ..., 0]
    array([[27., 37.],
           [57., 67.]])
    >>> conv.deconv(y, context)[0, ..., 0]
    array([[ 27.,  91.,  74.],
           [138., 400., 282.],
           [171., 429., 268.]])
    """

    locality = "window"
    window: Window
    beyond = 0.0

    class Context(NamedTuple):
        """The inputs, (N, H, W, C), KH * KW times smaller than the patches, which are made again."""

        x: Array

    def __init__(
        self,
        in_channels: int,
        filters: int,
        kernel_size: int | Pair,
        *,
        stride: int | Pair = 1,
        padding: Padding = "valid",
        dilation: int | Pair = 1,
        groups: int = 1,
        rng: Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.window = Window.parse(kernel_size, stride, padding, self.kind, "kernel_size", dilation)
        channels = positive_int(in_channels, self.kind, "in_channels")
        count = positive_int(filters, self.kind, "filters")
        self.groups = positive_int(groups, self.kind, "groups")
        if channels % self.groups or count % self.groups:
            raise ValueError(
                f"{self.kind}: in_channels and filters must be multiples of groups ({self.groups}),"
                f" got {channels} and {count}"
            )
        shape = (*self.window.size, channels // self.groups, count)
        self.weight = initializers.he_normal(shape, random_generator(rng, self.kind), dtype)
        self.bias = np.zeros(count, self.weight.dtype)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """`weight` (KH, KW, C / groups, F) and `bias` (F,)."""
        return {"weight": self.weight, "bias": self.bias}

    @property
    def in_channels(self) -> int:
        """C."""
        return self.weight.shape[2] * self.groups

    def place(self, x: Array) -> Placement:
        """Check a batch, and return where the filters stand on its images."""
        batch_of(x, self.weight.dtype, (None, None, self.in_channels), self.kind)
        return self.window.place(x.shape[1:], self.kind)

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Correlate, and keep x."""
        place = self.place(x)
        y = convolve(x, self.weight, self.bias, self.window.stride, *place, self.groups, self.window.dilation)
        return y, self.Context(x)

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of `weight` and `bias`."""
        offset, _ = self.window.place(context.x.shape[1:], self.kind)
        place = self.window.stride, offset, self.groups, self.window.dilation
        dbias = column_sums(dy.reshape(-1, dy.shape[3])).astype(dy.dtype)
        return {"weight": weight_gradient(context.x, dy, self.weight.shape, *place), "bias": dbias}

    def _transpose(self, y: Array, context: Context) -> Array:
        input_shape = context.x.shape[1:]
        offset, _ = self.window.place(input_shape, self.kind)
        image: Pair = (input_shape[0], input_shape[1])
        place = self.window.stride, offset, image, self.groups, self.window.dilation
        return convolve_transposed(y, self.weight, *place)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (OH, OW, F)."""
        place = self.window.place(input_shape, self.kind)
        if input_shape[2] != self.in_channels:
            raise ValueError(f"{self.kind}: expected {self.in_channels} input channels, got {input_shape[2]}")
        return (*place.out_shape, self.weight.shape[3])

    def __repr__(self) -> str:
        size, filters = self.window.size, self.weight.shape[3]
        options = "" if self.window.stride == (1, 1) else f", stride={self.window.stride}"
        options += f", padding={self.window.padding!r}"
        options += "" if self.window.dilation == (1, 1) else f", dilation={self.window.dilation}"
        options += "" if self.groups == 1 else f", groups={self.groups}"
        return f"{self.kind}({self.in_channels}, {filters}, {size}{options})"
