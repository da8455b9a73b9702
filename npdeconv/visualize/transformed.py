"""Images that are shifted, scaled or rotated by a given amount."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from scipy.ndimage import affine_transform

from npdeconv._checks import describe, image_shape, one_image, one_of
from npdeconv._types import Array, Shape
from npdeconv.data import as_input

Transform: TypeAlias = Literal["shift", "scale", "rotation"]
"""Down by pixels (negative: up); enlarged by a factor; turned counterclockwise by degrees. The last two
keep the center."""

Surround: TypeAlias = Literal["edge", "mean", "gray", "black"]
"""What comes in from beyond the image: its nearest pixel, its mean color, mid-gray or black."""

Interpolation: TypeAlias = Literal["linear", "nearest"]
"""How pixels between the given ones are read."""

UNITS: dict[Transform, str] = {"shift": "pixels", "scale": "times", "rotation": "degrees"}


def transform_image(
    image: Array,
    transform: Transform,
    amount: float,
    *,
    fill: Surround = "edge",
    interpolation: Interpolation = "linear",
) -> Array:
    """Shift, scale or rotate an image, which keeps its size.

    Parameters
    ----------
    image : (H, W, C)
        uint8 pixels, which become floats from 0 to 1, so that nothing is rounded; or floats.
    transform : "shift", "scale" or "rotation"
        See `Transform`.
    amount : float
        In pixels, as a factor above 0, or in degrees.
    fill : "edge", "mean", "gray" or "black"
        What comes in from beyond the image, see `Surround`.
    interpolation : "linear" or "nearest"

    Returns
    -------
    (H, W, C)
        Exactly the image for no transform. Shifts by whole pixels and quarter turns of a square image
        move pixels without changing them.

    Raises
    ------
    TypeError, ValueError
        For what is no image, amounts that are not finite, a scale that is not above 0, and unknown words.

    Examples
    --------
    >>> image = np.array([[1, 2], [3, 4]], np.uint8)[..., np.newaxis]
    >>> (255 * nd.visualize.transform_image(image, "rotation", 90))[..., 0].astype(int)
    array([[2, 4],
           [1, 3]])
    """
    one_image(image, "transform_image")
    check_words(transform, fill, interpolation, "transform_image")
    (amount,) = checked_amounts(transform, [amount], "transform_image").tolist()
    pixels = as_input(image[np.newaxis], image.dtype if image.dtype.kind == "f" else np.float32)[0]
    center = (np.array(image.shape[:2]) - 1) / 2
    matrix = _matrix(transform, amount)
    offset = center - matrix @ center - (amount if transform == "shift" else 0, 0)
    settings: dict[str, Any] = {"order": 1 if interpolation == "linear" else 0}
    settings["mode"] = "nearest" if fill == "edge" else "constant"
    beyond = {"gray": 0.5, "black": 0.0, "edge": 0.0}.get(fill)
    means = pixels.mean(axis=(0, 1), dtype=np.float64)
    channels = [
        affine_transform(
            pixels[..., c], matrix, offset, cval=means[c] if beyond is None else beyond, **settings
        )
        for c in range(pixels.shape[2])
    ]
    return np.stack(channels, axis=2)


def usual_amounts(transform: Transform, shape: Shape) -> Array:
    """Return the amounts of the paper's figure 5 (arXiv:1311.2901), shifts in proportion to the height.

    Shifts are -60 to 60 of 224 pixels, 10 apart; scales 1 to 1.8; rotations 0 to 350 degrees, 10 apart.

    Examples
    --------
    >>> nd.visualize.usual_amounts("shift", (28, 28, 1)).astype(int).tolist()
    [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    """
    one_of(transform, get_args(Transform), "usual_amounts", "transform")
    if transform == "scale":
        return np.arange(10, 19) / 10
    if transform == "rotation":
        return np.arange(0.0, 360.0, 10.0)
    height = image_shape(shape, "usual_amounts")[0]
    step = max(1, round(10 * height / 224))
    steps = round(60 * height / 224) // step
    return np.arange(-steps, steps + 1.0) * step


def check_words(transform: Any, fill: Any, interpolation: Any, who: str) -> None:
    """Check the words that say what happens to images.

    Examples
    --------
    >>> from npdeconv.visualize.transformed import check_words
    >>> check_words("turn", "edge", "linear", "invariance")
    Traceback (most recent call last):
    ValueError: invariance: transform must be one of shift, scale, rotation, got 'turn'
    """
    one_of(transform, get_args(Transform), who, "transform")
    one_of(fill, get_args(Surround), who, "fill")
    one_of(interpolation, get_args(Interpolation), who, "interpolation")


def checked_amounts(transform: Transform, amounts: Sequence[float] | Array, who: str) -> Array:
    """Return the amounts of a transform as float64 (A,).

    Examples
    --------
    >>> from npdeconv.visualize.transformed import checked_amounts
    >>> checked_amounts("scale", [1, 1.5], "invariance")
    array([1. , 1.5])
    """
    found = np.asarray(amounts)
    if found.ndim != 1 or found.dtype.kind not in "iuf":
        raise TypeError(f"{who}: amounts must be numbers, got {describe(amounts)}")
    found = found.astype(np.float64)
    if not found.size or not np.isfinite(found).all():
        raise ValueError(f"{who}: expected at least one amount, all finite, got {describe(amounts)}")
    if transform == "scale" and found.min() <= 0:
        raise ValueError(f"{who}: expected a scale above 0, got {found.min():g}")
    return found


def _matrix(transform: Transform, amount: float) -> Array:
    """Return the matrix (2, 2) from places in the result to places in the image, about the center."""
    if transform == "shift":
        return np.eye(2)
    if transform == "scale":
        return np.eye(2) / amount
    if amount % 90 == 0:  # else a cosine of 6e-17 would leave the image by a hair
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[int(amount // 90) % 4]
    else:
        cosine, sine = np.cos(np.deg2rad(amount)), np.sin(np.deg2rad(amount))
    return np.array([[cosine, sine], [-sine, cosine]], np.float64)
