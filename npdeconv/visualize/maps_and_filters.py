"""The filters of the first layer as images, and the feature maps of any layer for one image.

Deeper filters can't be shown as images; see their strongest projections instead, by
`find_strongest` with one image per map and `find_patches`.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy.maps import maps_of
from npdeconv.finite import finite_answers
from npdeconv.layers import Conv2D, Layer, Sequential


@brief
class FeatureMaps(NamedTuple):
    """All feature maps of a layer for one image.

    Attributes
    ----------
    maps : (F, OH, OW)
    silent : bool (F,), the map is nowhere positive

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.feature_maps(net, image, "relu3")
    >>> result.maps.shape, result.silent.shape
    ((64, 14, 14), (64,))
    """

    maps: Array
    silent: Array


@finite_answers
def first_filters(network: Sequential) -> Array:
    """Return the filters that look at the pixels, as images (F, KH, KW, C): a copy, signed.

    Raises
    ------
    ValueError
        If the network's first layer with parameters is no convolution.

    Examples
    --------
    >>> nd.visualize.first_filters(nd.models.deck_model4(rng=np.random.default_rng(0))).shape
    (32, 3, 3, 1)
    """
    return np.ascontiguousarray(
        first_convolution(network).weight.transpose(3, 0, 1, 2)
    )  # (KH, KW, C, F) -> (F, KH, KW, C)


def first_convolution(network: Sequential) -> Conv2D:
    """Return the convolution that looks at the pixels, also inside of a chain that is itself a layer.

    Examples
    --------
    >>> from npdeconv.visualize.maps_and_filters import first_convolution
    >>> first_convolution(nd.models.deck_model4(rng=np.random.default_rng(0))).window.size
    (3, 3)
    """
    first = next((layer for layer in _flat(network) if layer.parameters), None)
    if not isinstance(first, Conv2D):
        kind = "none" if first is None else first.kind
        raise ValueError(
            f"first_filters: expected {network.name} to start with a Conv2D, its first with weights is {kind}"
        )
    return first


@finite_answers
def feature_maps(network: Sequential, image: Array, layer: str) -> FeatureMaps:
    """Return all feature maps of a layer for one image.

    Parameters
    ----------
    network : Sequential
    image : (H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer : str
        Name of any layer; the M outputs of a dense one are M maps of one unit.

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> nd.visualize.feature_maps(net, image, "relu4").maps.shape
    (64, 14, 14)
    """
    maps = np.moveaxis(maps_of(network, image, layer, who="feature_maps"), -1, 0)  # (F, OH, OW)
    return FeatureMaps(np.ascontiguousarray(maps), silent=maps.max(axis=(1, 2)) <= 0)


def _flat(network: Sequential) -> Iterator[Layer]:
    for layer in network.layers.values():
        if isinstance(layer, Sequential):
            yield from _flat(layer)
        else:
            yield layer
