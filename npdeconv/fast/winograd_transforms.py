"""The transforms of Winograd's F(4x4, 3x3), see `npdeconv.fast.winograd`, and their transposes.

All four are ``M square M.T``, each with another matrix M, in the same two passes: M times the columns
of the square, stored as rows, then M times the columns of the result.

16 channels (`LANES`) are a group. A pass treats one group at a time, in small arrays of a shape that
the compiler knows, so that the innermost loop becomes one or two vector instructions. The numbers of
channels and filters must be multiples of 16, and at most 16 * `GROUPS`.

The formulas take differences first. In a constant image, all elements but one are then exactly 0,
and the outputs of a square are exactly equal, as by the direct sum: max pooling finds the same ties,
and resolves them the same way.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from npdeconv._jit import inlined, kernel
from npdeconv._types import Array

OUT, IN = 4, 6  # sides of the output and input squares
ELEMENTS = IN * IN
LANES = 16
GROUPS = 33  # odd, so that rows of `GROUPS * LANES` numbers spread well over the cache

Numbers = tuple[Any, ...]
Corner = tuple[int, int, int]  # of a square: the first three indices of one of its channels

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
    image = padded.reshape(height, width, channels // LANES, LANES)
    half = np.empty((IN, IN, 1, LANES), padded.dtype)
    done = np.empty((IN, IN, GROUPS, LANES), padded.dtype)
    s = first
    for top in range(0, height - 2, OUT):
        for left in range(0, width - 2, OUT):
            for g in range(channels // LANES):
                _multiply(_b_transposed, _six, _put_six, IN, image, (top, left, g), half, 0)
                _multiply(_b_transposed, _six, _put_six, IN, half, (0, 0, 0), done, g)
            _fill_square(done, s, squares)
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
        Filled; values beyond it are dropped.
    """
    height, width, filters = y.shape
    matrices = products.reshape(ELEMENTS, products.shape[1], filters // LANES, LANES)
    half = np.empty((IN, OUT, 1, LANES), y.dtype)
    done = np.empty((OUT, OUT, GROUPS, LANES), y.dtype)
    pixels = done.reshape(OUT, OUT, GROUPS * LANES)
    s = first
    for top in range(0, height, OUT):
        for left in range(0, width, OUT):
            for g in range(filters // LANES):
                _multiply(_a_transposed, _six_of_matrices, _put_four, IN, matrices, (0, s, g), half, 0)
                _multiply(_a_transposed, _six, _put_four, OUT, half, (0, 0, 0), done, g)
            for i in range(min(OUT, height - top)):
                for j in range(min(OUT, width - left)):
                    for c in range(filters):
                        y[top + i, left + j, c] = pixels[i, j, c]
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
    image = padded.reshape(height, width, filters // LANES, LANES)
    half = np.empty((OUT, IN, 1, LANES), padded.dtype)
    done = np.empty((IN, IN, GROUPS, LANES), padded.dtype)
    s = first
    for top in range(0, height, OUT):
        for left in range(0, width, OUT):
            for g in range(filters // LANES):
                _multiply(_a, _four, _put_six, OUT, image, (top, left, g), half, 0)
                _multiply(_a, _four, _put_six, IN, half, (0, 0, 0), done, g)
            _fill_square(done, s, squares)
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
    matrices = squares.reshape(ELEMENTS, squares.shape[1], channels // LANES, LANES)
    half = np.empty((IN, IN, 1, LANES), padded.dtype)
    done = np.empty((IN, IN, GROUPS, LANES), padded.dtype)
    pixels = done.reshape(IN, IN, GROUPS * LANES)
    s = first
    for top in range(0, height - 2, OUT):
        for left in range(0, width - 2, OUT):
            for g in range(channels // LANES):
                _multiply(_b, _six_of_matrices, _put_six, IN, matrices, (0, s, g), half, 0)
                _multiply(_b, _six, _put_six, IN, half, (0, 0, 0), done, g)
            for i in range(IN):
                for j in range(IN):
                    source, target = pixels[i, j], padded[top + i, left + j]
                    for c in range(channels):
                        target[c] += source[c]
            s += 1


@inlined
def _multiply(
    times: Callable[..., Numbers],
    take: Callable[..., Numbers],
    put: Callable[..., None],
    count: int,
    source: Array,
    corner: Corner,
    target: Array,
    group: int,
) -> None:
    """Multiply the columns of a square by a matrix, and write them down as rows.

    Parameters
    ----------
    times : callable
        The matrix times a column.
    take : `_six`, `_four` or `_six_of_matrices`
        How a column is read from the source.
    put : `_put_six` or `_put_four`
        How long the products are.
    count : int
        How many columns there are.
    source : (rows, columns, groups, LANES) or (36, squares, groups, LANES)
    corner : tuple
        Where the square is.
    target : (rows, columns, groups, LANES)
        Filled in one group.
    group : int
    """
    for j in range(count):
        row = target[j]
        for c in range(LANES):
            put(times(*take(source, corner, j, c)), row, group, c)


@inlined
def _six(image: Array, corner: Corner, j: int, c: int) -> Numbers:
    """Take column j of 6 rows from a part of an image."""
    i, first, g = corner
    q = first + j
    return (
        image[i, q, g, c],
        image[i + 1, q, g, c],
        image[i + 2, q, g, c],
        image[i + 3, q, g, c],
        image[i + 4, q, g, c],
        image[i + 5, q, g, c],
    )


@inlined
def _four(image: Array, corner: Corner, j: int, c: int) -> Numbers:
    """Take column j of 4 rows from a part of an image."""
    i, first, g = corner
    q = first + j
    return image[i, q, g, c], image[i + 1, q, g, c], image[i + 2, q, g, c], image[i + 3, q, g, c]


@inlined
def _six_of_matrices(matrices: Array, corner: Corner, j: int, c: int) -> Numbers:
    """Take column j of a square with its 36 elements in as many matrices."""
    _, s, g = corner
    return (
        matrices[j, s, g, c],
        matrices[6 + j, s, g, c],
        matrices[12 + j, s, g, c],
        matrices[18 + j, s, g, c],
        matrices[24 + j, s, g, c],
        matrices[30 + j, s, g, c],
    )


@inlined
def _put_six(values: Numbers, row: Array, g: int, c: int) -> None:
    row[0, g, c], row[1, g, c], row[2, g, c], row[3, g, c], row[4, g, c], row[5, g, c] = values


@inlined
def _put_four(values: Numbers, row: Array, g: int, c: int) -> None:
    row[0, g, c], row[1, g, c], row[2, g, c], row[3, g, c] = values


@inlined
def _fill_square(done: Array, s: int, squares: Array) -> None:
    """Copy a transformed square (6, 6, GROUPS, LANES) to its place in the matrices (36, squares, C)."""
    elements = done.reshape(ELEMENTS, GROUPS * LANES)
    for e in range(ELEMENTS):
        for c in range(squares.shape[2]):
            squares[e, s, c] = elements[e, c]


@kernel
def _b_transposed(a: float, b: float, c: float, d: float, e: float, f: float) -> Numbers:
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
def _b(a: float, b: float, c: float, d: float, e: float, f: float) -> Numbers:
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
def _a_transposed(a: float, b: float, c: float, d: float, e: float, f: float) -> Numbers:
    """A.T times a column of 6."""
    sums, differences = b + c, b - c
    return (
        a + sums + (d + e),
        differences + TWO * (d - e),
        sums + FOUR * (d + e),
        differences + EIGHT * (d - e) + f,
    )


@kernel
def _a(a: float, b: float, c: float, d: float) -> Numbers:
    """A times a column of 4."""
    return (
        a,
        (a + c) + (b + d),
        (a + c) - (b + d),
        (a + FOUR * c) + (TWO * b + EIGHT * d),
        (a + FOUR * c) - (TWO * b + EIGHT * d),
        d,
    )
