"""Noise against overfitting."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import fraction
from npdeconv._types import Array, Generator, Shape
from npdeconv.layers.base import UninvertedLayer


class Dropout(UninvertedLayer):
    """Set a random fraction of the inputs to 0 while training; the identity otherwise.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014),
    in the inverted form: kept values are scaled by 1 / (1 - rate), so that no scaling is needed
    without noise.

    Parameters
    ----------
    rate : float
        The fraction, at least 0 and below 1.

    Notes
    -----
    Without noise, as in all visualization, it is the identity by every rule of descent. After a
    pass with noise, "deconv" ignores the mask; every other rule multiplies by it again.

    Examples
    --------
    >>> x = np.ones((1, 6), np.float32)
    >>> nd.layers.Dropout(0.5)(x)
    array([[1., 1., 1., 1., 1., 1.]], dtype=float32)
    >>> nd.layers.Dropout(0.5).forward(x, rng=np.random.default_rng(1))[0]
    array([[0., 2., 2., 2., 0., 0.]], dtype=float32)
    """

    locality = "position"
    passes_on = True

    class Context(NamedTuple):
        """The shape of the batch, and the scaled mask (N, ...); None without noise."""

        shape: Shape
        mask: Array | None

    def __init__(self, rate: float) -> None:
        self.rate = fraction(rate, self.kind, "rate")

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Multiply by a mask drawn from `rng`; return x itself without `rng`."""
        self.check_input(x)
        if rng is None:
            return x, self.Context(x.shape, None)
        kept = rng.random(x.shape, np.float32) >= self.rate
        mask = kept.astype(x.dtype) / x.dtype.type(1 - self.rate)
        return x * mask, self.Context(x.shape, mask)

    def _gradient(self, dy: Array, context: Context) -> Array:
        return dy if context.mask is None else dy * context.mask

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"
