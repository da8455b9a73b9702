"""Do pictures of a class show the class, or the image? After Nie, Zhang & Patel (arXiv:1805.07039).

Three networks of MNIST's size, with random weights and trained: with max pooling, without, and dense. Each
draws its most likely class by each rule. How much is the picture like the image, like that of another
class, like that of a changed image that the network takes for another class, and like that of random logits?
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from npdeconv._checks import one_of, some_names
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Rule, Shape
from npdeconv.anatomy import below_softmax
from npdeconv.anatomy.maps import descent_start
from npdeconv.data import Dataset, as_input
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.experiments.sampling import seed_list
from npdeconv.inference import evaluate
from npdeconv.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU, Sequential
from npdeconv.optimizers import Adam
from npdeconv.parallel import Workers
from npdeconv.training import fit
from npdeconv.visualize import flip_class
from npdeconv.visualize.rules import correlate
from npdeconv.visualize.starts import random_start

Architecture: TypeAlias = Literal["max pooling", "no pooling", "dense"]
WEIGHTS = ("random", "trained")
COMPARED = ("image", "other class", "changed image", "random logits")
FILTERS, HIDDEN = 32, 256
BATCH, RATE = 32, 1e-3


@brief
class Recovery(NamedTuple):
    """Correlations of class pictures: S seeds, A networks, random and trained, R rules, N images.

    Correlations are Pearson's, of the signed pixels; 0 for a picture without contrast.

    Attributes
    ----------
    architectures : tuple[str, ...], of length A
    weights : tuple[str, ...], "random" and "trained"
    rules : tuple[str, ...], of length R
    compared : tuple[str, ...], what a picture is compared with, of length 4
    seeds : int (S,)
    accuracy : (S, A, 2), on the test images
    flipped : bool (S, A, 2, N), whether a change was found that flips the class
    size : (S, A, 2, N), of that change, relative to the image's length
    correlation : (S, A, 2, R, 4, N)
    blank : bool (S, A, 2, R, N), whether the picture has no contrast

    Examples
    --------
    >>> digits = nd.data.load_strokes(20)
    >>> result = nd.experiments.recovery(digits[:15], digits[15:], seeds=[0], epochs=1)
    >>> result.architectures, result.compared
    (('max pooling', 'no pooling', 'dense'), ('image', 'other class', 'changed image', 'random logits'))
    >>> result.correlation.shape
    (1, 3, 2, 3, 4, 5)
    """

    architectures: tuple[str, ...]
    weights: tuple[str, ...]
    rules: tuple[str, ...]
    compared: tuple[str, ...]
    seeds: Array
    accuracy: Array
    flipped: Array
    size: Array
    correlation: Array
    blank: Array


def recovery(
    digits: Dataset,
    test: Dataset,
    *,
    architectures: Sequence[Architecture] = get_args(Architecture),
    rules: Sequence[Rule] = ("gradient", "deconv", "guided"),
    seeds: Sequence[int] = (0, 1, 2),
    epochs: int = 3,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Recovery:
    """Measure how much pictures of a class show the image instead of the class.

    Parameters
    ----------
    digits, test : Dataset
        Of one shape and the same classes. Every test image is drawn.
    architectures : sequence of "max pooling", "no pooling" and "dense"
        Two convolutions of 32 filters and a dense layer, each convolution pooled by 2 or not; or two
        dense layers of 256 units, and a third.
    rules : sequence of "deconv", "gradient", "guided" and "linear"
    seeds : sequence of ints
        Of the weights, the order of training and the random logits.
    epochs : int
        Of the trained networks.
    folder : Path, optional
        Where each finished seed is kept as a file, and found again.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    Recovery

    Raises
    ------
    TypeError, ValueError
        For unknown networks and rules, no seed, and data sets of different shapes.

    Notes
    -----
    A picture is the descent from the logit of the most likely class, with the value 1. It is compared with
    the image; with the picture of the second most likely class; with the picture of the new class of the
    image, changed by `flip_class`; and with a descent of the same length from random values
    in all other logits (`compare_starts`).

    Examples
    --------
    >>> digits = nd.data.load_strokes(20)
    >>> few = {"seeds": [0], "epochs": 1, "architectures": ["dense"], "rules": ["guided"]}
    >>> nd.experiments.recovery(digits[:15], digits[15:], **few).correlation.shape
    (1, 1, 2, 1, 4, 5)
    """
    who = "recovery"
    for architecture in some_names(architectures, who, "architectures"):
        one_of(architecture, get_args(Architecture), who, "architectures")
    for rule in some_names(rules, who, "rules"):
        one_of(rule, get_args(Rule), who, "rules")
    draws = seed_list(seeds, who)
    if digits.images.shape[1:] != test.images.shape[1:] or not len(test):
        raise ValueError(
            f"{who}: expected test images of shape {digits.images.shape[1:]}, got {test.images.shape}"
        )
    made = nie_network("dense", digits.images.shape[1:], len(digits.classes), np.random.default_rng(0))
    shown = digits.images, digits.labels, test.images, test.labels
    name = fingerprint(made, *shown, tuple(architectures), tuple(rules), epochs)
    counts, r, n = (len(architectures), len(WEIGHTS)), len(rules), len(test)
    shapes = {
        "accuracy": counts,
        "flipped": (*counts, n),
        "size": (*counts, n),
        "correlation": (*counts, r, len(COMPARED), n),
        "blank": (*counts, r, n),
    }
    total = len(draws) * counts[0]
    with progress_bar(total=total, unit="network", delay=2, leave=False, shown=progress) as bar:

        def measure(seed: int) -> dict[str, Array]:
            rows: list[_Measured] = []
            for architecture in architectures:
                rows += _measure_both(architecture, digits, test, rules, seed, epochs, workers)
                bar.update()
            columns = map(np.array, zip(*rows, strict=True))
            return {key: column.reshape(shapes[key]) for key, column in zip(shapes, columns, strict=True)}

        every = [
            kept(folder, f"recovery_{name}_seed{seed}", shapes, partial(measure, seed))
            for seed in draws.tolist()
        ]
    stacked = (np.stack([seed[key] for seed in every]) for key in shapes)
    return Recovery(tuple(architectures), WEIGHTS, tuple(rules), COMPARED, draws, *stacked)


def nie_network(
    architecture: Architecture, input_shape: Shape, class_count: int, rng: Generator
) -> Sequential:
    """Build one of the networks that `recovery` compares.

    Examples
    --------
    >>> from npdeconv.experiments.recovery import nie_network
    >>> list(nie_network("dense", (28, 28, 1), 10, np.random.default_rng(0)).layers)
    ['flatten', 'dense1', 'relu1', 'dense2', 'relu2', 'logits']
    """
    layers: dict[str, Layer] = {"flatten": Flatten()} if architecture == "dense" else {}
    width = int(np.prod(input_shape)) if architecture == "dense" else input_shape[-1]
    for number in (1, 2):
        if architecture == "dense":
            layers[f"dense{number}"] = Dense(width, HIDDEN, rng=rng)
        else:
            layers[f"conv{number}"] = Conv2D(width, FILTERS, 5, padding="same", rng=rng)
        layers[f"relu{number}"] = ReLU()
        if architecture == "max pooling":
            layers[f"pool{number}"] = MaxPool2D(2)
        width = HIDDEN if architecture == "dense" else FILTERS
    layers |= {} if architecture == "dense" else {"flatten": Flatten()}
    (inputs,) = Sequential(layers).output_shape(input_shape)
    layers["logits"] = Dense(inputs, class_count, rng=rng)
    return Sequential(layers, input_shape=input_shape, name=architecture)


class _Measured(NamedTuple):
    accuracy: float
    flipped: Array
    size: Array
    correlation: Array
    blank: Array


def _measure_both(
    architecture: Architecture,
    digits: Dataset,
    test: Dataset,
    rules: Sequence[Rule],
    seed: int,
    epochs: int,
    workers: Workers,
) -> Iterator[_Measured]:
    """Measure a network before training and after."""
    rng = np.random.default_rng(seed)
    network = nie_network(architecture, digits.images.shape[1:], len(digits.classes), rng)
    yield _measure(network, test, rules, seed, workers)
    fit(network, digits, Adam(RATE), epochs=epochs, batch_size=BATCH, rng=rng, workers=workers)
    yield _measure(network, test, rules, seed, workers)


def _measure(
    network: Sequential, test: Dataset, rules: Sequence[Rule], seed: int, workers: Workers
) -> _Measured:
    flips = flip_class(network, test.images, workers=workers)
    chain = below_softmax(network)
    x = as_input(test.images, chain.dtype)
    logits, tape = chain.forward(x)
    _, changed_tape = chain.forward(flips.images)
    own = descent_start(logits, flips.labels, values=1)
    generators = [np.random.default_rng((seed, n)) for n in range(len(x))]
    others = np.where(own > 0, -np.inf, logits).argmax(axis=1)
    starts = {
        "other class": (descent_start(logits, others, values=1), tape),
        "changed image": (descent_start(logits, flips.flipped_labels, values=1), changed_tape),
        "random logits": (random_start(own, flips.labels, generators), tape),
    }
    correlations, blanks = [], []
    for rule in rules:
        pictures = chain.descend(own, tape, rule)
        others_pictures = [x, *(chain.descend(start, passed, rule) for start, passed in starts.values())]
        alike = [correlate(np.stack(row))[0, 1:] for row in zip(pictures, *others_pictures, strict=True)]
        correlations.append(np.array(alike).T)
        blanks.append(np.ptp(pictures.reshape(len(x), -1), axis=1) == 0)
    accuracy = evaluate(network, test, workers=workers).accuracy
    return _Measured(accuracy, flips.flipped, flips.size, np.array(correlations), np.array(blanks))
