"""Answers to exercise 4.1, central differences."""

import numpy as np


def directions(f, x, h=1e-5):
    """Move along each row of an identity matrix."""
    x = np.asarray(x, float)
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([(f(x + step) - f(x - step)) / (2 * h) for step in steps], x.shape)


def in_place_and_back(f, x, h=1e-5):
    x = x if x.dtype.kind == "f" else x.astype(float)
    flat = x.reshape(-1)  # a view: what f gets is x
    slopes = []
    for place in range(flat.size):
        flat[place] += h
        up = f(x)
        flat[place] -= 2 * h
        slopes.append((up - f(x)) / (2 * h))
        flat[place] += h
    return np.array(slopes, np.float32).reshape(x.shape).tolist()


def forward_difference(f, x, h=1e-5):
    x = np.asarray(x, float)
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([(f(x + step) - f(x)) / h for step in steps], x.shape)


def half_the_width(f, x, h=1e-5):
    return 2 * directions(f, x, h)


def own_step(f, x, h=1e-5):
    return directions(f, x, 1e-5)


def all_at_once(f, x, h=1e-5):
    x = np.asarray(x, float)
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h) / x.size)


def never_moved_back(f, x, h=1e-5):
    x = np.array(x, float)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        down = x.copy()
        down[place] -= h
        x[place] += h
        gradient[place] = (f(x) - f(down)) / (2 * h)
    return gradient


def vectors_only(f, x, h=1e-5):
    gradient = np.zeros(len(x))
    for place in range(len(x)):
        step = np.zeros(len(x))
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


def integers_stay_integers(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h if x.dtype.kind == "f" else int(h)
        down[place] -= h if x.dtype.kind == "f" else int(h)
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


def all_that_came_before(f, x, h=1e-5):
    """Move all entries up to a place; the differences of the results are those of the entries, for a sum."""
    x = np.asarray(x, float)
    together = [
        (
            f(x + h * np.tri(x.size)[place].reshape(x.shape))
            - f(x - h * np.tri(x.size)[place].reshape(x.shape))
        )
        / (2 * h)
        for place in range(x.size)
    ]
    return np.diff([0, *together]).reshape(x.shape)


def leaves_it_moved(f, x, h=1e-5):
    gradient = directions(f, x, h)
    x += h
    return gradient


RIGHT = [directions, in_place_and_back]
WRONG = [
    (half_the_width, "a slope is the change of f, divided by the change of x"),
    (all_at_once, "a slope is the change of f, divided by the change of x"),
    (leaves_it_moved, "the inputs stay as they are"),
    (forward_difference, "f is asked on both sides of x"),
    (own_step, "f is asked on both sides of x"),
    (never_moved_back, "only one entry moves at a time"),
    (all_that_came_before, "only one entry moves at a time"),
    (vectors_only, "x may have any shape"),
    (integers_stay_integers, "whole numbers can be moved by less than one"),
]
