"""Answers to exercise 2.3, the receptive field."""

import numpy as np


def from_the_top(layers):
    seen = 1
    for window, stride in reversed(layers):
        seen = (seen - 1) * stride + window
    return float(seen)


def by_painting(layers):
    """Paint all pixels below a unit, layer by layer."""
    units = {0}
    for window, stride in reversed(layers):
        units = {unit * stride + place for unit in units for place in range(window)}
    return np.array([max(units) - min(units) + 1])


def own_stride_first(layers):
    seen, distance = 1, 1
    for window, stride in layers:
        distance *= stride
        seen += (window - 1) * distance
    return seen


def product(layers):
    return int(np.prod([window for window, _ in layers]))


def sum_of_windows(layers):
    return sum(window for window, _ in layers)


def no_strides(layers):
    return 1 + sum(window - 1 for window, _ in layers)


def strides_added(layers):
    seen, distance = 1, 1
    for window, stride in layers:
        seen += (window - 1) * distance
        distance += stride - 1
    return seen


def upside_down(layers):
    return from_the_top(layers[::-1])


def needs_a_layer(layers):
    seen, distance = layers[0]
    for window, stride in layers[1:]:
        seen += (window - 1) * distance
        distance *= stride
    return seen


RIGHT = [from_the_top, by_painting]
WRONG = [
    (own_stride_first, "a unit of one layer sees its window"),
    (product, "neighboring units see mostly the same pixels"),
    (sum_of_windows, "neighboring units see mostly the same pixels"),
    (no_strides, "a stride spreads the layers above"),
    (upside_down, "a stride spreads the layers above"),
    (strides_added, "strides multiply"),
    (needs_a_layer, "without a layer, a unit is a pixel"),
]
