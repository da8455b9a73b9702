"""How much of a projection comes from its unit, and how much would any unit draw?

A projection starts at one unit, but the switches and gates that it passes belong to the image. Nie, Zhang &
Patel (arXiv:1805.07039) show that they alone may draw the image. The control is a random start: the same
descent, through the same switches and gates, from random values in the layer's other maps.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, get_args

import numpy as np

from npdeconv._checks import image_batch, one_of, positive_int, random_generator, some_names
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Rule
from npdeconv.anatomy.maps import as_maps, descent_start, map_count
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards
from npdeconv.visualize.projection import Projection, Select, project
from npdeconv.visualize.rules import correlate


@brief
class StartComparison(NamedTuple):
    """Projections of a unit in N images by R rules, beside those of D random starts.

    Correlations are Pearson's, of the signed pixels that the unit sees. They are 0 where a picture has no
    contrast, as where the unit is silent: leave these images out (``~unit.silent``).

    Attributes
    ----------
    rules : tuple[str, ...], of length R
    unit : Projection, of the unit by the first rule: its activation, position and box
    pixels : (R, N, H, W, C), the unit's projections
    random_pixels : (R, N, H, W, C), of the first random start
    centered_pixels : (R, N, H, W, C), of the first random start, unpooled to the windows' centers
    to_random : (R, N, D), correlation of the unit's projection with that of a random start
    to_centered : (R, N, D), the same, with the random start's unpooled to centers, without switches
    to_image : (R, N), correlation of the unit's projection with the image
    random_to_image : (R, N, D), correlation of a random start's projection with the image

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> result = nd.visualize.compare_starts(net, images, "relu4", 7, rng=np.random.default_rng(0))
    >>> result.pixels.shape, result.to_random.shape, result.to_image.shape
    ((1, 3, 28, 28, 1), (1, 3, 5), (1, 3))
    """

    rules: tuple[str, ...]
    unit: Projection
    pixels: Array
    random_pixels: Array
    centered_pixels: Array
    to_random: Array
    to_centered: Array
    to_image: Array
    random_to_image: Array


@finite_answers
def compare_starts(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    select: Select = "strongest",
    rules: Sequence[Rule] = ("deconv",),
    draws: int = 5,
    rng: Generator,
    workers: Workers = None,
) -> StartComparison:
    """Project a unit, and random values of equal energy at its place in the layer's other maps.

    Parameters
    ----------
    network : Sequential
    images, layer, feature_map, select
        As for `project`.
    rules : sequence of "deconv", "gradient", "guided" and "linear"
        See `npdeconv.layers.ReLU`.
    draws : int
        How many random starts for each image.
    rng : numpy.random.Generator
        Of the random starts.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    StartComparison

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        As `project` does; for unknown rules, and a layer with a single map.

    Notes
    -----
    A random start holds the absolute values of normal numbers, as the outputs of a ReLU are not negative. At
    each place where the descent of the unit starts, it has the same sum of squares, spread over all maps
    but the unit's own. So it sees the same box, and passes the same switches and gates.

    If the two projections are alike, the picture hardly depends on which map was projected: the
    switches, the gates and what the layer's filters have in common draw it. Without switches (to centers),
    the last two remain. If the two are not alike, the picture is the map's own, which does not say
    that it shows what the network uses.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> rules = ["deconv", "gradient", "guided"]
    >>> result = nd.visualize.compare_starts(
    ...     net, images, "relu4", 7, rules=rules, rng=np.random.default_rng(0)
    ... )
    >>> bool((result.to_random[0].mean() > result.to_centered[0].mean()))  # the switches' share
    True
    """
    who = "compare_starts"
    random_generator(rng, who)
    positive_int(draws, who, "draws")
    for rule in some_names(rules, who, "rules"):
        one_of(rule, get_args(Rule), who, "rules")
    image_batch(images, who)
    if map_count(network, layer, images.shape[1:]) == 1:
        raise ValueError(f"{who}: expected a layer with several maps, {layer!r} has no other to start from")
    unit = project(network, images, layer, feature_map, select=select, rule=rules[0], workers=workers)
    task = partial(_descend_shard, network[:layer], select == "map", tuple(rules), draws)
    maps = np.broadcast_to(np.asarray(feature_map), len(images))
    seeds = rng.integers(2**63, size=len(images))  # one for each image, so that shards don't matter
    found = map_shards(task, images, maps, unit.position, unit.box, seeds, workers=workers)
    return StartComparison(tuple(rules), unit, *(np.moveaxis(array, 1, 0) for array in found))


class _Found(NamedTuple):
    """The arrays of a StartComparison, with the images' axis before that of the rules."""

    pixels: Array
    random_pixels: Array
    centered_pixels: Array
    to_random: Array
    to_centered: Array
    to_image: Array
    random_to_image: Array


def _descend_shard(
    head: Sequential,
    whole: bool,
    rules: Sequence[Rule],
    draws: int,
    images: Array,
    maps: Array,
    positions: Array,
    boxes: Array,
    seeds: Array,
) -> _Found:
    x = as_input(images, head.dtype)
    y, tape = head.forward(x)
    centered = head.centered(tape)
    start = descent_start(y, maps, None if whole else positions)
    generators = [np.random.default_rng(seed) for seed in seeds]
    starts = [random_start(start, maps, generators) for _ in range(draws)]
    found = []
    for rule in rules:
        own = head.descend(start, tape, rule)
        kept = np.stack([head.descend(random, tape, rule) for random in starts])
        lost = np.stack([head.descend(random, centered, rule) for random in starts])
        alike = [
            _correlations(np.stack([own[n], x[n], *kept[:, n], *lost[:, n]]), box, draws)
            for n, box in enumerate(boxes)
        ]
        correlations = (np.array(values) for values in zip(*alike, strict=True))
        found.append(_Found(own, kept[0], lost[0], *correlations))
    return _Found(*(np.stack(arrays, axis=1) for arrays in zip(*found, strict=True)))


def random_start(start: Array, maps: Array, generators: Sequence[Generator]) -> Array:
    """Replace each image's start in one map by random values of equal energy in the others.

    Parameters
    ----------
    start : (N, OH, OW, F) or (N, M)
        0 but in the map of each image.
    maps : int (N,)
    generators : sequence of N numpy.random.Generator

    Returns
    -------
    array of the shape of `start`
        Nowhere negative; at each place as large as `start`, as vectors.
    """
    energies = as_maps(start)
    random = np.zeros_like(energies)
    for n, (feature_map, rng) in enumerate(zip(maps, generators, strict=True)):
        own = energies[n, :, :, feature_map]
        places = np.nonzero(own)
        values = np.abs(rng.standard_normal((len(places[0]), energies.shape[3])))
        values[:, feature_map] = 0
        values *= (own[places] / np.linalg.norm(values, axis=1))[:, np.newaxis]
        random[n][places] = values
    return random.reshape(start.shape)


def _correlations(pictures: Array, box: Array, draws: int) -> tuple[Array, Array, float, Array]:
    """Correlate the projection, the image, and the random starts' projections, with switches and without."""
    top, bottom, left, right = np.maximum(box, 0)
    seen = pictures[:, top:bottom, left:right]
    alike = correlate(seen if seen.size else pictures)  # a unit in the padding may see no pixel
    kept, lost = slice(2, 2 + draws), slice(2 + draws, None)
    return alike[0, kept], alike[0, lost], alike[0, 1], alike[1, kept]
