"""The parts of a plan: a convolution fused with ReLU and pooling, and a dense layer, in float32."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Generator, Gradients, Pair
from npdeconv.fast import winograd
from npdeconv.fast.relu_and_pool import gate_in_place, pool_images, rectify, rectify_and_mark
from npdeconv.kernels.convolution import (
    convolve_transposed,
    is_depthwise,
    patches_of,
    shares,
    weight_gradient,
)
from npdeconv.kernels.depthwise import correlate
from npdeconv.kernels.product import add_product, fill_rows
from npdeconv.layers import Conv2D, Dense
from npdeconv.parallel import available_processors, slices

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]

FEWEST_PRODUCTS = 2**23  # with fewer, one thread is done before another has begun
FEWEST_PLACES = 512  # with fewer outputs, transforming the filters costs more than Winograd's way saves
PART = 2048  # inputs of a dense layer that are multiplied at a time; the parts' sums are added in order


@dataclass(frozen=True)
class DirectBlock:
    """A convolution and, perhaps, its ReLU; every sum in a fixed order."""

    layer: Conv2D
    rectified: bool
    workers: Map
    merges: ClassVar[bool] = False

    class Context(NamedTuple):
        """The convolution's own context, and the outputs (N, OH, OW, F)."""

        below: Conv2D.Context
        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Correlate and rectify; keep inputs and outputs."""
        offset, (height, width) = self.layer.place(x)
        y = np.empty((len(x), height, width, len(self.layer.bias)), x.dtype)
        # Threads share the rows of a single image; the result does not depend on the cuts.
        is_shared = len(x) == 1 and height * width * self.layer.weight.size >= FEWEST_PRODUCTS
        bands = slices(height, -(-height // (available_processors() if is_shared else 1)))

        def fill(rows: slice) -> None:
            self._fill(x, y[:, rows], (offset[0] - rows.start * self.layer.window.stride[0], offset[1]))

        for _ in (self.workers if is_shared else map)(fill, bands):
            pass
        return y, self.Context(Conv2D.Context(x), y)

    def __call__(self, x: Array) -> Array:
        """Correlate and rectify."""
        return self.forward(x)[0]

    def _fill(self, x: Array, y: Array, offset: Pair) -> None:
        """Compute the outputs from the first filter position on, at (0, 0) - offset."""
        weight, window, out_shape = self.layer.weight, self.layer.window, (y.shape[1], y.shape[2])
        if is_depthwise(weight, self.layer.groups):
            taps, bias = kernel_input(weight[:, :, 0].astype(np.float64)), kernel_input(self.layer.bias)
            correlate(kernel_input(x), taps, bias, window.stride, offset, window.dilation, y)
            if self.rectified:
                rectify(y)
            return
        place = window.stride, offset, window.dilation
        for channels, filters in shares(weight, self.layer.groups):
            matrix = kernel_input(weight[..., filters].reshape(-1, filters.stop - filters.start))
            for tile, patches in patches_of(x[..., channels], weight.shape, *place, out_shape):
                part = y[tile][..., filters]
                shape = len(patches), matrix.shape[1]
                sums = part.reshape(shape) if self.layer.groups == 1 else np.empty(shape, y.dtype)
                fill_rows(kernel_input(self.layer.bias[filters]), sums)
                add_product(patches, matrix, sums)
                if self.rectified:
                    rectify(sums)
                if self.layer.groups > 1:
                    part[:] = sums.reshape(part.shape)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Carry the gradient back; dy is overwritten."""
        gradients = self.gradients(dy, context)
        x = context.below.x
        offset, _ = self.layer.place(x)
        window, groups = self.layer.window, self.layer.groups
        place = window.stride, offset, (x.shape[1], x.shape[2]), groups, window.dilation
        return convolve_transposed(dy, self.layer.weight, *place, dy.dtype), gradients

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of the parameters alone; dy is overwritten."""
        if self.rectified:
            gate_in_place(dy, kernel_input(context.y))
        x, weight = context.below.x, self.layer.weight
        offset, _ = self.layer.place(x)
        place = self.layer.window.stride, offset, self.layer.groups, self.layer.window.dilation
        dweight = weight_gradient(x, dy, weight.shape, *place, dy.dtype)
        return {"weight": dweight, "bias": _column_sums(dy)}


@dataclass(frozen=True)
class WinogradBlock:
    """A 3x3 convolution and, perhaps, its ReLU and a pooling that halves both sides."""

    layer: Conv2D
    rectified: bool
    pooled: bool
    workers: Map = map
    fewest: int = FEWEST_PLACES
    merges: ClassVar[bool] = False

    class Context(NamedTuple):
        """The inputs, and which output of each window won; see `npdeconv.fast.relu_and_pool`."""

        x: Array
        winners: Array

    @staticmethod
    def suits(layer: Conv2D) -> bool:
        """Tell whether a convolution can take Winograd's way."""
        window = layer.window
        is_small = window.span == window.size == (3, 3) and window.stride == (1, 1) and layer.groups == 1
        return is_small and winograd.is_suited(*layer.weight.shape[2:])

    @cached_property
    def transformed(self) -> Array:
        """The filters (36, C, F), transformed when they are first needed."""
        return winograd.transform_filters(self.layer.weight)

    @cached_property
    def transposed(self) -> Array:
        """The same (36, F, C), for the way back."""
        return winograd.transpose_filters(self.transformed)

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Correlate, rectify and pool; rounding decides no tie."""
        y, winners = self._forward(x, keeps_ties=True)
        return y, self.Context(x, winners)

    def __call__(self, x: Array) -> Array:
        """Correlate, rectify and pool. Threads share the tiles of a single image."""
        if len(x) > 1:
            return self._forward(x, keeps_ties=False)[0]
        offset, (height, width) = self.layer.place(x)
        if height * width <= self.fewest:
            return self._forward(x, keeps_ties=False)[0]
        filters = self.transformed, self.layer.bias

        def outputs(rows: slice) -> Array:
            place = (offset[0] - rows.start, offset[1]), (rows.stop - rows.start, width)
            return winograd.forward(x, filters, place, self.rectified, self.side, keeps_ties=False)[0]

        bands = winograd.bands(filters[0].shape[1:], (height, width), x.dtype)
        return np.concatenate(list(self.workers(outputs, bands)), axis=1)

    @property
    def side(self) -> int:
        """The side of the pooling windows; 1 without pooling."""
        return 2 if self.pooled else 1

    def _forward(self, x: Array, keeps_ties: bool) -> tuple[Array, Array]:
        place = self.layer.place(x)
        height, width = place[1]
        if len(x) * height * width > self.fewest:
            filters = self.transformed, self.layer.bias
            return winograd.forward(x, filters, place, self.rectified, self.side, keeps_ties)
        maps = DirectBlock(self.layer, False, self.workers)(x)
        y = np.empty((len(x), height // 2, width // 2, maps.shape[3]), x.dtype) if self.pooled else maps
        winners = np.zeros(y.shape, np.uint8)
        if self.pooled:
            pool_images(maps, y, winners)
        elif self.rectified:
            rectify_and_mark(y.reshape(-1), winners.reshape(-1))
        return y, winners

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Carry the gradient back."""
        x, winners = context
        place = self.layer.place(x)
        dx, dweight, dbias = winograd.backward(x, dy, winners, self.transposed, place, self.side)
        return dx, {"weight": dweight, "bias": dbias}

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of the parameters alone."""
        x, winners = context
        dweight, dbias = winograd.gradients(x, dy, winners, self.layer.place(x), self.side)
        return {"weight": dweight, "bias": dbias}


@dataclass(frozen=True)
class DenseBlock:
    """A dense layer, by BLAS; its inputs are cut into parts of a fixed length, for several workers."""

    layer: Dense
    workers: Map
    merges: ClassVar[bool] = False

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Dense.Context]:
        """Multiply, add the bias, and keep x."""
        return self(x), Dense.Context(x)

    def __call__(self, x: Array) -> Array:
        """Multiply and add the bias."""
        weight = self.layer.weight
        self.layer.output_shape(x.shape[1:])

        def multiplied(part: slice) -> Array:
            return x[:, part] @ weight[part]

        return sum(self.workers(multiplied, slices(len(weight), PART)), self.layer.bias)

    def backward(self, dy: Array, context: Dense.Context) -> tuple[Array, Gradients]:
        """Return dx and the gradients of the parameters."""
        gradients = {"weight": context.x.T @ dy, "bias": dy.sum(axis=0)}
        return dy @ self.layer.weight.T, gradients


def _column_sums(dy: Array) -> Array:
    """Sum over all but the last axis, as a matrix product: several times faster than `sum`."""
    pixels = dy.reshape(-1, dy.shape[-1])
    return np.ones(len(pixels), dy.dtype) @ pixels
