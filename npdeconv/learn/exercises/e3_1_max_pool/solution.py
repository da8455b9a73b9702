"""Exercise 3.1: max pooling that remembers its switches.

Pooling keeps the largest value of each window. The way back needs to know where that value was: the switch.
A switch is the place of the winner in its map, counted row by row: the place in row h and column w of a map
that is W wide is the number h * W + w.
"""

import numpy as np


def max_pool(x, window, stride):
    """Return the largest value of each window, and its switch.

    Parameters
    ----------
    x : array (N, H, W, C)
        N images or stacks of maps, H rows, W columns, C channels. Each channel is pooled for itself.
    window : int
        Height and width of a window. Windows lie wholly inside x: what is left over at the lower and the
        right edge is not looked at.
    stride : int
        Rows, and columns, from one window to the next.

    Returns
    -------
    y : array (N, OH, OW, C)
        The largest values.
    switches : array of int (N, OH, OW, C)
        Where they were: h * W + w. Of several equal values the first wins, in reading order: row by row, and
        from left to right in each.
    """
    batch, height, width, channels = x.shape
    rows, columns = (height - window) // stride + 1, (width - window) // stride + 1
    y = np.zeros((batch, rows, columns, channels), x.dtype)
    switches = np.zeros(y.shape, int)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            seen = x[:, top : top + window, left : left + window].reshape(batch, window * window, channels)
            winner = seen.argmax(axis=1)  # the first of equal values
            y[:, i, j] = seen.max(axis=1)
            switches[:, i, j] = (top + winner // window) * width + left + winner % window
    return y, switches
