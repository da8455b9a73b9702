"""Random variations that move or color a picture: `warp` and `tint`; see `augment`."""

import numpy as np

from npdeconv._checks import batch_of, fraction, not_negative
from npdeconv._types import Array, Generator
from npdeconv.data.augment import Augmentation, Described, pixel_value


def warp(degrees: float, zoom: float, shift: float, fill: int = 0) -> Augmentation:
    """Turn, zoom and move each image at random, by the nearest pixel.

    Parameters
    ----------
    degrees : float
        The largest rotation in either direction.
    zoom : float
        The largest magnification, at least 1; the smallest is 1 / zoom.
    shift : float
        The largest shift along each axis, as a share of the image's side, below 1.
    fill : int
        The pixel value, 0 to 255, of new pixels at the edges.

    Examples
    --------
    >>> digits = nd.data.load_strokes(3).images
    >>> turned = nd.data.warp(degrees=15, zoom=1.1, shift=0.1)(digits, np.random.default_rng(0))
    >>> turned.shape, turned.dtype
    ((3, 28, 28, 1), dtype('uint8'))
    """
    turn = np.deg2rad(not_negative(degrees, "warp", "degrees"))
    stretch = _at_least_one(zoom, "warp", "zoom")
    reach = fraction(shift, "warp", "shift")
    value = pixel_value(fill, "warp", "fill")

    def warped(images: Array, rng: Generator) -> Array:
        batch_of(images, np.dtype(np.uint8), (None, None, None), "warp")
        count, height, width, channels = images.shape
        angle = rng.uniform(-turn, turn, count)
        scale = np.exp(rng.uniform(-np.log(stretch), np.log(stretch), count))
        cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
        center = (np.array([height, width]) - 1) / 2
        origin = center + rng.uniform(-reach, reach, (count, 2)) * (height, width)
        row, column = np.arange(height)[:, np.newaxis] - center[0], np.arange(width) - center[1]
        turned = np.empty_like(images)
        for n in range(count):
            # The source of each pixel of the result. scipy.ndimage.affine_transform, called for each
            # channel, gives the same but takes 4 times as long for 300x300 images of three channels.
            top = np.rint(cosine[n] * row - sine[n] * column + origin[n, 0]).astype(np.intp)
            left = np.rint(sine[n] * row + cosine[n] * column + origin[n, 1]).astype(np.intp)
            outside = (top < 0) | (top >= height) | (left < 0) | (left >= width)
            source = np.where(outside, 0, top * width + left)
            turned[n] = images[n].reshape(-1, channels)[source]
            turned[n][outside] = value
        return turned

    return Described(warped, f"warp({degrees}, {zoom}, {shift}, fill={value})")


def tint(overall: float, channel: float, white: int = 255) -> Augmentation:
    """Multiply the darkness of each image, and of each of its channels, at random.

    Darkness is `white` minus the pixel; lighter pixels than `white` do not change.

    Parameters
    ----------
    overall, channel : float
        The largest factors, at least 1; the smallest are their inverses.
    white : int
        The pixel value, 0 to 255, of the backdrop.

    Examples
    --------
    >>> images = np.full((2, 1, 1, 3), 100, np.uint8)
    >>> tinted = nd.data.tint(overall=1.5, channel=1.2)(images, np.random.default_rng(0))
    >>> tinted.shape, bool((tinted[0] != tinted[1]).any())
    ((2, 1, 1, 3), True)
    """
    whole, single = _at_least_one(overall, "tint", "overall"), _at_least_one(channel, "tint", "channel")
    backdrop = pixel_value(white, "tint", "white")

    def tinted(images: Array, rng: Generator) -> Array:
        batch_of(images, np.dtype(np.uint8), (None, None, None), "tint")
        count, channels = len(images), images.shape[3]
        exponent = rng.uniform(-np.log(whole), np.log(whole), (count, 1, 1, 1))
        exponent = exponent + rng.uniform(-np.log(single), np.log(single), (count, 1, 1, channels))
        # float32, since a batch of 300x300 images is large
        darkness = np.float32(backdrop) - images
        colored = np.clip(backdrop - darkness * np.exp(exponent).astype(np.float32), 0, 255)
        return np.where(darkness > 0, np.rint(colored).astype(np.uint8), images)

    return Described(tinted, f"tint({overall}, {channel}, white={backdrop})")


def _at_least_one(value: float, who: str, name: str) -> float:
    factor = not_negative(value, who, name)
    if factor < 1:
        raise ValueError(f"{who}: {name} must be at least 1, got {value}")
    return factor
