"""A chain as training and prediction run it: convolution, ReLU and pooling in one pass.

Nothing here is needed to understand a network: `Sequential` computes the same, layer by layer.
But the output of a convolution is large, and most of the time of a layer that follows it goes into
fetching that output from memory and putting the result back. A plan therefore finds the places
where a convolution, a ReLU and 2x2 max pooling follow one another, and does all three while a
tile of the output is in the processor's cache; and it leaves out what training does not ask for,
the gradient with respect to the images.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Generator, Gradients
from npdeconv.kernels import convolution, winograd
from npdeconv.kernels.epilogue import finish, gate_in_place
from npdeconv.layers import Conv2D, Layer, MaxPool2D, ReLU, Sequential
from npdeconv.layers.base import Context
from npdeconv.layers.sequential import in_layer

PlanTape = tuple[Context, ...]
MANY_PLACES = 2**20  # a large batch


class Plan:
    """How to pass through a chain and back, with its parameters as they are now.

    Made anew after each change of the parameters, since it holds transformed filters.

    Parameters
    ----------
    chain : Sequential
    """

    def __init__(self, chain: Sequential) -> None:
        self.steps: tuple[tuple[str, Step], ...] = tuple(_steps(chain))

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, PlanTape]:
        """Pass through; as `Sequential.forward`, but the tape is for this plan's `backward` alone."""
        tape = []
        for name, step in self.steps:
            with in_layer(name):
                x, context = step.forward(x, rng=rng)
            tape.append(context)
        return x, tuple(tape)

    def __call__(self, x: Array) -> Array:
        """Pass through, and keep nothing."""
        for name, step in self.steps:
            with in_layer(name):
                x, _ = step.forward(x, rng=None)
        return x

    def backward(self, dy: Array, tape: PlanTape) -> Gradients:
        """Return the gradients of the parameters, under the names that `Sequential` gives them.

        `dy` is overwritten.
        """
        gradients: dict[str, Array] = {}
        for index in reversed(range(len(self.steps))):
            name, step = self.steps[index]
            with in_layer(name):
                if index == 0 and isinstance(step, _WinogradBlock | _ConvolutionBlock):
                    own = step.gradients(dy, tape[index])
                else:
                    dy, own = step.backward(dy, tape[index])
            gradients |= {f"{name}.{key}": array for key, array in own.items()}
        return gradients


class Step(Protocol):
    """What a plan asks of a part: two methods of a `Layer`."""

    def forward(self, x: Array, *, rng: Generator | None) -> tuple[Array, Context]:
        """Compute the outputs of a batch, and the context for the way back."""

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Carry the gradient back."""


def _steps(chain: Sequential) -> Iterator[tuple[str, Step]]:
    """Yield the named parts of a chain, a convolution together with what can be done in its pass."""
    layers = list(chain.layers.items())
    while layers:
        name, layer = layers.pop(0)
        if type(layer) is not Conv2D or layer.groups > 1:
            yield name, layer
            continue
        rectified = _next_is(layers, ReLU)
        if rectified:
            layers.pop(0)
        if layer.algorithm(MANY_PLACES) is not winograd:
            yield name, _ConvolutionBlock(layer, rectified)
            continue
        pooled = rectified and _next_is(layers, MaxPool2D) and _halves(layers[0][1])
        if pooled:
            layers.pop(0)
        yield name, _WinogradBlock(layer, rectified, pooled)


def _next_is(layers: list[tuple[str, Layer]], kind: type[Layer]) -> bool:
    """Tell whether a layer of just this kind, not one derived from it, comes next."""
    return bool(layers) and type(layers[0][1]) is kind


def _halves(layer: Layer) -> bool:
    return isinstance(layer, MaxPool2D) and layer.window == ((2, 2), (2, 2), "valid")


@dataclass(frozen=True)
class _ConvolutionBlock:
    """A convolution and, perhaps, its ReLU."""

    layer: Conv2D
    rectified: bool

    class Context(NamedTuple):
        below: Conv2D.Context
        y: Array

    def forward(self, x: Array, *, rng: Generator | None) -> tuple[Array, Context]:
        layer, place = self.layer, self.layer.place(x)
        y = convolution.convolve(
            x, layer.weight, layer.bias, layer.window.stride, *place, rectified=self.rectified
        )
        return y, self.Context(Conv2D.Context(x), y)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        self._gate(dy, context)
        return self.layer.backward(dy, context.below)

    def gradients(self, dy: Array, context: Context) -> Gradients:
        self._gate(dy, context)
        return self.layer.gradients(dy, context.below)

    def _gate(self, dy: Array, context: Context) -> None:
        if self.rectified:
            gate_in_place(dy, kernel_input(context.y))


@dataclass(frozen=True)
class _WinogradBlock:
    """A 3x3 convolution and, perhaps, its ReLU and a pooling that halves both sides."""

    layer: Conv2D
    rectified: bool
    pooled: bool

    class Context(NamedTuple):
        x: Array
        y: Array
        winners: Array

    @cached_property
    def transformed(self) -> Array:
        """The filters (36, C, F), transformed when they are first needed."""
        return winograd.transform_filters(self.layer.weight)

    @cached_property
    def transposed(self) -> Array:
        """The same (36, F, C), for the way back."""
        return winograd.transpose_filters(self.transformed)

    def forward(self, x: Array, *, rng: Generator | None) -> tuple[Array, Context]:
        offset, (height, width) = self.layer.place(x)
        shape = (len(x), height, width) if not self.pooled else (len(x), height // 2, width // 2)
        y = np.empty((*shape, len(self.layer.bias)), x.dtype)
        winners = np.empty(y.shape, np.uint8) if self.pooled else winograd.UNPOOLED
        if self.layer.algorithm(len(x) * height * width) is winograd:
            out_shape = (height, width)
            winograd.forward(
                x, self.transformed, self.layer.bias, offset, out_shape, self.rectified, y, winners
            )
        else:
            maps, _ = self.layer.forward(x)
            finish(maps, self.rectified, y, winners)
        return y, self.Context(x, y, winners)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        dx = np.empty_like(context.x)
        return dx, self._backward(dy, context, dx)

    def gradients(self, dy: Array, context: Context) -> Gradients:
        return self._backward(dy, context, np.empty((0, 0, 0, 0), dy.dtype))

    def _backward(self, dy: Array, context: Context, dx: Array) -> Gradients:
        offset, out_shape = self.layer.place(context.x)
        sums = np.empty_like(self.transformed)
        dbias = np.zeros_like(self.layer.bias)
        own = self.rectified, sums, dbias, dx
        winograd.backward(context.x, dy, context.y, context.winners, self.transposed, offset, out_shape, *own)
        return {"weight": winograd.gradient_of_filters(sums), "bias": dbias}
