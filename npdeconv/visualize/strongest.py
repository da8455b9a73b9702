"""Which images of a data set excite each feature map most?"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from npdeconv._checks import image_batch, name_list, one_of, positive_int
from npdeconv._types import Array
from npdeconv.data import as_input
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool, shards
from npdeconv.visualize.projection import as_map_shape

Ranking: TypeAlias = Literal["maximum", "mean"]
"""What an image's activation of a map is: the map's largest value, or the mean over the map."""


class Strongest(NamedTuple):
    """The k images that activate each of a layer's F maps most, the strongest first."""

    images: Array  # int (F, k): positions in the data set; -1 where fewer than k images fire
    positions: Array  # int (F, k, 2): row and column of the largest activation; -1 likewise
    activations: Array  # (F, k): the value ranked by; 0 likewise
    firing: Array  # (F,): share of the images on which the map is positive anywhere; 0: dead


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
    head = max((network[:name] for name in layers), key=lambda chain: len(chain.layers))
    tops: dict[str, _Top] = {}
    cuts = shards(images)
    with pool(workers) as parallel_map:
        found = parallel_map(partial(_candidates, head, layers, k, by), [images[cut] for cut in cuts])
        for cut, candidates in zip(cuts, found, strict=True):
            for name, best in candidates.items():
                shifted = best._replace(images=best.images + cut.start)
                tops[name] = _merge(tops[name], shifted, k) if name in tops else shifted
    return {name: _finish(tops[name], k, len(images)) for name in layers}


class _Top(NamedTuple):
    """The strongest images so far; axis 0 counts them (at most k), axis 1 the maps."""

    images: Array
    positions: Array  # (.., 2)
    activations: Array  # -inf where the map is silent
    fired: Array  # (F,): images counted so far


def _candidates(
    head: Sequential, wanted: Sequence[str], k: int, by: Ranking, images: Array
) -> dict[str, _Top]:
    x = as_input(images, head.dtype)
    found = {}
    for name, layer in head.layers.items():
        x = layer(x)
        if name in wanted:
            found[name] = _rank(x.reshape(len(x), *as_map_shape(x.shape[1:])), k, by)
    return found


def _rank(activations: Array, k: int, by: Ranking) -> _Top:
    """Rank a shard's images (N, OH, OW, F) by each of its maps."""
    count, height, width, maps = activations.shape
    flat = activations.reshape(count, height * width, maps)
    largest = flat.max(axis=1)
    value = largest if by == "maximum" else flat.mean(axis=1)
    value = np.where(largest > 0, value, -np.inf)
    order = np.argsort(-value, axis=0, kind="stable")[:k]
    columns = np.arange(maps)
    places = np.divmod(flat[order, :, columns].argmax(axis=-1), width)
    return _Top(order, np.stack(places, axis=-1), value[order, columns], (largest > 0).sum(axis=0))


def _merge(best: _Top, more: _Top, k: int) -> _Top:
    activations = np.concatenate([best.activations, more.activations])
    order = np.argsort(-activations, axis=0, kind="stable")[:k]
    columns = np.arange(activations.shape[1])
    return _Top(
        np.concatenate([best.images, more.images])[order, columns],
        np.concatenate([best.positions, more.positions])[order, columns],
        activations[order, columns],
        best.fired + more.fired,
    )


def _finish(top: _Top, k: int, count: int) -> Strongest:
    """Turn maps to the front, pad to k, and blank out what did not fire."""
    missing = k - len(top.images)
    activations = np.pad(top.activations, ((0, missing), (0, 0)), constant_values=-np.inf).T
    silent = np.isneginf(activations)
    images = np.pad(top.images, ((0, missing), (0, 0))).T
    positions = np.pad(top.positions, ((0, missing), (0, 0), (0, 0))).swapaxes(0, 1)
    return Strongest(
        np.where(silent, -1, images),
        np.where(silent[..., None], -1, positions),
        np.where(silent, 0, activations).astype(top.activations.dtype),
        top.fired / count,
    )
