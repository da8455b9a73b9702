"""The logistic function."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator
from npdeconv.layers.base import UninvertedLayer


class Sigmoid(UninvertedLayer):
    """1 / (1 + exp(-x)), elementwise: a logit becomes a probability.

    Notes
    -----
    `deconv` is the identity, as for `Softmax`: a projection starts from the logits. The paper has no
    inverse of this function, and as it increases, the order of units stays the same. By every other
    rule it is `backward`.

    Examples
    --------
    >>> nd.layers.Sigmoid()(np.array([[-np.inf, 0.0, np.inf]]))
    array([[0. , 0.5, 1. ]])
    """

    locality = "position"
    probabilities = "independent"

    class Context(NamedTuple):
        """The outputs, (N, ...): the slope follows from them."""

        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the probabilities, and keep them."""
        self.check_input(x)
        # The exponent is never positive, so exp does not overflow.
        small = np.exp(-np.abs(x))
        y = np.where(x < 0, small, 1) / (1 + small)
        return y, self.Context(y)

    def _gradient(self, dy: Array, context: Context) -> Array:
        return dy * (context.y * (1 - context.y))
