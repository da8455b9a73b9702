"""The smallest change of an image that changes its class: DeepFool (arXiv:1511.04599)."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import image_batch, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import below_softmax
from npdeconv.anatomy.maps import descent_start
from npdeconv.data import as_input
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards

OVERSHOOT = 0.02  # how much further each step goes than to the border between two classes


@brief
class FlippedImages(NamedTuple):
    """Images, changed as little as possible until a network names another class.

    Attributes
    ----------
    images : (N, H, W, C), from 0 to 1
    labels : int (N,), the most likely class before
    flipped_labels : int (N,), and after
    flipped : bool (N,), whether the two differ
    size : (N,), length of the change, relative to that of the image

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> result = nd.visualize.flip_class(net, images)
    >>> result.images.shape, bool((result.size[result.flipped] > 0).all())
    ((3, 28, 28, 1), True)
    """

    images: Array
    labels: Array
    flipped_labels: Array
    flipped: Array
    size: Array


@finite_answers
def flip_class(
    network: Sequential, images: Array, *, k: int = 9, steps: int = 50, workers: Workers = None
) -> FlippedImages:
    """Change images by gradient steps until the network names another class.

    Each step goes to the nearest border between the present class and another, as if the logits
    were linear, and a little beyond. Pixels stay between 0 and 1.

    Parameters
    ----------
    network : Sequential
        A classifier, with or without a trailing Softmax.
    images : (N, H, W, C)
        uint8 pixels, or floats from 0 to 1.
    k : int
        How many other classes to aim at: the likeliest of each image.
    steps : int
        At most so many.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    FlippedImages

    Raises
    ------
    TypeError, ValueError
        For images that the network can't take, and a network without several classes.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> result = nd.visualize.flip_class(net, images)
    >>> after = nd.inference.predict(net, result.images).argmax(axis=1)
    >>> bool((after == result.flipped_labels).all()), int(result.flipped.sum())
    (True, 3)
    """
    who = "flip_class"
    image_batch(images, who)
    positive_int(steps, who, "steps")
    chain = below_softmax(network)
    answers = chain.output_shape(images.shape[1:])
    if len(answers) != 1 or answers[0] < 2:
        raise ValueError(f"{who}: expected a network with several classes, got outputs of shape {answers}")
    others = min(positive_int(k, who, "k"), answers[0] - 1)
    return map_shards(partial(_flip_shard, chain, others, steps), images, workers=workers)


def _flip_shard(chain: Sequential, others: int, steps: int, images: Array) -> FlippedImages:
    x = as_input(images, chain.dtype)
    logits, tape = chain.forward(x)
    must_be_finite(logits)
    order = np.argsort(-logits, axis=1, kind="stable")
    labels, rivals = order[:, 0], order[:, 1 : 1 + others]
    moved, now, left = x.copy(), labels.copy(), np.arange(len(x))
    for _ in range(steps):
        moved[left] += _step(chain, moved[left], labels[left], rivals[left], logits, tape)
        np.clip(moved, 0, 1, out=moved)
        logits, tape = chain.forward(moved[left])
        now[left] = logits.argmax(axis=1)
        still = now[left] == labels[left]
        left = left[still]
        if not len(left):
            break
        logits, tape = chain.forward(moved[left])
    flat = [array.reshape(len(x), -1).astype(np.float64) for array in (moved - x, x)]
    change, length = (np.linalg.norm(array, axis=1) for array in flat)
    return FlippedImages(moved, labels, now, now != labels, change / np.where(length > 0, length, 1))


def _step(
    chain: Sequential, x: Array, labels: Array, rivals: Array, logits: Array, tape: Mapping[str, Any]
) -> Array:
    """Return the shortest step of each image over the border to one of its rivals."""
    every, shortest, steps = np.arange(len(x)), np.full(len(x), np.inf), np.zeros_like(x)
    for rival in rivals.T:
        start = descent_start(logits, rival, values=1) - descent_start(logits, labels, values=1)
        slope = chain.descend(start, tape, "gradient")
        slope[((x <= 0) & (slope < 0)) | ((x >= 1) & (slope > 0))] = 0  # no pixel may leave its range
        squares = np.square(slope, dtype=np.float64).sum(axis=(1, 2, 3))
        behind = np.maximum(logits[every, labels] - logits[every, rival], 0).astype(np.float64)
        distance = np.where(squares > 0, behind / np.sqrt(np.where(squares > 0, squares, 1)), np.inf)
        nearer = distance < shortest
        scale = (1 + OVERSHOOT) * (behind + 1e-6) / np.where(squares > 0, squares, 1)
        steps[nearer] = (scale[:, np.newaxis, np.newaxis, np.newaxis] * slope)[nearer]
        shortest[nearer] = distance[nearer]
    return steps
