"""Shares of spectral power: of filters in middle frequencies, of pictures near a sampling grid.

Frequencies are in cycles per pixel of the image. Powers are summed over channels.
"""

import numpy as np

from npdeconv._types import Array, Pair

MIDDLE = (1 / 8, 3 / 8)
"""The middle frequencies, by their distance from zero: half of the way to 1/2 lies between them."""

NEAR, AROUND = 1 / 8, 3 / 8
"""A frequency is near a harmonic within this share of the sampling frequency; around it, up to the second."""

ROUNDING = 1e-9  # of frequencies, so that those on an edge are inside


def power(pictures: Array) -> Array:
    """Return the power (N, H, W) of pictures (N, H, W, C) at the frequencies of `numpy.fft.fftfreq`.

    Examples
    --------
    >>> from npdeconv.visualize.spectra import power
    >>> waves = np.cos(2 * np.pi * np.arange(8) / 4).reshape(1, 1, 8, 1)  # a quarter of a cycle per pixel
    >>> np.flatnonzero(power(waves)[0, 0].round(9)) / 8
    array([0.25, 0.75])
    """
    transformed = np.fft.fft2(pictures.astype(np.float64), axes=(1, 2))
    return np.asarray(np.square(np.abs(transformed)).sum(axis=3))


def share_of_power(powers: Array, region: Array) -> Array:
    """Return the share (N,) of powers (N, H, W) in a region, bool (H, W); 0 where there is no power.

    Examples
    --------
    >>> from npdeconv.visualize.spectra import share_of_power
    >>> share_of_power(np.array([[[1.0, 3.0]], [[0.0, 0.0]]]), np.array([[False, True]]))
    array([0.75, 0.  ])
    """
    total, inside = powers.sum(axis=(1, 2)), powers[:, region].sum(axis=1)
    return np.asarray(np.divide(inside, total, out=np.zeros_like(total), where=total > 0))


def share_expected(powers: Array, region: Array, like: Array) -> Array:
    """Return the share (N,) that a region would have if its frequencies had the mean power of others.

    Examples
    --------
    >>> from npdeconv.visualize.spectra import share_expected
    >>> powers, first = np.array([[[6.0, 3.0, 1.0]]]), np.array([[True, False, False]])
    >>> share_expected(powers, first, like=~first)
    array([0.2])
    """
    return share_of_power(powers, like) * (region.sum() / max(like.sum(), 1))


def middle(size: Pair) -> Array:
    """Tell which frequencies of filters (KH, KW) are `MIDDLE`, bool (KH, KW).

    Their share of all frequencies is that of white noise's power, on average.

    Examples
    --------
    >>> from npdeconv.visualize.spectra import middle
    >>> middle((1, 7))  # 0, 1, 2, 3, 3, 2, 1 sevenths of a cycle
    array([[False,  True,  True, False, False,  True,  True]])
    """
    low, high = MIDDLE
    distance = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, size), indexing="ij"))
    return np.asarray((distance >= low - ROUNDING) & (distance <= high + ROUNDING))


def harmonics(size: Pair, stride: Pair) -> Array:
    """Tell which frequencies of pictures (H, W) are near a harmonic of sampling, bool (H, W).

    A grid of every `stride`-th pixel repeats at multiples of 1 / stride in both directions. Near means
    within `NEAR` / stride; frequencies near zero are none of these.

    Examples
    --------
    >>> from npdeconv.visualize.spectra import harmonics
    >>> harmonics((1, 16), (1, 2)).nonzero()[1]  # 8 sixteenths, and their neighbors
    array([7, 8, 9])
    """
    return _from_harmonics(size, stride) <= NEAR + ROUNDING


def surroundings(size: Pair, stride: Pair) -> Array:
    """Tell which frequencies of pictures (H, W) lie around a harmonic, but not near it, bool (H, W).

    Their power is what to expect of a harmonic that is no peak. They end at `AROUND` / stride, so sides
    of fewer than three strides have none.

    Examples
    --------
    >>> from npdeconv.visualize.spectra import surroundings
    >>> surroundings((1, 16), (1, 2)).nonzero()[1]
    array([ 5,  6, 10, 11])
    """
    distance = _from_harmonics(size, stride)
    return np.asarray((distance > NEAR + ROUNDING) & (distance <= AROUND + ROUNDING))


def _from_harmonics(size: Pair, stride: Pair) -> Array:
    """Return how far each frequency is from the nearest harmonic, in sampling frequencies; zero has none."""
    steps = [np.fft.fftfreq(side) * along for side, along in zip(size, stride, strict=True)]
    orders = [np.round(step) for step in steps]
    away = np.hypot(*np.meshgrid(*(s - o for s, o in zip(steps, orders, strict=True)), indexing="ij"))
    # A whole cycle per pixel is no oscillation, but zero again.
    waves = [order % along != 0 for order, along in zip(orders, stride, strict=True)]
    return np.asarray(np.where(np.logical_or.outer(*waves), away, np.inf))


def onto_grid(pictures: Array, inside: Array, stride: Pair) -> Array:
    """Subtract each picture's mean color, and pad its sides with zeros to multiples of a stride.

    Parameters
    ----------
    pictures : (N, H, W, C)
    inside : bool (N, H, W)
        What is beyond the image stays 0.
    stride : (int, int)

    Examples
    --------
    >>> from npdeconv.visualize.spectra import onto_grid
    >>> onto_grid(np.arange(3.0).reshape(1, 1, 3, 1), np.ones((1, 1, 3), bool), (1, 2)).ravel()
    array([-1.,  0.,  1.,  0.])
    """
    there = inside[..., np.newaxis]
    count = np.maximum(inside.sum(axis=(1, 2)), 1)[:, np.newaxis, np.newaxis, np.newaxis]
    values = np.where(there, pictures, 0).astype(np.float64)
    centered = np.where(there, values - values.sum(axis=(1, 2), keepdims=True) / count, 0)
    more = [(0, -side % along) for side, along in zip(inside.shape[1:], stride, strict=True)]
    return np.pad(centered, ((0, 0), *more, (0, 0)))


def mean_spectrum(powers: Array) -> Array:
    """Return the mean of powers (N, H, W), each of sum 1, with zero frequency in the middle.

    Examples
    --------
    >>> from npdeconv.visualize.spectra import mean_spectrum
    >>> mean_spectrum(np.array([[[3.0, 1.0]], [[0.0, 0.0]]]))
    array([[0.25, 0.75]])
    """
    totals = powers.sum(axis=(1, 2))
    there = powers[totals > 0] / totals[totals > 0, np.newaxis, np.newaxis]
    mean = there.mean(axis=0) if len(there) else np.zeros(powers.shape[1:])
    return np.asarray(np.fft.fftshift(mean))
