"""Exercise 2.2: a convolutional layer, with channels, filters, stride and padding.

A filter is a pattern for each channel: at each place, it multiplies all channels with its patterns and adds
everything up, and its bias. Each filter makes a map. The stride is the distance from one place to the next;
padding puts zeros around the image. (It is called convolution, but no network turns its filters.)
"""

import numpy as np


def convolve(x, weight, bias, stride=1, padding=0):
    """Return the maps of all filters.

    Parameters
    ----------
    x : array (N, H, W, C)
        N images with C channels.
    weight : array (KH, KW, C, F)
        F filters.
    bias : array (F,)
    stride : int
        Rows, and columns, from one place to the next. The first place is in the corner.
    padding : int
        Rows and columns of zeros on every side.

    Returns
    -------
    array (N, OH, OW, F)
        OH = (H + 2 * padding - KH) // stride + 1, and OW likewise.
    """
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    height, width, _, filters = weight.shape
    rows, columns = (x.shape[1] - height) // stride + 1, (x.shape[2] - width) // stride + 1
    y = np.zeros((len(x), rows, columns, filters))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            seen = x[:, top : top + height, left : left + width]
            y[:, i, j] = np.tensordot(seen, weight, axes=3) + bias  # the sum over KH, KW and C
    return y
