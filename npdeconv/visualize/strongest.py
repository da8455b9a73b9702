"""Which images of a data set excite each feature map most?"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from npdeconv._checks import image_batch, kernel_input, name_list, one_of, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import Outputs
from npdeconv.anatomy.maps import map_count, map_shape
from npdeconv.fast import Plan
from npdeconv.fast.ranking import insert
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.kernels.pooling import max_pool
from npdeconv.layers import Sequential
from npdeconv.parallel import OrderedMap, Workers, pool, shards

Ranking: TypeAlias = Literal["maximum", "mean"]
"""An image's activation of a map is the map's largest value, or its mean."""

SEARCH_ERROR = 1e-4  # of a layer's largest activation; measured errors of `npdeconv.fast` are smaller


@brief
class Strongest(NamedTuple):
    """The k images that activate each of a layer's F maps most, the strongest first.

    Attributes
    ----------
    image_indices : int (F, k); -1 where the map fires on fewer than k images
    positions : int (F, k, 2), row and column of the largest activation; -1 without an image
    activations : (F, k), the value ranked by; 0 without an image
    firing : (F,), share of the images on which the map is positive anywhere; 0 for a dead map

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu2"], k=3)["relu2"]
    >>> found.image_indices.shape, found.positions.shape, found.firing.shape
    ((32, 3), (32, 3, 2), (32,))
    """

    image_indices: Array
    positions: Array
    activations: Array
    firing: Array


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

    Memory does not depend on the number of images.

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
        Rank images by the spatial maximum of a map, as in the paper, or by its spatial mean, which
        prefers images with the feature everywhere.
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
    Images on which a map is nowhere positive are left out, so a map that fires on fewer than k images
    returns fewer, and a dead one none. Equal activations keep the order of the images.

    The search is fast and rounds, see `npdeconv.fast`. The layers themselves then compute the 2k
    strongest of each map exactly, and these values are ranked and returned. If that can't settle the
    order, as when many images excite a map equally, all images are computed exactly. An activation
    below 1e-4 of the layer's largest may be counted as firing or as silent.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(50).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu2", "relu4"], k=9)
    >>> found["relu4"].image_indices.shape, bool((np.diff(found["relu4"].activations) <= 0).all())
    ((64, 9), True)
    """
    positive_int(k, "find_strongest", "k")
    one_of(by, ("maximum", "mean"), "find_strongest", "by")
    image_batch(images, "find_strongest")
    layers = name_list(layers, "find_strongest", "layers")
    if not len(images) or not layers:
        raise ValueError("find_strongest: expected at least one image and one layer")
    widths = {name: map_shape(network, name, images.shape[1:])[1] for name in layers}
    every = np.arange(len(images))
    with pool(workers) as parallel_map:
        search = partial(_search, network, images, by, parallel_map)
        if network.dtype == np.float32:
            candidates = search(layers, 2 * k, every, fast=True)
            likely = np.unique(np.concatenate([top.image_indices.ravel() for top in candidates.values()]))
            tops = search(layers, k, likely[likely >= 0])
            settled = {name: tops[name].count_others(candidates[name]) for name in layers}
            unsettled = [name for name in layers if settled[name] is None]
            tops |= {name: top for name, top in settled.items() if top is not None}
            tops |= search(unsettled, k, every) if unsettled else {}
        else:
            tops = search(layers, k, every)
    return {name: tops[name].finish(widths[name], len(images)) for name in layers}


def _search(
    network: Sequential,
    images: Array,
    by: Ranking,
    parallel_map: OrderedMap,
    layers: Sequence[str],
    k: int,
    numbers: Array,
    fast: bool = False,
) -> dict[str, "_Top"]:
    """Pass some images up, exactly or fast; return the k strongest of every layer's maps."""
    outputs, shape = Outputs(network, layers, by=Plan if fast else None), images.shape[1:]
    tops = {name: _Top.empty(map_count(network, name, shape), k, network.dtype) for name in layers}
    cuts = shards(np.broadcast_to(images[:1], (len(numbers), *images.shape[1:])))
    work = (images[numbers[cut]] for cut in cuts)
    found = parallel_map(partial(_measure, outputs, by), work)
    for cut, measures in zip(cuts, found, strict=True):
        for name, measured in measures.items():
            tops[name].insert(measured, numbers[cut])
    return tops


class _Measures(NamedTuple):
    """How strongly each of N images excites each of F maps."""

    activations: Array  # (N, F): -inf where the map is silent
    places: Array  # int32 (N, F): of the map's largest activation, row * width + column


def _measure(outputs: Outputs, by: Ranking, images: Array) -> dict[str, _Measures]:
    return {name: _measure_maps(maps, by) for name, maps in outputs(images)}


def _measure_maps(activations: Array, by: Ranking) -> _Measures:
    """Measure the maps (N, OH, OW, F) of a shard of images."""
    count, height, width, maps = activations.shape
    largest = np.empty((count, 1, 1, maps), activations.dtype)
    switches = np.empty(largest.shape, np.int32)
    # One pooling window covers the whole map.
    max_pool(kernel_input(activations), (height, width), (1, 1), (0, 0), largest, switches)
    value = largest if by == "maximum" else activations.mean(axis=(1, 2), keepdims=True)
    must_be_finite(value)  # NaN is not positive, and would count as silent
    return _Measures(np.where(largest > 0, value, -np.inf)[:, 0, 0], switches[:, 0, 0])


class _Top(NamedTuple):
    """The k strongest images so far of F maps, the strongest first."""

    activations: Array  # (F, k): -inf where there is no image
    image_indices: Array  # int (F, k)
    places: Array  # int32 (F, k)
    fired: Array  # int (F,): the number of images so far on which the map fires

    @classmethod
    def empty(cls, maps: int, k: int, dtype: np.dtype[Any]) -> "_Top":
        """Start with no images."""
        nowhere = np.full((maps, k), -1)
        return cls(np.full((maps, k), -np.inf, dtype), nowhere, nowhere.astype(np.int32), np.zeros(maps, int))

    def insert(self, measured: _Measures, numbers: Array) -> None:
        """Insert images with larger numbers than all before."""
        activations, places = map(kernel_input, measured)
        insert(activations, places, kernel_input(numbers), self.activations, self.image_indices, self.places)
        self.fired[...] += (measured.activations > -np.inf).sum(axis=0)

    def count_others(self, candidates: "_Top") -> "_Top | None":
        """Count all firing images; return None if one that is no candidate may be among the strongest.

        None may be if all firing images were candidates of the fast search, or if the weakest candidate
        is weaker than the k-th strongest by more than the search's error.
        """
        weakest, allowed = candidates.activations[:, -1], SEARCH_ERROR * candidates.activations.max(initial=0)
        all_are_candidates = weakest == -np.inf
        if not (all_are_candidates | (weakest + allowed < self.activations[:, -1])).all():
            return None
        return self._replace(fired=np.where(all_are_candidates, self.fired, candidates.fired))

    def finish(self, width: int, count: int) -> Strongest:
        """Return the result, given the maps' width and the number of all images."""
        silent = self.image_indices < 0
        positions = np.stack(np.divmod(self.places, width), axis=-1).astype(np.int64)
        return Strongest(
            self.image_indices,
            np.where(silent[..., np.newaxis], -1, positions),
            np.where(silent, 0, self.activations),
            self.fired / count,
        )
