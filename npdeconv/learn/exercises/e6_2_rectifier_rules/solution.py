"""Exercise 6.2: three ways down through a rectifier.

On the way up, a rectifier passed what was positive: max(x, 0). On the way down comes y. The deconvnet asks
whether y is positive. The gradient asks whether x was positive. Guided backpropagation asks both. What is
not positive at a question is replaced by 0; everything else passes unchanged.
"""

import numpy as np


def deconvnet(y, x):
    """Return what passes by the rule of Zeiler and Fergus.

    Parameters
    ----------
    y : array of any shape
        What comes down.
    x : array of the same shape
        What had come up to the rectifier, before it was rectified.

    Returns
    -------
    array of the same shape
    """
    return np.maximum(y, 0)


def gradient(y, x):
    """Return what passes if y is a gradient. The arguments are those of `deconvnet`; the slope at 0 is 0."""
    return y * (np.asarray(x) > 0)


def guided(y, x):
    """Return what passes by guided backpropagation. The arguments are those of `deconvnet`."""
    return np.maximum(y, 0) * (np.asarray(x) > 0)
