"""Maps drawn over pictures, in color."""

import numpy as np
from matplotlib import colormaps

from npdeconv._types import Array
from npdeconv.plot.class_activation import COLORS, OPACITY


def over(pictures: Array, maps: Array) -> Array:
    """Draw the positive parts of maps (N, K, H, W) over pictures, uint8 (N, H, W, C); uint8 (N, K, H, W, 3).

    The pictures turn gray; the maps of one picture share one scale.
    """
    gray = pictures.mean(axis=3)[:, np.newaxis, ..., np.newaxis]
    limits = maps.max(axis=(1, 2, 3), keepdims=True, initial=1e-30)
    shares = np.clip(maps / limits, 0, 1)
    opacity = OPACITY * np.sqrt(shares)[..., np.newaxis]
    colors = 255 * colormaps[COLORS](shares)[..., :3]
    return np.rint((1 - opacity) * gray + opacity * colors).astype(np.uint8)
