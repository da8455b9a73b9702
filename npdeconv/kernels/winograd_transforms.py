"""The transforms of Winograd's F(4x4, 3x3), see `npdeconv.kernels.winograd`, and their transposes.

Each treats a square in two steps, columns and then rows, in a small array of a fixed size: 16
channels (`LANES`) side by side, which the compiler turns into one or two vector instructions. The
numbers of channels and filters must be multiples of 16. (Loops are written out where they are
needed: in functions of their own they would not know the array's size, and be half as fast.)
"""

from typing import Any

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array, Pair

OUT, IN = 4, 6  # sides of the output and input squares
ELEMENTS = IN * IN
LANES = 16

# Numba makes float64 of an integer times a float32; these keep either dtype.
TWO, FOUR, FIVE, EIGHT = np.float32(2), np.float32(4), np.float32(5), np.float32(8)


@kernel
def squares_from_inputs(
    images: Array, first_row: int, offset: Pair, out_width: int, centers: Array, squares: Array
) -> None:
    """Cut out each 6x6 input square, zeros beyond the image, center it, and transform it to V = B.T d B.

    Parameters
    ----------
    images : (N, H, W, C)
    first_row : int
        First row of squares.
    offset : (top, left)
        Padding.
    out_width : int
    centers : (squares, C)
        Subtracted from every pixel of the square.
    squares : (36, squares, C)
        Filled; the squares are those of each image in turn, row by row.
    """
    batch, height, width, channels = images.shape
    columns = (out_width + OUT - 1) // OUT
    rows = squares.shape[1] // (batch * columns)
    d = np.zeros((IN, IN, LANES), images.dtype)
    for s in range(squares.shape[1]):
        n, p, q = s // (rows * columns), first_row + s // columns % rows, s % columns
        top, left = p * OUT - offset[0], q * OUT - offset[1]
        for first in range(0, channels, LANES):
            for i in range(IN):
                for j in range(IN):
                    h, w = top + i, left + j
                    if 0 <= h < height and 0 <= w < width:
                        for c in range(LANES):
                            d[i, j, c] = images[n, h, w, first + c] - centers[s, first + c]
                    else:
                        for c in range(LANES):
                            d[i, j, c] = -centers[s, first + c]
            for j in range(IN):
                for c in range(LANES):
                    d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c] = _b_transposed(
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c]
                    )
            for i in range(IN):
                for c in range(LANES):
                    d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c] = _b_transposed(
                        d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c]
                    )
            for i in range(IN):
                for j in range(IN):
                    for c in range(LANES):
                        squares[i * IN + j, s, first + c] = d[i, j, c]


@kernel
def outputs_from_squares(products: Array, first_row: int, base: Array, y: Array) -> None:
    """Transform each summed product M to its 4x4 outputs A.T M A, and add the square's base.

    Parameters
    ----------
    products : (36, squares, F)
    first_row : int
        First row of squares.
    base : (squares, F)
    y : (N, OH, OW, F)
        Filled where the squares lie; what reaches beyond the image is dropped.
    """
    batch, height, width, filters = y.shape
    columns = (width + OUT - 1) // OUT
    rows = products.shape[1] // (batch * columns)
    d = np.zeros((IN, IN, LANES), y.dtype)
    for s in range(products.shape[1]):
        n, p, q = s // (rows * columns), first_row + s // columns % rows, s % columns
        top, left = p * OUT, q * OUT
        for first in range(0, filters, LANES):
            for i in range(IN):
                for j in range(IN):
                    for c in range(LANES):
                        d[i, j, c] = products[i * IN + j, s, first + c]
            for j in range(IN):
                for c in range(LANES):
                    d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c] = _a_transposed(
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c]
                    )
            for i in range(OUT):
                for c in range(LANES):
                    d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c] = _a_transposed(
                        d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c]
                    )
            for i in range(min(OUT, height - top)):
                for j in range(min(OUT, width - left)):
                    for c in range(LANES):
                        y[n, top + i, left + j, first + c] = d[i, j, c] + base[s, first + c]


@kernel
def squares_from_outputs(dy: Array, first_row: int, squares: Array) -> None:
    """Transform each 4x4 square of dy, zeros beyond the image, to W = A dy A.T.

    Parameters
    ----------
    dy : (N, OH, OW, F)
    first_row : int
        First row of squares.
    squares : (36, squares, F)
        Filled.
    """
    batch, height, width, filters = dy.shape
    columns = (width + OUT - 1) // OUT
    rows = squares.shape[1] // (batch * columns)
    d = np.zeros((IN, IN, LANES), dy.dtype)
    for s in range(squares.shape[1]):
        n, p, q = s // (rows * columns), first_row + s // columns % rows, s % columns
        top, left = p * OUT, q * OUT
        for first in range(0, filters, LANES):
            for i in range(OUT):
                for j in range(OUT):
                    if top + i < height and left + j < width:
                        for c in range(LANES):
                            d[i, j, c] = dy[n, top + i, left + j, first + c]
                    else:
                        d[i, j] = 0
            for j in range(OUT):
                for c in range(LANES):
                    d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c] = _a(
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c]
                    )
            for i in range(IN):
                for c in range(LANES):
                    d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c] = _a(
                        d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c]
                    )
            for i in range(IN):
                for j in range(IN):
                    for c in range(LANES):
                        squares[i * IN + j, s, first + c] = d[i, j, c]


@kernel
def inputs_from_squares(squares: Array, first_row: int, offset: Pair, out_width: int, dx: Array) -> None:
    """Transform each dV to its 6x6 inputs B dV B.T, and add them where they came from.

    Parameters
    ----------
    squares : (36, squares, C)
    first_row, offset, out_width
        As for `squares_from_inputs`.
    dx : (N, H, W, C)
        Added to; what fell on the padding is dropped.
    """
    batch, height, width, channels = dx.shape
    columns = (out_width + OUT - 1) // OUT
    rows = squares.shape[1] // (batch * columns)
    d = np.zeros((IN, IN, LANES), dx.dtype)
    for s in range(squares.shape[1]):
        n, p, q = s // (rows * columns), first_row + s // columns % rows, s % columns
        top, left = p * OUT - offset[0], q * OUT - offset[1]
        for first in range(0, channels, LANES):
            for i in range(IN):
                for j in range(IN):
                    for c in range(LANES):
                        d[i, j, c] = squares[i * IN + j, s, first + c]
            for j in range(IN):
                for c in range(LANES):
                    d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c] = _b(
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c]
                    )
            for i in range(IN):
                for c in range(LANES):
                    d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c] = _b(
                        d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c]
                    )
            for i in range(max(0, -top), min(IN, height - top)):
                for j in range(max(0, -left), min(IN, width - left)):
                    for c in range(LANES):
                        dx[n, top + i, left + j, first + c] += d[i, j, c]


@kernel
def _b_transposed(a: float, b: float, c: float, d: float, e: float, f: float) -> tuple[Any, ...]:
    """B.T times a column of 6."""
    return (
        FOUR * a - FIVE * c + e,
        (d + e) - FOUR * (b + c),
        FOUR * (b - c) + (e - d),
        TWO * (d - b) + (e - c),
        TWO * (b - d) + (e - c),
        FOUR * b - FIVE * d + f,
    )


@kernel
def _b(a: float, b: float, c: float, d: float, e: float, f: float) -> tuple[Any, ...]:
    """B times a column of 6."""
    return (
        FOUR * a,
        FOUR * (c - b + f) + TWO * (e - d),
        -FIVE * a - FOUR * (b + c) - (d + e),
        (b - c) + TWO * (d - e) - FIVE * f,
        a + b + c + d + e,
        f,
    )


@kernel
def _a_transposed(a: float, b: float, c: float, d: float, e: float, f: float) -> tuple[Any, ...]:
    """A.T times a column of 6."""
    sums, differences = b + c, b - c
    return (
        a + sums + (d + e),
        differences + TWO * (d - e),
        sums + FOUR * (d + e),
        differences + EIGHT * (d - e) + f,
    )


@kernel
def _a(a: float, b: float, c: float, d: float) -> tuple[Any, ...]:
    """A times a column of 4."""
    return (
        a,
        (a + c) + (b + d),
        (a + c) - (b + d),
        (a + FOUR * c) + (TWO * b + EIGHT * d),
        (a + FOUR * c) - (TWO * b + EIGHT * d),
        d,
    )
