"""Answers to exercise 8.1, a step of contrastive divergence."""

import numpy as np


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def loops(v, weight, visible_bias, hidden_bias, learning_rate, draws_hidden, draws_visible):
    """Go through images and units one by one."""
    pixels, units = weight.shape
    new = [weight.copy(), visible_bias.copy(), hidden_bias.copy()]
    for image, below_h, below_v in zip(v, draws_hidden, draws_visible, strict=True):
        h = [below_h[m] < sigmoid(image @ weight[:, m] + hidden_bias[m]) for m in range(units)]
        fantasy = [below_v[d] < sigmoid(weight[d] @ h + visible_bias[d]) for d in range(pixels)]
        for sign, shown in ((1, image), (-1, np.array(fantasy, float))):
            length = sign * learning_rate / len(v)
            for m in range(units):
                p = sigmoid(shown @ weight[:, m] + hidden_bias[m])
                new[2][m] += length * p
                for d in range(pixels):
                    new[0][d, m] += length * shown[d] * p
            for d in range(pixels):
                new[1][d] += length * shown[d]
    return new


def in_float32(*arguments):
    """Stack data and fantasy, in single precision."""
    v, weight, a, b, rate, draws_h, draws_v = (np.float32(one) for one in arguments)
    h = np.where(draws_h < sigmoid(v @ weight + b), np.float32(1), np.float32(0))
    both = np.stack([v, draws_v < sigmoid(h @ weight.T + a)])
    p, signs = sigmoid(both @ weight + b), np.float32([1, -1])
    changes = ("snd,snm,s->dm", both, p), ("snd,s->d", both), ("snm,s->m", p)
    means = [np.einsum(how, *arrays, signs) / len(v) for how, *arrays in changes]
    return [old + rate * change for old, change in zip((weight, a, b), means, strict=True)]


def variant(
    name,
    *,
    draw=np.less,
    draw_v=None,
    draw_h=None,
    signs=(1, -1),
    samples=False,
    biases=True,
    mean=len,
    data=lambda v: v,
    bias_rate=True,
    rows=slice(None),
    stale=False,
):
    """Return a step with one mistake."""

    def step(v, weight, a, b, rate, draws_h, draws_v):
        v, draws_h, draws_v = data(v), draws_h[rows], draws_v[rows]
        up = sigmoid(v @ weight + b)
        h = 1.0 * (draw_h or draw)(draws_h, up)
        fantasy = 1.0 * (draw_v or draw)(draws_v, sigmoid(h @ weight.T + a))
        fantasy = np.broadcast_to(fantasy, v.shape)
        down = up if stale else sigmoid(fantasy @ weight + b)
        up = np.broadcast_to(h, up.shape) if samples else up
        plus, minus = signs
        slope = rate if bias_rate else 1
        return (
            weight + rate * (plus * v.T @ up + minus * fantasy.T @ down) / mean(v),
            a + biases * slope * (plus * v + minus * fantasy).sum(axis=0) / mean(v),
            b + biases * slope * (plus * up + minus * down).sum(axis=0) / mean(v),
        )

    step.__name__ = name
    return step


def probability(draws, p):
    return p


def rounded(draws, p):
    return p > 0.5


def in_place(v, weight, visible_bias, hidden_bias, learning_rate, draws_hidden, draws_visible):
    new = loops(v, weight, visible_bias, hidden_bias, learning_rate, draws_hidden, draws_visible)
    for array, after in zip((weight, visible_bias, hidden_bias), new, strict=True):
        array[...] = after
    return weight, visible_bias, hidden_bias


def weight_only(*arguments):
    return loops(*arguments)[0]


DRAWN = "a visible unit is 1 where its draw is below its probability"
PHASES = "what the data show is raised, what the fantasy shows is lowered"
BIASES = "the biases move as well, by data minus fantasy"
HIDDEN = "the fantasy comes from hidden units that are drawn"
PROBABILITIES = "the means take the probabilities of h, not the draws"

RIGHT = [loops, in_float32]
WRONG = [
    (variant("above", draw=np.greater), DRAWN),
    (variant("visible_probabilities", draw_v=probability), DRAWN),
    (variant("visible_rounded", draw_v=rounded), DRAWN),
    (weight_only, DRAWN),
    (variant("unlearns", signs=(-1, 1)), PHASES),
    (variant("adds_both", signs=(1, 1)), PHASES),
    (variant("forgets_the_data", signs=(0, -1)), PHASES),
    (variant("forgets_biases", biases=False), BIASES),
    (variant("hidden_of_the_data_twice", stale=True), BIASES),
    (variant("hidden_probabilities", draw_h=probability), HIDDEN),
    (variant("hidden_rounded", draw_h=rounded), HIDDEN),
    (variant("samples_in_the_means", samples=True), PROBABILITIES),
    (variant("sum", mean=lambda v: 1), "a step is the mean over the images"),
    (variant("draws_of_the_first", rows=slice(1)), "each image has draws of its own"),
    (variant("rounds_the_data", data=np.round), "gray pixels count as they are"),
    (variant("biases_by_whole_steps", bias_rate=False), "the learning rate scales the whole step"),
    (in_place, "the inputs stay as they are"),
]
