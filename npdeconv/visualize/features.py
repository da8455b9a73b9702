"""A layer's output for each image, as one vector of features."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from npdeconv._checks import describe, image_batch, name_list, positive_int
from npdeconv._types import Array, Shape
from npdeconv.anatomy import Outputs
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, each_shard, shards

LARGEST = 4 * 2**30  # bytes of the features of all images and layers together


@finite_answers
def layer_features(
    network: Sequential,
    images: Array,
    layers: Sequence[str],
    *,
    limit: int | None = None,
    workers: Workers = None,
) -> dict[str, Array]:
    """Compute the features of images in some layers, in one pass.

    Apart from the result, memory does not depend on the number of images.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layers : sequence of str
        Names of layers of any kind.
    limit : int, optional
        The most features per layer, but at least one of each map: maps are averaged over a grid, see
        `average_maps`.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    dict of layer to (N, D)

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take, no images, no layers or a single name for them, and
        for features that would take more than 4 GiB.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(4).images
    >>> features = nd.visualize.layer_features(net, images, ["relu4", "relu_dense1"], limit=1000)
    >>> {layer: array.shape for layer, array in features.items()}
    {'relu4': (4, 576), 'relu_dense1': (4, 64)}
    """
    who = "layer_features"
    image_batch(images, who)
    names = name_list(layers, who, "layers")
    if not len(images) or not names:
        raise ValueError(f"{who}: expected at least one image and one layer")
    if limit is not None:
        positive_int(limit, who, "limit")
    task = partial(_shard_features, Outputs(network, names), limit)
    widths = {name: part.shape[1] for name, part in task(images[:1]).items()}
    size = len(images) * sum(widths.values()) * network.dtype.itemsize
    if size > LARGEST:
        raise ValueError(
            f"{who}: expected at most {LARGEST / 1e9:.1f} GB, got {size / 1e9:.1f} GB for"
            f" {len(images)} images in {', '.join(names)}; set a limit"
        )
    found = {name: np.empty((len(images), width), network.dtype) for name, width in widths.items()}
    for cut, part in each_shard(task, images, workers=workers):
        for name, rows in part.items():
            found[name][cut] = rows
    return {name: found[name] for name in names}


def pixel_features(images: Array, *, limit: int | None = None) -> Array:
    """Return the pixels of images as features (N, D), for comparison; see `layer_features`.

    Examples
    --------
    >>> images = np.zeros((2, 28, 28, 1), np.uint8)
    >>> nd.visualize.pixel_features(images).shape, nd.visualize.pixel_features(images, limit=100).shape
    ((2, 784), (2, 100))
    """
    image_batch(images, "pixel_features")
    if not len(images):
        raise ValueError("pixel_features: expected at least one image")
    return np.concatenate([average_maps(as_input(images[cut]), limit) for cut in shards(images)])


def average_maps(maps: Array, limit: int | None = None) -> Array:
    """Read maps as vectors, averaged over the finest grid that gives at most `limit` numbers.

    Parameters
    ----------
    maps : (N, H, W, F)
    limit : int, optional

    Returns
    -------
    (N, D)
        In the order rows, columns, maps. D exceeds `limit` only if F does.

    Examples
    --------
    >>> maps = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> nd.visualize.average_maps(maps, limit=4)
    array([[0. , 1.5, 4.5, 6. ]])
    """
    height, width = maps.shape[1:3]
    rows, columns = _grid(maps.shape[1:], limit)
    means = maps
    for axis, length, cells in ((1, height, rows), (2, width, columns)):
        if cells == length:
            continue
        starts = np.arange(cells) * length // cells
        counts = np.diff(starts, append=length).astype(maps.dtype)
        means = np.add.reduceat(means, starts, axis=axis) / counts.reshape(-1, *(1,) * (3 - axis))
    return means.reshape(len(maps), -1)


def _grid(shape: Shape, limit: int | None) -> tuple[int, int]:
    """Return how many rows and columns of cells a map is averaged over."""
    height, width, maps = shape
    if limit is None:
        return height, width
    sizes = range(max(height, width), 1, -1)
    fitting = (g for g in sizes if min(g, height) * min(g, width) * maps <= limit)
    side = next(fitting, 1)
    return min(side, height), min(side, width)


def _shard_features(outputs: Outputs, limit: int | None, images: Array) -> dict[str, Array]:
    return {name: average_maps(maps, limit) for name, maps in outputs(images)}


def as_rows(array: Array, who: str) -> Array:
    """Read an array (N, ...) as N vectors of finite numbers (N, D)."""
    if not isinstance(array, np.ndarray) or array.ndim < 2 or array.dtype.kind not in "uif":
        raise TypeError(f"{who}: expected numbers of shape (N, D) or (N, H, W, C), got {describe(array)}")
    if not array.size:
        raise ValueError(f"{who}: expected at least one vector of features, got {describe(array)}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{who}: expected finite features, got NaN or infinity")
    return array.reshape(len(array), -1)
