"""Exercise 7.3: a deconvnet with a fault. Find it, and repair it.

Someone hands you this file. "It projects any unit down to the pixels, and the pictures look fine." It is
complete, and it runs. But it is not the deconvnet of Zeiler and Fergus: somewhere on its way there is one
fault, of a kind that published programs had. Read it, test it on pictures that you can compute by hand, and
repair it. The docstring of the function is right.
"""

import numpy as np


def project(image, weights, biases, feature_map):
    """Return the projection of the strongest unit of a map of the last stage.

    Each stage filters (no padding, stride 1), adds the bias, rectifies, and pools the largest of 2x2,
    with stride 2. What the pooling windows do not fill is left out. On the way down, each value returns
    to the place that it came from; what comes down is rectified; and each value writes its filter, where
    overlapping filters add up.

    Parameters
    ----------
    image : array (H, W, C)
    weights : list of arrays (KH, KW, C, F)
        The filters of each stage.
    biases : list of arrays (F,)
    feature_map : int
        The number of a map of the last stage.

    Returns
    -------
    array (H, W, C)
    """
    # Up. `notes` keeps what the way down needs to know of each stage.
    x, notes = image, []
    for weight, bias in zip(weights, biases, strict=True):
        height, width, _, filters = weight.shape
        convolved = np.zeros((x.shape[0] - height + 1, x.shape[1] - width + 1, filters))
        for i, j in np.ndindex(*convolved.shape[:2]):
            convolved[i, j] = np.tensordot(x[i : i + height, j : j + width], weight, axes=3) + bias
        rectified = np.maximum(convolved, 0)
        pooled = np.zeros((convolved.shape[0] // 2, convolved.shape[1] // 2, filters))
        winners = np.zeros(pooled.shape, int)
        for i, j in np.ndindex(*pooled.shape[:2]):
            window = rectified[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].reshape(4, filters)
            pooled[i, j], winners[i, j] = window.max(axis=0), window.argmax(axis=0)
        notes.append((weight, x.shape, convolved, winners))
        x = pooled

    # One unit: the strongest of the map. All others are 0.
    place = np.unravel_index(x[:, :, feature_map].argmax(), x.shape[:2])
    y = np.zeros(x.shape)
    y[place][feature_map] = x[place][feature_map]

    # Down.
    for weight, shape, convolved, winners in reversed(notes):
        unpooled = np.zeros(convolved.shape)
        for i, j, f in np.ndindex(*y.shape):
            row, column = divmod(winners[i, j, f], 2)
            unpooled[2 * i + row, 2 * j + column, f] = y[i, j, f]
        passed = np.maximum(unpooled, 0)  # by its own sign, not by that of the way up
        y = np.zeros(shape)
        for i, j in np.ndindex(*passed.shape[:2]):
            y[i : i + weight.shape[0], j : j + weight.shape[1]] += weight @ passed[i, j]
    return y
