"""Learning rates that change from epoch to epoch."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from npdeconv._checks import not_negative, one_of, positive_int


class StepDecay:
    """Multiply the learning rate by `factor` after every `every` epochs.

    A schedule is a function of the history so far (a mapping from column to one value per epoch). It
    returns the factor of the base learning rate in the next epoch. It has no other state, so a resumed
    run continues with the same rate.

    Examples
    --------
    >>> schedule = nd.optimizers.StepDecay(10, factor=0.5)
    >>> schedule({"loss": [1.0] * 9}), schedule({"loss": [1.0] * 10}), schedule({"loss": [1.0] * 20})
    (1.0, 0.5, 0.25)
    """

    def __init__(self, every: int, factor: float = 0.1) -> None:
        self.every = positive_int(every, "StepDecay", "every")
        self.factor = not_negative(factor, "StepDecay", "factor")

    def __call__(self, history: Mapping[str, Sequence[float]]) -> float:
        """Return the factor for the next epoch."""
        return self.factor ** (len(history["loss"]) // self.every)

    def __repr__(self) -> str:
        return f"StepDecay({self.every}, {self.factor})"


class CosineDecay:
    """Reduce the learning rate along half a cosine, from the base rate to 0 after `epochs` epochs.

    Loshchilov & Hutter, arXiv:1608.03983, equation 5 without restarts, evaluated in the middle of each
    epoch. The rate stays 0 afterwards.

    Examples
    --------
    >>> schedule = nd.optimizers.CosineDecay(4)
    >>> [round(schedule({"loss": [1.0] * epochs}), 2) for epochs in range(5)]
    [0.96, 0.69, 0.31, 0.04, 0.0]
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = positive_int(epochs, "CosineDecay", "epochs")

    def __call__(self, history: Mapping[str, Sequence[float]]) -> float:
        """Return the factor for the next epoch."""
        share = min((len(history["loss"]) + 0.5) / self.epochs, 1.0)
        return (1 + math.cos(math.pi * share)) / 2

    def __repr__(self) -> str:
        return f"CosineDecay({self.epochs})"


class ReduceOnPlateau:
    """Multiply the learning rate by `factor` when a loss has not improved for `patience` epochs.

    Parameters
    ----------
    patience : int
        Epochs without a new minimum; the count restarts after each reduction.
    factor : float
    monitor : str
        The column of the history to watch, "validation_loss" or "loss".

    Examples
    --------
    >>> schedule = nd.optimizers.ReduceOnPlateau(2, factor=0.5, monitor="loss")
    >>> schedule({"loss": [3, 2, 1]}), schedule({"loss": [3, 2, 2, 2]})
    (1.0, 0.5)
    """

    def __init__(self, patience: int, factor: float = 0.1, monitor: str = "validation_loss") -> None:
        self.patience = positive_int(patience, "ReduceOnPlateau", "patience")
        self.factor = not_negative(factor, "ReduceOnPlateau", "factor")
        one_of(monitor, ("validation_loss", "loss"), "ReduceOnPlateau", "monitor")
        self.monitor = monitor

    def __call__(self, history: Mapping[str, Sequence[float]]) -> float:
        """Return the factor for the next epoch, by replaying the epochs so far."""
        best, waited, multiple = np.inf, 0, 1.0
        for epoch, loss in enumerate(history[self.monitor], 1):
            if np.isnan(loss):
                raise ValueError(
                    f"ReduceOnPlateau: expected a {self.monitor} in each epoch, got NaN in epoch {epoch};"
                    " without validation, monitor the loss"
                )
            waited = 0 if loss < best else waited + 1
            best = min(best, loss)
            if waited == self.patience:
                multiple, waited = multiple * self.factor, 0
        return multiple

    def __repr__(self) -> str:
        return f"ReduceOnPlateau({self.patience}, {self.factor}, {self.monitor!r})"
