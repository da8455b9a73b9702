"""ReLU and 2x2 max pooling of a convolution's outputs, while these are still in the cache.

The largest value of a window is rectified after it was found, which is the same as before but four
times less work. On the way back, only a window's winner gets a gradient, and only if it was positive.
"""

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array


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
    maps : (N, rows, columns, F)
        An odd last row or column is left out.
    y : (N, rows // 2, columns // 2, F)
        Filled.
    winners : uint8, as y
        Filled with the winners: 0 and 1 above, 2 and 3 below. Ties go to the first; a NaN wins.
    """
    for n in range(y.shape[0]):
        for p in range(y.shape[1]):
            above, below = maps[n, 2 * p], maps[n, 2 * p + 1]
            for q in range(y.shape[2]):
                for c in range(y.shape[3]):
                    best, winner = above[2 * q, c], np.uint8(0)
                    for k in range(1, 4):
                        value = above[2 * q + 1, c] if k == 1 else below[2 * q + k - 2, c]
                        if value > best or (value != value and best == best):
                            best, winner = value, np.uint8(k)
                    y[n, p, q, c] = best if best > 0 or best != best else 0
                    winners[n, p, q, c] = winner


@kernel
def unpool_and_gate(dy: Array, y: Array, winners: Array, dmaps: Array) -> None:
    """Send each gradient to its window's winner, if that was positive: the way back.

    Parameters
    ----------
    dy, y, winners : (N, rows, columns, F)
    dmaps : (N, at least 2 * rows, at least 2 * columns, F)
        Filled, with zeros beyond the windows.
    """
    height, width, filters = dmaps.shape[1:]
    rows, columns = dy.shape[1:3]
    for n in range(len(dmaps)):
        for h in range(height):
            for w in range(width):
                p, q, k = h // 2, w // 2, h % 2 * 2 + w % 2
                if p < rows and q < columns:
                    for c in range(filters):
                        is_here = winners[n, p, q, c] == k and y[n, p, q, c] > 0
                        dmaps[n, h, w, c] = dy[n, p, q, c] if is_here else 0
                else:
                    dmaps[n, h, w] = 0


@kernel
def gate(dy: Array, y: Array, dmaps: Array) -> None:
    """Pass the gradient where the output was positive.

    Parameters
    ----------
    dy, y : (N, rows, columns, F)
    dmaps : (N, at least rows, at least columns, F)
        Filled, with zeros beyond.
    """
    height, width, filters = dmaps.shape[1:]
    rows, columns = dy.shape[1:3]
    for n in range(len(dmaps)):
        for h in range(height):
            for w in range(width):
                if h < rows and w < columns:
                    for c in range(filters):
                        dmaps[n, h, w, c] = dy[n, h, w, c] if y[n, h, w, c] > 0 else 0
                else:
                    dmaps[n, h, w] = 0


@kernel
def gate_in_place(dy: Array, y: Array) -> None:
    """Replace the gradient by 0 where the output was not positive."""
    gradients, outputs = dy.reshape(-1), y.reshape(-1)
    for k in range(gradients.size):
        gradients[k] = gradients[k] if outputs[k] > 0 else 0
