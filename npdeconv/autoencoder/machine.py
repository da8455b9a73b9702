"""Restricted Boltzmann machines, trained by contrastive divergence.

    v  visible units (N, D)      a  their biases (D,)      W  weights (D, M)
    h  hidden units (N, M)       b  their biases (M,)

A pair of states (v, h) has an energy, and the probability exp(-energy) / Z. No two visible units are
connected, and no two hidden ones. Given one side, all units of the other are therefore independent.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import batch_of, positive_int, random_generator
from npdeconv._types import Array, Generator, Gradients
from npdeconv.data import batch_indices
from npdeconv.finite import is_finite
from npdeconv.initializers import normal
from npdeconv.layers import Sigmoid
from npdeconv.optimizers import SGD
from npdeconv.parallel import pool

sigmoid = Sigmoid()


class RBM:
    """A machine of binary units, with the energy -v·a - h·b - v·W·h.

    Parameters
    ----------
    visible, hidden : int
        D and M.
    rng : numpy.random.Generator
        Source of the initial weights, of standard deviation 0.01. Biases start at 0.
    dtype : float32 or float64

    Examples
    --------
    >>> machine = nd.autoencoder.RBM(784, 64, rng=np.random.default_rng(0))
    >>> machine.weight.shape
    (784, 64)
    """

    def __init__(self, visible: int, hidden: int, *, rng: Generator, dtype: DTypeLike = np.float32) -> None:
        shape = (positive_int(visible, "RBM", "visible"), positive_int(hidden, "RBM", "hidden"))
        self.weight = normal(shape, random_generator(rng, "RBM"), dtype)
        self.visible_bias = np.zeros(shape[0], dtype)
        self.hidden_bias = np.zeros(shape[1], dtype)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """`weight` W (D, M), `visible_bias` a (D,) and `hidden_bias` b (M,)."""
        return {"weight": self.weight, "visible_bias": self.visible_bias, "hidden_bias": self.hidden_bias}

    def hidden(self, v: Array) -> Array:
        """Return the probabilities p(h = 1 | v), (N, M)."""
        return sigmoid(v @ self.weight + self.hidden_bias)

    def visible(self, h: Array) -> Array:
        """Return the probabilities p(v = 1 | h), (N, D)."""
        return sigmoid(h @ self.weight.T + self.visible_bias)

    def draw_hidden(self, v: Array, rng: Generator) -> Array:
        """Draw h given v."""
        return flip(self.hidden(v), rng)

    def free_energy(self, v: Array) -> Array:
        """Return -log(sum of exp(-energy) over all h), (N,): the lower, the likelier is v."""
        return -v @ self.visible_bias - np.logaddexp(0, v @ self.weight + self.hidden_bias).sum(axis=1)

    def slope(self, v: Array) -> Gradients:
        """Return the gradient of the mean free energy of v with respect to the parameters."""
        h = self.hidden(v)
        weight, visible_bias, hidden_bias = v.T @ h / len(v), v.mean(axis=0), h.mean(axis=0)
        return {"weight": -weight, "visible_bias": -visible_bias, "hidden_bias": -hidden_bias}

    def contrastive_divergence(self, v: Array, *, k: int = 1, rng: Generator) -> Gradients:
        """Estimate the gradient of the mean of -log p(v) (Hinton, Neural Computation 14, 1771, 2002).

        This gradient is the slope at the data minus the slope at what the machine itself would show: its
        fantasies. A chain that draws h given v and v given h in turn yields true fantasies if it runs for
        long. CD-k starts it at the data and stops after k rounds.

        Parameters
        ----------
        v : (N, D)
            Data, from 0 to 1.
        k : int
            Rounds of each chain.
        rng : numpy.random.Generator

        Returns
        -------
        mapping of parameter to gradient

        Raises
        ------
        TypeError, ValueError
            For data of another dtype or shape, or outside 0 to 1.

        Notes
        -----
        The authors' code takes the probabilities of v in place of draws. This is less noisy, but then no
        number of rounds gives the true gradient.
        """
        self._check(v)
        fantasy, rng = v, random_generator(rng, "contrastive_divergence")
        for _ in range(positive_int(k, "contrastive_divergence", "k")):
            fantasy = flip(self.visible(self.draw_hidden(fantasy, rng)), rng)
        at_fantasy = self.slope(fantasy)
        return {name: at_data - at_fantasy[name] for name, at_data in self.slope(v).items()}

    def fit(self, v: Array, *, epochs: int, batch_size: int = 100, k: int = 1, rng: Generator) -> Self:
        """Train by contrastive divergence, in place.

        Parameters
        ----------
        v : (N, D)
            Data, from 0 to 1. Its means give the first visible biases, as if there were no hidden units.
        epochs, batch_size : int
        k : int
            See `contrastive_divergence`.
        rng : numpy.random.Generator

        Raises
        ------
        TypeError, ValueError
            As `contrastive_divergence`.
        FloatingPointError
            If the parameters become NaN or infinite.

        Notes
        -----
        Momentum, weight decay and first biases follow Hinton, "A Practical Guide to Training Restricted
        Boltzmann Machines" (2010).
        """
        self._check(v)
        share = np.clip(v.mean(axis=0), 0.01, 0.99)
        self.visible_bias[...] = np.log(share / (1 - share))
        optimizer = SGD(self._learning_rate(v), momentum=0.9, weight_decay=0.0002)
        # BLAS on one thread: the same bits on any number of processors. One error replaces many warnings.
        with pool(1), np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(1, positive_int(epochs, "RBM", "epochs") + 1):
                for batch in batch_indices(len(v), batch_size, random_generator(rng, "RBM")):
                    gradients = self.contrastive_divergence(v[batch], k=k, rng=rng)
                    optimizer.update(self.parameters, gradients)
                if not all(map(is_finite, self.parameters.values())):
                    raise FloatingPointError(
                        f"{type(self).__name__}: expected finite parameters,"
                        f" got NaN or infinity in epoch {epoch}"
                    )
        return self

    def _learning_rate(self, v: Array) -> float:
        return 0.05

    def _check(self, v: Array) -> None:
        """Check that v is data (N, D) from 0 to 1, and some."""
        batch_of(v, self.weight.dtype, self.visible_bias.shape, "RBM")
        if not len(v):
            raise ValueError(f"RBM: expected data of at least one row, got shape {v.shape}")
        if not 0 <= v.min() <= v.max() <= 1:
            raise ValueError(f"RBM: expected data from 0 to 1, got {v.min():.4g} to {v.max():.4g}")


class LinearRBM(RBM):
    """A machine whose hidden units are real numbers, with the energy h·h/2 - v·a - h·b - v·W·h.

    The units of the paper's code: given v, each is drawn from a normal distribution of variance 1.

    Examples
    --------
    >>> machine = nd.autoencoder.LinearRBM(64, 2, rng=np.random.default_rng(0))
    >>> machine.weight.shape
    (64, 2)
    """

    def hidden(self, v: Array) -> Array:
        """Return the means of h given v, (N, M)."""
        return v @ self.weight + self.hidden_bias

    def draw_hidden(self, v: Array, rng: Generator) -> Array:
        """Draw h given v."""
        mean = self.hidden(v)
        return mean + rng.standard_normal(mean.shape, mean.dtype)

    def free_energy(self, v: Array) -> Array:
        """Return -log(integral of exp(-energy) over all h), up to a constant, (N,)."""
        return -v @ self.visible_bias - (self.hidden(v) ** 2).sum(axis=1) / 2

    def _learning_rate(self, v: Array) -> float:
        """Return a rate that keeps the steps stable: the slope, v h = v (v W + b), grows with v squared."""
        return 0.5 / (10 + float((v**2).sum(axis=1).mean()))


def flip(probabilities: Array, rng: Generator) -> Array:
    """Draw 1 with the given probabilities, else 0."""
    return (rng.random(probabilities.shape, probabilities.dtype) < probabilities).astype(probabilities.dtype)
