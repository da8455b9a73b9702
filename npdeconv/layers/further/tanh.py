"""The hyperbolic tangent."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator
from npdeconv.layers.base import UninvertedLayer


class Tanh(UninvertedLayer):
    """tanh(x), elementwise.

    Notes
    -----
    `deconv` is the identity. The paper rectifies on the way down since its maps are rectified; tanh
    keeps both signs, so there is nothing to rectify. By every other rule it is `backward`.

    Examples
    --------
    >>> nd.layers.Tanh()(np.array([[-np.inf, 0.0, np.inf]]))
    array([[-1.,  0.,  1.]])
    """

    locality = "position"

    class Context(NamedTuple):
        """The outputs, (N, ...): the slope follows from them."""

        y: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the tangent, and keep it."""
        self.check_input(x)
        y = np.tanh(x)
        return y, self.Context(y)

    def _gradient(self, dy: Array, context: Context) -> Array:
        return dy * (1 - context.y * context.y)
