"""The checks of exercise 4.2."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, parts, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import Dense

FUNCTIONS = ("dense_backward",)

DY, X = np.array([[1.0, 2.0]]), np.array([[3.0, 0.0, -1.0]])
WEIGHT = np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 3.0]])


def down(dense_backward: Call) -> str:
    """Carry one example down by hand."""
    how = "dx of dy [[1, 2]] and weight [[1, 0], [2, -1], [0, 3]]"
    return same(how, _gradients(dense_backward, DY, X, WEIGHT)[0], [[1, 0, 6]])


def weights(dense_backward: Call) -> str:
    """Find the weights' gradient by hand."""
    how = "dweight of dy [[1, 2]] and x [[3, 0, -1]]"
    return same(how, _gradients(dense_backward, DY, X, WEIGHT)[1], [[3, 6], [0, 0], [-1, -2]])


def bias(dense_backward: Call) -> None:
    """Find the bias' gradient by hand."""
    same("dbias", _gradients(dense_backward, DY, X, WEIGHT)[2], [1, 2])


def batch(dense_backward: Call) -> None:
    """Add up over two examples."""
    dy, x = np.array([[1.0, 2.0], [10.0, 0.0]]), np.array([[3.0, 0.0, -1.0], [1.0, 1.0, 0.0]])
    dx, dweight, dbias = _gradients(dense_backward, dy, x, WEIGHT)
    same("dx of two examples", dx, [[1, 0, 6], [10, 20, 0]])
    same("dweight of two examples", dweight, [[13, 6], [10, 0], [-1, -2]])
    same("dbias of two examples", dbias, [11, 2])


def square(dense_backward: Call) -> None:
    """Use as many inputs as outputs, where a forgotten transpose fits by chance."""
    weight = np.array([[1.0, 2.0], [3.0, 4.0]])
    dx, dweight, _ = _gradients(
        dense_backward, np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[5.0, 6.0], [7.0, 8.0]]), weight
    )
    same("dx of two inputs and two outputs", dx, [[1, 3], [0, 0]])
    same("dweight of two inputs and two outputs", dweight, [[5, 0], [6, 0]])


def finite_differences(dense_backward: Call) -> None:
    """Move each number, and look at the loss."""
    rng = np.random.default_rng(0)
    dy, x, weight = (rng.normal(size=shape) for shape in ((3, 2), (3, 4), (4, 2)))
    got = _gradients(dense_backward, dy, x, weight)
    for name, array, gradient in (("dx", x, got[0]), ("dweight", weight, got[1])):
        expected = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            before = (dy * (x @ weight)).sum()
            array[place] += 1  # a step of any length is exact: the loss is linear in each number
            expected[place] = (dy * (x @ weight)).sum() - before
            array[place] -= 1
        same(f"{name}, expected from finite differences", gradient, expected)


def transposed(dense_backward: Call) -> None:
    """Hold dx against the layer itself: <x W, dy> = <x, dx>."""
    rng = np.random.default_rng(1)
    dy, x, weight = (rng.integers(-5, 6, shape).astype(float) for shape in ((4, 3), (4, 6), (6, 3)))
    dx = np.asarray(_gradients(dense_backward, dy, x, weight)[0], float)
    same("sum(x * dx), expected sum((x @ weight) * dy)", (x * dx).sum(), ((x @ weight) * dy).sum())


def like_the_package(dense_backward: Call) -> None:
    """Compare with npdeconv on random arrays."""
    rng = np.random.default_rng(2)
    for count, inputs, outputs in ((5, 7, 3), (1, 2, 6), (4, 4, 4)):
        shapes = ((count, outputs), (count, inputs), (inputs, outputs))
        dy, x, weight = (rng.integers(-5, 6, shape).astype(float) for shape in shapes)
        dx, gradients = Dense(weight, np.zeros(outputs)).backward(dy, x)
        got = _gradients(dense_backward, dy, x, weight)
        for name, yours, expected in zip(
            ("dx", "dweight", "dbias"), got, (dx, *gradients.values()), strict=True
        ):
            same(f"{name} of x {x.shape} and weight {weight.shape}", yours, expected)


def _gradients(dense_backward: Call, dy: Array, x: Array, weight: Array) -> tuple[Array, ...]:
    return parts(dense_backward(dy, x, weight), "dx", "dweight", "dbias")


IDEAS = (
    Idea(
        "dx: each input collects from all outputs, by its weights",
        down,
        (
            "Input 1 enters output 0 with weight 2 and output 1 with weight -1. What does it do to the loss?",
            "dx[n, d] is the sum over m of dy[n, m] * weight[d, m].",
            "That is a matrix product with the transposed weights: dy @ weight.T",
        ),
    ),
    Idea(
        "dweight: input times gradient of the output",
        weights,
        (
            "weight[d, m] multiplies x[d] and goes into y[m] alone. How much does the loss change with it?",
            "dweight[d, m] is the sum over n of x[n, d] * dy[n, m].",
            "x.T @ dy has the shape (D, M), as the weights have.",
        ),
    ),
    Idea(
        "dbias: the gradient of the output itself",
        bias,
        (
            "How much does y[n, m] change when bias[m] grows by 1?",
            "dbias has the shape (M,): sum dy over the examples.",
        ),
    ),
    Idea(
        "parameters add up over all examples, inputs do not",
        batch,
        (
            "Every example uses the same weights, but each has its own x.",
            "The sum over n, not the mean: a mean belongs to the loss, and is in dy already.",
        ),
    ),
    Idea(
        "nothing fits by chance: the right matrix is transposed",
        square,
        (
            "With D = M, weight and weight.T have the same shape. Which one did you use?",
            "dy @ weight.T and x.T @ dy; nothing is reshaped or transposed afterwards.",
        ),
    ),
    Idea(
        "finite differences confirm it",
        finite_differences,
        ("Is the gradient computed from the given arrays?", "Write down the loss for N = D = M = 1."),
    ),
    Idea(
        "the way down is the way up, transposed",
        transposed,
        (
            "For every x and dy, sum((x @ weight) * dy) must equal sum(x * dx).",
            "dx depends on dy and weight only.",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("All hand-sized cases hold. Look at the shapes in the message.", "Is anything rounded or clipped?"),
    ),
)
