"""The checks of exercise 2.2."""

import numpy as np

from npdeconv._types import Array, Shape
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import Conv

FUNCTIONS = ("convolve",)

PIXELS = np.array([[1, 0, 2], [0, 3, 1], [2, 1, 0]], float)[np.newaxis, :, :, np.newaxis]
PATTERN = np.array([[1, 2], [3, 4]], float)[:, :, np.newaxis, np.newaxis]
NONE = np.zeros(1)


def by_hand(convolve: Call) -> str:
    """Filter one channel by one filter, by hand."""
    how = "the result for x [[1, 0, 2], [0, 3, 1], [2, 1, 0]] and weight [[1, 2], [3, 4]]"
    return same(how, convolve(PIXELS, PATTERN, NONE, 1, 0), [[[[13], [17]], [[16], [8]]]])


def all_channels(convolve: Call) -> None:
    """Filter two channels."""
    x, weight = np.concatenate([PIXELS, 10 * PIXELS], axis=3), np.concatenate([PATTERN, PATTERN], axis=2)
    y = numbers("the result", convolve(x, weight, NONE, 1, 0))
    same("the result for two channels, the second ten times the first", y, [[[[143], [187]], [[176], [88]]]])
    _compare(convolve, (1, 3, 3, 3), (2, 2, 3, 1), 1, 0, bias=0)


def all_filters(convolve: Call) -> None:
    """Filter by two filters."""
    weight = np.concatenate([PATTERN, PATTERN[::-1]], axis=3)
    same(
        "the result for two filters",
        convolve(PIXELS, weight, np.zeros(2), 1, 0),
        [[[[13, 9], [17, 13]], [[16, 16], [8, 14]]]],
    )


def biased(convolve: Call) -> None:
    """Add a bias per filter."""
    _compare(convolve, (1, 3, 4, 2), (2, 2, 2, 3), 1, 0, bias=50)


def strided(convolve: Call) -> None:
    """Skip places."""
    x = np.arange(25.0).reshape(1, 5, 5, 1)
    weight = np.zeros((2, 2, 1, 1))
    weight[0, 0] = 1
    same(
        "the result with stride 2, for the filter that copies",
        convolve(x, weight, NONE, 2, 0),
        [[[[0], [2]], [[10], [12]]]],
    )
    _compare(convolve, (1, 7, 8, 1), (3, 2, 1, 1), 3, 0)


def padded(convolve: Call) -> None:
    """Put zeros around."""
    x, weight = np.array([[1.0, 2.0], [3.0, 4.0]])[np.newaxis, :, :, np.newaxis], np.zeros((1, 1, 1, 1))
    weight[...] = 1
    copied = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    same("the result with padding 1, for the 1x1 filter that copies", convolve(x, weight, NONE, 1, 1), copied)
    _compare(convolve, (1, 3, 4, 2), (3, 3, 2, 2), 1, 1)
    _compare(convolve, (1, 6, 5, 1), (3, 3, 1, 2), 2, 2)


def images(convolve: Call) -> None:
    """Filter several images at once."""
    _compare(convolve, (3, 4, 4, 2), (2, 2, 2, 2), 1, 0)


def linear(convolve: Call) -> None:
    """Filter a sum of two images, without a bias."""
    rng = np.random.default_rng(0)
    one, other, weight = (
        rng.integers(-4, 5, size).astype(float) for size in ((1, 5, 6, 2),) * 2 + ((3, 2, 2, 3),)
    )
    first, second = (numbers("the result", convolve(x, weight, np.zeros(3), 2, 1)) for x in (one, other))
    both = convolve(2 * one - other, weight, np.zeros(3), 2, 1)
    same("the result for 2 a - b, expected twice that for a, minus that for b", both, 2 * first - second)


def like_the_package(convolve: Call) -> None:
    """Compare with npdeconv on random arrays."""
    _compare(convolve, (2, 9, 7, 3), (3, 5, 3, 4), 2, 1, least=-4)
    _compare(convolve, (2, 6, 11, 1), (1, 1, 1, 2), 3, 0, least=-4)
    _compare(convolve, (1, 2, 2, 5), (5, 5, 5, 2), 1, 2, least=-4)


def _compare(
    convolve: Call, shape: Shape, filters: Shape, stride: int, padding: int, bias: int = 5, least: int = 0
) -> None:
    rng = np.random.default_rng(sum(shape))
    x, weight = (rng.integers(least, 5, size).astype(float) for size in (shape, filters))
    biases: Array = bias * np.arange(1.0, filters[3] + 1)
    layer = Conv(weight, biases, (stride, stride), ((padding, padding),) * 2)
    how = f"the result for x {shape}, weight {filters}, stride {stride}, padding {padding}"
    same(how, convolve(x, weight, biases, stride, padding), layer.forward(x)[0])


IDEAS = (
    Idea(
        "each place multiplies pixels and filter, and adds up",
        by_hand,
        (
            "This is exercise 2.1 with two more axes: (1, 3, 3, 1) pixels, (2, 2, 1, 1) weights.",
            "The pixels below the filter are x[:, i : i + KH, j : j + KW]; the filter is not turned.",
            "Sum the products over KH, KW and C, and keep N and F.",
        ),
    ),
    Idea(
        "a filter adds up over all channels",
        all_channels,
        (
            "How many numbers does a 2x2 filter multiply if there are three channels?",
            "The sum goes over three axes: KH, KW and C. The channels do not survive.",
        ),
    ),
    Idea(
        "each filter makes a map of its own",
        all_filters,
        (
            "What is the last axis of the result?",
            "Filter f is weight[:, :, :, f]; its map is y[..., f].",
        ),
    ),
    Idea(
        "each filter has its bias",
        biased,
        (
            "How often is the bias added to one output?",
            "Once per output, after the sum: bias (F,) goes along the last axis.",
        ),
    ),
    Idea(
        "the stride is the distance between places",
        strided,
        (
            "Where is the second place if the stride is 2?",
            "The place of output i begins at row i * stride; there are (H - KH) // stride + 1 of them.",
        ),
    ),
    Idea(
        "padding puts zeros on all four sides",
        padded,
        (
            "How large is an image of 2x2 pixels with padding 1?",
            "Pad rows and columns, on both sides, with 0; leave images and channels alone.",
            "np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))",
        ),
    ),
    Idea(
        "each image is filtered as if it were alone",
        images,
        ("Does the first axis of the result count the images?", "Nothing is summed over N."),
    ),
    Idea(
        "without a bias, the result of a sum is the sum of the results",
        linear,
        ("Is anything rectified, clipped or normalized?", "A convolution is products and sums only."),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        (
            "All hand-sized cases hold. Look at the shapes in the message.",
            "Are height and width ever confused?",
        ),
    ),
)
