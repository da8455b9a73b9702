"""A chain as training and prediction run it: convolution, ReLU and pooling in one pass.

Nothing here is needed to understand a network: `Sequential` computes the same, layer by layer.
But the output of a convolution is large, and most of the time of a layer that follows it goes into
fetching that output from memory and putting the result back. A plan therefore finds the places
where a convolution, a ReLU and 2x2 max pooling follow one another, and does all three while a
tile of the output is in the processor's cache; and it leaves out what training does not ask for,
the gradient with respect to the images.

This is for float32. A chain in float64 is passed layer by layer.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from npdeconv._types import Array, Generator, Gradients
from npdeconv.fast.blocks import DenseBlock, DirectBlock, Map, WinogradBlock
from npdeconv.layers import Conv2D, Dense, Layer, MaxPool2D, ReLU, Sequential
from npdeconv.layers.base import Context
from npdeconv.layers.sequential import in_layer
from npdeconv.layers.window import Window

PlanTape = tuple[Context, ...]


class Plan:
    """How to pass through a chain and back, with its parameters as they are now.

    Made anew after each change of the parameters, since it holds transformed filters.

    Parameters
    ----------
    chain : Sequential
    workers : callable, optional
        Called as `map` is, for the parts of a single image's pass; the result does not depend on it.

    Notes
    -----
    Outputs differ from the chain's by rounding, by up to about 1e-5 of a layer's largest. `forward`
    gives equal patches of an image equal outputs, so that ties are ties; a plain call does not.
    """

    def __init__(self, chain: Sequential, workers: Map = map) -> None:
        self.steps: tuple[tuple[str, Step], ...] = (
            tuple(_steps(chain, workers)) if chain.dtype == np.float32 else tuple(chain.layers.items())
        )

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
                x = step(x)
        return x

    def backward(self, dy: Array, tape: PlanTape) -> Gradients:
        """Return the gradients of the parameters, under the names that `Sequential` gives them.

        `dy` is overwritten.
        """
        gradients: dict[str, Array] = {}
        for index in reversed(range(len(self.steps))):
            name, step = self.steps[index]
            with in_layer(name):
                if index == 0 and isinstance(step, WinogradBlock | DirectBlock | Conv2D):
                    own = step.gradients(dy, tape[index])
                else:
                    dy, own = step.backward(dy, tape[index])
            gradients |= {f"{name}.{key}": array for key, array in own.items()}
        return gradients


class Step(Protocol):
    """What a plan asks of a part: three methods of a `Layer`."""

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the outputs of a batch, and the context for the way back."""

    def __call__(self, x: Array) -> Array:
        """Compute the outputs alone."""

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Carry the gradient back."""


def _steps(chain: Sequential, workers: Map) -> Iterator[tuple[str, Step]]:
    """Yield the named parts of a chain, a convolution together with what can be done in its pass."""
    layers = list(chain.layers.items())
    while layers:
        name, layer = layers.pop(0)
        if type(layer) is Dense:
            yield name, DenseBlock(layer, workers)
        elif type(layer) is Conv2D:
            rectified = _next_is(layers, ReLU)
            if rectified:
                layers.pop(0)
            if WinogradBlock.suits(layer):
                pooled = rectified and _next_is(layers, MaxPool2D) and _halves(layers[0][1])
                if pooled:
                    layers.pop(0)
                yield name, WinogradBlock(layer, rectified, pooled, workers)
            else:
                yield name, DirectBlock(layer, rectified, workers)
        else:
            yield name, layer


def _next_is(layers: list[tuple[str, Layer]], kind: type[Layer]) -> bool:
    """Tell whether a layer of just this kind, not one derived from it, comes next."""
    return bool(layers) and type(layers[0][1]) is kind


def _halves(layer: Layer) -> bool:
    return isinstance(layer, MaxPool2D) and layer.window == Window((2, 2), (2, 2), "valid")
