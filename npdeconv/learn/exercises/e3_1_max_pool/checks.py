"""The checks of exercise 3.1."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, parts, same
from npdeconv.learn.exercise import Idea, Wrong
from npdeconv.plain import MaxPool

FUNCTIONS = ("max_pool",)

SMALL = np.array([[1, 3, 2, 0], [5, 4, 1, 7], [2, 2, 6, 1], [0, 2, 3, 8]], float)[
    np.newaxis, :, :, np.newaxis
]
ROWS = SMALL[0, :, :, 0].astype(int).tolist()


def values(max_pool: Call) -> str:
    """Pool 4x4 pixels by hand."""
    y, _ = parts(max_pool(SMALL, 2, 2), "y", "switches")
    return same(f"y of x {ROWS}, windows of 2, stride 2", y, [[[[5], [7]], [[2], [8]]]])


def places(max_pool: Call) -> str:
    """Find the winners of these pixels."""
    _, switches = parts(max_pool(SMALL[:, :2], 2, 2), "y", "switches")
    first = same(f"switches of x {ROWS[:2]}, windows of 2, stride 2", switches, [[[[4], [7]]]])
    x = np.zeros((1, 6, 4, 1))
    x[0, 5, 2] = x[0, 4, 1] = 9
    _, switches = parts(max_pool(x, 2, 2), "y", "switches")
    same("switches of the last row of windows in 6x4 pixels", np.asarray(switches)[:, 2:], [[[[17], [22]]]])
    return first


def ties(max_pool: Call) -> None:
    """Pool equal values."""
    x = np.ones((1, 2, 4, 1))
    same("switches where all pixels are 1", parts(max_pool(x, 2, 2), "y", "switches")[1], [[[[0], [2]]]])
    x[0, :, :, 0] = [[1, 5, 5, 5], [5, 5, 2, 5]]
    _, switches = parts(max_pool(x, 2, 2), "y", "switches")
    same("switches of [[1, 5, 5, 5], [5, 5, 2, 5]]", switches, [[[[1], [2]]]])


def negative(max_pool: Call) -> None:
    """Pool values below zero."""
    y, switches = parts(max_pool(SMALL - 10, 2, 2), "y", "switches")
    same("y of negative values", y, [[[[-5], [-3]], [[-8], [-2]]]])
    same("switches of negative values", switches, [[[[4], [7]], [[8], [15]]]])


def channels(max_pool: Call) -> None:
    """Pool maps that differ in every channel and image."""
    _compare(max_pool, np.random.default_rng(0).permutation(72).reshape(2, 4, 3, 3)[:, :, :2], 2, 2)


def overlap(max_pool: Call) -> None:
    """Pool windows that overlap, and windows with gaps between them."""
    x = np.random.default_rng(1).permutation(64).reshape(1, 8, 8, 1)
    _compare(max_pool, x[:, :7, :7], 3, 2)
    _compare(max_pool, x, 2, 3)


def leftovers(max_pool: Call) -> None:
    """Pool maps that windows do not fill."""
    x = np.random.default_rng(2).permutation(35).reshape(1, 5, 7, 1)
    _compare(max_pool, x, 2, 2)
    _compare(max_pool, x, 3, 3)


def found_again(max_pool: Call) -> None:
    """Look up the values at their switches."""
    x = np.random.default_rng(3).permutation(320).reshape(2, 8, 10, 2) - 160.0
    y, switches = (np.asarray(one) for one in parts(max_pool(x, 3, 2), "y", "switches"))
    flat = x.reshape(2, 80, 2)
    looked_up = np.take_along_axis(flat, switches.reshape(2, -1, 2).astype(int), axis=1).reshape(y.shape)
    if (looked_up != y).any():
        raise Wrong("x at the switches is not y")


def like_the_package(max_pool: Call) -> None:
    """Compare with npdeconv on arrays with many equal values."""
    rng = np.random.default_rng(4)
    for window, stride, shape in ((2, 2, (2, 6, 8, 3)), (3, 2, (1, 9, 7, 2)), (3, 1, (2, 5, 5, 1))):
        _compare(max_pool, rng.integers(-3, 3, shape), window, stride)


def _compare(max_pool: Call, x: Array, window: int, stride: int) -> None:
    x = x.astype(float)
    y, switches = parts(max_pool(x, window, stride), "y", "switches")
    expected, (places, _) = MaxPool((window, window), (stride, stride)).forward(x)
    how = f"for x {x.shape}, window {window}, stride {stride}"
    same(f"y {how}", y, expected)
    same(f"switches {how}", switches, places)


IDEAS = (
    Idea(
        "y holds the largest value of each window",
        values,
        (
            "How many windows fit into 4 rows, if each is 2 high and the next starts 2 below?",
            "The window of row i and column j begins at row i * stride and column j * stride of x.",
            "y[:, i, j] = x[:, top : top + window, left : left + window].max(axis=(1, 2))",
        ),
    ),
    Idea(
        "a switch is a place in the whole map, h * W + w",
        places,
        (
            "`argmax` of a window counts within the window. Where does the window begin in the map?",
            "In the window, the winner is in row place // window, column place % window. Add top and left.",
            "switch = (top + place // window) * W + left + place % window, where W is the width of x.",
        ),
    ),
    Idea(
        "of equal values the first wins",
        ties,
        (
            "Which of two equal values does your code keep: the one it met first, or the last?",
            "`>=` lets a later value replace an equal one; `>` does not. `np.argmax` keeps the first.",
            "Go through the window row by row, and replace the winner only by a value that is larger.",
        ),
    ),
    Idea(
        "values below zero can win",
        negative,
        (
            "What does your search for the largest value start from?",
            "A search that starts from 0 never finds -3. Start from the window's first value.",
        ),
    ),
    Idea(
        "every image and every channel is pooled for itself",
        channels,
        (
            "Each channel has winners of its own. Is there a maximum over an axis that should stay?",
            "The maximum goes over rows and columns of the window only: not over images and channels.",
            "With window values of shape (N, window * window, C), take max and argmax over axis 1.",
        ),
    ),
    Idea(
        "windows may overlap, or leave gaps",
        overlap,
        (
            "Where does the second window begin if the window is 3 and the stride 2?",
            "The stride says where windows begin, the window how far they reach. Are both in their place?",
            "OH = (H - window) // stride + 1, and window i begins at row i * stride.",
        ),
    ),
    Idea(
        "what windows do not fill is left out",
        leftovers,
        (
            "How many windows of 2 fit into 5 rows?",
            "Only whole windows count: OH = (H - window) // stride + 1, rounded down.",
        ),
    ),
    Idea(
        "x at the switches is y",
        found_again,
        (
            "Take one wrong switch: which row and column of the map is it, and what stands there?",
            "W in h * W + w is the width of x, not that of y, and not its height.",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        (
            "All hand-sized cases hold. Look at the shape, window and stride of the message.",
            "Try that case with small whole numbers, and print each window with its switch.",
        ),
    ),
)
