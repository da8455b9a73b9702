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

A constant square would give outputs that differ by rounding, and pooling would then pick its
winner by chance, where the direct sum has a tie and the first wins. A convolution therefore
subtracts one of its pixels from each square and adds that pixel's share to the output, which
costs one matrix product more: constant squares, such as a black background makes, are exact.

The price is rounding: up to about 1e-5 of the largest output in float32, ten times that of the
direct sum. Where the exact output is 0 it can be as much off, on either side.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair, Shape
from npdeconv.kernels.convolution import Tile, tiles
from npdeconv.kernels.winograd_transforms import (
    ELEMENTS,
    IN,
    OUT,
    inputs_from_squares,
    outputs_from_squares,
    squares_from_inputs,
    squares_from_outputs,
)

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


def convolve(x: Array, weight: Array, bias: Array, stride: Pair, offset: Pair, out_shape: Pair) -> Array:
    """Correlate the images with 3x3 filters and add the bias; as `convolution.convolve`, stride 1."""
    channels, filters = weight.shape[2:]
    y = np.empty((len(x), *out_shape, filters), x.dtype)
    transformed, response_to_ones = transform_filters(weight), weight.sum(axis=(0, 1))
    x, room = kernel_input(x), _Room(x.dtype)
    for images, rows in _tiles(len(x), out_shape, channels + filters, x.itemsize):
        centers = _centers(x[images], rows, offset, out_shape)
        squares = room.take("squares", len(centers), channels)
        squares_from_inputs(x[images], rows.start, offset, out_shape[1], centers, squares)
        products = np.matmul(squares, transformed, out=room.take("products", len(centers), filters))
        base = centers @ response_to_ones + bias
        outputs_from_squares(products, rows.start, base, y[images])
    return y


def weight_gradient(x: Array, dy: Array, weight_shape: Shape, stride: Pair, offset: Pair) -> Array:
    """Return the gradient (3, 3, C, F); as `convolution.weight_gradient`, stride 1."""
    channels, filters = weight_shape[2:]
    total = np.zeros((ELEMENTS, channels, filters), x.dtype)
    x, dy, room = kernel_input(x), kernel_input(dy), _Room(x.dtype)
    for images, rows in _tiles(len(dy), (dy.shape[1], dy.shape[2]), channels + filters, x.itemsize):
        count = _count(images, rows, dy.shape[2])
        squares = room.take("squares", count, channels)
        not_centered = np.zeros((count, channels), x.dtype)
        squares_from_inputs(x[images], rows.start, offset, dy.shape[2], not_centered, squares)
        gradients = room.take("gradients", count, filters)
        squares_from_outputs(dy[images], rows.start, gradients)
        total += np.matmul(squares.swapaxes(1, 2), gradients)
    return _apply_twice(G.T, total.reshape(IN, IN, channels, filters))


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Filter with the transposed filters; as `convolution.convolve_transposed`, stride 1."""
    channels, filters = weight.shape[2:]
    dx = np.zeros((len(dy), *image_shape, channels), dy.dtype)
    transposed = transform_filters(weight).swapaxes(1, 2)
    dy, room = kernel_input(dy), _Room(dy.dtype)
    for images, rows in _tiles(len(dy), (dy.shape[1], dy.shape[2]), channels + filters, dy.itemsize):
        count = _count(images, rows, dy.shape[2])
        gradients = room.take("gradients", count, filters)
        squares_from_outputs(dy[images], rows.start, gradients)
        squares = np.matmul(gradients, transposed, out=room.take("squares", count, channels))
        inputs_from_squares(squares, rows.start, offset, dy.shape[2], dx[images])
    return dx


class _Room:
    """Memory for one tile's squares, taken again for the next: fresh memory costs time to get."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype, self.held = dtype, dict[str, Array]()

    def take(self, name: str, count: int, depth: int) -> Array:
        """Return an array (36, count, depth) of whatever was there."""
        size = ELEMENTS * count * depth
        if name not in self.held or self.held[name].size < size:
            self.held[name] = np.empty(size, self.dtype)
        return self.held[name][:size].reshape(ELEMENTS, count, depth)


def transform_filters(weight: Array) -> Array:
    """Return U = G g G.T for filters (3, 3, C, F), as (36, C, F)."""
    return _apply_twice(G, weight).reshape(ELEMENTS, *weight.shape[2:])


def _apply_twice(matrix: Array, squares: Array) -> Array:
    """Return matrix @ square @ matrix.T for squares (n, n, C, F)."""
    matrix = matrix.astype(squares.dtype)
    side, (channels, filters) = len(squares), squares.shape[2:]
    rows = matrix @ squares.reshape(side, -1)
    both = np.matmul(matrix, rows.reshape(len(matrix), side, channels * filters))
    return both.reshape(len(matrix), len(matrix), channels, filters)


def _tiles(batch: int, out_shape: Pair, depth: int, itemsize: int) -> Iterator[Tile]:
    """Cut a batch into (images, rows of squares), small enough for the cache."""
    height, width = (-(-length // OUT) for length in out_shape)
    return tiles(batch, height, width * ELEMENTS * depth * itemsize)


def _count(images: slice, rows: slice, out_width: int) -> int:
    return (images.stop - images.start) * (rows.stop - rows.start) * -(-out_width // OUT)


def _centers(images: Array, rows: slice, offset: Pair, out_shape: Pair) -> Array:
    """Return one pixel of each input square, near its middle and inside the image, (squares, C)."""
    height, width = images.shape[1:3]
    top = np.arange(rows.start, rows.stop) * OUT - offset[0]
    left = np.arange(0, out_shape[1], OUT) - offset[1]
    h, w = np.clip(top + 2, 0, height - 1), np.clip(left + 2, 0, width - 1)
    return images[:, h[:, None], w].reshape(-1, images.shape[3])
