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
square. Equal patches may get unequal outputs, and an output that should be 0 may come out a little
above or below. Projections therefore never use it; training corrects the outputs that decide gates
and winners, see `npdeconv.fast.equal_patches`.

The four transforms of small squares are in `npdeconv.fast.winograd_transforms`. A batch passes all
stages tile by tile, see `npdeconv.fast.winograd_tiles`.
"""

import threading
from typing import Any

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._jit import kernel
from npdeconv._types import Array, Pair
from npdeconv.fast import winograd_tiles
from npdeconv.fast.equal_patches import all_different, first_equals, has_plain_areas
from npdeconv.fast.tiling import Tiling, Wanted
from npdeconv.fast.winograd_transforms import ELEMENTS, GROUPS, IN, LANES, OUT
from npdeconv.parallel import slices

TILE_BYTES = 3 * 2**19  # of squares and products: a little more than second-level caches hold

Place = tuple[Pair, Pair]  # of a convolution: its padding (top, left) and its outputs (OH, OW)

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


def forward(
    x: Array, filters: tuple[Array, Array], place: Place, rectified: bool, side: int, keeps_ties: bool
) -> tuple[Array, Array]:
    """Correlate and add the bias; then, where asked for, rectify and pool.

    Parameters
    ----------
    x : (N, H, W, C)
    filters : (36, C, F) and (F,)
        From `transform_filters`, and the bias.
    place : tuple
    rectified : bool
    side : 1 or 2
        Of the pooling windows; with 2, outputs are rectified.
    keeps_ties : bool
        Give equal patches of an image equal outputs, see `npdeconv.fast.equal_patches`; before a pooling,
        equal patches of a tile, and mark the winners. Batches without plain areas are not searched.

    Returns
    -------
    y : (N, OH // side, OW // side, F)
    winners : uint8, as y
        Which output of each window won, for a pass that keeps ties; see `npdeconv.fast.relu_and_pool`.
    """
    (transformed, bias), (offset, out_shape) = filters, place
    tiling, workspace = cut(len(x), transformed.shape[1:], place, side, x.dtype)
    x = kernel_input(x)
    wanted = Wanted(rectified, winners=keeps_ties, ties=keeps_ties and has_plain_areas(x))
    if wanted.ties:
        firsts = first_equals(x, offset, out_shape, OUT * tiling.rows if side == 2 else out_shape[0])
    else:
        firsts = all_different(len(x), out_shape)
    y = np.empty((len(x), out_shape[0] // side, out_shape[1] // side, len(bias)), x.dtype)
    winners = np.zeros(y.shape, np.uint8)
    winograd_tiles.forward(x, transformed, bias, wanted, firsts, tiling, workspace, y, winners)
    return y, winners


def backward(
    x: Array, dy: Array, winners: Array, transposed: Array, place: Place, side: int
) -> tuple[Array, Array, Array]:
    """Carry gradients back through `forward`.

    Parameters
    ----------
    x, winners, place, side
        As for `forward`, and from it.
    dy : (N, OH // side, OW // side, F)
    transposed : (36, F, C)
        From `transpose_filters`.

    Returns
    -------
    dx : (N, H, W, C)
    dweight : (3, 3, C, F)
    dbias : (F,)
    """
    sums, dbias = _empty_sums(x, dy)
    dx = np.empty_like(x)
    tiling, workspace = cut(len(x), sums.shape[1:], place, side, dy.dtype)
    own = tiling, workspace, sums, dbias
    winograd_tiles.backward(kernel_input(x), kernel_input(dy), winners, transposed, *own, dx)
    return dx, _gradient_of_filters(sums), dbias


def gradients(x: Array, dy: Array, winners: Array, place: Place, side: int) -> tuple[Array, Array]:
    """Return what `backward` returns, without dx."""
    sums, dbias = _empty_sums(x, dy)
    tiling, workspace = cut(len(x), sums.shape[1:], place, side, dy.dtype)
    winograd_tiles.gradients(kernel_input(x), kernel_input(dy), winners, tiling, workspace, sums, dbias)
    return _gradient_of_filters(sums), dbias


def _empty_sums(x: Array, dy: Array) -> tuple[Array, Array]:
    """Return room for the gradients of the transformed filters (36, C, F), and zeros (F,) for the bias's."""
    shape = ELEMENTS, x.shape[3], dy.shape[3]
    return (np.empty if len(x) else np.zeros)(shape, dy.dtype), np.zeros(shape[2], dy.dtype)


def cut(
    batch: int, shape: tuple[int, ...], place: Place, side: int, dtype: np.dtype[Any]
) -> tuple[Tiling, Array]:
    """Return how many images and rows of squares form a tile, and memory for it.

    `shape` is the number of channels and of filters. Each thread keeps a workspace of its own, since
    allocating memory takes time.
    """
    channels, filters = shape
    rows, columns = (-(-length // OUT) for length in place[1])
    # Each tile fetches the filters again, so tiles are large if the filters are.
    most = max(TILE_BYTES, ELEMENTS * channels * filters * dtype.itemsize)
    most_rows = max(1, most // (columns * ELEMENTS * (channels + filters) * dtype.itemsize))
    if most_rows >= rows:
        tile = max(1, min(batch, most_rows // rows)), rows
    else:
        tile = 1, -(-rows // -(-rows // most_rows))  # tiles of one height
    squares, pixels = tile[0] * tile[1] * columns, (tile[1] * OUT + 2) * (columns * OUT + 2)
    size = (ELEMENTS * squares + pixels) * (channels + filters) + channels * filters
    held = _workspaces.__dict__.get(dtype.char)
    if held is None or held.size < size:
        held = _workspaces.__dict__[dtype.char] = np.empty(size, dtype)
    return Tiling(*place, side, *tile), held


def bands(shape: tuple[int, ...], out_shape: Pair, dtype: np.dtype[Any]) -> list[slice]:
    """Cut the rows of outputs of a single image for several workers: as for tiles, but into an even number.

    `shape` is the number of channels and of filters.
    """
    rows = -(-out_shape[0] // OUT)
    pairs = -(-rows // (2 * cut(1, shape, ((0, 0), out_shape), 1, dtype)[0].rows))
    return slices(out_shape[0], OUT * -(-rows // (2 * pairs)))


_workspaces = threading.local()


def transform_filters(weight: Array) -> Array:
    """Return U = G g G.T for filters (3, 3, C, F), as (36, C, F)."""
    return _apply_twice(G, weight).reshape(ELEMENTS, *weight.shape[2:])


def transpose_filters(transformed: Array) -> Array:
    """Return U, transposed for the way down: (36, F, C)."""
    return np.ascontiguousarray(transformed.swapaxes(1, 2))


def _gradient_of_filters(sums: Array) -> Array:
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
    """Add matrix @ square @ matrix.T of K squares (n, n, K) to `both`, as many at once as the cache holds."""
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
