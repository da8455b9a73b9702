"""Exercise 6.3: one unit, carried down to the pixels.

Up: a convolution (no padding, stride 1), a rectifier, and 2x2 pooling with stride 2; what the windows do
not fill is left out. Then take the strongest unit of one map and set all others to 0. Down: each value
returns to the place that it came from, what comes down is rectified, and the filters write it onto the
pixels, without a bias.
"""

import numpy as np


def project_unit(image, weight, bias, feature_map):
    """Return the projection of the strongest unit of a map.

    Parameters
    ----------
    image : array (H, W, C)
    weight : array (KH, KW, C, F)
        F filters for C channels.
    bias : array (F,)
    feature_map : int
        The number of the map, from 0 to F - 1.

    Returns
    -------
    array (H, W, C)
        What the unit says about each pixel. Of equal values the first counts, in reading order: for the
        strongest unit of the map, and for the largest value of a pooling window. If the map is 0 everywhere:
        zeros.
    """
    height, width, _, filters = weight.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    rectified = np.zeros((rows, columns, filters))
    for i in range(rows):
        for j in range(columns):
            seen = image[i : i + height, j : j + width]
            rectified[i, j] = np.maximum(np.tensordot(seen, weight, axes=3) + bias, 0)
    windows = rectified[: rows // 2 * 2, : columns // 2 * 2].reshape(rows // 2, 2, columns // 2, 2, filters)
    pooled = windows.max(axis=(1, 3))
    # All other units are 0, so only this one is carried down: a single stamp.
    i, j = np.unravel_index(pooled[:, :, feature_map].argmax(), pooled.shape[:2])
    winner = windows[i, :, j, :, feature_map].argmax()  # the switch: the first of equal values
    top, left = 2 * i + winner // 2, 2 * j + winner % 2
    pixels = np.zeros(image.shape)
    pixels[top : top + height, left : left + width] = pooled[i, j, feature_map] * weight[..., feature_map]
    return pixels
