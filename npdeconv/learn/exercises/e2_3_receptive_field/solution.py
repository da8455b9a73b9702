"""Exercise 2.3: how many pixels does one unit see?

A unit of the first layer sees its window. A unit of the second layer sees a window of the first layer's
units, and so all pixels that these see. Going up, two numbers are enough: how many pixels a unit sees
in one direction, and how many pixels lie between two neighboring units.
"""


def receptive_field(layers):
    """Return the height, in pixels, of what one unit of the last layer sees.

    Parameters
    ----------
    layers : list of pairs (window, stride)
        The layers from the image upward, convolutions and poolings alike: the height of a window, and the
        distance between two windows, both counted in units of the layer below.

    Returns
    -------
    int
    """
    seen, distance = 1, 1  # of a pixel
    for window, stride in layers:
        seen += (window - 1) * distance
        distance *= stride
    return seen
