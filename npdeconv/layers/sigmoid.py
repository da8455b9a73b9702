"""The logistic function."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator, Gradients, Shape
from npdeconv.layers.base import Layer, check_descent, check_floating


class Sigmoid(Layer):
    """1 / (1 + exp(-x)), value by value: a logit becomes a probability.

    Notes
    -----
    `deconv` is the identity, as `Softmax`'s is: a projection starts in the logits' space. The
    function is monotonic, so the unit and the sign that are looked at stay the same, and the paper
    has no inverse of it. By every other rule it is `backward`.
    """

    class Context(NamedTuple):
        """The outputs, (N, ...): the slope follows from them."""

        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the probabilities, and keep them."""
        check_floating(x, self.name)
        # exp of what is never positive: that of a large x would overflow.
        small = np.exp(-np.abs(x))
        y = np.where(x < 0, small, 1) / (1 + small)
        return y, self.Context(y)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Multiply with the slope, y * (1 - y)."""
        self._check(dy, context)
        return dy * (context.y * (1 - context.y)), {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Return y: projections start from the logits' space."""
        self._check(y, context)
        return y

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        return input_shape

    def _check(self, y: Array, context: Context) -> None:
        check_descent(y, context.y.shape, context.y.dtype, self.name)

    def __repr__(self) -> str:
        return "Sigmoid()"
