"""Answers to exercise 3.1, max pooling with switches."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def at_once(x, window, stride):
    seen = sliding_window_view(x, (window, window), axis=(1, 2))[:, ::stride, ::stride]
    flat = seen.reshape(*seen.shape[:4], -1)
    winner = flat.argmax(axis=-1)
    row = np.arange(flat.shape[1])[:, None, None] * stride + winner // window
    column = np.arange(flat.shape[2])[:, None] * stride + winner % window
    return flat.max(axis=-1), row * x.shape[2] + column


def loops(x, window, stride, better=lambda value, best: value > best, lowest=-np.inf):
    """Go through every window, in lists and float32."""
    x = x.astype(np.float32)
    batch, height, width, channels = x.shape
    rows, columns = (height - window) // stride + 1, (width - window) // stride + 1
    y = np.zeros((batch, rows, columns, channels), np.float32)
    switches = np.zeros(y.shape, np.int32)
    for n, i, j, c in np.ndindex(*y.shape):
        best = lowest
        for h in range(i * stride, i * stride + window):
            for w in range(j * stride, j * stride + window):
                if better(x[n, h, w, c], best):
                    best, switches[n, i, j, c] = x[n, h, w, c], h * width + w
        y[n, i, j, c] = best
    return [y.tolist(), switches.tolist()]


def last_of_equals(x, window, stride):
    return loops(x, window, stride, better=lambda value, best: value >= best)


def search_from_zero(x, window, stride):
    return loops(x, window, stride, lowest=0)


def places_in_the_window(x, window, stride):
    seen = sliding_window_view(x, (window, window), axis=(1, 2))[:, ::stride, ::stride]
    flat = seen.reshape(*seen.shape[:4], -1)
    return flat.max(axis=-1), flat.argmax(axis=-1)


def width_of_the_output(x, window, stride):
    y, switches = at_once(x, window, stride)
    return y, switches // x.shape[2] * y.shape[2] + switches % x.shape[2]


def stride_is_the_window(x, window, stride):
    return at_once(x, window, window)


def one_winner_for_all_channels(x, window, stride):
    y, switches = at_once(x.max(axis=3, keepdims=True), window, stride)
    shape = (*y.shape[:3], x.shape[3])
    return np.broadcast_to(y, shape), np.broadcast_to(switches, shape)


def half_windows_too(x, window, stride):
    wide = [(0, 0), (0, -x.shape[1] % stride), (0, -x.shape[2] % stride), (0, 0)]
    y, switches = at_once(np.pad(x, wide, constant_values=-np.inf), window, stride)
    padded = x.shape[2] + wide[2][1]
    return y, switches // padded * x.shape[2] + switches % padded


def mean(x, window, stride):
    seen = sliding_window_view(x, (window, window), axis=(1, 2))[:, ::stride, ::stride]
    return seen.mean(axis=(4, 5)), at_once(x, window, stride)[1]


def without_switches(x, window, stride):
    return at_once(x, window, stride)[0]


def in_place(x, window, stride):
    result = loops(x, window, stride)
    x[x < 0] = 0
    return result


RIGHT = [at_once, loops]
WRONG = [
    (mean, "y holds the largest value of each window"),
    (without_switches, "y holds the largest value of each window"),
    (places_in_the_window, "a switch is a place in the whole map, h * W + w"),
    (width_of_the_output, "a switch is a place in the whole map, h * W + w"),
    (last_of_equals, "of equal values the first wins"),
    (search_from_zero, "values below zero can win"),
    (in_place, "the inputs stay as they are"),
    (one_winner_for_all_channels, "every image and every channel is pooled for itself"),
    (stride_is_the_window, "windows may overlap, or leave gaps"),
    (half_windows_too, "what windows do not fill is left out"),
]
