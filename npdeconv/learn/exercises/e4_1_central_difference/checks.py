"""The checks of exercise 4.1."""

from collections.abc import Callable

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, same
from npdeconv.learn.exercise import Idea, Wrong
from npdeconv.plain import Conv, Dense, cross_entropy

FUNCTIONS = ("central_difference",)


def slope(central_difference: Call) -> str:
    """Differentiate a sum with factors."""
    factors = np.array([2.0, -3.0, 0.5])
    found = central_difference(_dot(factors), np.ones(3), 0.5)
    return same("gradient of 2a - 3b + c/2 at (1, 1, 1), h = 0.5", found, factors)


def central(central_difference: Call) -> None:
    """Differentiate what is not straight, with a wide step."""
    x = np.array([1.0, -2.0, 3.0])
    f = _of(lambda x: x**2)
    same("gradient of a² + b² + c² at (1, -2, 3), h = 0.5", central_difference(f, x, 0.5), [2, -4, 6])
    # (x + h)³ - (x - h)³ = 6 h x² + 2 h³
    same("gradient of a³ + b³ + c³ at (1, -2, 3), h = 0.5", central_difference(_of(lambda x: x**3), x, 0.5),
         3 * x**2 + 0.25)  # fmt: skip


def one_at_a_time(central_difference: Call) -> None:
    """Differentiate a product of entries."""
    x = np.array([2.0, 3.0, 5.0])
    same("gradient of a * b * c at (2, 3, 5)", central_difference(_product, x, 0.25), [15, 10, 6])


def any_shape(central_difference: Call) -> None:
    """Differentiate a function of a matrix, of an array with four axes, and of a single number."""
    for shape in ((2, 3), (1, 2, 2, 2), (1,), ()):
        factors = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
        same(
            f"gradient for x of shape {shape}",
            central_difference(_dot(factors), np.zeros(shape), 0.5),
            factors,
        )


def whole_numbers(central_difference: Call) -> None:
    """Differentiate at an array of integers."""
    got = central_difference(_of(lambda x: x**2), np.array([1, -2, 3]), 0.25)
    same("gradient of a² + b² + c² at integers", got, [2, -4, 6])


def untouched(central_difference: Call) -> None:
    """Look at the arrays that f gets."""
    x = np.array([1.0, 2.0, 3.0])

    def f(moved: Array) -> float:
        moved = np.asarray(moved, float)
        if moved.shape != x.shape:
            raise Wrong(f"f was called with an array of shape {moved.shape}, expected {x.shape}")
        changed = int((np.abs(moved - x) > 1e-9).sum())
        if changed > 1:
            raise Wrong(
                f"f was called with {changed} entries moved: {moved.tolist()} instead of {x.tolist()}"
            )
        return float(moved.sum())

    same("gradient of a + b + c", central_difference(f, x, 0.5), [1, 1, 1])


def smaller_is_better(central_difference: Call) -> None:
    """Halve h: the error of a central difference falls to a quarter."""
    x = np.array([0.3, -0.4])
    f = _of(np.sin)
    errors = [np.abs(np.asarray(central_difference(f, x, h)) - np.cos(x)).max() for h in (0.4, 0.2)]
    same("error of the gradient of sin, h = 0.4 over h = 0.2", errors[0] / max(errors[1], 1e-12), 4, 0.05)


def like_the_package(central_difference: Call) -> None:
    """Compare with the gradients of npdeconv's layers."""
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(1, 4, 4, 2)), rng.normal(size=(1, 2, 2, 3))
    conv = Conv(rng.normal(size=(3, 3, 2, 3)), rng.normal(size=3))
    expected, _ = conv.backward(dy, x)
    same(
        "gradient of a convolution",
        central_difference(lambda x: (conv.forward(x)[0] * dy).sum(), x, 0.01),
        expected,
    )
    dense, labels = Dense(rng.normal(size=(5, 3)), rng.normal(size=3)), np.array([2, 0])
    x = rng.normal(size=(2, 5))
    expected, _ = dense.backward(cross_entropy(dense.forward(x)[0], labels)[1], x)
    got = central_difference(lambda x: cross_entropy(dense.forward(x)[0], labels)[0], x, 0.001)
    same("gradient of a cross-entropy", got, expected, 1e-3)


def _dot(factors: Array) -> Callable[[Array], float]:
    return lambda x: float((np.asarray(x, float) * factors).sum())


def _of(function: Callable[[Array], Array]) -> Callable[[Array], float]:
    return lambda x: float(function(np.asarray(x, float)).sum())


def _product(x: Array) -> float:
    return float(np.prod(np.asarray(x, float)))


IDEAS = (
    Idea(
        "a slope is the change of f, divided by the change of x",
        slope,
        (
            "How many slopes are asked for? One for each entry of x: loop over the entries.",
            "By how much do the two x differ that you compare?",
            "From x - h to x + h it is 2 h, not h.",
            "(f(up) - f(down)) / (2 * h), with up = x.copy(); up[place] += h, and down likewise.",
        ),
    ),
    Idea(
        "f is asked on both sides of x",
        central,
        (
            "Draw a parabola and the line through two of its points. Which two give the slope between them?",
            "f(x + h) - f(x) looks to one side only; use the given h, too.",
        ),
    ),
    Idea(
        "only one entry moves at a time",
        one_at_a_time,
        (
            "When the second entry is moved, where is the first?",
            "Move an entry of a fresh copy, or put the old value back before you go on.",
        ),
    ),
    Idea(
        "x may have any shape",
        any_shape,
        (
            "How many axes does your loop go over?",
            "`for place in np.ndindex(x.shape)` goes through all places of any shape: x[place].",
        ),
    ),
    Idea(
        "whole numbers can be moved by less than one",
        whole_numbers,
        ("What is left of 0.25 in an array of integers?", "Begin with x = np.array(x, float)."),
    ),
    Idea(
        "f gets whole arrays, with a single entry moved",
        untouched,
        (
            "What exactly does f get? Print it.",
            "f takes an array of x's shape, and not one entry, or one row.",
        ),
    ),
    Idea(
        "with half the h, a quarter of the error",
        smaller_is_better,
        ("Is h used as it is given?", "h in the steps and h in the division must be the same."),
    ),
    Idea(
        "it agrees with npdeconv's gradients",
        like_the_package,
        ("All hand-sized cases hold. Is something rounded, or float32?", "Compute in float64 throughout."),
    ),
)
