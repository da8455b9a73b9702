"""3x3 convolutions of stride 1 with a quarter of the multiplications.

Winograd's minimal filtering F(4x4, 3x3), as Lavin & Gray (arXiv:1509.09308) apply it to
convolutional networks. The output is cut into squares of 4x4; each depends on a square of 6x6
inputs, its neighbors' overlapping by 2. With the matrices B, G and A of their section 4.3, for an
input square d, a filter g and the output square y they contribute to::

    V = B.T d B      U = G g G.T      y = A.T (U * V) A

The product U * V is elementwise: 36 multiplications, where the direct sum takes 4 * 4 * 9 = 144.
Summed over the channels it becomes 36 matrix products, one for each element of the squares::

    M[e] = V[e] @ U[e]        (squares, C) @ (C, F)

Both ways down are the transposes of these stages, in reverse order. With W = A dy A.T::

    dU[e] = V[e].T @ W[e]     dweight = G.T dU G
    dV[e] = W[e] @ U[e].T     dx = B dV B.T, overlaps summed

Element 7, in row 1 and column 1, is the sum over the square: A.T M A adds M[7] to every output.
There a bias is added, and there its gradient is found.

A batch goes through all stages tile by tile, a tile being as many squares as the cache holds
together with their products: some rows of one large image, or several small images.

The price is rounding: up to about 1e-5 of the largest output in float32, ten times that of the
direct sum. Where the exact output is 0 it can be as much off, on either side.
"""

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._jit import kernel
from npdeconv._types import Array, Pair, Shape
from npdeconv.kernels.epilogue import gate, pool_and_rectify, rectify, unpool_and_gate
from npdeconv.kernels.winograd_transforms import (
    ELEMENTS,
    GROUPS,
    IN,
    LANES,
    OUT,
    inputs_from_squares,
    outputs_from_squares,
    squares_from_inputs,
    squares_from_outputs,
)

TILE_BYTES = 3 * 2**19  # of squares and products: a little more than second-level caches hold
SUM = 7  # the element that every output of a square contains once

G = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)


def is_suited(channels: int, filters: int) -> bool:
    """Tell whether the transforms can work on so many channels and filters."""
    return all(count % LANES == 0 and count <= GROUPS * LANES for count in (channels, filters))


def convolve(x: Array, weight: Array, bias: Array, stride: Pair, offset: Pair, out_shape: Pair) -> Array:
    """Correlate the images with 3x3 filters and add the bias; as `convolution.convolve`, stride 1."""
    y = np.empty((len(x), *out_shape, weight.shape[3]), x.dtype)
    unpooled = np.empty((0, 0, 0, 0), np.uint8)
    forward(
        kernel_input(x), transform_filters(weight), bias, offset, out_shape, False, y, unpooled, TILE_BYTES
    )
    return y


def weight_gradient(x: Array, dy: Array, weight_shape: Shape, stride: Pair, offset: Pair) -> Array:
    """Return the gradient (3, 3, C, F); as `convolution.weight_gradient`, stride 1."""
    sums = np.zeros((ELEMENTS, *weight_shape[2:]), x.dtype)
    no_filters, no_images = np.empty((0, 0, 0), x.dtype), np.empty((0, 0, 0, 0), x.dtype)
    _backward_linear(x, dy, no_filters, offset, sums, no_images)
    return gradient_of_filters(sums)


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Filter with the transposed filters; as `convolution.convolve_transposed`, stride 1."""
    dx = np.zeros((len(dy), *image_shape, weight.shape[2]), dy.dtype)
    no_sums, no_images = np.empty((0, 0, 0), dy.dtype), np.empty((0, 0, 0, 0), dy.dtype)
    _backward_linear(no_images, dy, transpose_filters(transform_filters(weight)), offset, no_sums, dx)
    return dx


def _backward_linear(x: Array, dy: Array, transposed: Array, offset: Pair, sums: Array, dx: Array) -> None:
    no_bias, unpooled = np.empty(0, dy.dtype), np.empty((0, 0, 0, 0), np.uint8)
    dy = kernel_input(dy)
    out_shape = (dy.shape[1], dy.shape[2])
    backward(
        kernel_input(x), dy, dy, unpooled, transposed, offset, out_shape, False, sums, no_bias, dx, TILE_BYTES
    )


def transform_filters(weight: Array) -> Array:
    """Return U = G g G.T for filters (3, 3, C, F), as (36, C, F)."""
    return _apply_twice(G, weight).reshape(ELEMENTS, *weight.shape[2:])


def transpose_filters(transformed: Array) -> Array:
    """Return U, transposed for the way down: (36, F, C)."""
    return np.ascontiguousarray(transformed.swapaxes(1, 2))


def gradient_of_filters(sums: Array) -> Array:
    """Return the gradient (3, 3, C, F) from that of the transformed filters, (36, C, F)."""
    return _apply_twice(G.T, sums.reshape(IN, IN, *sums.shape[1:]))


def _apply_twice(matrix: Array, squares: Array) -> Array:
    """Return matrix @ square @ matrix.T for squares (n, n, C, F)."""
    matrix = matrix.astype(squares.dtype)
    side, (channels, filters) = len(squares), squares.shape[2:]
    rows = matrix @ squares.reshape(side, -1)
    both = np.matmul(matrix, rows.reshape(len(matrix), side, channels * filters))
    return both.reshape(len(matrix), len(matrix), channels, filters)


@kernel
def forward(
    x: Array,
    transformed: Array,
    bias: Array,
    offset: Pair,
    out_shape: Pair,
    rectified: bool,
    y: Array,
    winners: Array,
    tile_bytes: int,
) -> None:
    """Correlate and add the bias; then, where asked for, rectify and pool, tile by tile.

    Parameters
    ----------
    x : (N, H, W, C)
    transformed : (36, C, F)
        From `transform_filters`.
    bias : (F,)
    offset : (top, left)
        Padding.
    out_shape : (OH, OW)
        Of the convolution.
    rectified : bool
    y : (N, OH, OW, F), or (N, OH // 2, OW // 2, F) after pooling
        Filled.
    winners : uint8, as y; empty without pooling
        Filled, see `epilogue.pool_and_rectify`; pooling always rectifies.
    tile_bytes : int
    """
    channels, filters = transformed.shape[1:]
    rows, columns = (out_shape[0] + OUT - 1) // OUT, (out_shape[1] + OUT - 1) // OUT
    tile_images, tile_rows = _tile(rows, columns * ELEMENTS * (channels + filters) * x.itemsize, tile_bytes)
    most = min(tile_images, len(x)) * tile_rows * columns
    square_room = np.empty(ELEMENTS * most * channels, x.dtype)
    product_room = np.empty(ELEMENTS * most * filters, x.dtype)
    padded_room = np.empty(((tile_rows * OUT + 2) * (columns * OUT + 2), channels), x.dtype)
    maps_room = np.empty((tile_rows * OUT, out_shape[1], filters), x.dtype)
    for first_image in range(0, len(x), tile_images):
        images = min(tile_images, len(x) - first_image)
        for first_row in range(0, rows, tile_rows):
            height = min(tile_rows, rows - first_row)
            count = height * columns  # squares of one image
            squares = square_room[: ELEMENTS * images * count * channels].reshape(
                ELEMENTS, images * count, channels
            )
            products = product_room[: ELEMENTS * images * count * filters].reshape(
                ELEMENTS, images * count, filters
            )
            padded = _padded(padded_room, height, columns)
            for i in range(images):
                _copy_padded(x[first_image + i], first_row * OUT - offset[0], -offset[1], padded)
                squares_from_inputs(padded, i * count, squares)
            for e in range(ELEMENTS):
                np.dot(squares[e], transformed[e], products[e])
            products[SUM] += bias
            top, bottom = first_row * OUT, min((first_row + height) * OUT, out_shape[0])
            for i in range(images):
                n = first_image + i
                if winners.size > 0:
                    maps = maps_room[: bottom - top]
                    outputs_from_squares(products, i * count, maps)
                    half = slice(top // 2, bottom // 2)
                    pool_and_rectify(maps, y[n, half], winners[n, half])
                else:
                    outputs_from_squares(products, i * count, y[n, top:bottom])
                    if rectified:
                        rectify(y[n, top:bottom])


@kernel
def backward(
    x: Array,
    dy: Array,
    y: Array,
    winners: Array,
    transposed: Array,
    offset: Pair,
    out_shape: Pair,
    rectified: bool,
    sums: Array,
    dbias: Array,
    dx: Array,
    tile_bytes: int,
) -> None:
    """Carry gradients back through pooling, rectifier and convolution, tile by tile.

    Parameters
    ----------
    x, y, winners, offset, out_shape, rectified
        As for `forward`.
    dy : as y
    transposed : (36, F, C)
        From `transpose_filters`.
    sums : (36, C, F), or empty
        Added to: the gradient of the transformed filters.
    dbias : (F,), or empty
        Added to.
    dx : (N, H, W, C), or empty
        Added to.
    tile_bytes : int
    """
    filters = dy.shape[3]
    channels = max(sums.shape[1], dx.shape[3])
    rows, columns = (out_shape[0] + OUT - 1) // OUT, (out_shape[1] + OUT - 1) // OUT
    tile_images, tile_rows = _tile(rows, columns * ELEMENTS * (channels + filters) * dy.itemsize, tile_bytes)
    most = min(tile_images, len(dy)) * tile_rows * columns
    square_room = np.empty(ELEMENTS * most * channels, dy.dtype)
    gradient_room = np.empty(ELEMENTS * most * filters, dy.dtype)
    padded_room = np.empty(((tile_rows * OUT + 2) * (columns * OUT + 2), channels), dy.dtype)
    maps_room = np.empty((tile_rows * OUT, columns * OUT, filters), dy.dtype)
    product = np.empty((channels, filters), dy.dtype)
    for first_image in range(0, len(dy), tile_images):
        images = min(tile_images, len(dy) - first_image)
        for first_row in range(0, rows, tile_rows):
            height = min(tile_rows, rows - first_row)
            count = height * columns  # squares of one image
            squares = square_room[: ELEMENTS * images * count * channels].reshape(
                ELEMENTS, images * count, channels
            )
            gradients = gradient_room[: ELEMENTS * images * count * filters].reshape(
                ELEMENTS, images * count, filters
            )
            padded = _padded(padded_room, height, columns)
            top, bottom = first_row * OUT, min((first_row + height) * OUT, out_shape[0])
            for i in range(images):
                n = first_image + i
                maps = maps_room[: height * OUT]
                if winners.size > 0:
                    half = slice(top // 2, bottom // 2)
                    unpool_and_gate(dy[n, half], y[n, half], winners[n, half], maps)
                elif rectified:
                    gate(dy[n, top:bottom], y[n, top:bottom], maps)
                else:
                    _copy_padded(dy[n], top, 0, maps)
                squares_from_outputs(maps, i * count, gradients)
            if dbias.size > 0:
                for s in range(images * count):
                    for f in range(filters):
                        dbias[f] += gradients[SUM, s, f]
            if sums.size > 0:
                for i in range(images):
                    _copy_padded(x[first_image + i], top - offset[0], -offset[1], padded)
                    squares_from_inputs(padded, i * count, squares)
                for e in range(ELEMENTS):
                    np.dot(squares[e].T, gradients[e], product)
                    sums[e] += product
            if dx.size > 0:
                for e in range(ELEMENTS):
                    np.dot(gradients[e], transposed[e], squares[e])
                for i in range(images):
                    padded[:] = 0
                    inputs_from_squares(squares, i * count, padded)
                    _add_cropped(padded, top - offset[0], -offset[1], dx[first_image + i])


@kernel
def _tile(rows: int, row_bytes: int, tile_bytes: int) -> Pair:
    """Return how many images, and how many rows of squares of each, go together."""
    most_rows = max(1, tile_bytes // row_bytes)
    if most_rows >= rows:
        return most_rows // rows, rows
    tiles = (rows + most_rows - 1) // most_rows
    return 1, (rows + tiles - 1) // tiles


@kernel
def _padded(room: Array, rows: int, columns: int) -> Array:
    """Return room for the inputs of so many squares."""
    height, width = rows * OUT + 2, columns * OUT + 2
    return room[: height * width].reshape(height, width, room.shape[1])


@kernel
def _copy_padded(image: Array, top: int, left: int, padded: Array) -> None:
    """Copy the part of an image that begins at (top, left), with zeros beyond the image."""
    height, width, channels = image.shape
    first, last = max(left, 0), min(left + padded.shape[1], width)
    for i in range(padded.shape[0]):
        h = top + i
        if 0 <= h < height and first < last:
            padded[i, : first - left] = 0
            source, target = (
                image[h, first:last].reshape(-1),
                padded[i, first - left : last - left].reshape(-1),
            )
            for k in range(source.size):
                target[k] = source[k]
            padded[i, last - left :] = 0
        else:
            padded[i] = 0


@kernel
def _add_cropped(padded: Array, top: int, left: int, image: Array) -> None:
    """Add an array to the part of an image that begins at (top, left), without what lies beyond."""
    height, width, channels = image.shape
    first, last = max(left, 0), min(left + padded.shape[1], width)
    for i in range(max(-top, 0), min(padded.shape[0], height - top)):
        source, target = (
            padded[i, first - left : last - left].reshape(-1),
            image[top + i, first:last].reshape(-1),
        )
        for k in range(source.size):
            target[k] += source[k]
