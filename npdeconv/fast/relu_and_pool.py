"""What follows a convolution, done while its output is still in the cache: rectify, and pool.

Training and prediction pass convolution, ReLU and 2x2 max pooling in one go, tile by tile (see
`npdeconv.fast.plan`). The largest value of a window is rectified after it was found, which is the same
as before but four times less work. On the way back, only a window's winner gets a gradient, and
only if it was positive.
"""

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array


@kernel
def add_bias(y: Array, bias: Array, rectified: bool) -> None:
    """Add the bias (F,) to every position of y (positions, F), in place, and rectify where asked for."""
    least = 0.0 if rectified else -np.inf
    for p in range(y.shape[0]):
        for f in range(y.shape[1]):
            value = y[p, f] + bias[f]
            y[p, f] = value if value > least or value != value else least


@kernel
def rectify(y: Array) -> None:
    """Replace what is negative by 0, in place; NaNs stay."""
    flat = y.reshape(-1)
    for k in range(flat.size):
        value = flat[k]
        flat[k] = value if value > 0 or value != value else 0


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
        Filled with the winners: 0 and 1 above, 2 and 3 below. Ties go to the first; a NaN wins.
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
                winners[p, q, c] = winner


@kernel
def finish(maps: Array, rectified: bool, y: Array, winners: Array) -> None:
    """Do what follows a convolution whose maps (N, OH, OW, F) are all there; see `winograd_tiles.forward`."""
    for n in range(len(maps)):
        if winners.size > 0:
            pool_and_rectify(maps[n], y[n], winners[n])
        else:
            source, target = maps[n].reshape(-1), y[n].reshape(-1)
            for k in range(target.size):
                target[k] = source[k]
            if rectified:
                rectify(y[n])


@kernel
def unpool_and_gate(dy: Array, y: Array, winners: Array, dmaps: Array) -> None:
    """Send each gradient to its window's winner, if that was positive: the way back.

    Parameters
    ----------
    dy, y, winners : (rows, columns, F)
    dmaps : (at least 2 * rows, at least 2 * columns, F)
        Filled, with zeros beyond the windows.
    """
    height, width, filters = dmaps.shape
    rows, columns = dy.shape[:2]
    for h in range(height):
        for w in range(width):
            p, q, k = h // 2, w // 2, h % 2 * 2 + w % 2
            if p < rows and q < columns:
                for c in range(filters):
                    is_here = winners[p, q, c] == k and y[p, q, c] > 0
                    dmaps[h, w, c] = dy[p, q, c] if is_here else 0
            else:
                dmaps[h, w] = 0


@kernel
def gate(dy: Array, y: Array, dmaps: Array) -> None:
    """Pass the gradient where the output was positive.

    Parameters
    ----------
    dy, y : (rows, columns, F)
    dmaps : (at least rows, at least columns, F)
        Filled, with zeros beyond.
    """
    height, width, filters = dmaps.shape
    rows, columns = dy.shape[:2]
    for h in range(height):
        for w in range(width):
            if h < rows and w < columns:
                for c in range(filters):
                    dmaps[h, w, c] = dy[h, w, c] if y[h, w, c] > 0 else 0
            else:
                dmaps[h, w] = 0


@kernel
def gate_in_place(dy: Array, y: Array) -> None:
    """Replace the gradient by 0 where the output was not positive."""
    gradients, outputs = dy.reshape(-1), y.reshape(-1)
    for k in range(gradients.size):
        gradients[k] = gradients[k] if outputs[k] > 0 else 0
