"""Class probabilities."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator, Gradients, Shape
from npdeconv.layers.base import Layer, check_descent, check_floating


def softmax(logits: Array) -> Array:
    """exp(logits) / sum(exp(logits)) along the last axis."""
    # The largest logit becomes 0: exp would overflow otherwise, and the quotient is the same.
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


class Softmax(Layer):
    """Turn logits into probabilities along the last axis: (N, M) -> (N, M).

    Notes
    -----
    `deconv` is the identity: a projection starts in the logits' space, since the paper's
    DeconvNet has no inverse of a normalization over classes. By every other rule it is `backward`,
    and the start is a gradient with respect to the probabilities.

    Training does not use `backward` but the fused `npdeconv.losses.softmax_cross_entropy`, which
    is stable.
    """

    class Context(NamedTuple):
        """The probabilities, (N, M)."""

        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Return the probabilities, and keep them."""
        check_floating(x, self.name)
        y = softmax(x)
        return y, self.Context(y)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Multiply with the Jacobian diag(y) - y y^T, without forming it."""
        y = context.y
        check_descent(dy, y.shape, y.dtype, self.name)
        return y * (dy - (dy * y).sum(axis=-1, keepdims=True)), {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Return y: projections start from the logits' space."""
        check_descent(y, context.y.shape, context.y.dtype, self.name)
        return y

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        return input_shape

    def __repr__(self) -> str:
        return "Softmax()"
