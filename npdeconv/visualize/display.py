"""Signed pixels, scaled for figures."""

import numpy as np

from npdeconv._checks import describe, not_negative
from npdeconv._types import Array


def display(pixels: Array, limit: float | None = None) -> Array:
    """Scale signed pixels to [0, 1] with zero at one half, all by the same factor.

    Zero is mid-gray, and all images that are given together share one scale. (Stretching each image
    from its own minimum to its own maximum loses both.)

    Parameters
    ----------
    pixels : array of any shape
    limit : float, optional
        This value is shown white, and its negative black; larger ones are clipped. The largest
        absolute value in `pixels` unless given.

    Returns
    -------
    array of the same shape
        One half everywhere if all pixels are 0.

    Raises
    ------
    TypeError
        For pixels that are not floats: integers can't show one half.
    ValueError
        For NaN or infinity, and a negative limit.

    Examples
    --------
    >>> nd.visualize.display(np.array([-2.0, 0.0, 1.0]))
    array([0.  , 0.5 , 0.75])
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
