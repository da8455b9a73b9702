"""Exercise 2.1: correlation, a small pattern slides over an image.

At every place where the pattern fits, multiply it with the pixels below, number by number, and add up. This
is correlation. (Convolution in the mathematical sense would turn the pattern by 180 degrees first.)
"""

import numpy as np


def correlate(x, weight):
    """Return the correlation at every place where the pattern lies wholly inside the image.

    Parameters
    ----------
    x : array (H, W)
        Pixels of one channel; floats, or whole numbers from 0 to 255.
    weight : array (KH, KW)
        The pattern.

    Returns
    -------
    array of floats (OH, OW)
        Row i and column j belong to the place where the pattern's upper left number is over x[i, j].
    """
    x = np.asarray(x, float)  # whole numbers of 8 bits would overflow
    height, width = weight.shape
    y = np.zeros((x.shape[0] - height + 1, x.shape[1] - width + 1))
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = (x[i : i + height, j : j + width] * weight).sum()
    return y
