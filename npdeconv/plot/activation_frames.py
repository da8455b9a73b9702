"""A layer's maps over a sequence of images, as the frames of an animation."""

import numpy as np

from npdeconv._types import Array
from npdeconv.plot.images import unit_range


def activation_frames(images: Array, maps: Array) -> Array:
    """Return pictures of some maps beside each of a sequence of images, uint8 (N, 1 + M, H, W, C).

    The first picture of a frame is the image; the others are its maps, as large as the image. All maps of
    all frames share one scale, so that what gets brighter is more active: black is zero and below, white
    the largest activation. Brightness is the square root of the activation.

    Parameters
    ----------
    images : (N, H, W, C)
        Of uint8, or floats from 0 to 1.
    maps : (N, M, OH, OW)
        M maps of a layer for each image.

    Returns
    -------
    uint8 (N, 1 + M, H, W, C)

    Raises
    ------
    ValueError
        If there are not as many images as maps of images.

    Examples
    --------
    >>> images, maps = nd.data.load_strokes(3).images, np.random.default_rng(0).random((3, 4, 14, 14))
    >>> nd.plot.activation_frames(images, maps).shape
    (3, 5, 28, 28, 1)
    """
    count, height, width, channels = images.shape
    if maps.ndim != 4 or len(maps) != count:
        raise ValueError(
            f"activation_frames: expected maps of shape ({count}, M, OH, OW) for {count} images,"
            f" got {maps.shape}"
        )
    positive = np.maximum(maps, 0)
    brightness = np.sqrt(positive / (positive.max(initial=0) or 1))
    rows = np.arange(height) * maps.shape[2] // height
    columns = np.arange(width) * maps.shape[3] // width
    large = brightness[:, :, rows][..., columns, np.newaxis]  # (N, M, H, W, 1)
    shown = np.concatenate([unit_range(images)[:, np.newaxis], np.repeat(large, channels, axis=-1)], axis=1)
    return np.rint(255 * shown).astype(np.uint8)
