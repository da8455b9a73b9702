"""Random variations of a batch that change the pixels but not the class.

An augmentation is a function ``(images, rng) -> images`` on uint8 batches (N, H, W, C). Each image
varies independently, and the given batch does not change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from npdeconv._checks import batch_of, describe, positive_int, positive_pair
from npdeconv._types import Array, Generator, Pair

Augmentation: TypeAlias = Callable[[Array, Generator], Array]


@dataclass(frozen=True, slots=True, repr=False)
class Described:
    """An augmentation with a `repr` that a run records, to refuse being resumed with another one."""

    vary: Augmentation
    description: str

    def __call__(self, images: Array, rng: Generator) -> Array:
        """Vary each image."""
        return self.vary(images, rng)

    def __repr__(self) -> str:
        return self.description


def shift(max_pixels: int, fill: int = 0) -> Augmentation:
    """Move each image by up to `max_pixels` along each axis.

    Parameters
    ----------
    max_pixels : int
        The largest shift; all whole numbers from ``-max_pixels`` to ``max_pixels`` are equally likely.
    fill : int
        The pixel value, 0 to 255, of new pixels at the edges.

    Examples
    --------
    >>> images = np.array([1, 2, 3], np.uint8).reshape(1, 1, 3, 1).repeat(4, axis=0)
    >>> nd.data.shift(1)(images, np.random.default_rng(0))[:, 0, :, 0]
    array([[0, 0, 0],
           [0, 1, 2],
           [0, 1, 2],
           [0, 0, 0]], dtype=uint8)
    """
    reach = positive_int(max_pixels, "shift", "max_pixels")
    value = pixel_value(fill, "shift", "fill")

    def shifted(images: Array, rng: Generator) -> Array:
        batch_of(images, np.dtype(np.uint8), (None, None, None), "shift")
        edges = (0, 0), (reach, reach), (reach, reach), (0, 0)
        height, width = images.shape[1:3]
        return _windows(np.pad(images, edges, constant_values=value), (height, width), rng)

    return Described(shifted, f"shift({reach}, fill={value})")


def crop(size: int | Pair) -> Augmentation:
    """Cut a random window of `size` (height, width) out of each image.

    Smaller images raise a ValueError. (For "pad and crop back", see `shift`.)

    Examples
    --------
    >>> images = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1)
    >>> nd.data.crop(2)(images, np.random.default_rng(0))[0, ..., 0]
    array([[ 9, 10],
           [13, 14]], dtype=uint8)
    """
    window = positive_pair(size, "crop", "size")

    def cropped(images: Array, rng: Generator) -> Array:
        batch_of(images, np.dtype(np.uint8), (None, None, None), "crop")
        height, width = images.shape[1:3]
        if window[0] > height or window[1] > width:
            raise ValueError(
                f"crop: expected images of at least {window[0]}x{window[1]} pixels, got {height}x{width}"
            )
        return _windows(images, window, rng)

    return Described(cropped, f"crop({window})")


def flip() -> Augmentation:
    """Mirror left and right, each image with probability 1/2.

    Examples
    --------
    >>> images = np.array([1, 2, 3], np.uint8).reshape(1, 1, 3, 1).repeat(4, axis=0)
    >>> nd.data.flip()(images, np.random.default_rng(0))[:, 0, :, 0]
    array([[1, 2, 3],
           [3, 2, 1],
           [3, 2, 1],
           [3, 2, 1]], dtype=uint8)
    """

    def flipped(images: Array, rng: Generator) -> Array:
        batch_of(images, np.dtype(np.uint8), (None, None, None), "flip")
        chosen = rng.random(len(images)) < 0.5
        return np.where(chosen[:, np.newaxis, np.newaxis, np.newaxis], images[:, :, ::-1], images)

    return Described(flipped, "flip()")


def compose(*augmentations: Augmentation) -> Augmentation:
    """Apply several augmentations, the first one first.

    Examples
    --------
    >>> vary = nd.data.compose(nd.data.flip(), nd.data.shift(1))
    >>> vary(np.zeros((2, 8, 8, 1), np.uint8), np.random.default_rng(0)).shape
    (2, 8, 8, 1)
    """

    def composed(images: Array, rng: Generator) -> Array:
        for augment in augmentations:
            images = augment(images, rng)
        return images

    return Described(composed, f"compose({', '.join(map(repr, augmentations))})")


def _windows(images: Array, size: Pair, rng: Generator) -> Array:
    """Cut a window of `size` out of each image at a uniformly random place."""
    height, width = size
    tops = rng.integers(0, images.shape[1] - height, len(images), endpoint=True)
    lefts = rng.integers(0, images.shape[2] - width, len(images), endpoint=True)
    cut = np.empty((len(images), height, width, images.shape[3]), dtype=images.dtype)
    # Slices copy whole rows; one gather over the batch would copy pixel by pixel.
    for image, out, top, left in zip(images, cut, tops, lefts, strict=True):
        out[...] = image[top : top + height, left : left + width]
    return cut


def pixel_value(value: Any, who: str, name: str) -> int:
    """Return `value` as a pixel value, 0 to 255."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{who}: {name} must be an integer, got {describe(value)}")
    if not 0 <= value <= 255:
        raise ValueError(f"{who}: {name} must be a pixel value from 0 to 255, got {value}")
    return int(value)
