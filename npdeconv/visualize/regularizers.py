"""Regularization of activation maximization, which would end in noise without it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from npdeconv._checks import fraction, not_negative, positive_int
from npdeconv._types import Array, Generator, Pair


@dataclass(frozen=True, slots=True)
class Regularizers:
    """How the image is regularized in each step; 0 turns a part off, `Regularizers.none()` all.

    Without regularization, the image becomes a pattern without recognizable content. Decay is by
    Simonyan et al. (arXiv:1312.6034, equation 1); decay, blur and the two for small pixels are by
    Yosinski et al. (arXiv:1506.06579, section 3.1), jitter by Mordvintsev et al. ("Inceptionism", 2015).

    Contrast is a pixel's difference from the background.

    Parameters
    ----------
    decay : float
        L2 decay: the share of its contrast that the image loses in each step.
    blur : float
        Standard deviation, in pixels, of the Gaussian that blurs the image.
    blur_every : int
        Steps from one blur to the next.
    jitter : float
        In each step, the network sees the image shifted at random and cyclically, by up to this share
        of the height and width of the receptive field.
    small_norm : float
        Share of the pixels, those with least contrast, that lose it in each step.
    small_contribution : float
        Share of the pixels, those with the smallest absolute contribution (contrast times gradient,
        summed over the channels), that lose their contrast in each step.

    Raises
    ------
    TypeError, ValueError
        If one of them is no number, or out of range.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> plain = nd.visualize.Regularizers.none()
    >>> result = nd.visualize.maximize_activation(net, "logits", 3, steps=4, regularizers=plain)
    >>> result.pixels.shape
    (1, 28, 28, 1)
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
        """Return settings without any regularization."""
        return cls(decay=0, blur=0, jitter=0)

    def draw_move(self, seen: Pair, rng: Generator) -> Array:
        """Draw the rows and columns to shift an image by, for a receptive field `seen`: int (2,)."""
        reach = np.rint(self.jitter * np.array(seen)).astype(np.int64)
        return rng.integers(-reach, reach + 1)

    def restrain(self, contrast: Array, gradient: Array, step: int) -> Array:
        """Return the regularized contrast (U, H, W, C) of images after step number `step`, from 1."""
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
    """Set the contrast to 0 in a share of each image's pixels, those of the least size (U, H, W)."""
    flat = sizes.reshape(len(sizes), -1)
    least = np.argsort(flat, axis=1, kind="stable")[:, : int(share * flat.shape[1])]
    kept = np.ones(flat.shape, bool)
    np.put_along_axis(kept, least, False, axis=1)
    return contrast * kept.reshape(*sizes.shape, 1)
