"""Is this picture evidence? Two numbers beside it, and a sentence that says what they mean."""

from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array

ALIKE, PARTLY = 0.7, 0.3


@brief
class Verdict(NamedTuple):
    """How much N pictures depend on the unit that they are said to show.

    Attributes
    ----------
    layer : str, whose weights were randomized; "" if there are none
    silent : bool (N,), there is no picture
    to_random : (N,), Pearson's correlation with what random values draw at the same place
    randomized : (N,), Spearman's correlation with the picture by random weights
    fired : bool (N,), whether the unit fired with any random weights; if not, `randomized` is 0

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> verdict = nd.experiments.judge_projections(net, images, "relu4", 7, rng=np.random.default_rng(0))
    >>> verdict.layer, verdict.to_random.shape
    ('conv4', (3,))
    """

    layer: str
    silent: Array
    to_random: Array
    randomized: Array
    fired: Array

    def numbers(self, place: int) -> str:
        """Return the numbers of one picture as a label.

        Examples
        --------
        >>> some = np.array([False]), np.array([0.9]), np.array([0.1]), np.array([True])
        >>> nd.experiments.Verdict("conv4", *some).numbers(0)
        'random values 0.90, random weights 0.10'
        """
        if self.silent[place]:
            return "no picture to judge"
        weights = f", random weights {self.randomized[place]:.2f}" if self.fired[place] else ""
        return f"random values {self.to_random[place]:.2f}{weights}"

    def median(self) -> str:
        """Return the median numbers of all pictures as a label.

        Examples
        --------
        >>> some = np.array([False, True]), np.array([0.9, 0]), np.array([0.1, 0]), np.array([True, False])
        >>> nd.experiments.Verdict("conv4", *some).median()
        'random values 0.90, random weights 0.10'
        """
        seen, fired = ~self.silent, self.fired & ~self.silent
        middle = (
            np.median(array[some]) if some.any() else 0
            for array, some in ((self.to_random, seen), (self.randomized, fired))
        )
        one = Verdict(self.layer, *(np.array([value]) for value in (not seen.any(), *middle, fired.any())))
        return one.numbers(0)

    def sentence(self, place: int) -> str:
        """Say in one plain sentence what the two numbers of one picture mean.

        Examples
        --------
        >>> some = np.array([True]), np.array([0.9]), np.array([0.1]), np.array([True])
        >>> nd.experiments.Verdict("conv4", *some).sentence(0)
        'silent: there is no picture to judge'
        """
        if self.silent[place]:
            return "silent: there is no picture to judge"
        numbers = [float(self.to_random[place])]
        said = f"correlation {numbers[0]:.2f} with what random values in the other maps draw here"
        if self.fired[place]:
            numbers.append(float(self.randomized[place]))
            said += f", rank correlation {numbers[1]:.2f} after random weights in {self.layer}"
        most = np.abs(numbers).max()
        if most >= ALIKE:
            return f"{said}: nearly the same picture comes without this unit, so it says little about it"
        if most >= PARTLY:
            return f"{said}: part of this picture comes without this unit"
        return f"{said}: this picture is the unit's own"
