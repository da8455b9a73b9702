"""Exercise 7.1: what hiding a part of a picture does.

A box is laid on the picture, at one place after the other, and a network is asked for its score each time.
Where the score falls, the box hides something that matters.
"""

import numpy as np


def occlusion_map(score, image, size, stride, fill):
    """Return the score of a picture with a box at each place.

    Parameters
    ----------
    score : function
        Takes one picture (H, W, C), and returns a number.
    image : array (H, W, C)
        Must stay as it is.
    size : int
        Height and width of the box.
    stride : int
        Rows, and columns, from one place to the next. The first box is in the upper left corner; every box
        lies wholly inside the picture.
    fill : float
        What the box shows, in all channels.

    Returns
    -------
    array (P, Q)
        The score with the box at row p * stride and column q * stride. P = (H - size) // stride + 1, and Q
        likewise.
    """
    rows, columns = ((side - size) // stride + 1 for side in image.shape[:2])
    scores = np.zeros((rows, columns))
    for p in range(rows):
        for q in range(columns):
            hidden = image.copy()
            hidden[p * stride : p * stride + size, q * stride : q * stride + size] = fill
            scores[p, q] = score(hidden)
    return scores
