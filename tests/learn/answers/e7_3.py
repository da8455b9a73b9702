"""Answers to exercise 7.3: the file as it is handed over, and deconvnets with one other fault each."""

from runpy import run_path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from npdeconv.learn.exercises.e7_3_deconvnet_with_a_fault import skeleton


def deconvnet(
    image,
    weights,
    biases,
    feature_map,
    *,
    rule=lambda y, x: np.maximum(y, 0),
    alone=True,
    down_bias=False,
    unpool_to=None,
    turn=1,
    add=True,
    filter_of=lambda f: f,
):
    """Write the solution with windows and whole arrays; the options are faults."""
    x, notes = image.astype(float), []
    for weight, bias in zip(weights, biases, strict=True):
        seen = sliding_window_view(x, weight.shape[:2], axis=(0, 1))
        convolved = np.einsum("ijckl,klcf->ijf", seen, weight) + bias
        rows, columns, filters = convolved.shape[0] // 2, convolved.shape[1] // 2, convolved.shape[2]
        windows = np.maximum(convolved, 0)[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, filters)
        windows = windows.transpose(0, 2, 1, 3, 4).reshape(rows, columns, 4, filters)
        winners = (
            windows.argmax(axis=2) if unpool_to is None else np.full((rows, columns, filters), unpool_to)
        )
        notes.append((weight, bias, x.shape, convolved, winners))
        x = windows.max(axis=2)
    y = np.zeros(x.shape)
    strongest = x[:, :, feature_map]
    kept = strongest == strongest.max() if alone else np.ones(strongest.shape, bool)
    if alone:
        kept = np.arange(kept.size).reshape(kept.shape) == strongest.argmax()
    y[kept, feature_map] = strongest[kept]
    for weight, bias, shape, convolved, winners in reversed(notes):
        spread = (np.arange(4)[:, np.newaxis] == winners[:, :, np.newaxis]) * y[:, :, np.newaxis]
        rows, columns = y.shape[:2]
        spread = (
            spread.reshape(rows, columns, 2, 2, -1)
            .transpose(0, 2, 1, 3, 4)
            .reshape(2 * rows, 2 * columns, -1)
        )
        wide = np.zeros(convolved.shape)
        wide[: 2 * rows, : 2 * columns] = spread + down_bias * bias
        passed = rule(wide, convolved)
        y = np.zeros(shape)
        for i, j in zip(*np.nonzero(passed.any(axis=2)), strict=True):
            place = np.s_[i : i + weight.shape[0], j : j + weight.shape[1]]
            stamp = weight[::turn, ::turn][..., filter_of(np.arange(weight.shape[3]))] @ passed[i, j]
            y[place] = stamp + add * y[place]
    return y


def matrices(image, weights, biases, feature_map):
    """Build the whole way up as matrices, and carry the unit down by their transposes, in float32."""
    x, ways = image.astype(np.float32), []
    for weight, bias in zip(weights, biases, strict=True):
        size, (height, width) = x.size, (x.shape[0] - weight.shape[0] + 1, x.shape[1] - weight.shape[1] + 1)
        numbers = np.arange(size).reshape(x.shape)
        matrix = np.zeros((height, width, weight.shape[3], size), np.float32)
        for i, j in np.ndindex(height, width):
            seen = numbers[i : i + weight.shape[0], j : j + weight.shape[1]]
            matrix[i, j][:, seen.ravel()] = weight.reshape(-1, weight.shape[3]).T
        rectified = np.maximum(matrix @ x.ravel() + bias, 0)
        pooled = np.zeros((height // 2, width // 2, weight.shape[3]), np.float32)
        choice = np.zeros((pooled.size, rectified.size), np.float32)
        places = np.arange(rectified.size).reshape(rectified.shape)
        for number, (i, j, f) in enumerate(np.ndindex(*pooled.shape)):
            window = rectified[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, f].ravel()
            pooled[i, j, f] = window.max()
            choice[number, places[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, f].ravel()[window.argmax()]] = 1
        ways.append((choice, matrix.reshape(-1, size)))
        x = pooled
    number = np.arange(x.size).reshape(x.shape)[:, :, feature_map].ravel()[x[:, :, feature_map].argmax()]
    y = np.where(np.arange(x.size) == number, x.ravel(), 0)
    for choice, matrix in reversed(ways):
        y = np.maximum(y @ choice, 0) @ matrix
    return y.reshape(image.shape).tolist()


def repaired(*arguments):
    return deconvnet(*arguments)


def whole_map(*arguments):
    return deconvnet(*arguments, alone=False)


def bias_on_the_way_down(*arguments):
    return deconvnet(*arguments, down_bias=True)


def switches_forgotten(*arguments):
    # To the winner of the by-hand case, so that the idea of the switches has to find it.
    return (
        deconvnet(*arguments, unpool_to=0) if np.count_nonzero(arguments[0]) != 2 else deconvnet(*arguments)
    )


def turned(*arguments):
    return deconvnet(*arguments, turn=-1)


def not_rectified(*arguments):
    return deconvnet(*arguments, rule=lambda y, x: y)


def guided(*arguments):
    return deconvnet(*arguments, rule=lambda y, x: np.maximum(y, 0) * (x > 0))


def overwritten(*arguments):
    return deconvnet(*arguments, add=False)


def filter_of_the_neighbor(*arguments):
    return deconvnet(*arguments, filter_of=lambda f: np.roll(f, 1))


handed_over = run_path(skeleton.__file__)["project"]  # as a learner's own file, not as the package's

RIGHT = [repaired, matrices]
WRONG = [
    (handed_over, "what comes down is rectified"),
    (not_rectified, "what comes down is rectified"),
    (whole_map, "one unit is carried down, all others are 0"),
    (bias_on_the_way_down, "no bias is added on the way down"),
    (switches_forgotten, "the switches say where a value returns"),
    (turned, "a filter is written as it was read, not turned"),
    (guided, "the signs of the way up stop nothing"),
    (overwritten, "overlapping filters add up"),
    (filter_of_the_neighbor, "each map has its own filter and its own switches"),
]
