"""What do the filters tell: does one dominate, are maps dead, which frequencies, is there aliasing?

Numbers for what Zeiler & Fergus (arXiv:1311.2901) show as pictures in figure 6 and section 4.1.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from npdeconv._checks import image_batch, positive_pair, some_names
from npdeconv._repr import brief
from npdeconv._types import Array, Pair
from npdeconv.anatomy import Outputs, map_layers
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, each_shard
from npdeconv.visualize.aliasing import Aliasing, aliasing
from npdeconv.visualize.maps_and_filters import first_convolution, first_filters
from npdeconv.visualize.spectra import mean_spectrum, middle, power, share_of_power


@brief
class FilterStatistics(NamedTuple):
    """Numbers about the F filters of a first convolution, and about the maps above.

    Attributes
    ----------
    size : Pair, height and width of the filters
    stride : Pair
    rms : (F,), root mean square of each filter's weights
    domination : float, the largest of them, divided by their median
    middle : (F,), share of each filter's spectral power in middle frequencies; 0 for a filter of zeros
    middle_noise : float, the same of white noise, on average
    spectrum : (KH, KW), mean power of the filters, each of sum 1; zero frequency in the middle
    layers : tuple[str, ...], whose maps were watched; empty without images
    dead : tuple of bool arrays (maps,), which maps of each layer were never above 0
    aliasing : Aliasing of the second layer; None without images, or if the first layer skips no pixel

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> result = nd.visualize.filter_statistics(net)
    >>> result.size, result.rms.shape, result.domination > 1
    ((3, 3), (32,), True)
    """

    size: Pair
    stride: Pair
    rms: Array
    domination: float
    middle: Array
    middle_noise: float
    spectrum: Array
    layers: tuple[str, ...]
    dead: tuple[Array, ...]
    aliasing: Aliasing | None


@finite_answers
def filter_statistics(
    network: Sequential,
    images: Array | None = None,
    layer: str | None = None,
    *,
    layers: Sequence[str] | None = None,
    stride: int | Pair | None = None,
    k: int = 9,
    workers: Workers = None,
) -> FilterStatistics:
    """Measure the filters of a first convolution, count dead maps, and look for aliasing above.

    Parameters
    ----------
    network : Sequential
        Its first layer with parameters is a convolution.
    images : (N, H, W, C), optional
        uint8 pixels, or floats prepared as the network takes them. Without images, only filters are
        measured.
    layer : str, optional
        The second layer, whose projections are searched for aliasing; the second rectifier unless given.
    layers : sequence of str, optional
        Where to look for dead maps; in all rectified maps unless given.
    stride : int or (int, int), optional
        Of the sampling that would be seen as aliasing, in pixels; the first layer's unless given.
    k : int
        Projections of each map.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    FilterStatistics

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take, no images, and a first layer that is no convolution.

    Notes
    -----
    The paper says that a few filters dominate without renormalization, that 11x11 filters are "a mix of
    extremely high and low frequency information, with little coverage of the mid frequencies", and that
    stride 4 makes aliasing in the second layer, and gives pictures. The measures are ours. A filter's
    spectrum is its discrete Fourier transform without padding, so that white noise has the same mean
    power at each frequency, and filters of different sizes can be compared with their own noise.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(50)
    >>> result = nd.visualize.filter_statistics(net, digits.images, layers=["relu1", "relu4"])
    >>> [(name, int(dead.sum())) for name, dead in zip(result.layers, result.dead)], result.aliasing
    ([('relu1', 0), ('relu4', 0)], None)
    """
    filters = first_filters(network)
    window = first_convolution(network).window
    size = filters.shape[1:3]
    powers, region = power(filters), middle(size)
    rms = np.sqrt(np.square(filters, dtype=np.float64).mean(axis=(1, 2, 3)))
    median = float(np.median(rms))
    if not median:
        raise ValueError("filter_statistics: expected filters with weights, got mostly zeros")
    steps = window.stride if stride is None else positive_pair(stride, "filter_statistics", "stride")
    names: tuple[str, ...] = ()
    dead: tuple[Array, ...] = ()
    found = None
    if images is not None:
        image_batch(images, "filter_statistics")
        living = map_layers(network, images.shape[1:])
        names = living if layers is None else some_names(layers, "filter_statistics", "layers")
        dead = dead_maps(network, images, names, workers=workers)
        if max(steps) > 1:
            second = _second(living) if layer is None else layer
            found = aliasing(network, images, second, stride=steps, k=k, workers=workers)
    return FilterStatistics(
        size=size,
        stride=window.stride,
        rms=rms,
        domination=float(rms.max()) / median,
        middle=share_of_power(powers, region),
        middle_noise=float(region.mean()),
        spectrum=mean_spectrum(powers),
        layers=names,
        dead=dead,
        aliasing=found,
    )


def dead_maps(
    network: Sequential, images: Array, layers: Sequence[str], *, workers: Workers = None
) -> tuple[Array, ...]:
    """Return which maps of each layer are above 0 on none of the images: bool arrays (maps,).

    Every image is passed through the layers themselves, so that nothing is rounded.

    Examples
    --------
    >>> from npdeconv.visualize.filter_statistics import dead_maps
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20)
    >>> [int(dead.sum()) for dead in dead_maps(net, digits.images, ["relu1", "relu4"])]
    [0, 0]
    """
    if not len(images):
        raise ValueError("dead_maps: expected at least one image")
    highest: dict[str, Array] = {}
    for _, found in each_shard(partial(_highest, Outputs(network, layers)), images, workers=workers):
        for name, values in found.items():
            highest[name] = np.maximum(highest.get(name, values), values)
    return tuple(highest[name] <= 0 for name in layers)


def _highest(outputs: Outputs, images: Array) -> dict[str, Array]:
    found = {}
    for name, maps in outputs(images):
        must_be_finite(maps)
        found[name] = maps.max(axis=(0, 1, 2))
    return found


def _second(layers: Sequence[str]) -> str:
    if len(layers) < 2:
        raise ValueError("filter_statistics: expected a second layer with maps, to project from")
    return layers[1]
