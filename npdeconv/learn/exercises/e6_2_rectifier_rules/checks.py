"""The checks of exercise 6.2."""

from collections.abc import Callable

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import ReLU

FUNCTIONS = ("deconvnet", "gradient", "guided")

Y = np.array([3.0, 3.0, -2.0, -2.0])
X = np.array([5.0, -5.0, 5.0, -5.0])
HOW = "of y [3, 3, -2, -2], where x was [5, -5, 5, -5]"


def way_down(deconvnet: Call, _gradient: Call, _guided: Call) -> str:
    """Pass four numbers by the deconvnet's rule."""
    return same(f"deconvnet {HOW}", deconvnet(Y, X), [3, 3, 0, 0])


def way_up(_deconvnet: Call, gradient: Call, _guided: Call) -> str:
    """Pass the same by the gradient's."""
    return same(f"gradient {HOW}", gradient(Y, X), [3, 0, -2, 0])


def both(_deconvnet: Call, _gradient: Call, guided: Call) -> str:
    """Pass the same by guided backpropagation."""
    return same(f"guided {HOW}", guided(Y, X), [3, 0, 0, 0])


def at_zero(deconvnet: Call, gradient: Call, guided: Call) -> None:
    """Pass numbers where x was 0."""
    y, x = np.array([4.0, -4.0]), np.zeros(2)
    for name, rule, expected in (("deconvnet", deconvnet, [4, 0]), ("gradient", gradient, [0, 0]),
                                 ("guided", guided, [0, 0])):  # fmt: skip
        same(f"{name} of y [4, -4], where x was 0", rule(y, x), expected)


def gates_only(deconvnet: Call, gradient: Call, guided: Call) -> None:
    """Change x without changing its sign."""
    rng = np.random.default_rng(0)
    y, x = rng.integers(-8, 9, 20) / 2.0, rng.choice([-1.0, 1.0], 20)
    for name, rule in (("deconvnet", deconvnet), ("gradient", gradient), ("guided", guided)):
        first = numbers(name, rule(y, x))
        same(f"{name}, where x is 100 times as large", rule(y, 100 * x), first)
        same(f"{name} of 3 * y, expected 3 times that of y", rule(3 * y, x), 3 * first)


def composed(deconvnet: Call, gradient: Call, guided: Call) -> None:
    """Ask one question after the other."""
    rng = np.random.default_rng(1)
    y, x = rng.integers(-8, 9, (3, 4)) / 2.0, rng.integers(-3, 4, (3, 4)).astype(float)
    after = deconvnet(numbers("gradient", gradient(y, x)), x)
    same("guided, expected: gradient, then deconvnet", guided(y, x), numbers("deconvnet", after))


def slope(_deconvnet: Call, gradient: Call, _guided: Call) -> None:
    """Compare the gradient with central differences of the rectifier."""
    rng = np.random.default_rng(2)
    y, x = rng.integers(-8, 9, 12) / 2.0, rng.choice([-2.0, -1.0, 1.0, 2.0], 12)
    step = 2.0**-10
    slopes = (np.maximum(x + step, 0) - np.maximum(x - step, 0)) / (2 * step)
    same("gradient, expected: y times finite differences of max(x, 0)", gradient(y, x), y * slopes)


def like_the_package(deconvnet: Call, gradient: Call, guided: Call) -> None:
    """Compare with npdeconv on random maps."""
    rng, layer = np.random.default_rng(3), ReLU()
    y, x = (rng.integers(-3, 4, (2, 3, 4, 2)).astype(float) for _ in range(2))
    _, up = layer.forward(x)
    rules: tuple[tuple[str, Call, Callable[[], Array]], ...] = (
        ("deconvnet", deconvnet, lambda: layer.deconv(y, up)),
        ("gradient", gradient, lambda: layer.backward(y, up)[0]),
        ("guided", guided, lambda: layer.deconv(layer.backward(y, up)[0], up)),
    )
    for name, rule, expected in rules:
        same(f"{name} of maps (2, 3, 4, 2)", rule(y, x), expected())


IDEAS = (
    Idea(
        "the deconvnet passes what is positive on the way down",
        way_down,
        (
            "Which of the two arrays does the deconvnet look at?",
            "It does not look at x at all: it rectifies what comes down.",
            "np.maximum(y, 0)",
        ),
    ),
    Idea(
        "the gradient passes where it was positive on the way up",
        way_up,
        (
            "Where x was negative, the output was 0, and a small change of x changes nothing.",
            "Where x was positive, y passes whatever its sign: -2 comes through.",
            "y * (x > 0)",
        ),
    ),
    Idea(
        "guided backpropagation asks both questions",
        both,
        (
            "Only one of the four numbers passes both questions. Which?",
            "Apply the gradient's gate to what the deconvnet's gate passed.",
        ),
    ),
    Idea(
        "where x was exactly 0, the gate of the way up is closed",
        at_zero,
        (
            "Is 0 positive?",
            "x > 0, not x >= 0. The deconvnet does not ask x, so its 4 passes.",
        ),
    ),
    Idea(
        "x opens and closes gates, its size does not matter",
        gates_only,
        (
            "Is anything multiplied by x itself?",
            "x > 0 is 0 or 1. Multiply by this, not by x or by max(x, 0).",
        ),
    ),
    Idea(
        "guided is the deconvnet's rule after the gradient's",
        composed,
        (
            "Write guided by calling the other two, and compare.",
            "The order does not matter: a number must pass both gates.",
        ),
    ),
    Idea(
        "the gradient agrees with finite differences",
        slope,
        ("What is the slope of max(x, 0) left of 0, and right of 0?", "It is 0 and 1: x > 0."),
    ),
    Idea(
        "they agree with npdeconv",
        like_the_package,
        ("Do maps with four axes work?", "Compare the first number that differs by hand."),
    ),
)
