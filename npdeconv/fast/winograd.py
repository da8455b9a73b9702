"""3x3 convolutions of stride 1 with a quarter of the multiplications: Winograd's algorithm.

Winograd's minimal filtering F(4x4, 3x3), as Lavin & Gray (arXiv:1509.09308, section 4.3) apply it
to convolutional networks.

**In one dimension.** A product of two polynomials, one with 4 coefficients and one with 3, has 6
coefficients. Six of its values determine it. So take both factors' values at the points 0, 1, -1,
2, -2 and infinity, multiply them there, and find the coefficients from the 6 products: 6
multiplications of unknowns instead of 4 * 3. Values are matrix products, with the powers of a point
in each row: A for the factor with 4 coefficients, G (each row scaled, see below) for the one with 3.
At infinity, the value of a polynomial is its last coefficient. Finding the coefficients is a matrix
product, too, with B. Transposed, the same three steps filter 6 inputs d with 3 weights g, which gives
the 4 outputs ``y = A.T ((G g) * (B.T d))``::

          4  0 -5  0  1  0
          0 -4 -4  1  1  0            1  1  1  1  1  0
    B.T = 0  4 -4 -1  1  0    A.T =   0  1 -1  2 -2  0
          0 -2 -1  2  1  0            0  1  1  4  4  0
          0  2 -1 -2  1  0            0  1 -1  8 -8  1
          0  4  0 -5  0  1

**In two dimensions** the same is done to columns and then to rows. The output is cut into squares of
4x4; each depends on a square of 6x6 inputs. Two neighbors, y and z, share two columns of inputs::

    inputs of y   d d d d # #              outputs   y y y y z z z z
    inputs of z           # # e e e e                y y y y z z z z
                  d d d d # # e e e e                y y y y z z z z
                  d d d d # # e e e e                y y y y z z z z
                  d d d d # # e e e e
                  d d d d # # e e e e

With an input square d, a filter g and the outputs y that they contribute to::

    V = B.T d B      U = G g G.T      y = A.T (U * V) A

The product U * V is elementwise: 36 multiplications, where the direct sum takes 4 * 4 * 9 = 144. B
and A contain small integers only, and the filters are transformed once. Summed over the channels,
U * V becomes 36 matrix products, one for each element of the squares::

    M[e] = V[e] @ U[e]        (squares, C) @ (C, F)

**The ways down** are the transposes of these stages, in reverse order. With W = A dy A.T::

    dU[e] = V[e].T @ W[e]     dweight = G.T dU G
    dV[e] = W[e] @ U[e].T     dx = B dV B.T, overlaps summed

Element 7, in row 1 and column 1, belongs to the point 1 both ways: A.T M A adds M[7] to every output.
There a bias is added, and its gradient is found there.

**The price is rounding**: up to about 1e-5 of the largest output in float32, which is 22 to 28 times
the error of the direct sum at 256 to 512 channels. The error depends on the place within the
square. Equal patches may get unequal outputs, and an output that is exactly 0 may come out a little
above or below. What looks into a network therefore never comes here; training mends what decides
gates and winners, see `npdeconv.fast.equal_patches`.

The four transforms of small squares are in `npdeconv.fast.winograd_transforms`. A batch passes all
stages tile by tile, see `npdeconv.fast.winograd_tiles`.
"""

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._jit import kernel
from npdeconv._types import Array, Pair
from npdeconv.fast.equal_patches import copy_to_equals, first_equals
from npdeconv.fast.relu_and_pool import pool_and_rectify, rectify
from npdeconv.fast.winograd_tiles import Fill, Place, Tiles, maps_of_squares
from npdeconv.fast.winograd_transforms import ELEMENTS, GROUPS, IN, LANES, OUT

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


def convolve(
    x: Array, transformed: Array, bias: Array, place: Place, *, rectified: bool, keeps_ties: bool
) -> Array:
    """Correlate, add the bias and, where asked for, rectify.

    Parameters
    ----------
    x : (N, H, W, C)
    transformed : (36, C, F)
        From `transform_filters`.
    bias : (F,)
    place : Place
    rectified : bool
    keeps_ties : bool
        Give equal patches of an image equal outputs, see `npdeconv.fast.equal_patches`.

    Returns
    -------
    (N, OH, OW, F)
    """
    (offset, out_shape), x = place, kernel_input(x)
    tiles = Tiles(len(x), place, transformed.shape[1:], x.dtype)
    y = np.empty((len(x), *out_shape, len(bias)), x.dtype)
    firsts = first_equals(x, offset, out_shape, out_shape[0]) if keeps_ties else None
    for tile in tiles:
        maps = y[tile.images, tile.top : tile.bottom]
        maps_of_squares(tiles.products(tile, x, transformed, bias), maps)
        if firsts is not None:
            copy_to_equals(y[tile.images, : tile.bottom], bias, firsts[tile.images], tile.top, tile.bottom)
        if rectified:
            rectify(maps)
    return y


def convolve_and_pool(
    x: Array, transformed: Array, bias: Array, place: Place, *, keeps_ties: bool
) -> tuple[Array, Array]:
    """Correlate, add the bias, rectify, and pool windows of 2x2.

    Parameters
    ----------
    x, transformed, bias, place
        As for `convolve`.
    keeps_ties : bool
        Give equal patches of a tile equal outputs.

    Returns
    -------
    y : (N, OH // 2, OW // 2, F)
    winners : uint8, as y
        See `pool_and_rectify`.
    """
    (offset, out_shape), x = place, kernel_input(x)
    tiles = Tiles(len(x), place, transformed.shape[1:], x.dtype)
    y = np.empty((len(x), out_shape[0] // 2, out_shape[1] // 2, len(bias)), x.dtype)
    winners = np.empty(y.shape, np.uint8)
    firsts = first_equals(x, offset, out_shape, tiles.rows_per_tile * OUT) if keeps_ties else None
    for tile in tiles:
        maps = tiles.maps(tile)
        maps_of_squares(tiles.products(tile, x, transformed, bias), maps)
        if firsts is not None:
            copy_to_equals(maps, bias, firsts[tile.images], tile.top, tile.bottom)
        half = tile.images, slice(tile.top // 2, tile.bottom // 2)
        pool_and_rectify(maps, y[half], winners[half])
    return y, winners


def gradients(x: Array, fill: Fill, place: Place, filters_shape: Pair) -> tuple[Array, Array]:
    """Return the gradients of the filters (3, 3, C, F) and of the bias (F,).

    Parameters
    ----------
    x, place
        As for `convolve`.
    fill : Fill
        Writes the gradient of the convolution's outputs, tile by tile.
    filters_shape : (C, F)
    """
    x = kernel_input(x)
    tiles = Tiles(len(x), place, filters_shape, x.dtype)
    sums, dbias = np.zeros((ELEMENTS, *filters_shape), x.dtype), np.zeros(filters_shape[1], x.dtype)
    for tile in tiles:
        tiles.add_to_filters(tile, x, tiles.gradient_squares(tile, fill), sums, dbias)
    return gradient_of_filters(sums), dbias


def backward(x: Array, fill: Fill, place: Place, transposed: Array) -> tuple[Array, Array, Array]:
    """Return the gradients of the inputs (N, H, W, C), and those that `gradients` returns.

    Parameters
    ----------
    x, fill, place
        As for `gradients`.
    transposed : (36, F, C)
        From `transpose_filters`.
    """
    x, (filters, channels) = kernel_input(x), transposed.shape[1:]
    tiles = Tiles(len(x), place, (channels, filters), x.dtype)
    sums, dbias = np.zeros((ELEMENTS, channels, filters), x.dtype), np.zeros(filters, x.dtype)
    dx = np.empty(x.shape, x.dtype)
    for tile in tiles:
        squares = tiles.gradient_squares(tile, fill)
        tiles.add_to_filters(tile, x, squares, sums, dbias)
        tiles.add_to_inputs(tile, squares, transposed, dx)
    return dx, gradient_of_filters(sums), dbias


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
    inner, (channels, filters) = squares.shape[:2], squares.shape[2:]
    both = np.zeros((len(matrix), len(matrix), channels * filters), squares.dtype)
    _add_products(matrix.astype(squares.dtype), kernel_input(squares.reshape(*inner, -1)), both)
    return both.reshape(len(matrix), len(matrix), channels, filters)


@kernel
def _add_products(matrix: Array, squares: Array, both: Array) -> None:
    """Add matrix @ square @ matrix.T of K squares (n, n, K) to `both`, so many at once as the cache holds."""
    rows, inner = matrix.shape
    for first in range(0, squares.shape[2], 1024):
        for i in range(rows):
            for j in range(rows):
                target = both[i, j, first : first + 1024]
                for a in range(inner):
                    for b in range(inner):
                        factor = matrix[i, a] * matrix[j, b]
                        if factor != 0:
                            source = squares[a, b, first : first + 1024]
                            for k in range(target.size):
                                target[k] += factor * source[k]
