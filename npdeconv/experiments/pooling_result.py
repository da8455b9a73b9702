"""The results of comparing average with max pooling."""

from typing import NamedTuple

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.data import Planted


@brief
class Localization(NamedTuple):
    """Results of S seeds, P poolings and M kinds of maps.

    Attributes
    ----------
    pools : tuple[str, ...]
    map_kinds : tuple[str, ...]
    seeds : int (S,)
    accuracy : (S, P), of the classes
    energy : (S, P, M), share of a map's energy in the object's box, mean over the images
    error : (S, P, M), share of boxes, at 20 % of the maximum, that overlap by less than half
    best_share : (S, P, M), of the maximum, chosen on other images
    best_error : (S, P, M), the error at the best share instead of 20 %
    area : float, the objects' mean share of the pictures: the energy of a constant map

    Examples
    --------
    >>> digits = nd.data.load_strokes(30)
    >>> few = {"pools": ["average"], "seeds": [0], "warm_up": 0, "epochs": 1, "examples": 1}
    >>> result = nd.experiments.compare_poolings(digits[:20], digits[20:], **few).localization
    >>> result.pools, result.map_kinds, result.error.shape
    (('average',), ('class map', 'saliency', 'smoothed saliency'), (1, 1, 3))
    """

    pools: tuple[str, ...]
    map_kinds: tuple[str, ...]
    seeds: Array
    accuracy: Array
    energy: Array
    error: Array
    best_share: Array
    best_error: Array
    area: float


@brief
class LocalizationExample(NamedTuple):
    """The maps of one network for a few pictures.

    Attributes
    ----------
    pool : str
    pictures : Planted
    maps : (M, N, H, W)
    boxes : int (M, N, 4), found in the maps, at 20 % of the maximum

    Examples
    --------
    >>> digits = nd.data.load_strokes(30)
    >>> few = {"pools": ["max"], "seeds": [0], "warm_up": 0, "epochs": 1, "examples": 2}
    >>> (example,) = nd.experiments.compare_poolings(digits[:20], digits[20:], **few).examples
    >>> example.pool, example.maps.shape, example.boxes.shape
    ('max', (3, 2, 40, 40), (3, 2, 4))
    """

    pool: str
    pictures: Planted
    maps: Array
    boxes: Array


@brief
class PoolingComparison(NamedTuple):
    """How well the maps of networks with average and with max pooling know where objects are.

    Attributes
    ----------
    localization : Localization
    examples : tuple of P LocalizationExample, one for each pooling

    Examples
    --------
    >>> digits = nd.data.load_strokes(30)
    >>> few = {"pools": ["average"], "seeds": [0], "warm_up": 0, "epochs": 1, "examples": 1}
    >>> localization, examples = nd.experiments.compare_poolings(digits[:20], digits[20:], **few)
    >>> localization.accuracy.shape, len(examples)
    ((1, 1), 1)
    """

    localization: Localization
    examples: tuple[LocalizationExample, ...]
