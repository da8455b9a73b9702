"""A matrix product that sums every element in the same order.

A library's product cuts matrices into blocks, and may round equal rows differently at different
places. At a rectifier near 0 or a pooling window of equal values, such a difference changes the gate
or the switch. Here the sum over k runs upward for every element, and the same instruction adds each
term, so that equal rows have equal results in any batch and with any number of workers.
"""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import kernel_input
from npdeconv._jit import kernel
from npdeconv._types import Array

PART = 512  # rows of a matrix that are converted at a time; all rows of a dense layer would not fit the cache
BAND_BYTES = 2**18  # of a matrix that is kept in the cache, a quarter of a second-level one
LEAST_BAND = 64  # rows: every band fetches all sums once more, which costs as much as eight rows of a matrix


def product(rows: Array, matrix: Array, precision: DTypeLike = np.float64) -> Array:
    """Return rows @ matrix, summed in `precision`.

    Parameters
    ----------
    rows : (P, K)
    matrix : (K, F)
    precision : float32 or float64

    Returns
    -------
    (P, F), of dtype `precision`
    """
    sums = np.zeros((len(rows), matrix.shape[1]), precision)
    for first in range(0, len(matrix), PART):
        part = slice(first, first + PART)
        terms = matrix[part].astype(precision, copy=False)
        add_product(kernel_input(rows[:, part]), kernel_input(terms), sums)
    return sums


def column_sums(rows: Array) -> Array:
    """Return the sum of the rows (P, F), as a product: several times faster than `sum`. float64 (F,)."""
    return product(np.ones((1, len(rows)), rows.dtype), rows)[0]


@kernel
def fill_rows(row: Array, sums: Array) -> None:
    """Copy one row (F,) to all rows of `sums` (P, F): several times faster than NumPy where F is small."""
    for p in range(sums.shape[0]):
        for f in range(sums.shape[1]):
            sums[p, f] = row[f]


@kernel
def add_product(rows: Array, matrix: Array, sums: Array) -> None:
    """Add rows @ matrix to `sums`: sums[p, f] + rows[p, 0] * matrix[0, f] + rows[p, 1] * matrix[1, f] ...

    Four rows are computed at a time, which fetches each number of the matrix once for four rows. Four
    terms are added at a time, which fetches each sum once for four terms. The innermost loop, over
    the filters, becomes vector instructions. If fewer than four rows are left, the last one is
    computed several times, by the same instructions, and stored once. A large matrix is taken in bands
    of rows, each of which stays in the cache until all rows have met it.

    Parameters
    ----------
    rows : (P, K)
        Of the dtype of `sums`, or of a narrower one.
    matrix : (K, F)
        Of the dtype of `sums`, in which the products are then computed.
    sums : (P, F)
        Added to.
    """
    count, inner = rows.shape
    filters = matrix.shape[1]
    held = np.empty((4, filters), sums.dtype)
    s, t, u, v = held[0], held[1], held[2], held[3]
    band = max(LEAST_BAND, BAND_BYTES // (filters * matrix.itemsize) // 4 * 4)
    for first in range(0, inner, band):
        part, terms = rows[:, first : first + band], matrix[first : first + band]
        in_fours = len(terms) - len(terms) % 4
        for p in range(0, count, 4):
            q, r, o = min(p + 1, count - 1), min(p + 2, count - 1), min(p + 3, count - 1)
            for f in range(filters):
                s[f], t[f], u[f], v[f] = sums[p, f], sums[q, f], sums[r, f], sums[o, f]
            for k in range(0, in_fours, 4):
                m0, m1, m2, m3 = terms[k], terms[k + 1], terms[k + 2], terms[k + 3]
                a0, a1, a2, a3 = part[p, k], part[p, k + 1], part[p, k + 2], part[p, k + 3]
                b0, b1, b2, b3 = part[q, k], part[q, k + 1], part[q, k + 2], part[q, k + 3]
                c0, c1, c2, c3 = part[r, k], part[r, k + 1], part[r, k + 2], part[r, k + 3]
                d0, d1, d2, d3 = part[o, k], part[o, k + 1], part[o, k + 2], part[o, k + 3]
                for f in range(filters):
                    w0, w1, w2, w3 = m0[f], m1[f], m2[f], m3[f]
                    s[f] = s[f] + a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3
                    t[f] = t[f] + b0 * w0 + b1 * w1 + b2 * w2 + b3 * w3
                    u[f] = u[f] + c0 * w0 + c1 * w1 + c2 * w2 + c3 * w3
                    v[f] = v[f] + d0 * w0 + d1 * w1 + d2 * w2 + d3 * w3
            for k in range(in_fours, len(terms)):
                m0 = terms[k]
                a0, b0, c0, d0 = part[p, k], part[q, k], part[r, k], part[o, k]
                for f in range(filters):
                    w0 = m0[f]
                    s[f] = s[f] + a0 * w0
                    t[f] = t[f] + b0 * w0
                    u[f] = u[f] + c0 * w0
                    v[f] = v[f] + d0 * w0
            for i in range(min(4, count - p)):
                for f in range(filters):
                    sums[p + i, f] = held[i, f]
