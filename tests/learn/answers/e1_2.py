"""Answers to exercise 1.2, the multilayer perceptron's outputs."""

import numpy as np


def loops(x, weights, biases):
    rows = []
    for example in x.tolist():
        for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            sums = [sum(v * w for v, w in zip(example, column, strict=True)) for column in weight.T]
            example = [float(one + other) for one, other in zip(sums, bias, strict=True)]
            if place < len(weights) - 1:
                example = [value if value > 0 else 0 for value in example]
        rows.append(example)
    return rows


def recursive(x, weights, biases):
    y = np.einsum("nd,dm->nm", x.astype(np.float32), weights[0].astype(np.float32)) + biases[0]
    return y if len(weights) == 1 else recursive(y * (y > 0), weights[1:], biases[1:])


def rectified(x, weights, biases, rectify=lambda y: np.maximum(y, 0), last=False):
    for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight + bias
        if last or place < len(weights) - 1:
            x = rectify(x)
    return x


def without_bias(x, weights, biases):
    return rectified(x, weights, [0 * bias for bias in biases])


def never_rectified(x, weights, biases):
    return rectified(x, weights, biases, rectify=lambda y: y)


def sigmoid(x, weights, biases):
    return rectified(x, weights, biases, rectify=lambda y: 1 / (1 + np.exp(-y)))


def rectified_at_the_end(x, weights, biases):
    return rectified(x, weights, biases, last=True)


def largest_of_a_column(x, weights, biases):
    return rectified(x, weights, biases, rectify=lambda y: np.maximum(np.max(y, 0, keepdims=True), 0) + 0 * y)


def first_example(x, weights, biases):
    return np.repeat(rectified(x[:1], weights, biases), len(x), axis=0)


def two_layers(x, weights, biases):
    return rectified(x, [weights[0], weights[-1]][-len(weights) :], [biases[0], biases[-1]][-len(biases) :])


def nothing_returned(x, weights, biases):
    rectified(x, weights, biases)


RIGHT = [loops, recursive]
WRONG = [
    (without_bias, "a layer is x @ weight + bias"),
    (nothing_returned, "a layer is x @ weight + bias"),
    (never_rectified, "between two layers, what is negative becomes 0"),
    (sigmoid, "between two layers, what is negative becomes 0"),
    (rectified_at_the_end, "behind the last layer stands no rectifier"),
    (first_example, "each example is computed as if it were alone"),
    (largest_of_a_column, "each example is computed as if it were alone"),
    (two_layers, "a network may have any number of layers"),
]
