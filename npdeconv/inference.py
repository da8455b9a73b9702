"""What a network says about images."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe, image_batch
from npdeconv._types import Array
from npdeconv.data import Dataset, as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential, Softmax
from npdeconv.layers.softmax import softmax
from npdeconv.losses import softmax_cross_entropy
from npdeconv.parallel import Workers, pool, shards, undivided
from npdeconv.plan import Plan

SHARD_PIXELS = 16 * 230**2  # 16 of ImageNet's: more than in training, since no activations are kept


class Evaluation(NamedTuple):
    """How well a network does on a data set."""

    accuracy: float
    loss: float  # mean cross-entropy, in nats


@finite_answers
def predict(network: Sequential, images: Array, workers: Workers = None) -> Array:
    """Return the class probabilities of images.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    (N, classes)

    Raises
    ------
    TypeError, ValueError
        For images that the network can't take.
    """
    image_batch(images, "predict")
    chain = below_softmax(network)
    if not len(images):
        return np.empty((0, *chain.output_shape(images.shape[1:])), chain.dtype)
    return np.concatenate([softmax(logits) for logits in class_logits(chain, images, workers)])


@finite_answers
def evaluate(network: Sequential, dataset: Dataset, workers: Workers = None) -> Evaluation:
    """Return accuracy and mean cross-entropy (in nats) on a data set.

    Raises
    ------
    TypeError
        If it is no data set.
    ValueError
        If the data set is empty, or does not fit the network.
    """
    check_fits(network, dataset)
    chain = below_softmax(network)
    correct, loss = 0, 0.0
    cuts = shards(dataset.images, SHARD_PIXELS)
    for cut, logits in zip(cuts, class_logits(chain, dataset.images, workers), strict=True):
        labels = dataset.labels[cut]
        correct += int((logits.argmax(axis=1) == labels).sum())
        with _unwarned():
            loss += softmax_cross_entropy(logits, labels)[0] * len(labels)
    return Evaluation(correct / len(dataset), loss / len(dataset))


def class_logits(chain: Sequential, images: Array, workers: Workers = None) -> Iterator[Array]:
    """Yield the logits (n, classes) of one shard of images after another."""
    ask, cuts = partial(_shard_logits, Plan(chain), chain.dtype), shards(images, SHARD_PIXELS)
    if len(cuts) == 1:
        with undivided(workers):
            yield ask(images)
        return
    with pool(workers) as parallel_map:
        yield from parallel_map(ask, [images[cut] for cut in cuts])


def _shard_logits(plan: Plan, dtype: np.dtype[Any], images: Array) -> Array:
    with _unwarned():
        return plan(as_input(images, dtype))


def _unwarned() -> np.errstate:
    """A diverged network overflows; the result says so, once, instead of a warning per operation."""
    return np.errstate(over="ignore", invalid="ignore")


def below_softmax(network: Sequential) -> Sequential:
    """Return the chain that ends in the logits."""
    *names, last = network.layers
    return network[: names[-1]] if names and isinstance(network.layers[last], Softmax) else network


def check_fits(network: Sequential, dataset: Dataset) -> None:
    """Check that a network takes a data set's images and has an output for each class."""
    if not isinstance(dataset, Dataset):
        raise TypeError(f"{network.name}: expected a Dataset to train on or look at, got {describe(dataset)}")
    name, shape = network.name, dataset.images.shape[1:]
    if not len(dataset):
        raise ValueError(f"{name}: expected images to train on or look at, {dataset.name} has none")
    if network.input_shape is not None and network.input_shape != shape:
        raise ValueError(
            f"{name}: expected images of shape {network.input_shape}, {dataset.name} has {shape}"
        )
    outputs = network.output_shape(shape)
    if outputs != (len(dataset.classes),):
        raise ValueError(
            f"{name}: expected {len(dataset.classes)} outputs, one per class of {dataset.name},"
            f" got outputs of shape {outputs}"
        )
