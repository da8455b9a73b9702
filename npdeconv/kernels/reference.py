"""Plain NumPy twins of the kernels: other algorithms for the same maps, written to be read.

Every function is slow on purpose and exact on purpose; the tests hold the kernels to them.
Arguments and results are those of the kernels, except that results are returned.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from npdeconv._types import Array, Pair, Shape


def windows(x: Array, size: Pair, stride: Pair, offset: Pair, out_shape: Pair, fill: float) -> Array:
    """Look at a padded copy of x through every window.

    Returns
    -------
    (N, OH, OW, C, KH, KW)
    """
    height, width = x.shape[1:3]
    # As much padding below and to the right as the last window needs.
    below = max(0, (out_shape[0] - 1) * stride[0] + size[0] - offset[0] - height)
    right = max(0, (out_shape[1] - 1) * stride[1] + size[1] - offset[1] - width)
    margins = ((0, 0), (offset[0], below), (offset[1], right), (0, 0))
    padded = np.pad(x, margins, constant_values=fill)
    every = sliding_window_view(padded, size, axis=(1, 2))
    return every[:, :: stride[0], :: stride[1]][:, : out_shape[0], : out_shape[1]]


def im2col(x: Array, size: Pair, stride: Pair, offset: Pair, out_shape: Pair) -> Array:
    """Return the patches (N, OH, OW, KH, KW, C)."""
    return np.moveaxis(windows(x, size, stride, offset, out_shape, 0), 3, 5)


def col2im(columns: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Sum the patches (N, OH, OW, KH, KW, C) onto a canvas, one filter tap at a time, and crop it."""
    batch, out_height, out_width, filter_height, filter_width, channels = columns.shape
    tall = offset[0] + image_shape[0] + filter_height + out_height * stride[0]
    wide = offset[1] + image_shape[1] + filter_width + out_width * stride[1]
    canvas = np.zeros((batch, tall, wide, channels), columns.dtype)
    for kh in range(filter_height):
        for kw in range(filter_width):
            rows = slice(kh, kh + out_height * stride[0], stride[0])
            cols = slice(kw, kw + out_width * stride[1], stride[1])
            canvas[:, rows, cols] += columns[:, :, :, kh, kw]
    return canvas[:, offset[0] :, offset[1] :][:, : image_shape[0], : image_shape[1]]


def convolve(x: Array, weight: Array, bias: Array, stride: Pair, offset: Pair, out_shape: Pair) -> Array:
    """Correlate directly: sum x over each window, weighted with each filter."""
    seen = windows(x, (weight.shape[0], weight.shape[1]), stride, offset, out_shape, 0)
    return np.einsum("npqchw,hwcf->npqf", seen, weight) + bias


def weight_gradient(x: Array, dy: Array, weight_shape: Shape, stride: Pair, offset: Pair) -> Array:
    """Correlate x with dy, one filter tap at a time."""
    size, out_shape = (weight_shape[0], weight_shape[1]), (dy.shape[1], dy.shape[2])
    return np.einsum("npqchw,npqf->hwcf", windows(x, size, stride, offset, out_shape, 0), dy)


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Convolve as the DeconvNet is usually told: stretch the map, then filter with flipped filters.

    The stride puts zeros between the values of the map; the filters are flipped in both
    directions, and their input and output channels change places.
    """
    batch, out_height, out_width, filters = dy.shape
    size = (weight.shape[0], weight.shape[1])
    stretched_shape = ((out_height - 1) * stride[0] + 1, (out_width - 1) * stride[1] + 1)
    stretched = np.zeros((batch, *stretched_shape, filters), dy.dtype)
    stretched[:, :: stride[0], :: stride[1]] = dy
    flipped = weight[::-1, ::-1].swapaxes(2, 3)  # (KH, KW, F, C)
    full = (stretched_shape[0] + size[0] - 1, stretched_shape[1] + size[1] - 1)
    canvas = convolve(stretched, flipped, np.zeros(weight.shape[2]), (1, 1), (size[0] - 1, size[1] - 1), full)
    below = max(0, offset[0] + image_shape[0] - full[0])
    right = max(0, offset[1] + image_shape[1] - full[1])
    canvas = np.pad(canvas, ((0, 0), (0, below), (0, right), (0, 0)))
    return canvas[:, offset[0] :, offset[1] :][:, : image_shape[0], : image_shape[1]]


def max_pool(x: Array, size: Pair, stride: Pair, offset: Pair, out_shape: Pair) -> tuple[Array, Array]:
    """Return the winners and their switches, both (N, OH, OW, C)."""
    seen = windows(x, size, stride, offset, out_shape, -np.inf)
    flat = seen.reshape(*seen.shape[:4], -1)
    # argmax takes the first of equals, and the first NaN, as the kernel does.
    winner = flat.argmax(axis=-1)
    values = np.take_along_axis(flat, winner[..., None], axis=-1)[..., 0]
    rows, cols = np.divmod(winner, size[1])
    rows = rows + (np.arange(out_shape[0]) * stride[0] - offset[0])[:, None, None]
    cols = cols + (np.arange(out_shape[1]) * stride[1] - offset[1])[None, :, None]
    return values, (rows * x.shape[2] + cols).astype(np.int32)


def unpool(y: Array, switches: Array, image_shape: Pair) -> Array:
    """Return zeros (N, H, W, C) with every value of y added at its switch."""
    batch, _, _, channels = y.shape
    flat = np.zeros((batch, image_shape[0] * image_shape[1], channels), y.dtype)
    n = np.arange(batch)[:, None, None, None]
    c = np.arange(channels)
    np.add.at(flat, (n, switches, c), y)
    return flat.reshape(batch, *image_shape, channels)


def cut(clean: Array, boxes: Array, corners: Array, places: Array, beyond: float, size: Pair) -> Array:
    """Paste each box into a copy of the clean image, pad the copy generously, and slice it."""
    height, width = boxes.shape[1:3]
    margin = max(*clean.shape, *size, int(np.abs(places).max()))
    pieces = []
    for box, (row, column), place in zip(boxes, corners, places, strict=True):
        image = clean.copy()
        image[row : row + height, column : column + width] = box
        padded = np.pad(image, ((margin, 2 * margin),) * 2 + ((0, 0),), constant_values=beyond)
        top, left = place + margin
        pieces.append(padded[top : top + size[0], left : left + size[1]])
    return np.stack(pieces)


def strongest(values: Array, places: Array, k: int) -> tuple[Array, Array, Array]:
    """Sort all values (N, F), and return the k largest of each kind, their numbers and places (F, k)."""
    best, numbers = np.full((values.shape[1], k), -np.inf), np.full((values.shape[1], k), -1)
    where = numbers.copy()
    for f, column in enumerate(values.T):
        candidates = np.flatnonzero(column > -np.inf)  # which no NaN is
        order = candidates[np.argsort(-column[candidates], kind="stable")][:k]
        best[f, : len(order)], numbers[f, : len(order)] = column[order], order
        where[f, : len(order)] = places[order, f]
    return best, numbers, where
