"""Time, and its statistics.

A *turn* is as many calls as fit into a given time. Its result is the mean of their seconds, so that
slow calls count by their share. Contenders take turns in *rounds*; a measurement is the median over
the rounds, with its quartiles. Speeds are compared round by round, since a slow phase of the machine
slows all contenders.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Summary(NamedTuple):
    """The middle of some measurements, and their spread."""

    median: float
    lower: float  # quartile
    upper: float
    rounds: int


def summarize(values: Sequence[float]) -> Summary:
    """Return the median and the quartiles, linear between the ordered values.

    Examples
    --------
    >>> summarize([4.0, 1.0, 3.0, 2.0])
    Summary(median=2.5, lower=1.75, upper=3.25, rounds=4)
    """
    if not values:
        raise ValueError("summarize: expected at least one value, got none")
    if len(values) == 1:
        return Summary(values[0], values[0], values[0], 1)
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Summary(median, lower, upper, len(values))


def ratios(slower: Sequence[float], faster: Sequence[float]) -> list[float]:
    """Return the factor by which the second was faster, round by round."""
    return [slow / fast for slow, fast in zip(slower, faster, strict=True)]


def turn(call: Callable[[], Any], least: float) -> float:
    """Repeat a call for at least `least` seconds; return the mean seconds of a call."""
    calls, started = 0, time.perf_counter()
    while True:
        call()
        calls += 1
        passed = time.perf_counter() - started
        if passed >= least:
            return passed / calls


def seconds_of(call: Callable[[], Any]) -> tuple[float, Any]:
    """Call once; return the seconds and the result."""
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result
