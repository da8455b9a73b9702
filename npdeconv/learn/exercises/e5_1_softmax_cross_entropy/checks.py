"""The checks of exercise 5.1."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, parts, same
from npdeconv.learn.exercise import Idea
from npdeconv.plain import cross_entropy

FUNCTIONS = ("softmax_cross_entropy",)

TWO_CLASSES = np.array([[0, np.log(3)]])  # probabilities 1/4 and 3/4


def one_row(softmax_cross_entropy: Call) -> str:
    """Ask for the loss of a row by hand."""
    loss = _loss(softmax_cross_entropy, TWO_CLASSES, [1])
    return same("loss of logits [0, log 3], true class 1: -log(3/4)", loss, 0.2876821)


def several_rows(softmax_cross_entropy: Call) -> str:
    """Ask for the mean of different rows."""
    logits = np.concatenate([TWO_CLASSES, TWO_CLASSES, np.zeros((1, 2))])
    losses = -np.log([3 / 4, 1 / 4, 1 / 2])
    loss = _loss(softmax_cross_entropy, logits, [1, 0, 0])
    return same(f"loss of three rows, {losses.round(4).tolist()}", loss, losses.mean())


def pushes(softmax_cross_entropy: Call) -> str:
    """Ask for the gradient of one row."""
    dlogits = _gradient(softmax_cross_entropy, TWO_CLASSES, [1])
    return same("dlogits of [0, log 3], true class 1", dlogits, [[0.25, -0.25]])


def shares(softmax_cross_entropy: Call) -> None:
    """Ask for the gradient of two rows."""
    dlogits = _gradient(softmax_cross_entropy, np.repeat(TWO_CLASSES, 2, axis=0), [1, 0])
    same("dlogits of two rows", dlogits, [[0.125, -0.125], [-0.375, 0.375]])


def large(softmax_cross_entropy: Call) -> None:
    """Give logits whose exp overflows."""
    for base in (1000.0, -1000.0):
        how = f"of logits [0, log 3] + {base:g}, true class 1"
        same(f"loss {how}", _loss(softmax_cross_entropy, TWO_CLASSES + base, [1]), 0.2876821)
        same(f"dlogits {how}", _gradient(softmax_cross_entropy, TWO_CLASSES + base, [1]), [[0.25, -0.25]])


def sure_and_wrong(softmax_cross_entropy: Call) -> None:
    """Give a true class whose probability rounds to 0."""
    logits = np.array([[0.0, 1000.0]])
    loss, _ = parts(softmax_cross_entropy(logits, np.array([0])), "loss", "dlogits")
    same("loss of logits [0, 1000], true class 0", loss, 1000)
    same(
        "dlogits of logits [0, 1000], true class 0", _gradient(softmax_cross_entropy, logits, [0]), [[-1, 1]]
    )


def balanced(softmax_cross_entropy: Call) -> None:
    """Add up the pushes of a row."""
    logits, labels = _drawn(5, 4)
    dlogits = numbers("dlogits", _gradient(softmax_cross_entropy, logits, labels))
    same("sum of each row of dlogits", dlogits.sum(axis=1), np.zeros(5))


def differences(softmax_cross_entropy: Call) -> None:
    """Compare the gradient with central differences of the loss."""
    logits, labels = _drawn(3, 4)
    expected, step = np.zeros((3, 4)), 1e-4
    for place in np.ndindex(3, 4):
        nudge = np.zeros((3, 4))
        nudge[place] = step
        above, below = (_loss(softmax_cross_entropy, logits + way * nudge, labels) for way in (1, -1))
        expected[place] = (float(above) - float(below)) / (2 * step)
    dlogits = _gradient(softmax_cross_entropy, logits, labels)
    same("dlogits, expected: finite differences of your loss,", dlogits, expected, tolerance=1e-2)


def like_the_package(softmax_cross_entropy: Call) -> None:
    """Compare with npdeconv on random logits."""
    for rows, classes in ((1, 1), (7, 10), (16, 3)):
        logits, labels = _drawn(rows, classes)
        loss, dlogits = cross_entropy(logits, labels)
        how = f"of logits {logits.shape}"
        same(f"loss {how}", _loss(softmax_cross_entropy, logits, labels), loss)
        same(f"dlogits {how}", _gradient(softmax_cross_entropy, logits, labels), dlogits)


def _drawn(rows: int, classes: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(rows)
    return rng.integers(-8, 9, (rows, classes)) / 4.0, rng.integers(0, classes, rows)


def _loss(softmax_cross_entropy: Call, logits: Array, labels: object) -> Array:
    loss = parts(softmax_cross_entropy(logits, np.asarray(labels)), "loss", "dlogits")[0]
    return numbers("loss", loss)


def _gradient(softmax_cross_entropy: Call, logits: Array, labels: object) -> Array:
    dlogits: Array = parts(softmax_cross_entropy(logits, np.asarray(labels)), "loss", "dlogits")[1]
    return dlogits


IDEAS = (
    Idea(
        "the loss of a row is -log(p) of its true class",
        one_row,
        (
            "Which of the probabilities of a row enters its loss?",
            "exp of [0, log 3] is [1, 3]; the sum is 4, so the probabilities are 1/4 and 3/4.",
            "p = exp(logits) / exp(logits).sum(axis=1, keepdims=True); the loss is -log(p[0, label]).",
        ),
    ),
    Idea(
        "the loss is the mean over the rows, each with its own sum",
        several_rows,
        (
            "Over which axis do probabilities add up to 1?",
            "p[np.arange(N), labels] picks one probability per row; sum over axis 1, mean over axis 0.",
        ),
    ),
    Idea(
        "the gradient is the probability, minus 1 at the true class",
        pushes,
        (
            "A higher logit of the true class lowers the loss: which sign has its gradient?",
            "Write -log(p) as log(sum of exp) - logit, and differentiate both.",
            "dlogits is p, with 1 subtracted at [row, label].",
        ),
    ),
    Idea(
        "each of N rows has a share of 1 / N in the gradient",
        shares,
        (
            "The loss is a mean. What does that do to the gradient of one row?",
            "Divide dlogits by the number of rows.",
        ),
    ),
    Idea(
        "large logits do not overflow",
        large,
        (
            "What is np.exp(1000)? And what is np.exp(-1000)?",
            "Adding the same number to all logits of a row changes no probability.",
            "Subtract the largest logit of each row before exp.",
        ),
    ),
    Idea(
        "a probability that rounds to 0 still has a finite loss",
        sure_and_wrong,
        (
            "Your p is exactly 0 here, and log(0) is not finite. Adding a small number hides the true loss.",
            "log(a / b) is log(a) - log(b), and log(exp(x)) is x.",
            "-log(p) = log(sum(exp(shifted))) - shifted[label]: take no logarithm of p at all.",
        ),
    ),
    Idea(
        "the pushes of a row add up to 0",
        balanced,
        (
            "The probabilities of a row add up to 1. What was subtracted?",
            "Exactly one entry per row has 1 subtracted, the one at its label.",
        ),
    ),
    Idea(
        "the gradient agrees with finite differences of the loss",
        differences,
        (
            "Loss and gradient must speak of the same loss: is one a sum and the other a mean?",
            "Take the logits of the message, nudge one, and see what your loss does.",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        (
            "All hand-sized cases hold. Look at the shape in the message.",
            "Does anything assume two classes, or more than one row?",
        ),
    ),
)
