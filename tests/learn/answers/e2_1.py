"""Answers to exercise 2.1, correlation of one channel."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def at_once(x, weight):
    return np.einsum("ijkl,kl->ij", sliding_window_view(x.astype(np.float32), weight.shape), weight)


def four_loops(x, weight):
    rows, columns = len(x) - len(weight) + 1, len(x[0]) - len(weight[0]) + 1
    return [
        [
            sum(
                float(x[i + k, j + m]) * float(weight[k, m])
                for k in range(len(weight))
                for m in range(len(weight[0]))
            )
            for j in range(columns)
        ]
        for i in range(rows)
    ]


def pattern_by_pattern(x, weight):
    """Add shifted images; whole numbers where the inputs are."""
    x = np.asarray(x, np.result_type(weight, np.int64))
    rows, columns = x.shape[0] - weight.shape[0] + 1, x.shape[1] - weight.shape[1] + 1
    return sum(weight[k, m] * x[k : k + rows, m : m + columns] for k, m in np.ndindex(*weight.shape))


def convolution(x, weight):
    return at_once(x, weight[::-1, ::-1])


def transposed_pattern(x, weight):
    return at_once(x, weight.T)


def matrix_product(x, weight):
    return (sliding_window_view(x, weight.shape) @ weight).sum(axis=(2, 3))


def same_size(x, weight):
    return at_once(np.pad(x, ((0, len(weight) - 1), (0, len(weight[0]) - 1))), weight)


def one_row_short(x, weight):
    return at_once(x, weight)[:-1]


def square_only(x, weight):
    size = len(weight)
    places = [
        [(x[i : i + size, j : j + size] * weight).sum() for j in range(len(x) - size + 1)]
        for i in range(len(x) - size + 1)
    ]
    return np.array(places)


def bytes_wrap(x, weight):
    y = np.zeros(np.subtract(x.shape, weight.shape) + 1, x.dtype)
    for i, j in np.ndindex(*y.shape):
        y[i, j] = (x[i : i + len(weight), j : j + len(weight[0])] * weight).sum().astype(x.dtype)
    return y


def never_negative(x, weight):
    return np.maximum(at_once(x, weight), 0)


RIGHT = [at_once, four_loops, pattern_by_pattern]
WRONG = [
    (matrix_product, "each place multiplies pixels and pattern, and adds up"),
    (same_size, "each place multiplies pixels and pattern, and adds up"),
    (one_row_short, "each place multiplies pixels and pattern, and adds up"),
    (convolution, "the pattern is not turned"),
    (transposed_pattern, "the pattern is not turned"),
    (square_only, "there is a result for each place inside the image, and for no other"),
    (bytes_wrap, "pixels of 8 bits are added up without loss"),
    (never_negative, "the result of a sum is the sum of the results"),
]
