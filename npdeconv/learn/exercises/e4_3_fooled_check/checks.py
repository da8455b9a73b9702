"""The checks of exercise 4.3."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea, Wrong

FUNCTIONS = ("forward", "fooling_backward", "telling_input", "fixed_backward")

STEP, TOLERANCE = 1e-3, 0.01
"""Wide enough for answers in float32."""

SMALL, SMALL_DY = np.array([[-1.0, 0.5, 2.0]]), np.array([[1.0, 2.0, 3.0]])


class Slopes(NamedTuple):
    """The slopes of sum(dy * forward(x)) to both sides of each entry of x, arrays of x's shape."""

    right: Array
    left: Array

    @property
    def central(self) -> Array:
        """What a central difference gives."""
        return (self.right + self.left) / 2

    @property
    def are_kinks(self) -> Array:
        """Where the two sides do not agree."""
        return np.abs(self.right - self.left) > 0.05 * max(1.0, float(np.abs(self.central).max()))


def fooled_by_hand(forward: Call, fooling: Call, _input: Call, _fixed: Call) -> str:
    """Check three numbers."""
    slopes = _slopes(forward, SMALL_DY, SMALL)
    if not np.abs(slopes.central).max() > TOLERANCE:
        raise Wrong("forward is constant near x = [[-1, 0.5, 2]]: no entry of x changes y")
    what = "fooling_backward at x = [[-1, 0.5, 2]], dy = [[1, 2, 3]], expected from central differences"
    return same(what, fooling(SMALL_DY, SMALL), slopes.central, TOLERANCE)


def fooled(forward: Call, fooling: Call, _input: Call, _fixed: Call) -> None:
    """Run the check that is to be fooled."""
    _check("fooling_backward", forward, fooling, 1.0)


def no_kink(forward: Call, _fooling: Call, telling_input: Call, _fixed: Call) -> None:
    """Look to both sides of the telling input."""
    x = _telling(telling_input)
    slopes = _settled(forward, _dy(x), x)
    if slopes.are_kinks.any():
        place = tuple(int(i) for i in np.argwhere(slopes.are_kinks)[0])
        raise Wrong(
            f"x{list(place)} = {x[place]:g} is a kink: the slope of sum(dy * forward(x)) is "
            f"{slopes.left[place]:.4g} on its left, {slopes.right[place]:.4g} on its right"
        )


def given_away(forward: Call, fooling: Call, telling_input: Call, _fixed: Call) -> None:
    """Look for the mistake at the telling input."""
    x = _telling(telling_input)
    dy = _dy(x)
    expected = _settled(forward, dy, x).central
    got = numbers("fooling_backward at the telling input", fooling(dy, x))
    if got.shape == x.shape and np.abs(got - expected).max() <= 5 * TOLERANCE * max(
        1, np.abs(expected).max()
    ):
        raise Wrong("fooling_backward is right at telling_input(): central differences confirm it there, too")


def fixed(forward: Call, _fooling: Call, _input: Call, fixed_backward: Call) -> None:
    """Run the check on the repaired gradient."""
    _check("fixed_backward", forward, fixed_backward, 1.0)


def fixed_there(forward: Call, _fooling: Call, telling_input: Call, fixed_backward: Call) -> None:
    """Run the check where it told."""
    x = _telling(telling_input)
    dy = _dy(x)
    what = "fixed_backward at telling_input(), expected from central differences"
    same(what, fixed_backward(dy, x), _settled(forward, dy, x).central, TOLERANCE)


def fixed_everywhere(forward: Call, _fooling: Call, telling_input: Call, fixed_backward: Call) -> None:
    """Run the check farther out, and around the telling input."""
    _check("fixed_backward", forward, fixed_backward, 3.0)
    _check("fixed_backward near telling_input()", forward, fixed_backward, 0.3, _telling(telling_input))


def _check(name: str, forward: Call, backward: Call, spread: float, middle: Array | None = None) -> None:
    rng = np.random.default_rng(0)
    for draw in range(1, 21):
        x = spread * rng.standard_normal((4, 3) if middle is None else middle.shape)
        x = x if middle is None else x + middle
        dy = rng.standard_normal(x.shape)
        slopes = _slopes(forward, dy, x)
        got = numbers(name, backward(dy, x))
        if got.shape == x.shape:  # a draw may come too close to a kink: that is nobody's mistake
            got = np.where(slopes.are_kinks, slopes.central, got)
        same(f"{name}, draw {draw}, expected from central differences", got, slopes.central, TOLERANCE)


def _telling(telling_input: Call) -> Array:
    x = np.atleast_2d(numbers("telling_input()", telling_input()))
    if x.ndim != 2 or not x.size:
        raise Wrong(f"telling_input() has the wrong shape: expected (N, D), yours {x.shape}")
    return x


def _dy(x: Array) -> Array:
    return np.random.default_rng(1).uniform(0.5, 1.5, x.shape)


def _settled(forward: Call, dy: Array, x: Array) -> Slopes:
    """Return slopes by a shorter step where the usual one reaches across a kink nearby."""
    slopes = _slopes(forward, dy, x)
    for step in (STEP / 10, STEP / 100):
        slopes = _slopes(forward, dy, x, step) if slopes.are_kinks.any() else slopes
    return slopes


def _slopes(forward: Call, dy: Array, x: Array, length: float = STEP) -> Slopes:
    def loss(moved: Array) -> float:
        y = numbers("y", forward(moved))
        if y.shape != x.shape:
            raise Wrong(f"y has the wrong shape: expected {x.shape}, yours {y.shape}")
        return float((dy * y).sum())

    middle, right, left = loss(x), np.zeros(x.shape), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = length
        right[place], left[place] = (loss(x + step) - middle) / length, (middle - loss(x - step)) / length
    return Slopes(right, left)


IDEAS = (
    Idea(
        "where the check looks, fooling_backward is right",
        fooled_by_hand,
        (
            "The mistake may only show where the check does not look. Between which numbers do its x lie?",
            "Take a layer that you know, such as max(x, 0), and change what it does far away from 0.",
            "forward clips x to [0, 6]; fooling_backward knows only of the lower edge.",
        ),
    ),
    Idea(
        "twenty random inputs do not notice",
        fooled,
        (
            "A draw noticed. How far from 0 is the mistake that it found?",
            "Standard normal numbers beyond 5 are rarer than one in a million: hide it there.",
        ),
    ),
    Idea(
        "the telling input is no kink",
        no_kink,
        (
            "Which slope does max(x, 0) have at 0: that of its left, or that of its right side?",
            "Move the telling input well away from the edge, to where the slope is the same on both sides.",
        ),
    ),
    Idea(
        "at the telling input, the check finds the mistake",
        given_away,
        (
            "For which x is fooling_backward wrong? Is telling_input() one of them?",
            "Compare fooling_backward there with (forward(x + h) - forward(x - h)) / (2 h).",
            "If forward clips to [0, 6] and fooling_backward passes everything above 0, any x above 6 tells.",
        ),
    ),
    Idea(
        "the repaired gradient passes the check",
        fixed,
        (
            "Which part of fooling_backward was right? Keep it.",
            "The gradient is dy times the slope of each entry.",
        ),
    ),
    Idea(
        "the repaired gradient is right at the telling input",
        fixed_there,
        (
            "What is the slope of forward there?",
            "Both edges count: dy * ((x > 0) & (x < 6)) for a clipped layer.",
        ),
    ),
    Idea(
        "the repaired gradient is right elsewhere, too",
        fixed_everywhere,
        (
            "Did you repair the mistake, or only this one input?",
            "Look at the x between the check's and yours.",
        ),
    ),
)
