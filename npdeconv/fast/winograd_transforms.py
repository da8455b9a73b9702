"""The transforms of Winograd's F(4x4, 3x3), see `npdeconv.fast.winograd`, and their transposes.

Each treats a square in three steps: down its columns, along its rows, and one copy. The first two
work on 16 channels (`LANES`) at a time, in small arrays whose shape the compiler knows: it turns
the innermost loops into one or two vector instructions each. They are written out in every
transform, because an array that is handed to a function loses its known shape. The numbers of
channels and filters must be multiples of 16, and at most 16 * `GROUPS`.

The formulas take differences first. Where the image is constant, all elements but one are then
exactly 0, and the outputs of a square exactly equal, as they are for the direct sum: max pooling
finds the ties that it would find there, and resolves them the same way.
"""

from typing import Any

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array

OUT, IN = 4, 6  # sides of the output and input squares
ELEMENTS = IN * IN
LANES = 16
GROUPS = 33  # an odd number: rows of `GROUPS * LANES` numbers then spread well over the cache

# Numba makes float64 of an integer times a float32; these keep either dtype.
TWO, FOUR, FIVE, EIGHT = np.float32(2), np.float32(4), np.float32(5), np.float32(8)


@kernel
def squares_from_inputs(padded: Array, first: int, squares: Array) -> None:
    """Transform each 6x6 square of inputs d, which overlap by 2, to V = B.T d B.

    Parameters
    ----------
    padded : (4 * rows + 2, 4 * columns + 2, C)
        Part of an image.
    first : int
        Where its squares begin among `squares`; they follow row by row.
    squares : (36, squares, C)
        Filled.
    """
    height, width, channels = padded.shape
    pixels = padded.reshape(height, width, channels // LANES, LANES)
    columns_done = np.empty((IN, IN, LANES), padded.dtype)
    done = np.empty((ELEMENTS, GROUPS, LANES), padded.dtype)
    contiguous = done.reshape(ELEMENTS, GROUPS * LANES)
    s = first
    for p in range(height // OUT):
        square_rows = pixels[p * OUT : p * OUT + IN]
        for q in range(width // OUT):
            for g in range(channels // LANES):
                d = columns_done
                for j in range(IN):
                    w = q * OUT + j
                    for c in range(LANES):
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c] = (
                            _b_transposed(
                                square_rows[0, w, g, c],
                                square_rows[1, w, g, c],
                                square_rows[2, w, g, c],
                                square_rows[3, w, g, c],
                                square_rows[4, w, g, c],
                                square_rows[5, w, g, c],
                            )
                        )
                for i in range(IN):
                    e = i * IN
                    for c in range(LANES):
                        (
                            done[e, g, c],
                            done[e + 1, g, c],
                            done[e + 2, g, c],
                            done[e + 3, g, c],
                            done[e + 4, g, c],
                            done[e + 5, g, c],
                        ) = _b_transposed(
                            d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c]
                        )
            for e in range(ELEMENTS):
                for c in range(channels):
                    squares[e, s, c] = contiguous[e, c]
            s += 1


@kernel
def outputs_from_squares(products: Array, first: int, y: Array) -> None:
    """Transform each summed product M to its 4x4 outputs A.T M A.

    Parameters
    ----------
    products : (36, squares, F)
    first : int
        Where this image's squares begin.
    y : (rows, columns, F)
        Filled; what reaches beyond it is dropped.
    """
    height, width, filters = y.shape
    squares = products.reshape(ELEMENTS, products.shape[1], filters // LANES, LANES)
    d = np.empty((OUT, IN, LANES), y.dtype)
    done = np.empty((OUT, OUT, GROUPS, LANES), y.dtype)
    contiguous = done.reshape(OUT, OUT, GROUPS * LANES)
    s = first
    for top in range(0, height, OUT):
        for left in range(0, width, OUT):
            for g in range(filters // LANES):
                for j in range(IN):
                    for c in range(LANES):
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c] = _a_transposed(
                            squares[j, s, g, c],
                            squares[6 + j, s, g, c],
                            squares[12 + j, s, g, c],
                            squares[18 + j, s, g, c],
                            squares[24 + j, s, g, c],
                            squares[30 + j, s, g, c],
                        )
                for i in range(OUT):
                    for c in range(LANES):
                        done[i, 0, g, c], done[i, 1, g, c], done[i, 2, g, c], done[i, 3, g, c] = (
                            _a_transposed(
                                d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c]
                            )
                        )
            for i in range(min(OUT, height - top)):
                for j in range(min(OUT, width - left)):
                    for c in range(filters):
                        y[top + i, left + j, c] = contiguous[i, j, c]
            s += 1


@kernel
def squares_from_outputs(padded: Array, first: int, squares: Array) -> None:
    """Transform each 4x4 square of dy to W = A dy A.T.

    Parameters
    ----------
    padded : (4 * rows, 4 * columns, F)
        Part of an image's dy, with zeros beyond.
    first : int
        Where its squares begin among `squares`.
    squares : (36, squares, F)
        Filled.
    """
    height, width, filters = padded.shape
    gradients = padded.reshape(height, width, filters // LANES, LANES)
    d = np.empty((IN, OUT, LANES), padded.dtype)
    done = np.empty((ELEMENTS, GROUPS, LANES), padded.dtype)
    contiguous = done.reshape(ELEMENTS, GROUPS * LANES)
    s = first
    for p in range(height // OUT):
        square_rows = gradients[p * OUT : p * OUT + OUT]
        for q in range(width // OUT):
            for g in range(filters // LANES):
                for j in range(OUT):
                    w = q * OUT + j
                    for c in range(LANES):
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c] = _a(
                            square_rows[0, w, g, c],
                            square_rows[1, w, g, c],
                            square_rows[2, w, g, c],
                            square_rows[3, w, g, c],
                        )
                for i in range(IN):
                    e = i * IN
                    for c in range(LANES):
                        (
                            done[e, g, c],
                            done[e + 1, g, c],
                            done[e + 2, g, c],
                            done[e + 3, g, c],
                            done[e + 4, g, c],
                            done[e + 5, g, c],
                        ) = _a(d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c])
            for e in range(ELEMENTS):
                for c in range(filters):
                    squares[e, s, c] = contiguous[e, c]
            s += 1


@kernel
def inputs_from_squares(squares: Array, first: int, padded: Array) -> None:
    """Transform each dV to its 6x6 inputs B dV B.T, and add them where they came from.

    Parameters
    ----------
    squares : (36, squares, C)
    first : int
        Where this image's squares begin.
    padded : (4 * rows + 2, 4 * columns + 2, C)
        Added to.
    """
    height, width, channels = padded.shape
    gradients = squares.reshape(ELEMENTS, squares.shape[1], channels // LANES, LANES)
    d = np.empty((IN, IN, LANES), padded.dtype)
    done = np.empty((IN, IN, GROUPS, LANES), padded.dtype)
    contiguous = done.reshape(IN, IN, GROUPS * LANES)
    s = first
    for p in range(height // OUT):
        square_rows = padded[p * OUT : p * OUT + IN]
        for q in range(width // OUT):
            for g in range(channels // LANES):
                for j in range(IN):
                    for c in range(LANES):
                        d[0, j, c], d[1, j, c], d[2, j, c], d[3, j, c], d[4, j, c], d[5, j, c] = _b(
                            gradients[j, s, g, c],
                            gradients[6 + j, s, g, c],
                            gradients[12 + j, s, g, c],
                            gradients[18 + j, s, g, c],
                            gradients[24 + j, s, g, c],
                            gradients[30 + j, s, g, c],
                        )
                for i in range(IN):
                    for c in range(LANES):
                        (
                            done[i, 0, g, c],
                            done[i, 1, g, c],
                            done[i, 2, g, c],
                            done[i, 3, g, c],
                            done[i, 4, g, c],
                            done[i, 5, g, c],
                        ) = _b(d[i, 0, c], d[i, 1, c], d[i, 2, c], d[i, 3, c], d[i, 4, c], d[i, 5, c])
            for i in range(IN):
                for j in range(IN):
                    w = q * OUT + j
                    for c in range(channels):
                        square_rows[i, w, c] += contiguous[i, j, c]
            s += 1


@kernel
def _b_transposed(a: float, b: float, c: float, d: float, e: float, f: float) -> tuple[Any, ...]:
    """B.T times a column of 6."""
    return (
        FOUR * (a - c) + (e - c),
        (d + e) - FOUR * (b + c),
        FOUR * (b - c) + (e - d),
        TWO * (d - b) + (e - c),
        TWO * (b - d) + (e - c),
        FOUR * (b - d) + (f - d),
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
