"""Does a map of relevance know which pixels matter? Insertion and deletion, arXiv:1806.07421 (RISE)."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from npdeconv._checks import describe, not_negative, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool, slices
from npdeconv.visualize.asked import SHARD, Asked, checked_relevance, importance

KERNEL, SIGMA = 11, 5.0


@brief
class InsertionDeletion(NamedTuple):
    """What becomes of N images' classes, or units, as their pixels come and go by falling relevance.

    Attributes
    ----------
    changed : float (S + 1,), share of the pixels that were inserted or deleted, from 0 to 1
    insertion : float64 (N, S + 1), from the blurred image to the image
    deletion : float64 (N, S + 1), from the image to the blank one
    insertion_area : float64 (N,), under the curve, by trapezoids; large for a good map
    deletion_area : float64 (N,), small for a good map

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> maps = nd.visualize.saliency(net, digits.images, labels=digits.labels).maps
    >>> result = nd.visualize.insertion_deletion(net, digits.images, "logits", digits.labels, maps=maps)
    >>> result.insertion.shape, result.deletion_area.shape
    ((2, 29), (2,))
    """

    changed: Array
    insertion: Array
    deletion: Array
    insertion_area: Array
    deletion_area: Array


@finite_answers
def insertion_deletion(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    maps: Array,
    step: int | None = None,
    blank: float | Sequence[float] | Array = 0.0,
    kernel: int = KERNEL,
    sigma: float = SIGMA,
    workers: Workers = None,
) -> InsertionDeletion:
    """Insert and delete each image's pixels by falling relevance, and follow its class or unit.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer : str
        That of the logits for classes, whose probabilities are followed; of a map in another layer, the
        unit that is strongest in the image, as a share of its activation there.
    feature_map : int or sequence of N ints
        The class or map; the same for all images, or one for each.
    maps : (N, H, W) or (N, H, W, C)
        The relevance of each pixel. Where there are channels, as in projections, pixels are ranked by
        their energy: the sum of squares over the channels. Of equally relevant pixels, the upper ones
        come first, then the left ones.
    step : int, optional
        Pixels that change at once; one row's worth unless given.
    blank : float or sequence of C floats
        What a deleted pixel shows: the value that is 0 for the network's first layer, see `blank_pixel`.
    kernel, sigma : int, float
        Side, in pixels, and standard deviation of the Gaussian that blurs the image where insertion begins;
        around the image, everything is blank.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    InsertionDeletion

    Raises
    ------
    KeyError, IndexError
        If there is no such layer or map.
    TypeError, ValueError
        For images and maps that do not fit, settings out of range, and a unit that is silent on its image.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> found = nd.visualize.project(net, digits.images, "relu4", 7)
    >>> result = nd.visualize.insertion_deletion(net, digits.images, "relu4", 7, maps=found.pixels)
    >>> result.insertion[:, -1].round(3).tolist(), result.deletion[:, 0].round(3).tolist()
    ([1.0, 1.0], [1.0, 1.0])
    """
    asked = Asked(network, images, layer, feature_map, who="insertion_deletion")
    x = asked.images
    height, width, channels = x.shape[1:]
    ranks = _ranks(importance(checked_relevance(maps, images, "insertion_deletion")))
    step = width if step is None else positive_int(step, "insertion_deletion", "step")
    counts = np.append(np.arange(0, height * width, step), height * width)
    nothing = np.broadcast_to(checked_blank(blank, channels, "insertion_deletion"), x.shape[1:]).astype(
        x.dtype
    )
    blurred = _blur(x, nothing, kernel, sigma)
    tasks = [(n, cut) for n in range(len(x)) for cut in slices(len(counts), SHARD)]
    with pool(workers) as parallel_map:
        task = partial(_change, asked, ranks, counts, blurred, nothing)
        found = np.concatenate([*parallel_map(task, tasks), np.empty((2, 0))], axis=1)
    insertion, deletion = found.reshape(2, len(x), len(counts))
    changed = counts / (height * width)
    return InsertionDeletion(
        changed, insertion, deletion, *(_area(curves, changed) for curves in (insertion, deletion))
    )


def _change(
    asked: Asked, ranks: Array, counts: Array, blurred: Array, nothing: Array, place: tuple[int, slice]
) -> Array:
    """Return the answers (2, M) for an image with some numbers of pixels inserted, and deleted."""
    n, cut = place
    image = asked.images[n]
    first = (ranks[n] < counts[cut, np.newaxis, np.newaxis])[..., np.newaxis]
    inserted, deleted = np.where(first, image, blurred[n]), np.where(first, nothing, image)
    return np.stack([asked.share(inserted, n), asked.share(deleted, n)])


def _ranks(values: Array) -> Array:
    """Return the place of each pixel by falling relevance (N, H, W), from 0; equal ones in reading order."""
    flat = values.reshape(len(values), values.shape[1] * values.shape[2])
    order = np.argsort(-flat.astype(np.float64), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(flat.shape[1]), flat.shape), axis=1)
    return ranks.reshape(values.shape)


def _blur(x: Array, nothing: Array, kernel: int, sigma: float) -> Array:
    side = positive_int(kernel, "insertion_deletion", "kernel")
    if side % 2 == 0:
        raise ValueError(f"insertion_deletion: kernel must be odd, got {side}")
    width = not_negative(sigma, "insertion_deletion", "sigma")
    if not width:
        return x
    # `truncate` rather than `radius`, which not every version of SciPy takes.
    cut = (side // 2) / width
    blurred = gaussian_filter(x - nothing, (0, width, width, 0), mode="constant", truncate=cut)
    return np.asarray(blurred + nothing, x.dtype)


def _area(curves: Array, changed: Array) -> Array:
    """Return the area under each curve, by trapezoids."""
    return ((curves[:, 1:] + curves[:, :-1]) / 2 * np.diff(changed)).sum(axis=1)


def checked_blank(blank: float | Sequence[float] | Array, channels: int, who: str) -> Array:
    """Return the blank pixel, float (C,)."""
    values = np.asarray(blank)
    if values.dtype.kind not in "fiu" or values.shape not in ((), (1,), (channels,)):
        raise TypeError(
            f"{who}: blank must be a number, or one for each of {channels} channels, got {describe(blank)}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{who}: blank must be finite, got {describe(blank)}")
    return np.broadcast_to(values.astype(np.float64), channels)
