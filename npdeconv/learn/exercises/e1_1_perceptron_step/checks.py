"""The checks of exercise 1.1."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, parts, same
from npdeconv.learn.exercise import Idea, Wrong

FUNCTIONS = ("perceptron_step",)

WEIGHT, X = np.array([1.0, -1.0]), np.array([1.0, 2.0])
"""Their activation is -1 without a bias."""


def missed(perceptron_step: Call) -> str:
    """Miss a 1."""
    how = "weight [1, -1] after x [1, 2] with bias 0 and label 1"
    return same(how, _step(perceptron_step, WEIGHT, 0.0, X, 1)[0], [2, 1])


def bias_moves(perceptron_step: Call) -> None:
    """Miss a 1, and look at the bias."""
    same("bias after a missed 1", _step(perceptron_step, WEIGHT, 0.25, X, 1)[1], 1.25)


def false_alarm(perceptron_step: Call) -> None:
    """Answer 1 where 0 is right."""
    weight, bias = _step(perceptron_step, WEIGHT, 3.0, X, 0)
    how = "after x [1, 2] with label 0"
    same(f"weight [1, -1] {how}, where the bias was 3", weight, [0, -3])
    same(f"bias 3 {how}, where the weight was [1, -1]", bias, 2)


def right(perceptron_step: Call) -> None:
    """Give both right answers."""
    for bias, label in ((0.0, 0), (3.0, 1)):
        got = _step(perceptron_step, WEIGHT, bias, X, label)
        same(f"weight after the right answer {label}", got[0], WEIGHT)
        same(f"bias after the right answer {label}", got[1], bias)


def threshold(perceptron_step: Call) -> None:
    """Look at an activation of 0, which is answered by 0."""
    for label, expected in ((0, [2, -1]), (1, [3, 1])):
        weight, _ = _step(perceptron_step, np.array([2.0, -1.0]), 0.0, X, label)
        same(f"weight after an activation of 0 with label {label}", weight, expected)


def rate(perceptron_step: Call) -> None:
    """Take a short and a long step."""
    for learning_rate in (0.25, 4.0):
        weight, bias = _step(perceptron_step, WEIGHT, 0.0, X, 1, learning_rate)
        same(f"weight with learning rate {learning_rate}", weight, WEIGHT + learning_rate * X)
        same(f"bias with learning rate {learning_rate}", bias, learning_rate)


def learns(perceptron_step: Call) -> None:
    """Learn AND, OR, and a plane in five dimensions."""
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    points = np.random.default_rng(0).integers(-4, 5, (40, 5)).astype(float)
    distance = points @ [2, -1, 1, 0, 3] - 0.5
    tasks = {
        "AND": (corners, np.asarray(corners.all(axis=1))),
        "OR": (corners, np.asarray(corners.any(axis=1))),
        "a plane in five dimensions": (points, distance > 0),
    }
    for name, (examples, labels) in tasks.items():
        weight, bias = np.zeros(examples.shape[1]), 0.0
        for _ in range(200):
            for x, label in zip(examples, labels, strict=True):
                weight, bias = _step(perceptron_step, weight, bias, x, int(label))
        wrong = int(((examples @ weight + bias > 0) != labels).sum())
        if wrong:
            raise Wrong(f"after 200 rounds of {name}, {wrong} of {len(labels)} answers are still wrong")


def _step(
    perceptron_step: Call, weight: Array, bias: float, x: Array, label: int, learning_rate: float = 1.0
) -> tuple[Array, float]:
    new, other = parts(perceptron_step(weight, bias, x, label, learning_rate), "weight", "bias")
    return numbers("weight", new), float(numbers("bias", other).sum())  # a bias may be an array of one number


IDEAS = (
    Idea(
        "a missed 1 adds x to the weights",
        missed,
        (
            "The activation is -1, so what is the answer, and by how much does it differ from the label 1?",
            "Compare label and answer, which are 0 or 1; the activation itself does not enter the step.",
            "weight + learning_rate * (label - answer) * x",
        ),
    ),
    Idea(
        "the bias moves as a weight does whose input is always 1",
        bias_moves,
        (
            "What would x be for the bias, if the bias were a weight?",
            "bias + learning_rate * (label - answer)",
        ),
    ),
    Idea(
        "a 1 instead of a 0 subtracts x from the weights",
        false_alarm,
        (
            "The activation is 1 * 1 - 1 * 2 + 3 = 2, so the answer is 1. Does yours count the bias?",
            "What is label - answer if the label is 0 and the answer 1?",
            "Nothing special is needed for this case if the step is a multiple of label - answer.",
        ),
    ),
    Idea(
        "a right answer changes nothing",
        right,
        (
            "What is label - answer if the answer is right?",
            "The answer is 0 or 1, not the activation; and do not forget the bias in the activation.",
        ),
    ),
    Idea(
        "an activation of exactly 0 is answered by 0",
        threshold,
        ("Is 0 larger than 0?", "Use >, not >=. np.sign would make three answers of it."),
    ),
    Idea(
        "the learning rate scales the step",
        rate,
        ("Which part of the result should double with the learning rate?", "Both steps: weight's and bias'."),
    ),
    Idea(
        "repeated, it learns what a line can separate",
        learns,
        (
            "Take the four examples of AND and follow the weights for two rounds with a pencil.",
            "The new weights go in again: they must be returned, and depend on nothing but the arguments.",
        ),
    ),
)
