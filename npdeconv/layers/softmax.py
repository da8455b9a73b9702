"""Class probabilities."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator
from npdeconv.layers.base import UninvertedLayer


def softmax(logits: Array) -> Array:
    """exp(logits) / sum(exp(logits)) along the last axis."""
    # Subtracting the largest logit leaves the quotient unchanged, and exp does not overflow.
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


class Softmax(UninvertedLayer):
    """Turn logits into probabilities along the last axis: (N, M) -> (N, M).

    Notes
    -----
    `deconv` is the identity: a projection starts from the logits, since the paper's DeconvNet has
    no inverse of a normalization over classes. By every other rule it is `backward`, applied to a
    gradient with respect to the probabilities.

    Training does not use `backward` but the fused `npdeconv.losses.softmax_cross_entropy`, which
    is stable.

    Examples
    --------
    >>> nd.layers.Softmax()(np.log([[1.0, 3.0]])).round(3)
    array([[0.25, 0.75]])
    """

    probabilities = "exclusive"

    class Context(NamedTuple):
        """The probabilities, (N, M)."""

        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Return the probabilities, and keep them."""
        self.check_input(x)
        y = softmax(x)
        return y, self.Context(y)

    def _gradient(self, dy: Array, context: Context) -> Array:
        # The Jacobian is diag(y) - y y^T; it is not formed.
        y = context.y
        return y * (dy - (dy * y).sum(axis=-1, keepdims=True))
