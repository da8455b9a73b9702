"""Exercise 4.1: central differences, a gradient without any derivation.

How much does a number f(x) change when one entry of x does? Move this entry up by h, and down by h, and
divide: (f(x up) - f(x down)) / (2 h). One entry after the other gives the whole gradient. It is slow, needs
no mathematics, and is what every derived gradient is held to.
"""

import numpy as np


def central_difference(f, x, h=1e-5):
    """Return the gradient of f at x, by central differences.

    Parameters
    ----------
    f : function
        Takes an array of x's shape, and returns a number.
    x : array, of any shape
    h : float
        How far an entry is moved.

    Returns
    -------
    array of floats, of x's shape
        Entry by entry, (f(x up) - f(x down)) / (2 h), where only this entry is moved.
    """
    x = np.array(x, float)  # a copy: the caller's array stays as it is
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + h
        up = f(x)
        x[place] = kept - h
        down = f(x)
        x[place] = kept
        gradient[place] = (up - down) / (2 * h)
    return gradient
