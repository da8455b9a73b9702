"""Does a network draw a class better after it has seen more images of it?

A student project reconstructed a class, trained on new images of it, reconstructed it again, and
measured by SIFT and Harris' corners whether the reconstructions came closer to the images. It had no
control. Here a second class that is not trained is reconstructed, too, and some images of the first
class are held out.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from npdeconv._checks import describe, image_batch, not_negative, positive_int
from npdeconv._progress import progress_bar
from npdeconv._types import Array, Generator
from npdeconv.anatomy.roles import logits_layer
from npdeconv.data import Dataset
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.experiments.retraining_result import Retraining
from npdeconv.experiments.sampling import seed_list
from npdeconv.experiments.similarity import (
    corner_agreement,
    count_words,
    find_corners,
    learn_words,
    sift_descriptors,
)
from npdeconv.inference import as_class, class_names, predict
from npdeconv.layers import Sequential
from npdeconv.optimizers import SGD
from npdeconv.parallel import Workers
from npdeconv.training import fit
from npdeconv.visualize import maximize_activation
from npdeconv.visualize.scikit_image import check_scikit_image

WORDS = 64
MOMENTUM, BATCH = 0.9, 4
HALF, TRAINING, START, NOISE = range(4)  # what a seed is used for, each with randomness of its own


def retraining(
    network: Sequential,
    images: Array,
    *,
    label: int | str,
    control_images: Array,
    control_label: int | str,
    seeds: Sequence[int] = range(5),
    epochs: int = 3,
    learning_rate: float = 1e-4,
    steps: int = 100,
    vocabulary: int = WORDS,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Retraining:
    """Reconstruct a class before and after training on more images of it, and a class that is not trained.

    Each repetition draws half of the images to train on, trains a copy of the network, and reconstructs
    both classes before and after from the same noise, so that only the weights differ.

    Parameters
    ----------
    network : Sequential
        Takes pixels and ends in classes; it is not changed.
    images : uint8 (N, H, W, C)
        Images of the class to retrain, at least two, unseen by the network.
    label : int or str
        The class to retrain, by number or name.
    control_images : uint8 (M, H, W, C)
        Images of a class that is not trained.
    control_label : int or str
        The class that is not trained.
    seeds : sequence of int
        One for each repetition, for its training images, their order, and the noise that
        reconstructions start from. At least two, for the intervals.
    epochs, learning_rate : int, float
        Of the training, by stochastic gradient descent in batches of 4 with a momentum of 0.9.
    steps : int
        Of the reconstruction.
    vocabulary : int
        Number of visual words, which are learned from all images but no reconstructions.
    folder : str or Path, optional
        Where each finished repetition is kept as a file, and found again.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    Retraining

    Raises
    ------
    ImportError
        If scikit-image is missing.
    KeyError
        If the network knows no class of that name.
    TypeError, ValueError
        For images that do not fit, and settings out of range.
    FloatingPointError
        If the training diverges.

    Notes
    -----
    A class is reconstructed by `npdeconv.visualize.maximize_activation` of its logit, from noise, so
    similarity can come only from the weights. A deconvnet's projection would start from an image, and
    its switches would draw that image's edges whatever the weights.

    Examples
    --------
    >>> net = nd.experiments.small_network((40, 40, 1), 10, np.random.default_rng(0))
    >>> images = nd.data.plant(nd.data.load_strokes(6)).dataset.images
    >>> few = {"control_label": 8, "seeds": [0, 1], "epochs": 1, "steps": 2, "vocabulary": 4}
    >>> result = nd.experiments.retraining(net, images[:3], label=3, control_images=images[3:], **few)
    >>> result.reconstructions.shape, result.words.shape
    ((2, 2, 2, 40, 40, 1), (2, 2, 2, 6))
    """
    check_scikit_image()
    shape = _check_images(network, images, control_images)
    labels = _check_classes(network, shape, label, control_label)
    drawn_by = seed_list(seeds, "retraining")
    count = len(drawn_by)
    if count < 2:
        raise ValueError(f"retraining: expected at least two seeds, got {count}")
    positive_int(steps, "retraining", "steps")
    not_negative(learning_rate, "retraining", "learning_rate")
    every = np.concatenate([images, control_images])
    score = _Scorer(every, positive_int(vocabulary, "retraining", "vocabulary"))
    trained = np.zeros((count, len(every)), bool)

    def repeat(seed: int, half: Array) -> dict[str, Array]:
        dataset, rng = (
            _as_dataset(images[half], int(labels[0]), network),
            np.random.default_rng([TRAINING, seed]),
        )
        states = _states(network, dataset, epochs, learning_rate, rng, workers)
        found = [_reconstruct(state, labels, every, steps, seed, workers) for state in states]
        return {key: np.stack([phase[key] for phase in found]) for key in shapes}

    shapes = {"drawn": (2, 2, *shape), "activation": (2, 2), "probability": (2, 2, len(every))}
    made = fingerprint(network, every, len(images), labels, epochs, learning_rate, steps)
    found = []
    bar = progress_bar(drawn_by.tolist(), unit="repetition", shown=progress)
    for repetition, seed in enumerate(bar):
        half = np.random.default_rng([HALF, seed]).permutation(len(images))[: len(images) // 2]
        trained[repetition, half] = True
        found.append(kept(folder, f"{made}_seed{seed}", shapes, partial(repeat, seed, np.sort(half))))
    drawn, activation, probability = (np.stack([one[key] for one in found], axis=2) for key in shapes)
    pictures = drawn.reshape(-1, *shape)
    scores = np.array([score(picture) for picture in pictures])
    bags = np.array([score.bag(picture) for picture in pictures])
    known = _score_known(score, images, trained, drawn_by)
    by_words, by_corners = scores.reshape(2, 2, count, 2, len(every)).transpose(3, 0, 1, 2, 4)
    return Retraining(
        drawn_by,
        labels,
        every,
        trained,
        drawn,
        activation,
        probability,
        by_words,
        by_corners,
        known,
        len(control_images),
        score.bags,
        bags.reshape(2, 2, count, -1),
    )


def _states(
    network: Sequential, dataset: Dataset, epochs: int, learning_rate: float, rng: Generator, workers: Workers
) -> Iterator[Sequential]:
    """Yield the network unchanged, then a trained copy."""
    yield network
    student = copy.deepcopy(network)
    optimizer = SGD(learning_rate, momentum=MOMENTUM)
    fit(student, dataset, optimizer, epochs=epochs, batch_size=BATCH, rng=rng, workers=workers)
    yield student


def _reconstruct(
    state: Sequential, labels: Array, every: Array, steps: int, seed: int, workers: Workers
) -> dict[str, Array]:
    """Draw both classes, and say how probable they are for all images."""
    rng = np.random.default_rng([START, seed])
    result = maximize_activation(state, logits_layer(state), labels, steps=steps, rng=rng, workers=workers)
    probability = predict(state, every, workers=workers)[:, labels].T
    return {"drawn": result.pixels, "activation": result.activation[-1], "probability": probability}


class _Scorer:
    """Scores a picture's similarity to each of I images: (2, I), by words and by corners."""

    def __init__(self, images: Array, vocabulary: int) -> None:
        found = [sift_descriptors(image) for image in images]
        self._words = learn_words(found, vocabulary)
        self.bags = np.array([count_words(rows, self._words) for rows in found])
        self._corners = [find_corners(image) for image in images]

    def bag(self, picture: Array) -> Array:
        return count_words(sift_descriptors(picture), self._words)

    def __call__(self, picture: Array) -> Array:
        own = find_corners(picture)
        by_corners = [corner_agreement(own, others) for others in self._corners]
        return np.array([self.bags @ self.bag(picture), by_corners])


def _score_known(score: Callable[[Array], Array], images: Array, trained: Array, seeds: Array) -> Array:
    """Score the pictures of known content that `KNOWN` lists: (2, 3, R)."""
    photos = np.array([score(image) for image in images])
    every = []
    for seed, chosen in zip(seeds.tolist(), trained, strict=True):
        held_out = ~chosen[: len(images)]
        rng = np.random.default_rng([NOISE, seed])
        noise = score(rng.integers(0, 256, images.shape[1:], dtype=np.uint8))
        same, other = photos[held_out][..., chosen], photos[held_out][..., len(images) :]
        best = same.max(axis=2).mean(axis=0), other.max(axis=2).mean(axis=0)
        every.append((*best, noise[:, : len(images)][:, held_out].max(axis=1)))
    return np.moveaxis(np.array(every), 0, 2).swapaxes(0, 1)


def _as_dataset(images: Array, label: int, network: Sequential) -> Dataset:
    (outputs,) = network.output_shape(images.shape[1:])
    names = class_names(network, outputs)
    return Dataset(images, np.full(len(images), label), names, f"images of class {label}")


def _check_images(network: Sequential, images: Array, control_images: Array) -> tuple[int, ...]:
    for name, few, least in (("images", images, 2), ("control_images", control_images, 1)):
        image_batch(few, "retraining")
        shape = few.shape[1:]
        if few.dtype != np.uint8 or len(few) < least or shape != (network.input_shape or images.shape[1:]):
            raise ValueError(
                f"retraining: expected {name} to be at least {least}, uint8 and of shape"
                f" {network.input_shape or images.shape[1:]}, got {describe(few)}"
            )
    return tuple(images.shape[1:])


def _check_classes(
    network: Sequential, shape: tuple[int, ...], label: int | str, control_label: int | str
) -> Array:
    outputs = network.output_shape(shape)
    if len(outputs) != 1:
        raise ValueError(
            f"retraining: expected a network that ends in classes, got outputs of shape {outputs}"
        )
    label, control_label = (
        as_class(network, outputs[0], value, "retraining") for value in (label, control_label)
    )
    for value in (label, control_label):
        if not isinstance(value, int | np.integer) or not 0 <= value < outputs[0]:
            raise ValueError(
                f"retraining: expected classes from 0 to {outputs[0] - 1}, got {describe(value)}"
            )
    if label == control_label:
        raise ValueError(f"retraining: expected a control of another class than {label}")
    return np.array([label, control_label])
