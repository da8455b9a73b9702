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

A batch goes through all stages tile by tile, see `npdeconv.kernels.winograd_tiles`, and what is
done there with small squares is in `npdeconv.kernels.winograd_transforms`.

The price is rounding: up to about 1e-5 of the largest output in float32, ten times that of the
direct sum. Where the exact output is 0 it can be as much off, on either side.
"""

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair, Shape
from npdeconv.kernels.winograd_tiles import backward, forward
from npdeconv.kernels.winograd_transforms import ELEMENTS, GROUPS, IN, LANES

TILE_BYTES = 3 * 2**19  # of squares and products: a little more than second-level caches hold

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
    sums = np.empty((ELEMENTS, *weight_shape[2:]), x.dtype)
    no_filters, no_images = np.empty((0, 0, 0), x.dtype), np.empty((0, 0, 0, 0), x.dtype)
    _backward_linear(x, dy, no_filters, offset, sums, no_images)
    return gradient_of_filters(sums)


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Filter with the transposed filters; as `convolution.convolve_transposed`, stride 1."""
    dx = np.empty((len(dy), *image_shape, weight.shape[2]), dy.dtype)
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
