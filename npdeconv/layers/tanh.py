"""The hyperbolic tangent."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator, Gradients, Shape
from npdeconv.layers.base import Layer, check_descent, check_floating


class Tanh(Layer):
    """tanh(x), value by value.

    Notes
    -----
    `deconv` is the identity. The paper has rectifiers only, and rectifies again on the way down;
    tanh keeps both signs, so there is nothing to rectify. By every other rule it is `backward`.
    """

    class Context(NamedTuple):
        """The outputs, (N, ...): the slope follows from them."""

        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the tangent, and keep it."""
        check_floating(x, self.name)
        y = np.tanh(x)
        return y, self.Context(y)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Multiply with the slope, 1 - tanh(x)**2."""
        self._check(dy, context)
        return dy * (1 - context.y * context.y), {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Return y."""
        self._check(y, context)
        return y

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        return input_shape

    def _check(self, y: Array, context: Context) -> None:
        check_descent(y, context.y.shape, context.y.dtype, self.name)

    def __repr__(self) -> str:
        return "Tanh()"
