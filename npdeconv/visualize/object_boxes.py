"""Does a map locate the object? Boxes from maps, and how well they fit the true ones."""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.ndimage import find_objects, label

from npdeconv._checks import check_indices, describe, fraction, image_batch
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import below_softmax
from npdeconv.anatomy.maps import descent_start
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards


@brief
class Saliency(NamedTuple):
    """The size of the gradient of a class's logit at each pixel of N images.

    Attributes
    ----------
    labels : int (N,), the class of each image
    maps : (N, H, W), logits per unit of a pixel's value, not negative

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3)
    >>> nd.visualize.saliency(net, digits.images, labels=digits.labels).maps.shape
    (3, 28, 28)
    """

    labels: Array
    maps: Array


@finite_answers
def saliency(network: Sequential, images: Array, *, labels: Array, workers: Workers = None) -> Saliency:
    """Return the size of the gradient of a class's logit at each pixel.

    Simonyan, Vedaldi & Zisserman, arXiv:1312.6034, section 3.1: the largest over a pixel's channels.

    Parameters
    ----------
    network : Sequential
        A classifier, with or without a trailing Softmax.
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    labels : int (N,)
        The number of a class for each image.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    Saliency

    Raises
    ------
    IndexError
        If the network has no such class.
    TypeError, ValueError
        For images that the network can't take, and labels that are not one integer for each.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3)
    >>> result = nd.visualize.saliency(net, digits.images, labels=digits.labels)
    >>> result.maps.shape, bool((result.maps >= 0).all())
    ((3, 28, 28), True)
    """
    image_batch(images, "saliency")
    chosen = np.asarray(labels)
    if chosen.dtype.kind not in "iu" or chosen.shape != (len(images),):
        raise TypeError(
            f"saliency: expected a class number for each of {len(images)} images, got {describe(labels)}"
        )
    chain = below_softmax(network)
    (count,) = chain.output_shape(images.shape[1:])
    check_indices(chosen, count, "saliency", "there are the classes")
    return Saliency(chosen, map_shards(partial(_saliency_shard, chain), images, chosen, workers=workers))


def _saliency_shard(chain: Sequential, images: Array, labels: Array) -> Array:
    logits, tape = chain.forward(as_input(images, chain.dtype))
    return np.abs(chain.descend(descent_start(logits, labels, values=1), tape, "gradient")).max(axis=3)


def object_boxes(maps: Array, share: float = 0.2) -> Array:
    """Box the largest connected part of each map that is above a share of its maximum.

    Zhou et al., arXiv:1512.04150, section 3.2, with a share of 20 %.

    Parameters
    ----------
    maps : (N, H, W)
    share : float
        At least 0, below 1.

    Returns
    -------
    int (N, 4)
        Top, bottom, left, right; the whole image where a map is nowhere positive.

    Examples
    --------
    >>> maps = np.zeros((1, 6, 6))
    >>> maps[0, 1:4, 2:5], maps[0, 5, 5] = 1, 0.1
    >>> nd.visualize.object_boxes(maps)
    array([[1, 4, 2, 5]])
    """
    _check_maps(maps, "object_boxes")
    fraction(share, "object_boxes", "share")
    whole = (0, maps.shape[1], 0, maps.shape[2])
    found = [_largest_part(scene >= share * scene.max()) if scene.max() > 0 else whole for scene in maps]
    return np.array(found, np.int64).reshape(len(maps), 4)


def _largest_part(inside: Array) -> tuple[int, int, int, int]:
    parts, _ = label(inside)
    largest = np.bincount(parts.ravel())[1:].argmax()
    rows, columns = find_objects(parts)[largest]
    return rows.start, rows.stop, columns.start, columns.stop


def overlap(boxes: Array, others: Array) -> Array:
    """Return the intersection over union of two boxes.

    Parameters
    ----------
    boxes, others : int (N, 4)
        Top, bottom, left, right.

    Returns
    -------
    float (N,)
        1 for equal boxes, 0 for disjoint ones, and for boxes without pixels.

    Examples
    --------
    >>> nd.visualize.overlap(np.array([[0, 2, 0, 2]]), np.array([[0, 2, 1, 3]])).round(3).tolist()
    [0.333]
    """
    ends = np.minimum(boxes[:, 1::2], others[:, 1::2])
    starts = np.maximum(boxes[:, ::2], others[:, ::2])
    shared = np.maximum(ends - starts, 0).prod(axis=1)
    return shared / np.maximum(_area(boxes) + _area(others) - shared, 1)


def _area(boxes: Array) -> Array:
    return (boxes[:, 1::2] - boxes[:, ::2]).prod(axis=1)


def box_coverage(boxes: Array, masks: Array) -> Array:
    """Return the share of each object's pixels that a box covers.

    Beside the same share of the object's most telling part, it shows whether a map of relevance ends there.

    Parameters
    ----------
    boxes : int (N, 4)
        Top, bottom, left, right.
    masks : bool (N, H, W)
        The pixels of each object, or of a part of it.

    Returns
    -------
    float64 (N,)
        From 0 to 1; 1 for an object without pixels.

    Examples
    --------
    >>> mask = np.zeros((1, 4, 4), bool)
    >>> mask[0, 1, :] = True
    >>> nd.visualize.box_coverage(np.array([[0, 2, 0, 3]]), mask)
    array([0.75])
    """
    pairs = zip(masks, np.asarray(boxes), strict=True)
    inside = np.array([mask[top:bottom, left:right].sum() for mask, (top, bottom, left, right) in pairs])
    whole = masks.sum(axis=(1, 2))
    return np.where(whole > 0, inside, 1) / np.maximum(whole, 1)


def energy_inside(maps: Array, boxes: Array) -> Array:
    """Return the share of each map's energy, the sum of its squared positive values, in a box.

    Parameters
    ----------
    maps : (N, H, W)
    boxes : int (N, 4)
        Top, bottom, left, right.

    Returns
    -------
    float64 (N,)
        From 0 to 1; where a map is nowhere positive, the box's share of the image.

    Examples
    --------
    >>> maps = np.zeros((1, 4, 4))
    >>> maps[0, 0, 0], maps[0, 3, 3] = 3, 1
    >>> nd.visualize.energy_inside(maps, np.array([[0, 2, 0, 2]]))  # 9 of 10
    array([0.9])
    """
    _check_maps(maps, "energy_inside")
    energy = np.square(np.maximum(maps, 0), dtype=np.float64)
    silent = ~energy.any(axis=(1, 2))
    energy[silent] = 1
    pairs = zip(energy, np.asarray(boxes), strict=True)
    inside = [scene[top:bottom, left:right].sum() for scene, (top, bottom, left, right) in pairs]
    return np.array(inside) / energy.sum(axis=(1, 2))


def _check_maps(maps: Array, who: str) -> None:
    if not isinstance(maps, np.ndarray) or maps.ndim != 3:
        raise TypeError(f"{who}: expected maps of shape (N, H, W), got {describe(maps)}")
