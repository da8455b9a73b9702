"""Confidence intervals of a mean over a few seeds."""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from npdeconv._checks import describe
from npdeconv._repr import brief
from npdeconv._types import Array


@brief
class Interval(NamedTuple):
    """A mean and the ends of its confidence interval, arrays of one shape.

    Attributes
    ----------
    mean, low, high : (...), of the shape of one result

    Examples
    --------
    >>> mean, low, high = nd.experiments.t_interval(np.array([1.0, 2.0, 3.0]))
    >>> bool(low < mean < high)
    True
    """

    mean: Array
    low: Array
    high: Array

    @property
    def half(self) -> Array:
        """Half the interval: what stands after ±."""
        return self.high - self.mean


def t_interval(values: Array, level: float = 0.95) -> Interval:
    """Return the mean over repetitions, and its interval by Student's t.

    Parameters
    ----------
    values : (S, ...)
        One result for each of S repetitions, such as seeds; at least two.
    level : float
        Probability that the interval contains the true mean, for normally distributed results.

    Returns
    -------
    Interval
        Arrays of shape (...). Half an interval is t s / sqrt(S), with the standard deviation s of S - 1
        degrees of freedom.

    Raises
    ------
    ValueError
        For fewer than two repetitions, and a level outside (0, 1).

    Examples
    --------
    >>> interval = nd.experiments.t_interval(np.array([1.0, 2.0, 3.0]))
    >>> [round(float(end), 3) for end in interval]
    [2.0, -0.484, 4.484]
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim < 1 or len(numbers) < 2:
        raise ValueError(f"t_interval: expected at least two repetitions, got {describe(numbers)}")
    if not 0 < level < 1:
        raise ValueError(f"t_interval: level must be above 0 and below 1, got {level}")
    count = len(numbers)
    mean = numbers.mean(axis=0)
    half = stdtrit(count - 1, (1 + level) / 2) * numbers.std(axis=0, ddof=1) / np.sqrt(count)
    return Interval(mean, mean - half, mean + half)
