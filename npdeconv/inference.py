"""The predictions of a network, and how well they match a data set."""

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe, image_batch
from npdeconv._types import Array
from npdeconv.anatomy.roles import answer_shape, answers, below_softmax
from npdeconv.data import Dataset, as_input, class_number
from npdeconv.fast import Plan
from npdeconv.finite import finite_predictions
from npdeconv.layers import Sequential
from npdeconv.layers.softmax import softmax
from npdeconv.losses import softmax_cross_entropy
from npdeconv.parallel import Workers, each_shard, pool, shards

SHARD_PIXELS = 16 * 230**2  # 16 images of ImageNet: more than in training, since no activations are kept


class Evaluation(NamedTuple):
    """How well a network does on a data set.

    Attributes
    ----------
    accuracy : float
    loss : float, mean cross-entropy, in nats

    Examples
    --------
    >>> nd.inference.Evaluation(accuracy=0.5, loss=0.25)
    Evaluation(accuracy=0.5, loss=0.25)
    """

    accuracy: float
    loss: float


@finite_predictions
def predict(network: Sequential, images: Array, *, workers: Workers = None) -> Array:
    """Return the class probabilities of images.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats preprocessed for the network.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    (N, classes)
        Within about 1e-5 of the layer-by-layer result in float32; see `npdeconv.fast`.
        For a network of one output and a `Sigmoid`, the probabilities of no and of yes. For one of several,
        its outputs: probabilities that do not add up to 1.

    Raises
    ------
    TypeError, ValueError
        For images that the network can't take.
    ValueError
        For a network of one output without `Sigmoid`: the softmax of one number is always 1.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> probabilities = nd.inference.predict(net, nd.data.load_strokes(3).images)
    >>> probabilities.shape, probabilities.sum(axis=1).round(3).tolist()
    ((3, 10), [1.0, 1.0, 1.0])
    """
    image_batch(images, "predict")
    if not len(images):
        return np.empty((0, *answer_shape(network, images.shape[1:])), network.dtype)
    parts = class_logits(network, images, workers=workers)
    if answers(network) == "independent":
        return np.concatenate(list(parts))
    return np.concatenate([softmax(_check_several(logits, network)) for logits in parts])


@finite_predictions
def evaluate(network: Sequential, dataset: Dataset, *, workers: Workers = None) -> Evaluation:
    """Return accuracy and mean cross-entropy (in nats) on a data set.

    Raises
    ------
    TypeError
        If `dataset` is no Dataset.
    ValueError
        If the data set is empty, has no labels, or does not fit the network (see `match`), or if the
        network has one output.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> accuracy, loss = nd.inference.evaluate(net, nd.data.load_strokes(50))
    >>> accuracy < 0.5  # not trained yet
    True
    """
    dataset = match(network, dataset)
    truth = dataset.labels_for("evaluate")
    correct, loss = 0, 0.0
    cuts = shards(dataset.images, SHARD_PIXELS)
    for cut, logits in zip(cuts, class_logits(network, dataset.images, workers=workers), strict=True):
        labels = truth[cut]
        _check_several(logits, network)
        correct += int((logits.argmax(axis=1) == labels).sum())
        with _overflow_ignored():
            loss += softmax_cross_entropy(logits, labels)[0] * len(labels)
    return Evaluation(correct / len(dataset), loss / len(dataset))


def class_logits(network: Sequential, images: Array, *, workers: Workers = None) -> Iterator[Array]:
    """Yield the logits (n, classes) of each shard of images.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> [logits.shape for logits in nd.inference.class_logits(net, nd.data.load_strokes(3).images)]
    [(3, 10)]
    """
    chain, cuts = below_softmax(network), shards(images, SHARD_PIXELS)
    if len(cuts) == 1:  # the workers share the pass itself
        with pool(None if isinstance(workers, Executor) else workers) as parallel_map:
            yield _shard_logits(Plan(chain, parallel_map), chain.dtype, images)
        return
    ask = partial(_shard_logits, Plan(chain), chain.dtype)
    yield from (logits for _, logits in each_shard(ask, images, cuts=cuts, workers=workers))


def _shard_logits(plan: Plan, dtype: np.dtype[Any], images: Array) -> Array:
    with _overflow_ignored():
        return plan(as_input(images, dtype))


def _overflow_ignored() -> np.errstate:
    """Silence NumPy's warnings of overflow: `finite_predictions` reports a diverged network once."""
    return np.errstate(over="ignore", invalid="ignore")


def _check_several(logits: Array, network: Sequential) -> Array:
    """Return logits (n, classes) after checking that there are several classes."""
    if logits.shape[1:] == (1,):
        raise ValueError(
            f"{network.name}: expected several outputs, one per class, or a Sigmoid at the end,"
            f" got one output without a Sigmoid"
        )
    return logits


def class_names(network: Sequential, outputs: int) -> tuple[str, ...]:
    """Return the names of a network's classes, or their numbers where it has no names.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> nd.inference.class_names(net, 10)
    ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
    """
    return network.classes or tuple(map(str, range(outputs)))


def as_class(network: Sequential, outputs: int, label: Any, who: str) -> Any:
    """Return the number of a class that is given by name; any other value is returned unchanged.

    Raises
    ------
    KeyError
        If there is no class of this name.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> nd.inference.as_class(net, 10, "7", "example")
    7
    """
    return class_number(label, class_names(network, outputs), who) if isinstance(label, str) else label


def match(network: Sequential, dataset: Dataset) -> Dataset:
    """Return a data set whose labels are a network's outputs, after checking that the two fit.

    If the network has names of classes, the data set's classes are matched by name: their order may
    differ, and some may be missing. Otherwise they are matched by number. Images without labels
    get the network's names of classes, or numbers.

    Raises
    ------
    TypeError
        If `dataset` is no Dataset.
    ValueError
        If the data set is empty, its images or classes do not fit the network, or the network ends
        in a `Sigmoid` of several outputs.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> digits = nd.data.load_strokes(4)
    >>> nd.inference.match(net, digits)
    <Dataset 'strokes': 4 images of 28x28x1 in 10 classes>
    """
    if not isinstance(dataset, Dataset):
        raise TypeError(f"{network.name}: expected a Dataset to train on or look at, got {describe(dataset)}")
    name, shape = network.name, dataset.images.shape[1:]
    if not len(dataset):
        raise ValueError(f"{name}: expected images to train on or look at, {dataset.name} has none")
    if network.input_shape is not None and network.input_shape != shape:
        raise ValueError(
            f"{name}: expected images of shape {network.input_shape}, {dataset.name} has {shape}"
        )
    if answers(network) == "independent":
        raise ValueError(
            f"{name}: expected a network that ends in the logits of its classes, or in their Softmax,"
            f" got one that ends in a Sigmoid of several outputs"
        )
    outputs = answer_shape(network, shape)
    if len(outputs) != 1:
        raise ValueError(f"{name}: expected a network with classes, got outputs of shape {outputs}")
    if network.classes is not None:
        dataset = dataset.relabeled(network.classes, name)
    elif dataset.labels is None and not dataset.classes:
        dataset = dataset.relabeled(class_names(network, outputs[0]), name)
    if outputs != (len(dataset.classes),):
        raise ValueError(
            f"{name}: expected {len(dataset.classes)} outputs, one per class of {dataset.name},"
            f" got outputs of shape {outputs}"
        )
    return dataset
