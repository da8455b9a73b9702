"""Local response normalization: neighboring channels inhibit each other."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import not_negative, positive_int
from npdeconv._types import Array, Generator
from npdeconv.layers.base import UninvertedLayer


class LocalResponseNorm(UninvertedLayer):
    """Divide every value by the energy of its neighboring channels, at the same position.

    With n = `size`, and the sum over those of the n channels around channel i that exist::

        y[i] = x[i] / (k + alpha / n * sum(x[j]**2)) ** beta

    Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks" (2012), section 3.3, but with alpha divided by n, as Caffe and PyTorch define it.
    The paper's formula, which does not divide, with its k = 2, n = 5, alpha = 1e-4, beta = 0.75
    is therefore ``LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)``.

    Parameters
    ----------
    size : int
        n. Of an even number, the odd channel comes before i, as in PyTorch.
    alpha, beta, k : float
        Not negative; k above 0, so that silent channels are not divided by 0.

    Notes
    -----
    `deconv` is the identity: the paper's DeconvNet inverts filters, rectifiers and poolings, but no
    normalization. On the way up, every value is multiplied by a positive number, so the same units
    are active, with the same signs, on both sides. By every other rule it is `backward`, the full
    Jacobian.

    Examples
    --------
    >>> norm = nd.layers.LocalResponseNorm(3, alpha=3, beta=1, k=1)
    >>> norm(np.array([[1.0, 1.0, 0.0, 0.0]])).round(2)  # the second channel sees the first, and itself
    array([[0.33, 0.33, 0.  , 0.  ]])
    """

    locality = "position"

    class Context(NamedTuple):
        """The inputs, and the base of the power, both (N, ..., C)."""

        x: Array
        energy: Array

    def __init__(self, size: int = 5, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.size = positive_int(size, self.kind, "size")
        self.alpha = not_negative(alpha, self.kind, "alpha")
        self.beta = not_negative(beta, self.kind, "beta")
        self.k = not_negative(k, self.kind, "k")
        if not self.k:
            raise ValueError(f"{self.kind}: k must be above 0, got {k}")

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Divide, and keep x and the base of the power."""
        self.check_input(x)
        energy = _neighbors_sum(x * x, self.size // 2, self.size)
        energy *= self.alpha / self.size  # in place: allocating memory takes longer than the sums
        energy += self.k
        y = energy**-self.beta
        y *= x
        return y, self.Context(x, energy)

    def _gradient(self, dy: Array, context: Context) -> Array:
        # The Jacobian's transpose: the effect of a channel on itself, and on its neighbors.
        x, energy = context
        scaled = dy * energy**-self.beta
        # On the way up, the window around a channel holds its inhibitors; mirrored, the channels
        # that it inhibits.
        pressed = _neighbors_sum(scaled * x / energy, (self.size - 1) // 2, self.size)
        return scaled - 2 * self.beta * self.alpha / self.size * x * pressed

    def __repr__(self) -> str:
        return f"LocalResponseNorm({self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k})"


def _neighbors_sum(x: Array, before: int, size: int) -> Array:
    """Sum x over `size` channels, beginning `before` channels below each channel."""
    channels = x.shape[-1]
    padded = np.zeros((*x.shape[:-1], channels + size - 1), x.dtype)
    padded[..., before : before + channels] = x
    total = padded[..., :channels].copy()
    for shift in range(1, size):
        total += padded[..., shift : shift + channels]
    return total
