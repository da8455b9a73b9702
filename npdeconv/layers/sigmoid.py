"""The logistic function."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator
from npdeconv.layers.base import UninvertedLayer


class Sigmoid(UninvertedLayer):
    """1 / (1 + exp(-x)), value by value: a logit becomes a probability.

    Notes
    -----
    `deconv` is the identity, as `Softmax`'s is: a projection starts in the logits' space. The
    function is monotonic, so the unit and the sign that are looked at stay the same, and the paper
    has no inverse of it. By every other rule it is `backward`.
    """

    locality = "position"
    probabilities = "independent"

    class Context(NamedTuple):
        """The outputs, (N, ...): the slope follows from them."""

        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the probabilities, and keep them."""
        self.check_input(x)
        # exp of what is never positive: that of a large x would overflow.
        small = np.exp(-np.abs(x))
        y = np.where(x < 0, small, 1) / (1 + small)
        return y, self.Context(y)

    def _gradient(self, dy: Array, context: Context) -> Array:
        return dy * (context.y * (1 - context.y))

    def __repr__(self) -> str:
        return "Sigmoid()"
