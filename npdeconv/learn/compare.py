"""What the checks compare with: numbers side by side, shapes, and results of several parts."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array
from npdeconv.learn.exercise import Wrong

Call: TypeAlias = Callable[..., Any]
"""A learner's function, as a check gets it."""

FEW = 64
"""The most numbers that are shown whole."""


def same(name: str, yours: Any, expected: Any, tolerance: float = 1e-4) -> str:
    """Compare a result with the expected one; return both side by side, as text.

    Lists and any kinds of numbers are taken. The tolerance, relative to the largest expected number,
    lets float32 pass.

    Raises
    ------
    Wrong
        With the numbers side by side.
    """
    wanted = np.asarray(expected, float)
    got = numbers(name, yours)
    if wanted.size == 1 and got.size == 1:
        got = got.reshape(wanted.shape)
    if got.shape != wanted.shape:
        raise Wrong(f"{name} has the wrong shape: expected {wanted.shape}, yours {got.shape}")
    scale = max(1e-3, float(np.abs(wanted).max(initial=0)))
    differs = ~(np.abs(got - wanted) <= tolerance * scale)  # NaN differs
    if differs.any():
        raise Wrong(f"{name} is wrong:\n{side_by_side(wanted, got, differs)}")
    return f"{name}:\n{side_by_side(wanted, got, differs)}"


def numbers(name: str, value: Any) -> Array:
    """Return a result as an array of float64; raises Wrong if it is none, or holds NaN or infinity."""
    if value is None:
        raise Wrong(f"{name} is None: does your function end with `return`?")
    try:
        array = np.asarray(value)
    except ValueError:
        raise Wrong(f"{name} must be an array of numbers, yours is {describe(value)}") from None
    if array.dtype.kind not in "biuf":
        raise Wrong(f"{name} must be an array of numbers, yours is {describe(value)}")
    array = array.astype(float)
    if not np.isfinite(array).all():
        place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        found = array[tuple(place)]
        raise Wrong(f"{name} holds {found} at {place}" if place else f"{name} is {found}")
    return array


def parts(result: Any, *expected: str) -> tuple[Any, ...]:
    """Return the parts of a result that has several; raises Wrong if it has not as many as expected."""
    if isinstance(result, tuple | list) and len(result) == len(expected):
        return tuple(result)
    got = f"{len(result)} things" if isinstance(result, tuple | list) else describe(result)
    raise Wrong(f"expected {len(expected)} results, ({', '.join(expected)}); yours: {got}")


def side_by_side(wanted: Array, got: Array, differs: Array) -> str:
    """Return expected and given numbers beside each other; stars mark those that differ."""
    flat = [np.squeeze(array) for array in (wanted, got, differs)]
    if flat[0].ndim > 2 or flat[0].size > FEW:
        return _first_differences(wanted, got, differs)
    left, right, stars = (np.atleast_2d(array) for array in flat)
    width = max((len(_short(value)) for value in [*left.flat, *right.flat]), default=1)
    wanted_lines = _lines(left, np.zeros_like(stars), width)
    edge = max(map(len, ["expected", *wanted_lines]))
    pairs = zip(["expected", *wanted_lines], ["yours", *_lines(right, stars, width)], strict=True)
    return "\n".join(f"  {one:<{edge}}   {other}" for one, other in pairs)


def _lines(rows: Array, stars: Array, width: int) -> list[str]:
    # A star stands behind its column, so that the digits stay below each other.
    cells = [
        [f"{_short(value):>{width}}{'*' if star else ' '}" for value, star in zip(*row, strict=True)]
        for row in zip(rows, stars, strict=True)
    ]
    return [" ".join(row).rstrip() for row in cells]


def _first_differences(wanted: Array, got: Array, differs: Array, few: int = 5) -> str:
    places = np.argwhere(differs)
    if not len(places):
        return f"  {wanted.size} numbers of shape {wanted.shape}, all as expected"
    lines = [f"  {len(places)} of {wanted.size} numbers differ, first:"]
    for place in map(tuple, places[:few]):
        at = ", ".join(map(str, place))
        lines.append(f"  at [{at}]: expected {_short(wanted[place])}, yours {_short(got[place])}")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value + 0.0:.5g}"  # + 0.0 turns -0 into 0
