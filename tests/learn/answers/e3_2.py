"""Answers to exercise 3.2, unpooling."""

import numpy as np


def loops(y, switches, shape):
    width = shape[2]
    x = np.zeros(shape, np.float32)
    for n, i, j, c in np.ndindex(*y.shape):
        h, w = divmod(int(switches[n, i, j, c]), width)
        x[n, h, w, c] += y[n, i, j, c]
    return x.tolist()


def counted(y, switches, shape):
    batch, height, width, channels = shape
    image, channel = np.arange(batch)[:, None, None, None], np.arange(channels)
    place = (image * height * width + switches) * channels + channel
    return np.bincount(place.ravel(), y.ravel(), minlength=np.prod(shape)).reshape(shape)


def assigned(y, switches, shape):
    x = np.zeros((shape[0], shape[1] * shape[2], shape[3]))
    for n, c in np.ndindex(shape[0], shape[3]):
        x[n, switches[n, :, :, c], c] = y[n, :, :, c]
    return x.reshape(shape)


def added_once(y, switches, shape):
    x = np.zeros((shape[0], shape[1] * shape[2], shape[3]))
    for n, c in np.ndindex(shape[0], shape[3]):
        x[n, switches[n, :, :, c], c] += y[n, :, :, c]
    return x.reshape(shape)


def largest(y, switches, shape):
    x = np.zeros((shape[0], shape[1] * shape[2], shape[3]))
    for n, i, j, c in np.ndindex(*y.shape):
        x[n, switches[n, i, j, c], c] = max(x[n, switches[n, i, j, c], c], y[n, i, j, c])
    return x.reshape(shape)


def corner_of_the_window(y, switches, shape):
    x = np.zeros(shape)
    x[:, :: shape[1] // y.shape[1], :: shape[2] // y.shape[2]] = y
    return x


def height_for_width(y, switches, shape):
    x = np.zeros(shape)
    for n, i, j, c in np.ndindex(*y.shape):
        h, w = divmod(int(switches[n, i, j, c]), shape[1])
        x[n, h % shape[1], w % shape[2], c] += y[n, i, j, c]
    return x


def width_of_y(y, switches, shape):
    return loops(y, switches // (2 * y.shape[2]) * shape[2] + switches % (2 * y.shape[2]), shape)


def rectified(y, switches, shape):
    return counted(np.maximum(y, 0), switches, shape)


def switches_of_the_first_channel(y, switches, shape):
    return counted(y, np.repeat(switches[..., :1], shape[3], axis=3), shape)


def spread_evenly(y, switches, shape):
    size = shape[1] // y.shape[1]
    return np.repeat(np.repeat(y, size, axis=1), size, axis=2) / size**2


RIGHT = [loops, counted]
WRONG = [
    (corner_of_the_window, "each value goes to its switch, zeros elsewhere"),
    (spread_evenly, "each value goes to its switch, zeros elsewhere"),
    (height_for_width, "W is the width of the map that is filled"),
    (width_of_y, "W is the width of the map that is filled"),
    (assigned, "values for the same place add up"),
    (added_once, "values for the same place add up"),
    (largest, "values for the same place add up"),
    (rectified, "values pass whatever their sign"),
    (switches_of_the_first_channel, "each image and each channel has switches of its own"),
]
