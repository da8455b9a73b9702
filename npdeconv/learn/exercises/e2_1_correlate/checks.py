"""The checks of exercise 2.1."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import Conv

FUNCTIONS = ("correlate",)

X = np.array([[1, 0, 2], [0, 3, 1], [2, 1, 0]], float)


def by_hand(correlate: Call) -> str:
    """Correlate 3x3 pixels with a pattern that looks the same upside down."""
    how = "the result for x [[1, 0, 2], [0, 3, 1], [2, 1, 0]] and weight [[1, 2], [2, 1]]"
    return same(how, correlate(X, np.array([[1.0, 2.0], [2.0, 1.0]])), [[4, 11], [11, 7]])


def not_flipped(correlate: Call) -> str:
    """Correlate with a pattern that does not."""
    return same(
        "y of the pattern [[1, 2], [3, 4]]",
        correlate(X, np.array([[1.0, 2.0], [3.0, 4.0]])),
        [[13, 17], [16, 8]],
    )


def size(correlate: Call) -> None:
    """Correlate images and patterns that are not square."""
    same(
        "the result for 4x5 ones and 1x3 ones",
        correlate(np.ones((4, 5)), np.ones((1, 3))),
        np.full((4, 3), 3),
    )
    same(
        "the result for 3x6 ones and 2x2 ones",
        correlate(np.ones((3, 6)), np.ones((2, 2))),
        np.full((2, 5), 4),
    )
    same("the result for an image and a pattern of the same size", correlate(X, X), [[20]])


def bytes_summed(correlate: Call) -> None:
    """Correlate pixels of 8 bits."""
    x = np.full((2, 3), 255, np.uint8)
    same("white pixels (uint8)", correlate(x, np.full((2, 2), 2, np.uint8)), [[2040, 2040]])
    same("white pixels (uint8), for a mean", correlate(x, np.full((2, 2), 0.25)), [[255, 255]])
    same(
        "the result for white pixels (uint8), for a slope",
        correlate(x, np.array([[-0.5, 0.75]])),
        [[63.75] * 2] * 2,
    )


def linear(correlate: Call) -> None:
    """Correlate a sum of two images."""
    rng = np.random.default_rng(0)
    one, other, weight = (rng.integers(-4, 5, shape).astype(float) for shape in ((5, 6), (5, 6), (3, 2)))
    first = numbers("the result", correlate(one, weight))
    second = numbers("the result", correlate(other, weight))
    same(
        "the result for 2 a - b, expected twice that for a, minus that for b",
        correlate(2 * one - other, weight),
        2 * first - second,
    )


def like_the_package(correlate: Call) -> None:
    """Compare with npdeconv on random arrays."""
    rng = np.random.default_rng(1)
    for shape, pattern in (((6, 9), (3, 3)), ((7, 5), (2, 4)), ((4, 4), (1, 1))):
        x, weight = rng.integers(-9, 10, shape).astype(float), rng.integers(-9, 10, pattern).astype(float)
        same(
            f"image {shape}, pattern {pattern}",
            correlate(x, weight),
            _expected(x, weight),
        )


def _expected(x: Array, weight: Array) -> Array:
    y, _ = Conv(weight[:, :, np.newaxis, np.newaxis], np.zeros(1)).forward(x[np.newaxis, :, :, np.newaxis])
    return y[0, :, :, 0]


IDEAS = (
    Idea(
        "each place multiplies pixels and pattern, and adds up",
        by_hand,
        (
            "How many places are there for 2x2 numbers in 3x3 pixels?",
            "The pixels below the pattern are x[i : i + KH, j : j + KW].",
            "y[i, j] = (x[i : i + KH, j : j + KW] * weight).sum(); `@` would be a matrix product.",
        ),
    ),
    Idea(
        "the pattern is not turned",
        not_flipped,
        (
            "Which pixel does the pattern's first number, upper left, meet?",
            "Correlation leaves the pattern as it is; turning it by 180 degrees first is convolution.",
        ),
    ),
    Idea(
        "there is a result for each place inside the image, and for no other",
        size,
        (
            "In how many rows can a pattern of 3 rows begin, if the image has 5?",
            "OH = H - KH + 1 and OW = W - KW + 1; rows and columns have sizes of their own.",
        ),
    ),
    Idea(
        "pixels of 8 bits are added up without loss",
        bytes_summed,
        (
            "What is 255 + 255 in an array of uint8? Try it.",
            "What kind of numbers does the array of results hold: x's, or floats?",
            "Begin with x = np.asarray(x, float), and collect the results in np.zeros(shape).",
        ),
    ),
    Idea(
        "the result of a sum is the sum of the results",
        linear,
        ("Is anything clipped, rounded, normalized or shifted?", "Products and sums only: nothing else."),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("All hand-sized cases hold. Look at the sizes in the message.", "Does the pattern 1x1 work?"),
    ),
)
