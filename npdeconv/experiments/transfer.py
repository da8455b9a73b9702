"""Are features learned on other classes better than features learned from few images?

Zeiler & Fergus, arXiv:1311.2901, section 5.2: a new softmax on frozen ImageNet features beat training on
Caltech-101 alone; with six images per class of Caltech-256, it beat others' results with sixty.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import last_hidden
from npdeconv.data import Dataset
from npdeconv.experiments.classifiers import Kind, class_mean_accuracy, score_classifiers
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.experiments.sampling import Draw, make_plan, seed_list
from npdeconv.experiments.scratch import Scratch, most_probable
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize import layer_features

LIMIT = 4096  # features per image


@brief
class Transfer(NamedTuple):
    """Accuracies on the test images, each the mean over the classes, from few training images.

    Attributes
    ----------
    layer : str
    per_class : int (K,), training images of each class
    seeds : int (S,), each draws other training images
    frozen : (S, K), a linear classifier on the layer's features
    scratch_seeds : int (R,), the same draws, and another network
    scratch : (R, K), a network trained from scratch on the same images

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(60)
    >>> result = nd.experiments.transfer(net, digits, per_class=[1, 2], seeds=[0, 1, 2])
    >>> result.layer, result.frozen.shape, result.scratch.shape
    ('relu_dense1', (3, 2), (0, 2))
    """

    layer: str
    per_class: Array
    seeds: Array
    frozen: Array
    scratch_seeds: Array
    scratch: Array


def transfer(
    network: Sequential,
    dataset: Dataset,
    layer: str | None = None,
    *,
    per_class: Sequence[int] = (1, 5, 15, 30),
    test: Dataset | None = None,
    test_per_class: int | None = None,
    seeds: Sequence[int] = range(5),
    kind: Kind = "softmax",
    scratch: Scratch | None = None,
    scratch_seeds: Sequence[int] = range(3),
    limit: int | None = LIMIT,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Transfer:
    """Classify from few images per class: on frozen features, and by training from scratch.

    Parameters
    ----------
    network : Sequential
        Trained on other images; it is not changed.
    dataset : Dataset
        The images to draw from; their classes need not be those of the network.
    layer : str, optional
        The layer of the features; the last hidden one unless given.
    per_class : sequence of int
        How many images of each class to train on. A seed's draw for a larger number includes its
        draw for a smaller one.
    test : Dataset, optional
        Test images; unless given, those that a seed does not draw for the largest number.
    test_per_class : int, optional
        Test on at most so many images of each class, drawn anew by each seed; on all unless given. The
        paper takes 50.
    seeds : sequence of int
        One draw each.
    kind : "softmax" or "svm"
        See `fit_classifier`.
    scratch : Scratch, optional
        How to train from scratch; left out unless given.
    scratch_seeds : sequence of int
        Seeds of the draws to train from scratch on, which takes longer.
    limit
        See `npdeconv.visualize.layer_features`.
    folder : str or Path, optional
        Where each finished training from scratch, and the accuracies on frozen features, are kept as
        files, and found again.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.
    progress : bool
        Show a bar of the trainings from scratch on stderr after two seconds.

    Returns
    -------
    Transfer

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that do not fit, and classes with too few images.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(60)
    >>> result = nd.experiments.transfer(net, digits, "relu4", per_class=[1, 2], seeds=[0, 1], limit=500)
    >>> result.per_class.tolist(), bool((result.frozen.mean(axis=0) >= 0).all())
    ([1, 2], True)
    """
    who = "transfer"
    plan = make_plan(dataset, test, per_class, test_per_class, who)
    draws = seed_list(seeds, who)
    retrained = seed_list(scratch_seeds, who) if scratch is not None else np.empty(0, np.int64)
    pictures = plan.dataset if scratch is None else scratch.dataset(plan.dataset)
    name = last_hidden(network) if layer is None else layer
    used, few = plan.needed(draws.tolist())

    def classify() -> dict[str, Array]:
        rows = layer_features(network, used.images, [name], limit=limit, workers=workers)[name]
        return {"accuracy": np.array(score_classifiers(rows, used, few, kind, workers))}

    asked = name, kind, limit, draws, plan.per_class, plan.tests, plan.test_per_class
    made = fingerprint(network, used.images, used.labels, *asked)
    frozen = kept(folder, f"frozen_{made}", {"accuracy": (len(few),)}, classify)["accuracy"]
    work = [(seed, draw) for seed in retrained.tolist() for draw in plan.draws(seed)]
    bar = progress_bar(work, unit="training", delay=2, leave=False, shown=progress)
    learned = [_from_scratch(scratch, pictures, seed, draw, folder, workers) for seed, draw in bar]
    return Transfer(
        layer=name,
        per_class=np.array(plan.per_class),
        seeds=draws,
        frozen=frozen.reshape(len(draws), -1),
        scratch_seeds=retrained,
        scratch=np.array(learned).reshape(len(retrained), len(plan.per_class)),
    )


def _from_scratch(
    scratch: Scratch | None,
    pictures: Dataset,
    seed: int,
    draw: Draw,
    folder: str | Path | None,
    workers: Workers,
) -> Array:
    """Train on a draw, and return the accuracy on its test images."""
    assert scratch is not None
    chosen, tested = pictures[draw.chosen], pictures[draw.tested]

    def train() -> dict[str, Array]:
        trained = scratch.train(chosen, np.random.default_rng(seed), workers)
        answers = most_probable(trained, tested.images, workers=workers)
        return {"accuracy": np.array(class_mean_accuracy(answers, tested.labels_for("transfer")))}

    stem = "" if folder is None else f"scratch_{_named(scratch, chosen, tested)}_seed{seed}"
    return kept(folder, stem, {"accuracy": ()}, train)["accuracy"]


def _named(scratch: Scratch, *sets: Dataset) -> str:
    shown = (part for few in sets for part in (few.images, few.labels))
    how = scratch.steps, scratch.batch_size, scratch.learning_rate, scratch.augment
    return fingerprint(scratch.build(np.random.default_rng(0)), *shown, *how)
