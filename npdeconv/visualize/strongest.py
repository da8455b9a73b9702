"""Which images of a data set excite each feature map most?"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from npdeconv._brief import brief
from npdeconv._checks import image_batch, kernel_input, name_list, one_of, positive_int
from npdeconv._types import Array
from npdeconv.data import as_input
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.kernels.pooling import max_pool
from npdeconv.kernels.ranking import insert
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool, shards
from npdeconv.plan import Plan
from npdeconv.visualize.projection import as_map_shape

Ranking: TypeAlias = Literal["maximum", "mean"]
"""What an image's activation of a map is: the map's largest value, or the mean over the map."""


@brief
class Strongest(NamedTuple):
    """The k images that activate each of a layer's F maps most, the strongest first."""

    images: Array  # int (F, k): positions in the data set; -1 where fewer than k images fire
    positions: Array  # int (F, k, 2): row and column of the largest activation; -1 likewise
    activations: Array  # (F, k): the value ranked by; 0 likewise
    firing: Array  # (F,): share of the images on which the map is positive anywhere; 0: dead


@finite_answers
def find_strongest(
    network: Sequential,
    images: Array,
    layers: Sequence[str],
    *,
    k: int = 9,
    by: Ranking = "maximum",
    workers: Workers = None,
) -> Mapping[str, Strongest]:
    """Find the images that activate each feature map of some layers most, in one pass.

    The memory that it takes does not depend on the number of images.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layers : sequence of str
        Names of layers of any kind.
    k : int
        Images per map; the paper shows 9 (arXiv:1311.2901, figure 2).
    by : "maximum" or "mean"
        How an image's activation of a map is measured: by its spatial maximum, as in the paper, or
        by its spatial mean, which prefers images on which a feature is everywhere.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    dict of layer to Strongest

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take, no images, and no layers or a single name for them.

    Notes
    -----
    An image on which a map is nowhere positive is no candidate, so a map that fires on fewer than
    k images returns fewer, and a dead one none. Equal activations keep the order of the images.
    """
    positive_int(k, "find_strongest", "k")
    one_of(by, ("maximum", "mean"), "find_strongest", "by")
    image_batch(images, "find_strongest")
    layers = name_list(layers, "find_strongest", "layers")
    if not len(images) or not layers:
        raise ValueError("find_strongest: expected at least one image and one layer")
    shapes = {name: as_map_shape(network[:name].output_shape(images.shape[1:])) for name in layers}
    tops = {name: _Top.empty(maps, k, network.dtype) for name, (_, _, maps) in shapes.items()}
    cuts = shards(images)
    with pool(workers) as parallel_map:
        plans = dict(_plans(network, layers))
        found = parallel_map(partial(_measure, plans, network.dtype, by), [images[cut] for cut in cuts])
        for cut, measures in zip(cuts, found, strict=True):
            for name, measured in measures.items():
                tops[name].insert(measured, cut.start)
    return {name: tops[name].finish(shapes[name][1], len(images)) for name in layers}


class _Measures(NamedTuple):
    """How strongly each of N images excites each of F maps."""

    activations: Array  # (N, F): -inf where the map is silent
    places: Array  # int32 (N, F): of the map's largest activation, row * width + column


def _plans(network: Sequential, layers: Sequence[str]) -> Iterator[tuple[str, Plan]]:
    """Cut a chain behind each of some layers; yield the layers' names and how to get there from the last."""
    names = list(network.layers)
    start = 0
    for stop, name in enumerate(names):
        if name in layers:
            yield name, Plan(network[names[start] : name])
            start = stop + 1


def _measure(
    plans: Mapping[str, Plan], dtype: np.dtype[Any], by: Ranking, images: Array
) -> dict[str, _Measures]:
    x = as_input(images, dtype)
    found = {}
    for name, plan in plans.items():
        x = plan(x)
        found[name] = _measure_maps(x.reshape(len(x), *as_map_shape(x.shape[1:])), by)
    return found


def _measure_maps(activations: Array, by: Ranking) -> _Measures:
    """Measure the maps (N, OH, OW, F) of a shard of images."""
    count, height, width, maps = activations.shape
    largest = np.empty((count, 1, 1, maps), activations.dtype)
    switches = np.empty(largest.shape, np.int32)
    # A pooling with the whole map as its window looks at every activation once.
    max_pool(kernel_input(activations), (height, width), (1, 1), (0, 0), largest, switches)
    value = largest if by == "maximum" else activations.mean(axis=(1, 2), keepdims=True)
    must_be_finite(value)  # NaN is not positive, and would pass for silence
    return _Measures(np.where(largest > 0, value, -np.inf)[:, 0, 0], switches[:, 0, 0])


class _Top(NamedTuple):
    """The k strongest images so far of F maps, the strongest first."""

    activations: Array  # (F, k): -inf where there is no image
    images: Array  # int (F, k)
    places: Array  # int32 (F, k)
    fired: Array  # int (F,): on how many images so far

    @classmethod
    def empty(cls, maps: int, k: int, dtype: np.dtype[Any]) -> "_Top":
        """Start with no images."""
        nowhere = np.full((maps, k), -1)
        return cls(np.full((maps, k), -np.inf, dtype), nowhere, nowhere.astype(np.int32), np.zeros(maps, int))

    def insert(self, measured: _Measures, first: int) -> None:
        """Insert images, of which the first has the number `first`."""
        activations, places = map(kernel_input, measured)
        insert(activations, places, first, self.activations, self.images, self.places)
        self.fired[...] += (measured.activations > -np.inf).sum(axis=0)

    def finish(self, width: int, count: int) -> Strongest:
        """Tell rows and columns of maps of some width, and the share of all images on which each fires."""
        silent = self.images < 0
        positions = np.stack(np.divmod(self.places, width), axis=-1).astype(np.int64)
        return Strongest(
            self.images,
            np.where(silent[..., np.newaxis], -1, positions),
            np.where(silent, 0, self.activations),
            self.fired / count,
        )
