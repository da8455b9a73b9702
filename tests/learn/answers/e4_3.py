"""Answers to exercise 4.3, a layer that fools the gradient check."""

import numpy as np


def clip(x):
    return np.clip(x, 0, 6)


def lower_edge(dy, x):
    return dy * (x > 0)


def both_edges(dy, x):
    return dy * ((x > 0) & (x < 6))


def beyond():
    return np.array([[7.0, 1.0, -1.0]])


def square_until_ten(x):
    return [[v * v if v < 10 else 20 * v - 100 for v in row] for row in np.float32(x).tolist()]


def always_square(dy, x):
    return (2 * dy * x).tolist()


def square_then_straight(dy, x):
    return np.where(x < 10, 2 * x, 20) * dy


def twelve():
    return [[12.0]]


def soft(x):
    """Mix entries: the softmax of each row, times 3, and a bend far below."""
    y = np.exp(x - x.max(axis=1, keepdims=True))
    return 3 * y / y.sum(axis=1, keepdims=True) + np.minimum(x + 20, 0)


def soft_only(dy, x):
    y = np.exp(x - x.max(axis=1, keepdims=True))
    y /= y.sum(axis=1, keepdims=True)
    return 3 * y * (dy - (dy * y).sum(axis=1, keepdims=True))


def soft_and_bend(dy, x):
    return soft_only(dy, x) + dy * (x < -20)


def far_below():
    return np.array([[-30.0, -29.0], [-25.0, -26.0]])


def near():
    return np.array([[1.0, -1.0]])


def at_the_edge():
    return np.array([[6.0, 1.0]])


def twice(dy, x):
    return 2 * dy * (x > 0)


def from_two(dy, x):
    return dy * ((x > 0) & (x < 2.1))


def upper_edge_only(dy, x):
    return dy * (x < 6)


def seven_repaired(dy, x):
    return dy * ((x > 0) & (x != 7))


def rectify(x):
    return np.maximum(x, 0)


def a_little_below(dy, x):
    return dy * (x > -0.001)


def closer_than_a_step():
    """Less than the check's usual step away from the kink."""
    return np.array([[-0.0005]])


def constant(x):
    return 0 * x


RIGHT = [
    (clip, lower_edge, beyond, both_edges),
    (square_until_ten, always_square, twelve, square_then_straight),
    (soft, soft_only, far_below, soft_and_bend),
    (rectify, a_little_below, closer_than_a_step, lower_edge),
]
WRONG = [
    ((clip, twice, beyond, both_edges), "where the check looks, fooling_backward is right"),
    ((constant, lower_edge, beyond, both_edges), "where the check looks, fooling_backward is right"),
    ((clip, from_two, beyond, both_edges), "twenty random inputs do not notice"),
    ((clip, lower_edge, at_the_edge, both_edges), "the telling input is no kink"),
    ((clip, lower_edge, near, both_edges), "at the telling input, the check finds the mistake"),
    ((clip, both_edges, beyond, both_edges), "at the telling input, the check finds the mistake"),
    ((clip, lower_edge, beyond, upper_edge_only), "the repaired gradient passes the check"),
    ((clip, lower_edge, beyond, lower_edge), "the repaired gradient is right at the telling input"),
    ((clip, lower_edge, beyond, seven_repaired), "the repaired gradient is right elsewhere, too"),
]
