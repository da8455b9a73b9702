"""Which classes does a network confuse, and what misled it?"""

from functools import partial
from typing import NamedTuple

import numpy as np

from npdeconv._checks import positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import below_softmax
from npdeconv.anatomy.maps import descent_start
from npdeconv.data import Dataset, as_input
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.inference import class_logits, match
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, map_shards


@brief
class Mistakes(NamedTuple):
    """The most confident wrong answers, the most confident first; K = k, or as many as there are.

    Attributes
    ----------
    image_indices : int (K,)
    truth : int (K,), the labels
    predicted : int (K,), the most probable classes
    probability : float64 (K,), of `predicted`
    truth_probability : float64 (K,), of `truth`
    misled_by : (K, H, W, C), projection of the evidence for `predicted`, signed and unscaled
    spoke_for_truth : (K, H, W, C), projection of the evidence for `truth`
    confusion : int (classes, classes), of the whole data set, see `confusion`

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(40)
    >>> wrong = nd.visualize.find_mistakes(net, digits, k=2)
    >>> wrong.image_indices.shape, wrong.misled_by.shape, bool((wrong.truth != wrong.predicted).all())
    ((2,), (2, 28, 28, 1), True)
    """

    image_indices: Array
    truth: Array
    predicted: Array
    probability: Array
    truth_probability: Array
    misled_by: Array
    spoke_for_truth: Array
    confusion: Array


@finite_answers
def confusion(network: Sequential, dataset: Dataset, *, workers: Workers = None) -> Array:
    """Count how often each class was predicted for images of each class.

    Parameters
    ----------
    network : Sequential
        A classifier, with or without a trailing Softmax.
    dataset : Dataset
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    int array (classes, classes)
        Rows are true classes, columns predicted ones; the diagonal counts the right predictions.

    Raises
    ------
    TypeError
        If it is no data set.
    ValueError
        If the data set is empty, has no labels, or does not fit the network.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(40)
    >>> counts = nd.visualize.confusion(net, digits)
    >>> counts.shape, int(counts.sum())
    ((10, 10), 40)
    """
    dataset = match(network, dataset)
    truth = dataset.labels_for("confusion")
    answers = _logits(network, dataset, workers).argmax(axis=1)
    return _count(truth, answers, dataset)


@finite_answers
def find_mistakes(network: Sequential, dataset: Dataset, *, k: int = 8, workers: Workers = None) -> Mistakes:
    """Find a network's most confident mistakes, and project what misled it.

    Confidence is the probability of the wrong class. Equally confident ones keep the order of the images.

    Parameters
    ----------
    network : Sequential
        A classifier, with or without a trailing Softmax.
    dataset : Dataset
    k : int
        The most mistakes to return.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    Mistakes
        Empty, with K = 0, if there are none.

    Raises
    ------
    TypeError
        If it is no data set.
    ValueError
        If the data set is empty, has no labels, or does not fit the network.

    Notes
    -----
    Projections start at a class's logit, below the Softmax. Softmax does not depend on a constant
    added to all logits, so the most probable class may have a negative logit. The projection therefore
    starts from the logit's excess over the smallest one. Where the logit is positive, the result is
    that of `project` times a factor.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(40)
    >>> wrong = nd.visualize.find_mistakes(net, digits, k=3)
    >>> bool((wrong.probability >= wrong.truth_probability).all())
    True
    """
    positive_int(k, "find_mistakes", "k")
    dataset = match(network, dataset)
    labels = dataset.labels_for("find_mistakes")
    logits = _logits(network, dataset, workers)
    answers = logits.argmax(axis=1)
    against = _odds_against(logits, answers)
    wrong = np.flatnonzero(answers != labels)
    chosen = wrong[np.argsort(against[wrong], kind="stable")[:k]]
    truth, predicted = labels[chosen], answers[chosen]
    classes, task = np.stack([predicted, truth], axis=1), partial(_project_classes, below_softmax(network))
    pixels = map_shards(task, dataset.images[chosen], classes, workers=workers)
    return Mistakes(
        image_indices=chosen,
        truth=truth,
        predicted=predicted,
        probability=1 / (1 + against[chosen]),
        truth_probability=1 / (1 + _odds_against(logits[chosen], truth)),
        misled_by=pixels[:, 0],
        spoke_for_truth=pixels[:, 1],
        confusion=_count(labels, answers, dataset),
    )


def _logits(network: Sequential, dataset: Dataset, workers: Workers) -> Array:
    logits = np.concatenate(list(class_logits(network, dataset.images, workers=workers)))
    must_be_finite(logits)  # argmax would take a NaN for the largest
    return logits


def _odds_against(logits: Array, labels: Array) -> Array:
    """Return the odds against one class of each row: 1 / p - 1, float64.

    The probabilities of confident networks round to 1, which loses their order; odds keep it.
    """
    of_class = np.take_along_axis(logits, labels[:, np.newaxis], axis=1)
    with np.errstate(over="ignore", invalid="ignore"):  # infinite odds are a probability of 0
        ratios = np.exp(logits.astype(np.float64) - of_class)
    np.put_along_axis(ratios, labels[:, np.newaxis], 0, axis=1)
    return ratios.sum(axis=1)


def _project_classes(chain: Sequential, images: Array, labels: Array) -> Array:
    """Project some classes (K, P) of each image (K, H, W, C); return pixels (K, P, H, W, C)."""
    logits, tape = chain.forward(as_input(images, chain.dtype))
    excess = logits - logits.min(axis=1, keepdims=True)
    starts = (descent_start(excess, chosen) for chosen in labels.T)
    return np.stack([chain.deconv(start, tape) for start in starts], axis=1)


def _count(truth: Array, predicted: Array, dataset: Dataset) -> Array:
    counts = np.zeros((len(dataset.classes),) * 2, np.int64)
    np.add.at(counts, (truth, predicted), 1)
    return counts
