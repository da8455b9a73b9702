"""Signed pixels as something to look at."""

import numpy as np

from npdeconv._checks import describe, not_negative
from npdeconv._types import Array


def display(pixels: Array, limit: float | None = None) -> Array:
    """Scale signed pixels to [0, 1] with zero at one half, all by the same factor.

    Zero stays mid-gray and scales stay comparable, within an image and between the images that
    are given together, as one figure's should be. (Stretching each image from its own minimum
    to its own maximum loses both.)

    Parameters
    ----------
    pixels : array of any shape
    limit : float, optional
        The size of pixel that is shown white, or black if negative; larger ones are clipped. The
        largest in `pixels` unless given.

    Returns
    -------
    array of the same shape
        Where there is nothing but zeros, one half.

    Raises
    ------
    TypeError
        For pixels that are not floats: integers can't show one half.
    ValueError
        For NaN or infinity, and a negative limit.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype.kind != "f":
        raise TypeError(f"display: expected an array of floats, got {describe(pixels)}")
    if not np.isfinite(pixels).all():
        raise ValueError("display: expected finite pixels, got NaN or infinity")
    if limit is not None:
        limit = not_negative(limit, "display", "limit")
    else:
        limit = float(np.max(np.abs(pixels), initial=0.0))
    if not limit:
        return np.full_like(pixels, 0.5)
    return np.clip(0.5 + pixels / (2 * limit), 0, 1).astype(pixels.dtype)
