"""Noise against overfitting."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import fraction
from npdeconv._types import Array, Generator, Gradients, Shape
from npdeconv.layers.base import Layer, check_descent, check_floating


class Dropout(Layer):
    """Set a random fraction of the inputs to 0 while training; the identity otherwise.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014),
    in the inverted form: what is kept is scaled by 1 / (1 - rate), so that nothing changes when
    the noise is gone.

    Parameters
    ----------
    rate : float
        The fraction, at least 0 and below 1.

    Notes
    -----
    Without noise, which is how networks are looked at, it is the identity by every rule of descent.
    For a pass with noise, "deconv" ignores the mask; every other rule multiplies with it again.
    """

    class Context(NamedTuple):
        """What the inputs were multiplied with, (N, ...); None without noise."""

        mask: Array | None
        shape: Shape

    def __init__(self, rate: float) -> None:
        self.rate = fraction(rate, self.name, "rate")

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Multiply with a mask drawn from `rng`; return x itself without one."""
        check_floating(x, self.name)
        if rng is None:
            return x, self.Context(None, x.shape)
        kept = rng.random(x.shape, np.float32) >= self.rate
        mask = kept.astype(x.dtype) / x.dtype.type(1 - self.rate)
        return x * mask, self.Context(mask, x.shape)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Multiply with the same mask."""
        check_descent(dy, context.shape, dy.dtype, self.name)
        return (dy if context.mask is None else dy * context.mask), {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Return y: a projection shows the network, not the noise."""
        check_descent(y, context.shape, y.dtype, self.name)
        return y

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        return input_shape

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"
