"""The checks of exercise 3.2."""

import numpy as np

from npdeconv._types import Array, Shape
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import MaxPool

FUNCTIONS = ("unpool",)


def by_hand(unpool: Call) -> str:
    """Put four values back into 4x4 pixels."""
    y, switches = _maps([[5, 7], [2, 8]]), _maps([[4, 3], [8, 15]], int)
    expected = _maps([[0, 0, 0, 7], [5, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 8]])
    how = "the result for y [[5, 7], [2, 8]] and switches [[4, 3], [8, 15]], in 4x4 pixels"
    return same(how, unpool(y, switches, (1, 4, 4, 1)), expected)


def other_shapes(unpool: Call) -> None:
    """Put values into maps that are not square, and larger than the windows."""
    x = unpool(_maps([[3, 4]]), _maps([[6, 9]], int), (1, 2, 5, 1))
    same("the result of shape (1, 2, 5, 1)", x, _maps([[0, 0, 0, 0, 0], [0, 3, 0, 0, 4]]))
    x = unpool(_maps([[3], [4]]), _maps([[1], [8]], int), (1, 5, 2, 1))
    same("the result of shape (1, 5, 2, 1)", x, _maps([[0, 3], [0, 0], [0, 0], [0, 0], [4, 0]]))


def sums(unpool: Call) -> None:
    """Put values into the same place."""
    y, switches = _maps([[1, 2], [4, 8]]), _maps([[4, 4], [4, 8]], int)
    same(
        "the result where three values share a place",
        unpool(y, switches, (1, 3, 3, 1)),
        _maps([[0] * 3, [0, 7, 0], [0, 0, 8]]),
    )


def signs(unpool: Call) -> None:
    """Put back values of any sign."""
    y, switches = _maps([[-1, 2], [-4, 0]]), _maps([[0, 3], [9, 10]], int)
    expected = _maps([[-1, 0, 0, 2], [0] * 4, [0, -4, 0, 0], [0] * 4])
    same("the result for negative values", unpool(y, switches, (1, 4, 4, 1)), expected)
    same("the result for -1 and 2 for the same place", unpool(y, switches * 0, (1, 4, 4, 1))[:1], _only(-3))


def apart(unpool: Call) -> None:
    """Put back several images and channels."""
    _compare(unpool, (2, 4, 6, 3), 2, 2)


def transposed(unpool: Call) -> None:
    """Hold unpooling against pooling with the same switches, as transposed matrices."""
    rng = np.random.default_rng(0)
    for window, stride in ((2, 2), (3, 1)):
        x, other = (rng.integers(-9, 10, (1, 6, 6, 2)).astype(float) for _ in range(2))
        _, (switches, _) = MaxPool((window, window), (stride, stride)).forward(x)
        picked = np.take_along_axis(other.reshape(1, 36, 2), switches.reshape(1, -1, 2), axis=1)
        y = rng.integers(-9, 10, switches.shape).astype(float)
        down = numbers("the result", unpool(y, switches, x.shape))
        what = f"sum(a * unpool(y)), expected sum(a at the switches * y), window {window}, stride {stride}"
        same(what, (other * down).sum(), (picked * y.reshape(1, -1, 2)).sum())


def like_the_package(unpool: Call) -> None:
    """Compare with npdeconv on random arrays."""
    _compare(unpool, (2, 7, 9, 2), 3, 2)
    _compare(unpool, (1, 6, 5, 4), 3, 1)
    _compare(unpool, (3, 8, 8, 1), 2, 3)


def _maps(rows: list[list[int]], kind: type = float) -> Array:
    return np.array(rows, kind)[np.newaxis, :, :, np.newaxis]


def _only(value: float) -> Array:
    x = np.zeros((1, 4, 4, 1))
    x[0, 0, 0, 0] = value
    return x


def _compare(unpool: Call, shape: Shape, window: int, stride: int) -> None:
    rng = np.random.default_rng(sum(shape))
    layer = MaxPool((window, window), (stride, stride))
    y, context = layer.forward(rng.integers(0, 10, shape).astype(float))
    y = y + 1  # all positive: signs are another idea
    how = f"x of shape {shape}, from windows of {window}, stride {stride}"
    same(how, unpool(y, context[0], shape), layer.unpool(y, context))


IDEAS = (
    Idea(
        "each value goes to its switch, zeros elsewhere",
        by_hand,
        (
            "Which row and column of a map 4 wide is place number 8?",
            "h = switch // W and w = switch % W; or look at the map as one long row, and reshape at the end.",
            "x = np.zeros((N, H * W, C)), then x[n, switches[n, i, j, c], c] = y[n, i, j, c], then reshape.",
        ),
    ),
    Idea(
        "W is the width of the map that is filled",
        other_shapes,
        (
            "Switch 9 in a map of 2 rows and 5 columns: which row, which column?",
            "In switch // W and switch % W, W is shape[2]: neither the height, nor the width of y.",
        ),
    ),
    Idea(
        "values for the same place add up",
        sums,
        (
            "Three windows have the same winner. What does the second assignment do to the first?",
            "Use += in a loop. With arrays of places, `x[places] += y` still counts each place once.",
            "np.add.at(x, places, y) adds all of them.",
        ),
    ),
    Idea(
        "values pass whatever their sign",
        signs,
        (
            "Do you compare with what is there already, or with 0?",
            "Unpooling moves values; it neither rectifies them nor chooses among them.",
        ),
    ),
    Idea(
        "each image and each channel has switches of its own",
        apart,
        (
            "A switch says where in a map. Which map, of which image?",
            "Loop over n and c as well, or bring an index for the image and one for the channel.",
        ),
    ),
    Idea(
        "it is pooling, transposed",
        transposed,
        (
            "With its switches held, pooling is a matrix of zeros and ones. What does its transpose do?",
            "Each value goes back to the one place that it was picked from, once and unchanged.",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("All hand-sized cases hold. Look at the shape in the message.", "Do gaps between windows stay 0?"),
    ),
)
