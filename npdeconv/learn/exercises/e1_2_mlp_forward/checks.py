"""The checks of exercise 1.2."""

from itertools import pairwise

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import Dense, ReLU, forward

FUNCTIONS = ("mlp_forward",)

X = np.array([[1.0, 2.0]])
FIRST, FIRST_BIAS = np.array([[1.0, -1.0, 0.0], [1.0, 0.0, 2.0]]), np.array([0.0, 0.0, 1.0])
"""From X, these make 3, -1 and 5."""


def one_layer(mlp_forward: Call) -> str:
    """Compute two neurons by hand."""
    how = "output of x [[1, 2]] through a single layer, weight [[1, 3], [2, 1]] and bias [0.5, 1]"
    return same(how, mlp_forward(X, [np.array([[1.0, 3.0], [2.0, 1.0]])], [np.array([0.5, 1])]), [[5.5, 6]])


def rectified_between(mlp_forward: Call) -> str:
    """Compute three hidden neurons and an output by hand."""
    second = np.array([[1.0], [10.0], [1.0]])
    how = "output of three hidden neurons, which make 3, -1 and 5, with weights 1, 10 and 1 behind them"
    return same(how, mlp_forward(X, [FIRST, second], [FIRST_BIAS, np.zeros(1)]), [[8]])


def last_is_linear(mlp_forward: Call) -> None:
    """Make negative outputs."""
    same("output of one layer", mlp_forward(X, [FIRST], [FIRST_BIAS]), [[3, -1, 5]])
    second = np.array([[1.0, -1.0], [0.0, 0.0], [0.0, 0.0]])
    same("output of two layers", mlp_forward(X, [FIRST, second], [FIRST_BIAS, np.zeros(2)]), [[3, -3]])


def batch(mlp_forward: Call) -> None:
    """Compute several examples at once and one by one."""
    x, weights, biases = _draw(np.random.default_rng(0), 3, (4, 5, 2))
    together = numbers("output", mlp_forward(x, weights, biases))
    alone = [numbers("output of one example", mlp_forward(one[np.newaxis], weights, biases))[0] for one in x]
    same("output of three examples, expected as one by one", together, alone)


def deep(mlp_forward: Call) -> None:
    """Compute networks of three and of four layers."""
    for sizes in ((2, 3, 4, 2), (3, 5, 4, 3, 1)):
        _compare(mlp_forward, sizes, f"output of {len(sizes) - 1} layers")


def exclusive_or(mlp_forward: Call) -> None:
    """Compute what no single neuron can."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    weights, biases = [np.ones((2, 2)), np.array([[1.0], [-2.0]])], [np.array([0.0, -1.0]), np.zeros(1)]
    same("XOR of (0, 0), (0, 1), (1, 0), (1, 1)", mlp_forward(x, weights, biases), [[0], [1], [1], [0]])


def like_the_package(mlp_forward: Call) -> None:
    """Compare with npdeconv's layers on random numbers."""
    for sizes in ((7, 3), (6, 9, 4), (5, 8, 8, 3)):
        _compare(mlp_forward, sizes, f"output of layers of {sizes} numbers")


def _draw(
    rng: np.random.Generator, count: int, sizes: tuple[int, ...]
) -> tuple[Array, list[Array], list[Array]]:
    weights = [rng.integers(-3, 4, pair).astype(float) for pair in pairwise(sizes)]
    biases = [rng.integers(-3, 4, size).astype(float) for size in sizes[1:]]
    return rng.integers(-3, 4, (count, sizes[0])).astype(float), weights, biases


def _compare(mlp_forward: Call, sizes: tuple[int, ...], what: str) -> None:
    x, weights, biases = _draw(np.random.default_rng(len(sizes)), 4, sizes)
    chain: dict[str, Dense | ReLU] = {}
    for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        chain |= {f"dense{place}": Dense(weight, bias), f"relu{place}": ReLU()}
    del chain[f"relu{len(weights) - 1}"]
    same(what, mlp_forward(x, weights, biases), forward(chain, x)[0])


IDEAS = (
    Idea(
        "a layer is x @ weight + bias",
        one_layer,
        (
            "The lists hold one layer here; elsewhere, they hold five. Loop over them.",
            "The columns of weight belong to neurons. Which product adds up x times a column?",
            "x (N, D) @ weight (D, M) gives (N, M); bias (M,) is added to every row.",
        ),
    ),
    Idea(
        "between two layers, what is negative becomes 0",
        rectified_between,
        (
            "The hidden neurons make 3, -1 and 5. What reaches the second layer?",
            "np.maximum(x, 0) takes each number; np.max(x, 0) is something else.",
            "Rectify after adding the bias, before the next layer.",
        ),
    ),
    Idea(
        "behind the last layer stands no rectifier",
        last_is_linear,
        (
            "Can your network answer -1?",
            "Rectify between layers only: after the first, the second ..., but not after the last.",
        ),
    ),
    Idea(
        "each example is computed as if it were alone",
        batch,
        (
            "Does the output of one example change when another stands beside it?",
            "N is the first axis. Nothing is summed, averaged or chosen over it.",
        ),
    ),
    Idea(
        "a network may have any number of layers",
        deep,
        (
            "How many layers does your code take?",
            "Loop over zip(weights, biases); x of a layer is the last one's y.",
        ),
    ),
    Idea(
        "two layers compute XOR",
        exclusive_or,
        (
            "Compute the example (1, 1) with a pencil.",
            "The hidden neurons are max(a + b, 0) and max(a + b - 1, 0).",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        (
            "All hand-sized cases hold. Look at the sizes in the message.",
            "Print the shape of x after every layer.",
        ),
    ),
)
