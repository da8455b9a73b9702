"""Exercise 6.1: a transposed convolution with a stride.

A convolution reads: it lays the filter on the picture, multiplies and adds up. Its transpose writes: each
number of a map multiplies the whole filter, and this stamp is added to the picture. From one number of the
map to the next, the stamp moves by the stride.
"""

import numpy as np


def transposed_convolution(y, weight, stride):
    """Return what the maps write onto the picture.

    Parameters
    ----------
    y : array (N, OH, OW, F)
        N stacks of F maps, one map per filter.
    weight : array (KH, KW, C, F)
        F filters for C channels, as the convolution used them on the way up.
    stride : int
        Rows, and columns, from one stamp to the next.

    Returns
    -------
    array (N, H, W, C)
        Just large enough for all stamps: H = (OH - 1) * stride + KH, and W likewise.
    """
    batch, rows, columns, _ = y.shape
    height, width, channels, _ = weight.shape
    x = np.zeros((batch, (rows - 1) * stride + height, (columns - 1) * stride + width, channels))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            stamp = np.tensordot(y[:, i, j], weight, axes=(1, 3))  # (N, KH, KW, C), the sum over F
            x[:, top : top + height, left : left + width] += stamp
    return x
