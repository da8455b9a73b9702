"""Convolution as matrix products, tile by tile.

The matrix of patches (`im2col`) is KH * KW times larger than the image. It is therefore made
for one *tile* at a time, small enough to stay in the processor's cache: a few whole images, or
a few output rows of one large image. All three products of a convolution layer read the same
matrix::

    forward            y       = patches @ filters
    weight gradient    dweight = patches.T @ dy
    transpose          dx      = col2im(dy @ filters.T)
"""

from collections.abc import Iterator

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair, Shape
from npdeconv.kernels.epilogue import add_bias
from npdeconv.kernels.im2col import col2im, im2col

TILE_BYTES = 2**20  # half of a common second-level cache, which also holds filters and results

Tile = tuple[slice, slice]


def tiles(batch: int, out_height: int, row_bytes: int) -> Iterator[Tile]:
    """Cut a batch into (images, output rows), each tile's patches at most about `TILE_BYTES`.

    Either the images are several and the rows are all, or the image is one: in both cases a
    tile of the output is contiguous.
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
    rectified: bool = False,
) -> Array:
    """Correlate the images with the filters and add the bias; rectify, where asked for.

    Parameters
    ----------
    x : (N, H, W, C)
    weight : (KH, KW, C, F)
    bias : (F,)
    stride, offset : pairs
    out_shape : (OH, OW)
    rectified : bool

    Returns
    -------
    (N, OH, OW, F)
    """
    filters = weight.reshape(-1, weight.shape[-1])
    y = np.empty((len(x), *out_shape, weight.shape[-1]), x.dtype)
    for (images, rows), patches in _patches(x, weight.shape, stride, offset, out_shape):
        tile = y[images, rows].reshape(len(patches), -1)  # contiguous, so this is a view
        np.matmul(patches, filters, out=tile)
        add_bias(tile, bias, rectified)
    return y


def weight_gradient(x: Array, dy: Array, weight_shape: Shape, stride: Pair, offset: Pair) -> Array:
    """Sum over all positions the outer product of the patch and the output's gradient.

    Returns
    -------
    (KH, KW, C, F)
    """
    out_height, out_width, filters = dy.shape[1:]
    gradient = np.zeros((int(np.prod(weight_shape[:-1])), filters), x.dtype)
    for (images, rows), patches in _patches(x, weight_shape, stride, offset, (out_height, out_width)):
        gradient += patches.T @ dy[images, rows].reshape(len(patches), filters)
    return gradient.reshape(weight_shape)


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Filter with the transposed filters: the gradient with respect to x, and the projection.

    Parameters
    ----------
    dy : (N, OH, OW, F)
    weight : (KH, KW, C, F)
    stride, offset : pairs
    image_shape : (H, W)

    Returns
    -------
    (N, H, W, C)
    """
    out_height, out_width, filters = dy.shape[1:]
    transposed = weight.reshape(-1, filters).T
    patch_shape = weight.shape[:3]
    dx = np.zeros((len(dy), *image_shape, weight.shape[2]), dy.dtype)
    row_bytes = out_width * transposed.shape[1] * dy.itemsize
    for images, rows in tiles(len(dy), out_height, row_bytes):
        tile = dy[images, rows]
        patches = tile.reshape(-1, filters) @ transposed
        columns = kernel_input(patches.reshape(*tile.shape[:3], *patch_shape))
        col2im(columns, stride, offset, rows.start, dx[images])
    return dx


def _patches(
    x: Array, weight_shape: Shape, stride: Pair, offset: Pair, out_shape: Pair
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
        im2col(x[images], stride, offset, rows.start, columns)
        yield (images, rows), columns.reshape(-1, patch_size)
