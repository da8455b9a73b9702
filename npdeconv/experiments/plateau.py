"""A stated rule for when a training has reached its plateau."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Generator
from npdeconv.data import Dataset
from npdeconv.optimizers import ReduceOnPlateau


@brief
class Plateau(NamedTuple):
    """Lower the learning rate when the validation loss stalls; stop when that no longer helps.

    With the defaults, training stops after two lower rates have brought no better loss.

    Attributes
    ----------
    lower_after : int, epochs without a new minimum of the validation loss before each fall of the rate
    factor : float, what the rate is multiplied by
    stop_after : int, epochs without a new minimum before training stops, with the weights of the minimum
    share : float, the share of the training images that is set aside for validation

    Examples
    --------
    >>> rule = nd.experiments.Plateau(lower_after=1, factor=0.1, stop_after=2)
    >>> rule.reached({"validation_loss": [3, 2, 2.5]}), rule.reached({"validation_loss": [3, 2, 2.5, 2]})
    (False, True)
    """

    lower_after: int = 3
    factor: float = 0.1
    stop_after: int = 8
    share: float = 0.1

    def schedule(self) -> ReduceOnPlateau:
        """Return the schedule of the learning rate."""
        return ReduceOnPlateau(self.lower_after, self.factor)

    def reached(self, history: Mapping[str, Sequence[float]]) -> bool:
        """Tell whether a training has come to its end by this rule."""
        losses = history["validation_loss"]
        return bool(len(losses)) and len(losses) - 1 - int(np.argmin(losses)) >= self.stop_after

    def split(self, dataset: Dataset, rng: Generator) -> tuple[Dataset, Dataset]:
        """Set the validation images aside: evenly over the classes, whole groups where there are groups."""
        return (dataset.split if dataset.groups is None else dataset.split_groups)(self.share, rng)

    def sentence(self) -> str:
        """Say the rule."""
        return (
            f"trained until the loss on {self.share:.0%} of the training images, set aside, had no new"
            f" minimum for {self.stop_after} epochs; the learning rate times {self.factor:g} after every"
            f" {self.lower_after} of these; the weights of the minimum are kept"
        )
