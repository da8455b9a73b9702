"""Do projections have the pattern of a sampling grid?

Zeiler & Fergus (arXiv:1311.2901), section 4.1 and figure 6 (d), see aliasing in the second layer of a
network whose first layer has stride 4.
"""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import positive_pair
from npdeconv._repr import brief
from npdeconv._types import Array, Pair
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize.patches import find_patches
from npdeconv.visualize.spectra import (
    harmonics,
    mean_spectrum,
    onto_grid,
    power,
    share_expected,
    share_of_power,
    surroundings,
)
from npdeconv.visualize.strongest import find_strongest


@brief
class Aliasing(NamedTuple):
    """How much of a layer's projections lies near the harmonics of a sampling grid.

    Shares are means over the k strongest images of each of F maps; 0 for dead maps.

    Attributes
    ----------
    layer : str
    stride : Pair, of the sampling, in pixels down and across
    share : (F,), of the spectral power of projections, see `npdeconv.visualize.spectra.harmonics`
    around_share : (F,), the same at the mean power around the harmonics; a larger share is a peak
    patch_share : (F,), the first share, of the images' patches at the same places
    noise_share : float, the same of white noise
    alive : bool (F,), the maps that fire on any image
    spectrum : (PH, PW), mean power of the projections, each of sum 1; zero frequency in the middle

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20)
    >>> nd.visualize.aliasing(net, digits.images, "relu2", stride=2, k=2).share.shape
    (32,)
    """

    layer: str
    stride: Pair
    share: Array
    around_share: Array
    patch_share: Array
    noise_share: float
    alive: Array
    spectrum: Array

    @property
    def mean(self) -> float:
        """The mean share over the maps that are alive."""
        return self._mean_of(self.share)

    @property
    def around_mean(self) -> float:
        """What it would be without peaks."""
        return self._mean_of(self.around_share)

    @property
    def patch_mean(self) -> float:
        """The same of the images' patches."""
        return self._mean_of(self.patch_share)

    def _mean_of(self, values: Array) -> float:
        return float(values[self.alive].mean()) if self.alive.any() else 0.0


@finite_answers
def aliasing(
    network: Sequential, images: Array, layer: str, *, stride: int | Pair, k: int = 9, workers: Workers = None
) -> Aliasing:
    """Measure how much of a layer's projections lies near the harmonics of sampling every few pixels.

    Each of the k strongest images of each map is projected, and cropped to the receptive field, as in the
    paper's figure 2. The mean color is subtracted, and the sides are padded with zeros to multiples of
    the stride, so that the harmonics are among the frequencies.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer : str
    stride : int or (int, int)
        Of the sampling, in pixels down and across: above 1 in one of them at least.
    k : int
        Projections of each map.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    Aliasing

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take, no images, and a stride of 1.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20)
    >>> result = nd.visualize.aliasing(net, digits.images, "relu3", stride=2, k=2)
    >>> result.share.shape, bool((result.share <= 1).all()), result.spectrum.shape
    ((64,), True, (10, 10))
    """
    steps = positive_pair(stride, "aliasing", "stride")
    if max(steps) < 2:
        raise ValueError("aliasing: expected a stride of at least 2, since 1 skips no pixel")
    found = find_strongest(network, images, [layer], k=k, workers=workers)[layer]
    patches = find_patches(network, images, layer, found=found, workers=workers)
    count, ranks = found.image_indices.shape
    inside = patches.inside.reshape(count * ranks, *patches.inside.shape[2:])
    there = np.maximum((found.image_indices >= 0).sum(axis=1), 1)
    of_patches, powers = (
        power(onto_grid(pictures.reshape(*inside.shape, -1), inside, steps))
        for pictures in (patches.pixels, patches.projections)
    )
    size = powers.shape[1], powers.shape[2]
    region = harmonics(size, steps)
    around = share_expected(powers, region, surroundings(size, steps))
    shares = share_of_power(powers, region), around, share_of_power(of_patches, region)
    own, without, patch = (each.reshape(count, ranks).sum(axis=1) / there for each in shares)
    noise = float(region.mean())
    return Aliasing(layer, steps, own, without, patch, noise, found.firing > 0, mean_spectrum(powers))
