"""Values clipped to two limits; with 0 and 6, MobileNet's rectifier."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array, Generator, Gradients
from npdeconv.layers.base import Layer


class Clip(Layer):
    """min(max(x, low), high): `Clip(0, 6)` is ReLU6 (Howard et al., arXiv:1704.04861).

    Parameters
    ----------
    low, high : float
        The limits; either may be infinite.

    Notes
    -----
    With a `low` of 0 or more it is a rectifier: its maps are never negative, and `deconv` rectifies
    what comes down, for the paper's reason (arXiv:1311.2901, section 2.1). It does not apply `high`
    again: the scale of a projection is arbitrary, and an absolute limit would distort it.

    With a negative `low`, its maps keep both signs and there is nothing to rectify: `deconv` is the
    identity, as for `Tanh`, and every other rule is `backward`.

    `backward` passes the gradient strictly between the limits.

    Examples
    --------
    >>> nd.layers.Clip(0, 6)(np.array([[-1.0, 3.0, 8.0]]))
    array([[0., 3., 6.]])
    """

    locality = "position"

    class Context(NamedTuple):
        """Where the input was between the limits: bool (N, ...)."""

        inside: Array

    def __init__(self, low: float = 0.0, high: float = 6.0) -> None:
        try:
            self.low, self.high = float(low), float(high)
        except (TypeError, ValueError):
            self.low = self.high = np.nan
        if not self.low < self.high:
            raise ValueError(
                f"{self.kind}: expected two numbers, low below high, got {describe(low)} and {describe(high)}"
            )
        self.rectifies = self.low >= 0

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Clip, and keep where x was inside."""
        self.check_input(x)
        low, high = x.dtype.type(self.low), x.dtype.type(self.high)
        return np.minimum(np.maximum(x, low), high), self.Context((x > low) & (x < high))

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Pass the gradient where x was inside."""
        self.check_descent(dy, context)
        return dy * context.inside, {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Rectify again, if the layer rectifies."""
        self.check_descent(y, context)
        return np.maximum(y, 0) if self.rectifies else y

    def __repr__(self) -> str:
        return f"Clip({self.low}, {self.high})"
