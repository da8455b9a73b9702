"""Exercise 3.2: unpooling, values go back to their switches.

Max pooling kept a value of each window and its switch, h * W + w. Unpooling puts every value back where its
switch says, into a map of zeros. Windows that overlap may have the same winner: their values add up there.
(The exercise brings its own switches: it does not need your answer to 3.1.)
"""

import numpy as np


def unpool(y, switches, shape):
    """Return a map with the values at their switches, and zeros elsewhere.

    Parameters
    ----------
    y : array (N, OH, OW, C)
        One value per window, of any sign.
    switches : array of int (N, OH, OW, C)
        Where each goes in its map: the place in row h and column w is h * W + w.
    shape : tuple (N, H, W, C)
        The shape of the result.

    Returns
    -------
    array (N, H, W, C)
    """
    batch, height, width, channels = shape
    x = np.zeros((batch, height * width, channels))
    for n in range(batch):
        for c in range(channels):
            # Not x[n, switches, c] += y: that adds only one of several values for the same place.
            np.add.at(x[n, :, c], switches[n, :, :, c], y[n, :, :, c])
    return x.reshape(shape)
