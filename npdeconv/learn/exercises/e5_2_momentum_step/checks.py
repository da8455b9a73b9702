"""The checks of exercise 5.2."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, parts, same
from npdeconv.learn.exercise import Idea
from npdeconv.optimizers import SGD

FUNCTIONS = ("momentum_step",)

WEIGHT, GRADIENT = np.array([1.0, -2.0]), np.array([4.0, 8.0])
STILL = np.zeros(2)


def plain_descent(momentum_step: Call) -> str:
    """Take a step without momentum."""
    weight, _ = _step(momentum_step, WEIGHT, GRADIENT, STILL, 0.25, 0.0)
    return same("weight [1, -2] after a step with gradient [4, 8], learning rate 1/4", weight, [0, -4])


def whole_gradient(momentum_step: Call) -> str:
    """Take a first step with momentum."""
    weight, _ = _step(momentum_step, WEIGHT, GRADIENT, STILL, 0.25, 0.5)
    return same(
        "weight [1, -2] after a first step with gradient [4, 8], learning rate 1/4, momentum 1/2",
        weight,
        [0, -4],
    )


def of_gradients(momentum_step: Call) -> str:
    """Look at the velocity after a first step."""
    _, velocity = _step(momentum_step, WEIGHT, GRADIENT, STILL, 0.25, 0.5)
    return same("velocity after a first step", velocity, [4, 8])


def rolling(momentum_step: Call) -> str:
    """Take a step on flat ground."""
    weight, velocity = _step(momentum_step, WEIGHT, STILL, np.array([8.0, -4.0]), 0.25, 0.5)
    text = same("velocity [8, -4] after a step with gradient 0, momentum 1/2", velocity, [4, -2])
    return text + "\n" + same("weight [1, -2] after that step", weight, [0, -1.5])


def faded(momentum_step: Call) -> None:
    """Take three steps, and look at what is left of the first gradient."""
    weight, velocity = np.zeros(1), np.zeros(1)
    for gradient in (8.0, 0.0, 2.0):
        weight, velocity = _step(momentum_step, weight, np.array([gradient]), velocity, 0.5, 0.5)
    same("velocity after gradients 8, 0 and 2, momentum 1/2", velocity, [4])
    same("weight after them, from 0, learning rate 1/2", weight, [-8])


def top_speed(momentum_step: Call) -> None:
    """Roll down a slope that never changes."""
    weight, velocity = np.zeros(1), np.zeros(1)
    for _ in range(60):
        weight, velocity = _step(momentum_step, weight, np.ones(1), velocity, 0.125, 0.75)
    same("velocity after many steps with gradient 1, momentum 3/4", velocity, [4])


def arrives(momentum_step: Call) -> None:
    """Roll to the bottom of a narrow valley."""
    place, velocity, steep = np.array([-4.0, 1.0]), np.zeros(2), np.array([0.125, 2.0])
    for _ in range(200):
        place, velocity = _step(momentum_step, place, steep * place, velocity, 0.5, 0.75)
    same("place in the valley after 200 steps", place, [0, 0])


def like_the_package(momentum_step: Call) -> None:
    """Compare with npdeconv's SGD over several steps."""
    rng = np.random.default_rng(0)
    weight, optimizer = rng.integers(-8, 9, (3, 2, 4)) / 4.0, SGD(0.125, momentum=0.875)
    theirs, velocity = {"w": weight.copy()}, np.zeros_like(weight)
    for number in range(1, 5):
        gradient = rng.integers(-8, 9, weight.shape) / 4.0
        weight, velocity = _step(momentum_step, weight, gradient, velocity, 0.125, 0.875)
        optimizer.update(theirs, {"w": gradient})
        same(f"weight of shape (3, 2, 4) after step {number}", weight, theirs["w"])


def _step(momentum_step: Call, *arguments: object) -> tuple[Array, Array]:
    weight, velocity = parts(momentum_step(*arguments), "weight", "velocity")
    return numbers("weight", weight), numbers("velocity", velocity)


IDEAS = (
    Idea(
        "without momentum, it is plain descent",
        plain_descent,
        (
            "The gradient points uphill. Which way does a step go?",
            "With momentum 0, the new weight is weight - learning_rate * gradient.",
            "Use the new velocity for the step, not the one that came in: at first that one is 0.",
        ),
    ),
    Idea(
        "a new gradient counts whole",
        whole_gradient,
        (
            "With a velocity of 0, momentum has nothing to remember. Should it change the step?",
            "The momentum multiplies the old velocity only: no (1 - momentum), and no look ahead.",
        ),
    ),
    Idea(
        "the velocity adds up gradients, not steps",
        of_gradients,
        (
            "After the first step, the velocity is one gradient. Did the learning rate get into it?",
            "Return the velocity without the learning rate and without a sign turned.",
        ),
    ),
    Idea(
        "on flat ground, it rolls on and slows down",
        rolling,
        (
            "The gradient is 0. What is left of the velocity, and how far does it move the weight?",
            "velocity = momentum * velocity + gradient; here that is half of the old velocity.",
            "Fade the velocity first, then move by what is left.",
        ),
    ),
    Idea(
        "older gradients fade again in each step",
        faded,
        (
            "After gradients 8, 0 and 2 with momentum 1/2: 8/4 + 0/2 + 2 = 4.",
            "The whole old velocity is multiplied, not only the last gradient.",
        ),
    ),
    Idea(
        "on a steady slope, it reaches gradient / (1 - momentum)",
        top_speed,
        (
            "At top speed, what fades in a step is what the gradient adds.",
            "v = momentum * v + g has one solution for v.",
        ),
    ),
    Idea(
        "it arrives at the bottom of a narrow valley",
        arrives,
        ("Plot the first ten places. Does the path swing out?", "Check the signs once more."),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        ("Do arrays with three axes work?", "Compare the velocity after each step by hand."),
    ),
)
