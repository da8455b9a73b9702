"""Convolution as matrix products, tile by tile.

The matrix of patches (`im2col`) is KH * KW times larger than the image. It is therefore made
for one *tile* at a time, small enough to stay in the processor's cache: a few whole images, or
a few output rows of one large image. All three products of a convolution layer read the same
matrix::

    forward            y       = patches @ filters
    weight gradient    dweight = patches.T @ dy
    transpose          dx      = col2im(dy @ filters.T)

Every sum runs in a fixed order, see `npdeconv.kernels.product`, in `precision` (float64 unless
given), and is rounded once to the dtype of the arrays. An output therefore depends on its patch alone.

Filters of one channel each need no matrix: see `npdeconv.kernels.depthwise`.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair, Shape
from npdeconv.kernels import depthwise
from npdeconv.kernels.im2col import col2im, im2col
from npdeconv.kernels.product import add_product, fill_rows, product

TILE_BYTES = 2**20  # half of a common second-level cache, which also holds filters and results

Tile = tuple[slice, slice]


def tiles(batch: int, out_height: int, row_bytes: int) -> Iterator[Tile]:
    """Cut a batch into (images, output rows), each tile's patches at most about `TILE_BYTES`.

    A tile has either all rows of several images, or some rows of one image: in both cases its output
    is contiguous.
    """
    rows = max(1, TILE_BYTES // row_bytes)
    images_per_tile = max(1, rows // out_height)
    for first in range(0, batch, images_per_tile):
        images = slice(first, min(first + images_per_tile, batch))
        for row in range(0, out_height, rows):
            yield images, slice(row, min(row + rows, out_height))


def convolve(
    x: Array,
    weight: Array,
    bias: Array,
    stride: Pair,
    offset: Pair,
    out_shape: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    precision: DTypeLike = np.float64,
) -> Array:
    """Correlate the images with the filters and add the bias.

    Parameters
    ----------
    x : (N, H, W, C)
    weight : (KH, KW, C / groups, F)
    bias : (F,)
    stride, offset : pairs
    out_shape : (OH, OW)
    groups : int
        Number of groups of channels and filters; filters see the channels of their group only.
    dilation : pair
        Distance between neighboring weights of a filter, in pixels.
    precision : float32 or float64

    Returns
    -------
    (N, OH, OW, F)
    """
    y = np.empty((len(x), *out_shape, weight.shape[3]), x.dtype)
    if is_depthwise(weight, groups):
        taps = kernel_input(weight[:, :, 0].astype(np.float64))
        depthwise.correlate(kernel_input(x), taps, kernel_input(bias), stride, offset, dilation, y)
        return y
    for channels, filters in shares(weight, groups):
        matrix = kernel_input(weight[..., filters].reshape(-1, bias[filters].size).astype(precision))
        for tile, patches in patches_of(x[..., channels], weight.shape, stride, offset, dilation, out_shape):
            sums = np.empty((len(patches), matrix.shape[1]), precision)
            fill_rows(kernel_input(bias[filters]), sums)
            add_product(patches, matrix, sums)
            part = y[tile][..., filters]
            part[:] = sums.reshape(part.shape)
    return y


def weight_gradient(
    x: Array,
    dy: Array,
    weight_shape: Shape,
    stride: Pair,
    offset: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    precision: DTypeLike = np.float64,
) -> Array:
    """Sum over all positions the outer product of the patch and the output's gradient.

    Returns
    -------
    (KH, KW, C / groups, F)
    """
    gradient = np.zeros(weight_shape, x.dtype)
    if is_depthwise(gradient, groups):
        taps = np.zeros((*weight_shape[:2], weight_shape[3]), np.float64)
        place = stride, offset, dilation
        depthwise.add_weight_gradient(kernel_input(x), kernel_input(dy), *place, taps)
        gradient[:, :, 0] = taps
        return gradient
    for channels, filters in shares(gradient, groups):
        part = gradient[..., filters]
        sums = np.zeros((int(np.prod(weight_shape[:3])), part.shape[3]), precision)
        for tile, patches in patches_of(
            x[..., channels], weight_shape, stride, offset, dilation, dy.shape[1:3]
        ):
            outputs = dy[tile][..., filters].reshape(len(patches), -1).astype(precision, copy=False)
            add_product(patches.T, kernel_input(outputs), sums)
        part[:] = sums.reshape(part.shape)
    return gradient


def convolve_transposed(
    dy: Array,
    weight: Array,
    stride: Pair,
    offset: Pair,
    image_shape: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    precision: DTypeLike = np.float64,
) -> Array:
    """Filter with the transposed filters: the gradient with respect to x, and the projection.

    Parameters
    ----------
    dy : (N, OH, OW, F)
    weight : (KH, KW, C / groups, F)
    stride, offset : pairs
    image_shape : (H, W)
    groups : int
    dilation : pair
    precision : float32 or float64

    Returns
    -------
    (N, H, W, C)
    """
    patch_shape, out_width = weight.shape[:3], dy.shape[2]
    dx = np.empty((len(dy), *image_shape, patch_shape[2] * groups), dy.dtype)
    if is_depthwise(weight, groups):
        taps = kernel_input(weight[:, :, 0].astype(np.float64))
        depthwise.correlate_transposed(kernel_input(dy), taps, stride, offset, dilation, dx)
        return dx
    row_bytes = out_width * int(np.prod(patch_shape)) * np.dtype(precision).itemsize
    for channels, filters in shares(weight, groups):
        matrix = weight[..., filters].reshape(-1, filters.stop - filters.start).T
        sums = np.zeros((len(dy), *image_shape, patch_shape[2]), precision)
        for images, rows in tiles(len(dy), dy.shape[1], row_bytes):
            outputs = dy[images, rows][..., filters]
            patches = product(outputs.reshape(-1, outputs.shape[3]), matrix, precision)
            columns = kernel_input(patches.reshape(*outputs.shape[:3], *patch_shape))
            col2im(columns, stride, offset, dilation, rows.start, sums[images])
        dx[..., channels] = sums
    return dx


def is_depthwise(weight: Array, groups: int) -> bool:
    """Tell whether each filter sees one of several channels."""
    return groups > 1 and weight.shape[2] == 1


def shares(weight: Array, groups: int) -> Iterator[tuple[slice, slice]]:
    """Yield the channels of each group, and its filters; weight is (KH, KW, C / groups, F)."""
    channels, filters = weight.shape[2], weight.shape[3] // groups
    for group in range(groups):
        yield (
            slice(group * channels, (group + 1) * channels),
            slice(group * filters, (group + 1) * filters),
        )


def patches_of(
    x: Array, weight_shape: Shape, stride: Pair, offset: Pair, dilation: Pair, out_shape: Pair
) -> Iterator[tuple[Tile, Array]]:
    """Yield each tile and the matrix of its patches (positions, KH * KW * C); one buffer serves all."""
    out_height, out_width = out_shape
    patch_shape = weight_shape[:3]
    patch_size = int(np.prod(patch_shape))
    x = kernel_input(x)
    buffer = np.empty(0, x.dtype)
    for images, rows in tiles(len(x), out_height, out_width * patch_size * x.itemsize):
        columns_shape = (images.stop - images.start, rows.stop - rows.start, out_width, *patch_shape)
        size = int(np.prod(columns_shape))
        if buffer.size < size:
            buffer = np.empty(size, x.dtype)
        columns = buffer[:size].reshape(columns_shape)
        im2col(x[images], stride, offset, dilation, rows.start, columns)
        yield (images, rows), kernel_input(columns.reshape(-1, patch_size))
