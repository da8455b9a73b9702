"""ReLU and pooling of a convolution's output while it is still in the cache.

Training and prediction pass convolution, ReLU and 2x2 max pooling in one go, tile by tile (see
`npdeconv.fast.plan`). Pooling comes before the rectifier: the result is the same, with a quarter of
the work.

Each window's winner is recorded, or that none is positive. On the way back, a gradient goes to the
winner alone. Without pooling, every output is a window of its own.
"""

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array

NOBODY = 4  # in place of a window's winner, where none of its outputs is positive


@kernel
def add_bias(y: Array, bias: Array) -> None:
    """Add the bias (F,) to every position of y (positions, F), in place."""
    for p in range(y.shape[0]):
        for f in range(y.shape[1]):
            y[p, f] += bias[f]


@kernel
def rectify(y: Array) -> None:
    """Replace negative values by 0, in place; NaNs stay."""
    flat = y.reshape(-1)
    for k in range(flat.size):
        value = flat[k]
        flat[k] = value if value > 0 or value != value else 0


@kernel
def rectify_and_mark(y: Array, winners: Array) -> None:
    """Rectify outputs (P,) in place. Each is a window of its own: the winner is 0, or `NOBODY`."""
    for p in range(len(y)):
        value = y[p]
        y[p] = value if value > 0 or value != value else 0
        winners[p] = 0 if value > 0 else NOBODY


@kernel
def pool_and_rectify(maps: Array, y: Array, winners: Array) -> None:
    """Take the largest value of each 2x2 window, and rectify it.

    Parameters
    ----------
    maps : (rows, columns, F)
        An odd last row or column is left out.
    y : (rows // 2, columns // 2, F)
        Filled.
    winners : uint8, as y
        Filled with the winners: 0 and 1 above, 2 and 3 below, or `NOBODY`. Ties go to the first; a NaN wins.
    """
    for p in range(y.shape[0]):
        above, below = maps[2 * p], maps[2 * p + 1]
        for q in range(y.shape[1]):
            for c in range(y.shape[2]):
                best, winner = above[2 * q, c], np.uint8(0)
                for k in range(1, 4):
                    value = above[2 * q + 1, c] if k == 1 else below[2 * q + k - 2, c]
                    if value > best or (value != value and best == best):
                        best, winner = value, np.uint8(k)
                y[p, q, c] = best if best > 0 or best != best else 0
                winners[p, q, c] = winner if best > 0 else np.uint8(NOBODY)


@kernel
def pool_images(maps: Array, y: Array, winners: Array) -> None:
    """Pool and rectify the maps of all images, (N, OH, OW, F)."""
    for n in range(len(maps)):
        pool_and_rectify(maps[n], y[n], winners[n])


@kernel
def unpool(dy: Array, winners: Array, side: int, dmaps: Array) -> None:
    """Send each gradient to its window's winner: the way back.

    Parameters
    ----------
    dy, winners : (rows, columns, F)
    side : int
        Of the windows: 2, or 1 without pooling.
    dmaps : (at least side * rows, at least side * columns, F)
        Filled, with zeros beyond the windows.
    """
    rows, columns, filters = dy.shape
    for p in range(rows):
        for i in range(side):
            row = dmaps[side * p + i]
            for q in range(columns):
                for j in range(side):
                    here = np.uint8(side * i + j)
                    for c in range(filters):
                        row[side * q + j, c] = dy[p, q, c] if winners[p, q, c] == here else 0
            row[side * columns :] = 0
    dmaps[side * rows :] = 0


@kernel
def gate_in_place(dy: Array, y: Array) -> None:
    """Replace the gradient by 0 where the output was not positive."""
    gradients, outputs = dy.reshape(-1), y.reshape(-1)
    for k in range(gradients.size):
        gradients[k] = gradients[k] if outputs[k] > 0 else 0
