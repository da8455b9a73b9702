"""Exercise 4.3: a layer that fools the gradient check, and its repair.

A gradient check looks where it looks, and nowhere else. Invent a layer, y = forward(x), with a gradient that
is wrong, and that the check confirms all the same, since its inputs never come near the mistake. Then find
an input that gives the mistake away, and write the right gradient.

The check draws x (4, 3) from the standard normal distribution, and dy likewise. It compares the gradient of
sum(dy * forward(x)) with central differences: (loss up - loss down) / (2 h), for each entry of x. It repeats
this twenty times.
"""

import numpy as np


def forward(x):
    """Return the output of your layer; it has no parameters.

    Parameters
    ----------
    x : array (N, D)

    Returns
    -------
    y : array (N, D)
        The same shape again. No constant function: a gradient of 0 everywhere teaches nothing.
    """
    return np.clip(x, 0, 6)


def fooling_backward(dy, x):
    """Return a gradient that is wrong for some x, and that the check confirms.

    Parameters
    ----------
    dy : array (N, D)
        The gradient of a loss with respect to y.
    x : array (N, D)
        What `forward` got.

    Returns
    -------
    dx : array (N, D)
    """
    return dy * (x > 0)


def telling_input():
    """Return an input at which the check would have found the mistake.

    It must not be a kink, such as 0 is for max(x, 0): there, finite differences mean nothing.

    Returns
    -------
    x : array (N, D), of any N and D
    """
    return np.array([[7.0, 1.0, -1.0]])


def fixed_backward(dy, x):
    """Return the right gradient, for every x but the kinks.

    Parameters and result are those of `fooling_backward`.
    """
    return dy * ((x > 0) & (x < 6))
