"""The checks of exercise 6.1."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import Conv

FUNCTIONS = ("transposed_convolution",)

SLIDE = np.array([[4, 3], [2, 0]], float)[np.newaxis, :, :, np.newaxis]
FILTER = np.array([[1, 1, 1], [1, 2, 1], [1, 1, 1]], float)[:, :, np.newaxis, np.newaxis]


def slide(transposed_convolution: Call) -> str:
    """Compute the deck's slide."""
    expected = np.kron(SLIDE[0, :, :, 0], FILTER[:, :, 0, 0])
    return same(
        "the map [[4, 3], [2, 0]] with the filter [[1, 1, 1], [1, 2, 1], [1, 1, 1]] and stride 3",
        transposed_convolution(SLIDE, FILTER, 3), expected[np.newaxis, :, :, np.newaxis],
    )  # fmt: skip


def added(transposed_convolution: Call) -> str:
    """Let stamps overlap."""
    expected = [[4, 4, 7, 3, 3], [4, 8, 7, 6, 3], [6, 6, 9, 3, 3], [2, 4, 2, 0, 0], [2, 2, 2, 0, 0]]
    result = transposed_convolution(SLIDE, FILTER, 2)
    return same("the same with stride 2", result, np.array(expected)[np.newaxis, :, :, np.newaxis])


def as_it_is(transposed_convolution: Call) -> None:
    """Stamp a filter that is not symmetric."""
    weight = np.arange(1.0, 7.0).reshape(2, 3, 1, 1)
    one = np.ones((1, 1, 1, 1))
    same(
        "a map of one 1 writes the filter", transposed_convolution(one, weight, 1), weight[np.newaxis, ..., 0]
    )


def gaps(transposed_convolution: Call) -> None:
    """Take a stride larger than the filter."""
    result = transposed_convolution(np.ones((1, 2, 2, 1)), np.ones((1, 1, 1, 1)), 2)
    expected = np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]])[np.newaxis, :, :, np.newaxis]
    same("a map of ones, a filter of one 1, stride 2", result, expected)
    _compare(transposed_convolution, (1, 3, 2, 1), (1, 2, 1, 1), 3)


def all_filters(transposed_convolution: Call) -> None:
    """Write with two filters."""
    y = np.array([[[[10.0, 1.0]]]])
    weight = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 1, 2)
    same("two maps, [10] and [1], with the filters [1, 3] and [2, 4]",
         transposed_convolution(y, weight, 1), [[[[12], [34]]]])  # fmt: skip
    _compare(transposed_convolution, (1, 2, 3, 3), (2, 2, 1, 3), 1)


def all_channels(transposed_convolution: Call) -> None:
    """Write onto several channels."""
    _compare(transposed_convolution, (1, 2, 2, 1), (2, 3, 3, 1), 2)
    _compare(transposed_convolution, (1, 2, 3, 2), (2, 2, 2, 2), 1)


def images(transposed_convolution: Call) -> None:
    """Write several pictures at once."""
    _compare(transposed_convolution, (3, 2, 2, 2), (2, 2, 2, 2), 2)


def adjoint(transposed_convolution: Call) -> None:
    """Compare products of what goes up and of what comes down."""
    rng = np.random.default_rng(0)
    shapes = ((1, 7, 9, 2), (1, 3, 4, 3), (3, 3, 2, 3))
    x, y, weight = (rng.integers(-4, 5, shape).astype(float) for shape in shapes)
    up, _ = Conv(weight, np.zeros(3), (2, 2)).forward(x)
    down = numbers("x", transposed_convolution(y, weight, 2))
    same(
        "sum of x times what comes down, expected: sum of y times what goes up,",
        (x * down).sum(),
        (up * y).sum(),
    )


def like_the_package(transposed_convolution: Call) -> None:
    """Compare with npdeconv on random arrays."""
    _compare(transposed_convolution, (2, 4, 3, 5), (3, 2, 4, 5), 2)
    _compare(transposed_convolution, (2, 3, 5, 2), (5, 5, 3, 2), 1)
    _compare(transposed_convolution, (1, 1, 1, 2), (4, 2, 1, 2), 3)


def _compare(
    transposed_convolution: Call, maps: tuple[int, ...], filters: tuple[int, ...], stride: int
) -> None:
    rng = np.random.default_rng(sum(maps))
    y: Array
    y, weight = (rng.integers(-4, 5, shape).astype(float) for shape in (maps, filters))
    sides = [(maps[axis] - 1) * stride + filters[axis - 1] for axis in (1, 2)]
    below = np.zeros((maps[0], *sides, filters[2]))
    how = f"x of y {maps}, weight {filters}, stride {stride}"
    expected = Conv(weight, np.zeros(filters[3]), (stride, stride)).deconv(y, below)
    same(how, transposed_convolution(y, weight, stride), expected)


IDEAS = (
    Idea(
        "each number of the map stamps the filter, times itself",
        slide,
        (
            "Begin with the 4 alone: what does it write, and where?",
            "The number in row i and column j writes y * weight at the rows from i * stride on.",
            "x[:, top : top + KH, left : left + KW] += y[:, i, j] * weight, with top = i * stride.",
        ),
    ),
    Idea(
        "where stamps overlap, they add up",
        added,
        (
            "Two stamps of 3, 2 apart, need 5 rows and columns. The third belongs to both. Which one wins?",
            "None: use += in place of =.",
            "x has (OH - 1) * stride + KH rows: with stride 2 that is 5.",
        ),
    ),
    Idea(
        "the filter is stamped as it is, not turned",
        as_it_is,
        (
            "The slide's filter looks the same upside down. This one does not.",
            "The paper flips filters because it convolves with them; a stamp needs no flip.",
            "Use weight, not weight[::-1, ::-1]. Check that KH belongs to rows and KW to columns.",
        ),
    ),
    Idea(
        "what no stamp reaches stays 0",
        gaps,
        (
            "What lies between two stamps if the stride is larger than the filter?",
            "Start from np.zeros of the full size, (OH - 1) * stride + KH.",
        ),
    ),
    Idea(
        "the stamps of all filters add up",
        all_filters,
        (
            "Two maps write onto the same picture. What is 10 * 1 + 1 * 2?",
            "Map f writes with filter f, weight[:, :, :, f]; sum over f.",
        ),
    ),
    Idea(
        "each channel gets its own pattern",
        all_channels,
        (
            "On the way up, the channels were added together. On the way down, each gets its part.",
            "The stamp of map f has the shape (KH, KW, C): weight[:, :, :, f].",
        ),
    ),
    Idea(
        "each picture gets its own maps only",
        images,
        ("Is anything summed over N?", "Picture n is written by y[n] alone."),
    ),
    Idea(
        "it is the transpose of the convolution",
        adjoint,
        (
            "For every x and y, the sum of y * up(x) must be the sum of down(y) * x.",
            "Whatever pixel an output read, with some weight, it must write to, with the same weight.",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("Look at the shapes in the message.", "Are height and width ever confused, or C and F?"),
    ),
)
