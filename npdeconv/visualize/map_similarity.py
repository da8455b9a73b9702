"""How alike are two maps? Spearman's rank correlation, SSIM, and histograms of gradients.

The measures are those of Adebayo et al., "Sanity checks for saliency maps" (arXiv:1810.03292). A
blank map, such as a silent unit's projection, is like nothing: every measure is NaN, to be counted
and never averaged. SSIM and HOG need scikit-image: the extra `retraining`.
"""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.visualize.scikit_image import skimage

WINDOW = 5  # side of SSIM's window, in pixels
CELL = 16  # side of a cell with one histogram of gradients, in pixels
BLOCK = 3  # side of the blocks by which histograms are normalized, in cells; fewer in small maps


@brief
class MapSimilarity(NamedTuple):
    """How alike two maps are, by four measures: 1 for equal maps, about 0 for independent noise.

    Attributes
    ----------
    rank : float, Spearman's correlation of the signed maps
    rank_absolute : float, the same of their absolute values
    ssim : float, structural similarity
    hog : float, Pearson's correlation of the histograms of gradients

    Examples
    --------
    >>> image = nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.compare_maps(image, 2.0 * image)
    >>> [round(value, 6) for value in result]
    [1.0, 1.0, 1.0, 1.0]
    """

    rank: float
    rank_absolute: float
    ssim: float
    hog: float


def compare_maps(first: Array, second: Array) -> MapSimilarity:
    """Measure how alike two maps are.

    Parameters
    ----------
    first, second : (H, W) or (H, W, C)
        Signed or not; of one shape.

    Returns
    -------
    MapSimilarity
        NaN where a measure is not defined, see `rank_similarity`, `structural_similarity` and
        `gradient_similarity`. All four are NaN if a map is blank.

    Raises
    ------
    ImportError
        If scikit-image is missing.
    TypeError, ValueError
        For what is no two maps of one shape.

    Notes
    -----
    Maps that are blank in most places are alike there: the value to compare with is the one that
    unrelated maps score, not 0.

    Examples
    --------
    >>> first, second = nd.data.load_strokes(2).images
    >>> result = nd.visualize.compare_maps(first, second)
    >>> bool(result.rank < 1), bool(np.isnan(nd.visualize.compare_maps(first, 0 * second).rank))
    (True, True)
    """
    return MapSimilarity(
        rank_similarity(first, second),
        rank_similarity(first, second, absolute=True),
        structural_similarity(first, second),
        gradient_similarity(first, second),
    )


def rank_similarity(first: Array, second: Array, *, absolute: bool = False) -> float:
    """Return Spearman's rank correlation of two maps, as `scipy.stats.spearmanr` does.

    Parameters
    ----------
    first, second : (H, W) or (H, W, C)
    absolute : bool
        Whether to compare the absolute values.

    Returns
    -------
    float
        NaN if the values of a map are all equal.

    Examples
    --------
    >>> ramp = np.arange(-8.0, 8).reshape(4, 4)
    >>> nd.visualize.rank_similarity(ramp, ramp**3), nd.visualize.rank_similarity(ramp, -ramp)
    (1.0, -1.0)
    """
    _check(first, second, "rank_similarity")
    return _pearson(*(_ranks(np.abs(one) if absolute else one) for one in (first, second)))


def structural_similarity(first: Array, second: Array) -> float:
    """Return the structural similarity (SSIM) of two maps, each divided by its largest absolute value.

    Parameters
    ----------
    first, second : (H, W) or (H, W, C)

    Returns
    -------
    float
        The mean over all windows of 5x5 pixels, and over the channels. NaN if a map is blank, or smaller
        than the window.

    Raises
    ------
    ImportError
        If scikit-image is missing.

    Notes
    -----
    Wang et al., "Image quality assessment: from error visibility to structural similarity" (2004). The
    maps lie between -1 and 1, and 0 stays 0.

    Examples
    --------
    >>> image = nd.data.load_strokes(1).images[0]
    >>> round(nd.visualize.structural_similarity(image, 3.0 * image), 6)
    1.0
    """
    scaled = _scaled(first, second, "structural_similarity")
    ssim = skimage("metrics").structural_similarity
    if scaled is None or min(scaled.shape[1:3]) < WINDOW:
        return np.nan
    return float(ssim(*scaled, win_size=WINDOW, data_range=2.0, channel_axis=_channel_axis(first)))


def gradient_similarity(first: Array, second: Array) -> float:
    """Return Pearson's correlation of two maps' histograms of oriented gradients (HOG).

    Parameters
    ----------
    first, second : (H, W) or (H, W, C)

    Returns
    -------
    float
        NaN if a map has no gradients, or is smaller than a cell of 16x16 pixels.

    Raises
    ------
    ImportError
        If scikit-image is missing.

    Notes
    -----
    Dalal & Triggs, "Histograms of oriented gradients for human detection" (2005): nine orientations,
    normalized in blocks of 3x3 cells, or of all cells where there are fewer. Each map is divided by its
    largest absolute value. With few cells, as of digits, the measure means little.

    Examples
    --------
    >>> image = nd.data.load_strokes(1).images[0]
    >>> round(nd.visualize.gradient_similarity(image, 3.0 * image), 6)
    1.0
    """
    scaled = _scaled(first, second, "gradient_similarity")
    hog = skimage("feature").hog
    if scaled is None or min(scaled.shape[1:3]) < CELL:
        return np.nan
    height, width = scaled.shape[1:3]
    block = min(BLOCK, height // CELL), min(BLOCK, width // CELL)
    options = {"pixels_per_cell": (CELL, CELL), "cells_per_block": block}
    return _pearson(*(hog(one, **options, channel_axis=_channel_axis(first)) for one in scaled))


def _check(first: Array, second: Array, who: str) -> None:
    for one in (first, second):
        if not isinstance(one, np.ndarray) or one.dtype.kind not in "uif":
            raise TypeError(f"{who}: expected maps (H, W) or (H, W, C) of numbers, got {describe(one)}")
    if first.shape != second.shape or first.ndim not in (2, 3):
        raise ValueError(
            f"{who}: expected two maps (H, W) or (H, W, C) of one shape, got {first.shape} and {second.shape}"
        )


def _ranks(values: Array) -> Array:
    """Return the ranks of all values, as float64; equal values share the mean of their ranks."""
    # SciPy's statistics take as long to import as the rest of the package.
    _, inverse, counts = np.unique(values.reshape(-1), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse.reshape(-1)]


def _pearson(first: Array, second: Array) -> float:
    """Return Pearson's correlation of two vectors; NaN if the numbers of one are all equal."""
    if not np.ptp(first) or not np.ptp(second):
        return np.nan
    deviations = [(one - one.mean()) / np.linalg.norm(one - one.mean()) for one in (first, second)]
    return float(np.clip(deviations[0] @ deviations[1], -1, 1))


def _scaled(first: Array, second: Array, who: str) -> Array | None:
    """Return both maps between -1 and 1, or None if one is blank."""
    _check(first, second, who)
    pair = np.stack([first, second]).astype(np.float64)
    largest = np.abs(pair).reshape(2, -1).max(axis=1)
    return pair / largest.reshape(2, *(1,) * first.ndim) if largest.all() else None


def _channel_axis(one: Array) -> int | None:
    return -1 if one.ndim == 3 else None
