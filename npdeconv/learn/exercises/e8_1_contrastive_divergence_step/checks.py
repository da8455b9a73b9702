"""The checks of exercise 8.1."""

import numpy as np

from npdeconv._types import Array
from npdeconv.learn.compare import Call, numbers, parts, same
from npdeconv.learn.exercise import Idea

FUNCTIONS = ("contrastive_divergence_step",)

NAMES = ("weight", "visible_bias", "hidden_bias")
SURE = 20.0  # the sigmoid of 20 is 1, that of -20 is 0, to eight digits
LOG3 = np.log(3)  # the sigmoid of log 3 is 3/4, that of -log 3 is 1/4


def drawn(step: Call) -> str:
    """Draw a fantasy by hand: black data and a hidden unit that is surely on show nothing else."""
    weight = np.array([[0], [LOG3], [LOG3], [-LOG3]])
    how = "of probabilities [1/2, 3/4, 3/4, 1/4], draws [0.4, 0.7, 0.8, 0.3]"
    moved = _moves(step, np.zeros((1, 4)), weight, np.zeros(4), [SURE], [[0.5]], [[0.4, 0.7, 0.8, 0.3]])
    return same(
        f"how far the weights move: data [0, 0, 0, 0], h = 1, and a fantasy {how}",
        np.abs(moved[0]),
        [[1], [1], [0], [0]],
    )


def phases(step: Call) -> str:
    """Move weights by hand, where all units are sure."""
    weight = np.array([[SURE], [SURE]])
    moved = _moves(step, [[1, 0]], weight, [-2 * SURE, 0], [0], [[0.5]], [[0.5, 0.5]])
    how = "of data [1, 0] and fantasy [0, 1], with h = 1 for both"
    return same(f"what is added to the weights, {how}", moved[0], [[1], [-1]])


def biases(step: Call) -> None:
    """Move biases by hand, where all units are sure."""
    weight = np.array([[SURE], [-SURE]])
    moved = _moves(step, [[1, 0]], weight, [-2 * SURE, 2 * SURE], [0], [[0.5]], [[0.5, 0.5]])
    how = "of data [1, 0] with h = 1 and fantasy [0, 1] with h = 0"
    same(f"what is added to visible_bias, {how}", moved[1], [1, -1])
    same(f"what is added to hidden_bias, {how}", moved[2], [1])


def hidden_drawn(step: Call) -> None:
    """Make the fantasy depend on whether the hidden unit is drawn: its bias tells which it was."""
    for sign, draw, h in ((-1, 0.125, 1), (1, 0.875, 0)):
        hidden_bias = sign * LOG3 - 4
        moved = _moves(step, [[1]], np.array([[4.0]]), [-2], [hidden_bias], [[draw]], [[0.5]])
        how = f"of data [1], and h = {h} of probability {2 + sign}/4, draw {draw}"
        same(f"what is added to visible_bias, {how}", moved[1], [1 - h])


def probabilities(step: Call) -> None:
    """Move weights by probabilities that are neither 0 nor 1."""
    weight = np.array([[LOG3], [0]])
    moved = _moves(step, [[1, 0]], weight, [0, 0], [0], [[0.5]], [[0.875, 0.125]])
    how = "of data [1, 0] with p(h) = 3/4 and fantasy [0, 1] with p(h) = 1/2"
    same(f"what is added to the weights, {how}", moved[0], [[0.75], [-0.5]])
    same(f"what is added to hidden_bias, {how}", moved[2], [0.25])


def mean(step: Call) -> None:
    """Give the same image three times: the mean is that of one."""
    weight, draws = np.array([[LOG3], [0]]), (np.full((3, 1), 0.5), np.tile([0.875, 0.125], (3, 1)))
    moved = _moves(step, np.tile([1, 0], (3, 1)), weight, [0, 0], [0], *draws)
    for name, yours, expected in zip(NAMES, moved, ([[0.75], [-0.5]], [1, -1], [0.25]), strict=True):
        same(f"what is added to {name}, of the same image three times", yours, expected)


def own_draws(step: Call) -> None:
    """Draw other fantasies, by other random numbers, of two black images."""
    weight, draws = np.array([[LOG3], [-LOG3]]), [[0.5, 0.5], [0.875, 0.125]]
    moved = _moves(step, np.zeros((2, 2)), weight, [0, 0], [SURE], [[0.5], [0.5]], draws)
    same("what is added to visible_bias, of fantasies [1, 0] and [0, 1]", moved[1], [-0.5, -0.5])
    draws = [[0.5, 0.5], [0.5, 0.5]]
    weight = np.array([[SURE], [SURE]])
    moved = _moves(step, np.zeros((2, 2)), weight, [-SURE / 2] * 2, [0], [[0.25], [0.75]], draws)
    same("what is added to visible_bias, of fantasies [1, 1] and [0, 0]", moved[1], [-0.5, -0.5])


def gray(step: Call) -> None:
    """Give a gray image, and a fantasy that is black."""
    moved = _moves(step, [[0.25, 0.75]], np.zeros((2, 1)), [-SURE, -SURE], [SURE], [[0.5]], [[0.5, 0.5]])
    how = "of data [0.25, 0.75] and fantasy [0, 0], with h = 1 for both"
    same(f"what is added to the weights, {how}", moved[0], [[0.25], [0.75]])
    same(f"what is added to visible_bias, {how}", moved[1], [0.25, 0.75])


def rate(step: Call) -> None:
    """Take steps of other lengths from the same place."""
    case = _random_case(np.random.default_rng(0), 3, 4, 2)
    whole = _moves(step, *case)
    for length in (0.0, 0.25):
        for name, yours, one in zip(NAMES, _moves(step, *case, rate=length), whole, strict=True):
            same(f"what is added to {name}, learning rate {length:g} in place of 1", yours, length * one)


def downhill(step: Call) -> None:
    """Compare the step with finite differences of the free energy, at the data minus at the fantasy."""
    case = _random_case(np.random.default_rng(1), 3, 3, 2)
    v, parameters = case[0], [array.copy() for array in case[1:4]]
    fantasy, length = _fantasy(*case), 2.0**-10
    for name, yours, array in zip(NAMES, _moves(step, *case), parameters, strict=True):
        expected = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            start, ends = array[place], []
            for way in (1, -1):
                array[place] = start + way * length
                ends.append(_free_energy(v, *parameters) - _free_energy(fantasy, *parameters))
            array[place] = start
            expected[place] = -(ends[0] - ends[1]) / (2 * length)
        same(f"what is added to {name}, expected: finite differences", yours, expected, tolerance=1e-3)


def like_the_package(step: Call) -> None:
    """Compare with the rule of npdeconv's RBM on random arrays."""
    rng = np.random.default_rng(2)
    for count, visible, hidden in ((1, 1, 1), (5, 7, 3), (8, 4, 4), (2, 3, 6)):
        case = _random_case(rng, count, visible, hidden)
        v, weight, _, hidden_bias, *_ = case
        fantasy = _fantasy(*case)
        up, down = _sigmoid(v @ weight + hidden_bias), _sigmoid(fantasy @ weight + hidden_bias)
        changes = (v.T @ up - fantasy.T @ down, (v - fantasy).sum(axis=0), (up - down).sum(axis=0))
        new = parts(step(*case[:4], 0.5, *case[4:]), *NAMES)
        for name, yours, old, change in zip(NAMES, new, case[1:4], changes, strict=True):
            same(f"{name} of v {v.shape}, {hidden} hidden units", yours, old + 0.5 * change / count)


def _moves(
    step: Call,
    v: object,
    weight: Array,
    visible_bias: object,
    hidden_bias: object,
    draws_hidden: object,
    draws_visible: object,
    *,
    rate: float = 1.0,
) -> list[Array]:
    """Return what is added to each parameter."""
    old = [np.asarray(array, float) for array in (weight, visible_bias, hidden_bias)]
    draws = [np.asarray(array, float) for array in (draws_hidden, draws_visible)]
    new = parts(step(np.asarray(v, float), *old, rate, *draws), *NAMES)
    found = []
    for name, yours, before in zip(NAMES, new, old, strict=True):
        after = numbers(f"the new {name}", yours)
        if after.shape != before.shape:
            same(f"the new {name}", after, before)  # tells the shapes
        found.append(after - before)
    return found


def _random_case(rng: np.random.Generator, count: int, visible: int, hidden: int) -> tuple[Array, ...]:
    """Return v, the parameters and draws, none so near to its probability that rounding decides."""
    v = rng.integers(0, 5, (count, visible)) / 4.0
    shapes = ((visible, hidden), (visible,), (hidden,))
    weight, visible_bias, hidden_bias = (rng.integers(-6, 7, shape) / 4.0 for shape in shapes)
    p = _sigmoid(v @ weight + hidden_bias)
    draws_hidden = _apart(rng, p)
    draws_visible = _apart(rng, _sigmoid((draws_hidden < p) @ weight.T + visible_bias))
    return v, weight, visible_bias, hidden_bias, draws_hidden, draws_visible


def _apart(rng: np.random.Generator, p: Array) -> Array:
    draws = rng.integers(0, 256, p.shape) / 256.0
    return np.where(np.abs(draws - p) < 0.01, (draws + 0.5) % 1, draws)


def _fantasy(
    v: Array,
    weight: Array,
    visible_bias: Array,
    hidden_bias: Array,
    draws_hidden: Array,
    draws_visible: Array,
) -> Array:
    h = draws_hidden < _sigmoid(v @ weight + hidden_bias)
    return (draws_visible < _sigmoid(h @ weight.T + visible_bias)).astype(float)


def _free_energy(v: Array, weight: Array, visible_bias: Array, hidden_bias: Array) -> float:
    """Return the mean of -log(sum of exp(-energy) over all h)."""
    soft = np.logaddexp(0, v @ weight + hidden_bias).sum(axis=1)
    return float((-v @ visible_bias - soft).mean())


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


IDEAS = (
    Idea(
        "a visible unit is 1 where its draw is below its probability",
        drawn,
        (
            "The hidden unit is 1 here, so the visible ones have the sigmoids of their weights. Draw them.",
            "0.4 is below 1/2: 1. 0.7 is below 3/4: 1. 0.8 is not below 3/4: 0. 0.3 is not below 1/4: 0.",
            "fantasy = draws_visible < sigmoid(h @ weight.T + visible_bias), from h drawn in the same way.",
        ),
    ),
    Idea(
        "what the data show is raised, what the fantasy shows is lowered",
        phases,
        (
            "Should pixel 0, which is on in the data, pull its hidden unit more or less strongly afterwards?",
            "v h is [1, 0] * 1 at the data, and [0, 1] * 1 at the fantasy. Add the one, subtract the other.",
            "weight + learning_rate * (v.T @ h_at_data - fantasy.T @ h_at_fantasy) / N",
        ),
    ),
    Idea(
        "the biases move as well, by data minus fantasy",
        biases,
        (
            "A bias is a weight of a unit that is always 1. What is left of v h?",
            "visible_bias moves by v - fantasy, hidden_bias by h at the data minus h at the fantasy.",
            "h at the fantasy is computed anew: sigmoid(fantasy @ weight + hidden_bias).",
        ),
    ),
    Idea(
        "the fantasy comes from hidden units that are drawn",
        hidden_drawn,
        (
            "What goes down to the visible units: the probability of h, or a 0 or a 1?",
            "A probability of 1/4 with a draw of 0.125 is a 1; one of 3/4 with a draw of 0.875 is a 0.",
            "h = draws_hidden < sigmoid(v @ weight + hidden_bias), and h, not the sigmoid, goes down.",
        ),
    ),
    Idea(
        "the means take the probabilities of h, not the draws",
        probabilities,
        (
            "The drawn h is for the fantasy. Is it also in v h?",
            "At the data, v h is [1, 0] * 3/4; at the fantasy, [0, 1] * 1/2.",
            "Keep sigmoid(v @ weight + hidden_bias) in a variable of its own, besides the h drawn from it.",
        ),
    ),
    Idea(
        "a step is the mean over the images",
        mean,
        (
            "Three times the same image says no more than one.",
            "v.T @ h adds up over the images: divide by N. The biases take means over axis 0.",
        ),
    ),
    Idea(
        "each image has draws of its own",
        own_draws,
        (
            "Row n of the draws belongs to image n.",
            "Compare whole arrays, (N, M) with (N, M) and (N, D) with (N, D); no row is shared.",
        ),
    ),
    Idea(
        "gray pixels count as they are",
        gray,
        (
            "The data may lie between 0 and 1. Are they rounded or drawn anywhere?",
            "Only h and the fantasy are drawn; the data enter v h and the means unchanged.",
        ),
    ),
    Idea(
        "the learning rate scales the whole step",
        rate,
        (
            "With a learning rate of 0, nothing may move.",
            "All three parameters move by learning_rate times their difference.",
        ),
    ),
    Idea(
        "the step goes down the free energy of the data, and up that of the fantasy",
        downhill,
        (
            "The free energy of v is -v @ visible_bias - sum(log(1 + exp(v @ weight + hidden_bias))).",
            "Differentiate it by weight[d, m]: -v[d] times the sigmoid, which is the probability of h[m].",
            "Are all probabilities computed with the old parameters? Change none before all are known.",
        ),
    ),
    Idea(
        "it agrees with npdeconv",
        like_the_package,
        (
            "All hand-sized cases hold. Look at the shapes in the message.",
            "Does anything assume one image, or one hidden unit?",
        ),
    ),
)
