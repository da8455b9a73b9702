"""Answers to exercise 2.2, a convolutional layer."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def at_once(x, weight, bias, stride=1, padding=0, fill="constant"):
    x = np.pad(x.astype(np.float32), ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode=fill)
    seen = sliding_window_view(x, weight.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijckl,klcf->nijf", seen, weight) + bias


def loops(x, weight, bias, stride=1, padding=0):
    """Look at each pixel where it is; what is outside is not added."""
    images, height, width, _ = x.shape
    rows = (height + 2 * padding - weight.shape[0]) // stride + 1
    columns = (width + 2 * padding - weight.shape[1]) // stride + 1
    y = [[[list(map(float, bias)) for _ in range(columns)] for _ in range(rows)] for _ in range(images)]
    for k, m in np.ndindex(*weight.shape[:2]):
        for i, j in np.ndindex(rows, columns):
            h, w = i * stride + k - padding, j * stride + m - padding
            if 0 <= h < height and 0 <= w < width:
                for n in range(images):
                    y[n][i][j] = (y[n][i][j] + x[n, h, w] @ weight[k, m]).tolist()
    return y


def flipped(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight[::-1, ::-1], bias, stride, padding)


def first_channel(x, weight, bias, stride=1, padding=0):
    return at_once(x[..., :1], weight[:, :, :1], bias, stride, padding)


def first_filter(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight[..., :1], bias[:1], stride, padding)


def sum_of_filters(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight.sum(axis=3, keepdims=True), bias[:1], stride, padding)


def no_bias(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight, 0 * bias, stride, padding)


def bias_per_channel(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight, bias * x.shape[3], stride, padding)


def no_stride(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight, bias, 1, padding)


def too_few_places(x, weight, bias, stride=1, padding=0):
    y = at_once(x, weight, bias, stride, padding)
    rows = (x.shape[1] + 2 * padding - weight.shape[0]) // stride + (stride == 1)
    return y[:, :rows]


def no_padding(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight, bias, stride)


def edges_repeated(x, weight, bias, stride=1, padding=0):
    return at_once(x, weight, bias, stride, padding, fill="edge")


def padded_below_only(x, weight, bias, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 2 * padding), (0, 2 * padding), (0, 0)))
    return at_once(x, weight, bias, stride)


def images_added(x, weight, bias, stride=1, padding=0):
    return at_once(x.sum(axis=0, keepdims=True), weight, bias, stride, padding)


def rectified(x, weight, bias, stride=1, padding=0):
    return np.maximum(at_once(x, weight, bias, stride, padding), 0)


RIGHT = [at_once, loops]
WRONG = [
    (flipped, "each place multiplies pixels and filter, and adds up"),
    (first_channel, "a filter adds up over all channels"),
    (first_filter, "each filter makes a map of its own"),
    (sum_of_filters, "each filter makes a map of its own"),
    (no_bias, "each filter has its bias"),
    (bias_per_channel, "each filter has its bias"),
    (no_stride, "the stride is the distance between places"),
    (too_few_places, "the stride is the distance between places"),
    (no_padding, "padding puts zeros on all four sides"),
    (edges_repeated, "padding puts zeros on all four sides"),
    (padded_below_only, "padding puts zeros on all four sides"),
    (images_added, "each image is filtered as if it were alone"),
    (rectified, "without a bias, the result of a sum is the sum of the results"),
]
