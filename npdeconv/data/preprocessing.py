"""From photographs of any size to the input of a pretrained network, and back to pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from PIL import Image

from npdeconv._checks import describe, not_negative, one_of, positive_int, positive_pair
from npdeconv._types import Array, Pair
from npdeconv.parallel import pool

Channels: TypeAlias = Literal["RGB", "BGR", "gray"]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """The preprocessing of a network's images: ``(pixels * scale - mean) / std``, at one size.

    Parameters
    ----------
    size : int or (height, width)
        The size of the network's input.
    shorter_side : int, optional
        Scale the shorter side of each photo to this many pixels and cut `size` out of the center.
        Without it, the whole photo is stretched to `size`.
    scale : float
        The factor of pixels, 0 to 255.
    mean, std : float or sequence of float
        One number, or one per channel, always in the order red, green, blue.
    channels : "RGB", "BGR" or "gray"
        The channels of the network's input.

    Raises
    ------
    TypeError, ValueError
        If a setting has another type, or the settings do not fit together.

    Examples
    --------
    >>> card = nd.data.Preprocessing(227, shorter_side=256, scale=1, mean=(123, 117, 104))
    >>> card.apply([np.full((300, 400, 3), 124, np.uint8)])[0, 0, 0].tolist()
    [1.0, 7.0, 20.0]
    """

    size: Pair
    shorter_side: int | None = None
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    channels: Channels = "RGB"

    def __post_init__(self) -> None:
        # A frozen dataclass allows no ordinary assignment.
        object.__setattr__(self, "size", positive_pair(self.size, "Preprocessing", "size"))
        one_of(self.channels, get_args(Channels), "Preprocessing", "channels")
        for name in "mean", "std":
            object.__setattr__(self, name, _per_channel(getattr(self, name), self.channel_count, name))
        if not_negative(self.scale, "Preprocessing", "scale") == 0 or min(self.std) <= 0:
            raise ValueError(f"Preprocessing: scale and std must be above 0, got {self.scale} and {self.std}")
        check_shorter_side(self.shorter_side, self.size, "Preprocessing")

    @property
    def channel_count(self) -> int:
        """The number of channels, 1 or 3."""
        return 1 if self.channels == "gray" else 3

    def apply(self, photos: Sequence[Array] | Array) -> Array:
        """Prepare photos for the network.

        Parameters
        ----------
        photos : sequence of uint8 arrays (H, W, C), or one array (N, H, W, C)
            Any sizes; red, green and blue, or gray with one channel.

        Returns
        -------
        float32 array (N, height, width, C)
        """
        return self.normalize(self.fit(photos))

    def fit(self, photos: Sequence[Array] | Array) -> Array:
        """Bring photos to the network's size and channels, as pixels: uint8 (N, height, width, C)."""
        fitted = np.empty((len(photos), *self.size, self.channel_count), np.uint8)
        fit = partial(fit_photo, size=self.size, shorter_side=self.shorter_side, gray=self.channels == "gray")
        with pool() as parallel_map:
            for place, image in zip(fitted, parallel_map(fit, photos), strict=True):
                place[...] = image
        return fitted

    def normalize(self, images: Array) -> Array:
        """Turn pixels of the right size, uint8 (N, height, width, C), into the network's float32 input."""
        expected = (*self.size, self.channel_count)
        if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != expected:
            raise ValueError(
                f"Preprocessing: expected uint8 images (N, {', '.join(map(str, expected))}),"
                f" got {describe(images)}"
            )
        numbers = images * np.float32(self.scale)
        numbers -= np.array(self.mean, np.float32)
        numbers /= np.array(self.std, np.float32)
        return self._reorder(numbers)

    def invert(self, inputs: Array) -> Array:
        """Turn inputs of the network (..., C) back into pixels, uint8 of the same shape, cut to 0 to 255."""
        pixels = (self._reorder(inputs) * np.array(self.std) + np.array(self.mean)) / self.scale
        return np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)

    def _reorder(self, images: Array) -> Array:
        return np.ascontiguousarray(images[..., ::-1]) if self.channels == "BGR" else images


def fit_photo(photo: Array, size: Pair, shorter_side: int | None = None, *, gray: bool = False) -> Array:
    """Bring one photo to a size, antialiased.

    Parameters
    ----------
    photo : uint8 array (H, W, 3) or (H, W, 1)
    size : (height, width)
    shorter_side : int, optional
        Scale the shorter side to this many pixels, then cut `size` out of the center; without it, the
        whole photo is stretched.
    gray : bool
        Return one channel instead of three.

    Returns
    -------
    uint8 array (height, width, 3) or (height, width, 1)

    Examples
    --------
    >>> photo = np.full((300, 400, 3), 200, np.uint8)
    >>> nd.data.fit_photo(photo, (224, 224), shorter_side=256).shape
    (224, 224, 3)
    """
    if not isinstance(photo, np.ndarray) or photo.dtype != np.uint8:
        raise TypeError(f"fit_photo: expected a photo of dtype uint8, got {describe(photo)}")
    if photo.ndim != 3 or photo.shape[2] not in (1, 3) or 0 in photo.shape:
        raise ValueError(f"fit_photo: expected a photo of shape (H, W, 3) or (H, W, 1), got {photo.shape}")
    picture = Image.fromarray(photo if photo.shape[2] == 3 else photo[..., 0])
    return fit_picture(picture, size, shorter_side, gray=gray)


def fit_picture(
    picture: Image.Image, size: Pair, shorter_side: int | None = None, *, gray: bool = False
) -> Array:
    """Bring a picture of mode RGB or L to a size; like `fit_photo`."""
    mode = "L" if gray else "RGB"
    picture = picture if picture.mode == mode else picture.convert(mode)
    (height, width), (columns, rows) = size, picture.size
    box = (0.0, 0.0, float(columns), float(rows))
    if shorter_side is not None:
        # Cutting comes before scaling, since a scaled photo of one row would become huge.
        per_pixel = min(rows, columns) / shorter_side
        top, left = (rows - height * per_pixel) / 2, (columns - width * per_pixel) / 2
        box = (left, top, left + width * per_pixel, top + height * per_pixel)
    fitted = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS, box))
    return fitted.reshape(height, width, -1)


def check_shorter_side(value: Any, size: Pair, who: str) -> None:
    """Check that `value` is None, or a shorter side that is long enough for `size`."""
    if value is not None and positive_int(value, who, "shorter_side") < max(size):
        raise ValueError(
            f"{who}: shorter_side must be at least the size to cut out, {size[0]}x{size[1]}, got {value}"
        )


def _per_channel(value: Any, channels: int, name: str) -> tuple[float, ...]:
    numbers = np.atleast_1d(np.asarray(value))
    if numbers.dtype.kind not in "iuf":
        raise TypeError(f"Preprocessing: {name} must be numbers, got {describe(value)}")
    if numbers.shape not in ((1,), (channels,)) or not np.isfinite(numbers).all():
        raise ValueError(
            f"Preprocessing: {name} must be one finite number or {channels}, got {describe(value)}"
        )
    return tuple(map(float, np.broadcast_to(numbers, channels)))
