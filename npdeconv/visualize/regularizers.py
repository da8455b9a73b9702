"""What keeps an image that climbs a unit's gradient from becoming noise again."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from npdeconv._checks import fraction, not_negative, positive_int
from npdeconv._types import Array, Generator, Pair


@dataclass(frozen=True, slots=True)
class Regularizers:
    """How an image is held back while it climbs; 0 turns a part off, `Regularizers.none()` all.

    What excites a unit most is a pattern that looks like nothing. These pull an image to what
    photographs are like: plain, smooth, and the same when moved a little. The first is of Simonyan
    et al. (arXiv:1312.6034, equation 1); it and the next, and those of small pixels, of Yosinski
    et al. (arXiv:1506.06579, section 3.1); jitter is of Mordvintsev et al. ("Inceptionism", 2015).

    Contrast is what distinguishes a pixel from the image's background.

    Parameters
    ----------
    decay : float
        L2 decay: the share of its contrast that the image loses in each step.
    blur : float
        Standard deviation, in pixels, of the Gaussian that blurs the image.
    blur_every : int
        Steps from one blur to the next.
    jitter : float
        In each step, the network sees the image moved at random, by up to this share of the height and
        width of what the unit sees. What leaves the image on one side comes in on the other.
    small_norm : float
        Share of the pixels that lose all contrast in each step: those with the least of it.
    small_contribution : float
        Likewise, those that the unit would miss least: whose contrast times gradient, summed over
        the channels, is nearest to 0.

    Raises
    ------
    TypeError, ValueError
        If one of them is no number, or out of range.
    """

    decay: float = 0.02
    blur: float = 0.7
    blur_every: int = 4
    jitter: float = 0.035
    small_norm: float = 0.0
    small_contribution: float = 0.0

    def __post_init__(self) -> None:
        for name in ("decay", "jitter", "small_norm", "small_contribution"):
            fraction(getattr(self, name), "Regularizers", name)
        not_negative(self.blur, "Regularizers", "blur")
        positive_int(self.blur_every, "Regularizers", "blur_every")

    @classmethod
    def none(cls) -> "Regularizers":
        """Hold nothing back."""
        return cls(decay=0, blur=0, jitter=0)

    def draw_move(self, seen: Pair, rng: Generator) -> Array:
        """Draw by how many rows and columns to move an image of which a unit sees so many: int (2,)."""
        reach = np.rint(self.jitter * np.array(seen)).astype(np.int64)
        return rng.integers(-reach, reach + 1)

    def restrain(self, contrast: Array, gradient: Array, step: int) -> Array:
        """Return what is left of some images' contrast (U, H, W, C) after step number `step`, from 1."""
        contrast = contrast * (1 - self.decay)
        if self.blur and step % self.blur_every == 0:
            contrast = gaussian_filter(contrast, (0, self.blur, self.blur, 0), mode="nearest")
        if self.small_norm:
            contrast = _without_least(contrast, np.linalg.norm(contrast, axis=3), self.small_norm)
        if self.small_contribution:
            contribution = np.abs((contrast * gradient).sum(axis=3))
            contrast = _without_least(contrast, contribution, self.small_contribution)
        return contrast


def _without_least(contrast: Array, sizes: Array, share: float) -> Array:
    """Take the contrast of a share of the pixels of each image, those of the least size (U, H, W)."""
    flat = sizes.reshape(len(sizes), -1)
    least = np.argsort(flat, axis=1, kind="stable")[:, : int(share * flat.shape[1])]
    kept = np.ones(flat.shape, bool)
    np.put_along_axis(kept, least, False, axis=1)
    return contrast * kept.reshape(*sizes.shape, 1)
