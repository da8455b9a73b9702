"""Answers to exercise 6.1, a transposed convolution."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def sizes(y, weight, stride):
    return [(y.shape[axis] - 1) * stride + weight.shape[axis - 1] for axis in (1, 2)]


def by_taps(y, weight, stride):
    """Add the maps, times one weight of the filters at a time, in float32."""
    x = np.zeros((len(y), *sizes(y, weight, stride), weight.shape[2]), np.float32)
    rows, columns = y.shape[1] * stride, y.shape[2] * stride
    for k, m in np.ndindex(*weight.shape[:2]):
        x[:, k : k + rows : stride, m : m + columns : stride][:, : y.shape[1], : y.shape[2]] += (
            y @ weight[k, m].T
        )
    return x


def spread_out(y, weight, stride):
    """Convolve the maps, spread out and padded, with the turned filters."""
    height, width = weight.shape[:2]
    rows, columns = sizes(y, weight, stride)
    wide = np.zeros((len(y), rows + height - 1, columns + width - 1, y.shape[3]))
    wide[:, height - 1 : height - 1 + rows : stride, width - 1 : width - 1 + columns : stride][
        :, : y.shape[1], : y.shape[2]
    ] = y
    seen = sliding_window_view(wide, (height, width), axis=(1, 2))
    return np.einsum("nhwfkm,kmcf->nhwc", seen, weight[::-1, ::-1])


def stamps(y, weight, stride, add=True):
    x = np.zeros((len(y), *sizes(y, weight, stride), weight.shape[2]))
    for i, j in np.ndindex(*y.shape[1:3]):
        place = np.s_[:, i * stride : i * stride + weight.shape[0], j * stride : j * stride + weight.shape[1]]
        x[place] = np.tensordot(y[:, i, j], weight, axes=(1, 3)) + add * x[place]
    return x


def overwritten(y, weight, stride):
    return stamps(y, weight, stride, add=False)


def turned(y, weight, stride):
    return stamps(y, weight[::-1, ::-1], stride)


def stride_forgotten(y, weight, stride):
    return stamps(y, weight, 1)


def as_large_as_the_strides(y, weight, stride):
    x = stamps(y, weight, stride)
    return x[:, : y.shape[1] * stride, : y.shape[2] * stride]


def side_by_side(y, weight, stride):
    return stamps(y, weight, weight.shape[0])


def first_filter(y, weight, stride):
    return stamps(y[..., :1], weight[..., :1], stride)


def maps_added_first(y, weight, stride):
    return stamps(y.sum(axis=3, keepdims=True), weight.sum(axis=3, keepdims=True), stride)


def channels_added(y, weight, stride):
    x = stamps(y, weight, stride)
    return np.broadcast_to(x.sum(axis=3, keepdims=True), x.shape)


def images_added(y, weight, stride):
    x = stamps(y, weight, stride)
    return np.broadcast_to(x.sum(axis=0), x.shape)


RIGHT = [by_taps, spread_out]
WRONG = [
    (stride_forgotten, "each number of the map stamps the filter, times itself"),
    (overwritten, "where stamps overlap, they add up"),
    (as_large_as_the_strides, "where stamps overlap, they add up"),
    (side_by_side, "where stamps overlap, they add up"),
    (turned, "the filter is stamped as it is, not turned"),
    (first_filter, "the stamps of all filters add up"),
    (maps_added_first, "the stamps of all filters add up"),
    (channels_added, "each channel gets its own pattern"),
    (images_added, "each picture gets its own maps only"),
]
