"""Few images of each class for training, and the rest for tests."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe, positive_int, random_generator
from npdeconv._repr import brief
from npdeconv._types import Array, Generator
from npdeconv.data import Dataset, class_number


def ranks_within_class(labels: Array, rng: Generator) -> Array:
    """Put the images of each class into a random order, and return each image's rank in its class.

    The images of ranks below n are then n random images of each class; a larger n includes those of
    a smaller one.

    Parameters
    ----------
    labels : int (N,)
    rng : numpy.random.Generator

    Returns
    -------
    int array (N,)
        Each of 0, 1, 2, ... once per class.

    Examples
    --------
    >>> nd.experiments.ranks_within_class(np.array([0, 1, 0, 1, 1]), np.random.default_rng(0))
    array([1, 2, 0, 1, 0])
    """
    random_generator(rng, "ranks_within_class")
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    first = np.searchsorted(labels[by_class], labels[by_class])  # where the class of each image begins
    ranks = np.empty(len(labels), dtype=np.int64)
    ranks[by_class] = np.arange(len(labels)) - first
    return ranks


def only_classes(dataset: Dataset, labels: Sequence[str | int]) -> Dataset:
    """Return the images of some classes, labeled from 0 on in the order given.

    Parameters
    ----------
    dataset : Dataset
    labels : sequence of str or int
        The classes, by name, or where no name fits, by number.

    Raises
    ------
    KeyError
        If the data set has no such class.
    ValueError
        For no classes, a repeated class, or images without labels.

    Examples
    --------
    >>> digits = nd.experiments.only_classes(nd.data.load_strokes(50), ["3", "8"])
    >>> digits.classes, sorted(set(digits.labels.tolist()))
    (('3', '8'), [0, 1])
    """
    chosen = [class_number(wanted, dataset.classes, dataset.name) for wanted in labels]
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"only_classes: expected some classes, each once, got {list(labels)}")
    renamed = np.full(len(dataset.classes), -1)
    renamed[chosen] = np.arange(len(chosen))
    relabeled = renamed[dataset.labels_for("only_classes")]
    inside = relabeled >= 0
    groups = None
    if dataset.groups is not None:
        groups = tuple(group for group, kept in zip(dataset.groups, inside, strict=True) if kept)
    names = tuple(dataset.classes[n] for n in chosen)
    return Dataset(dataset.images[inside], relabeled[inside], names, dataset.name, groups)


@brief
class Draw(NamedTuple):
    """Indices of images to train and to test on.

    Attributes
    ----------
    chosen : int (N,)
    tested : int (M,)
    """

    chosen: Array
    tested: Array


@brief
class Plan(NamedTuple):
    """The images of an experiment, and how to split them.

    Attributes
    ----------
    dataset : Dataset, a separate test set, if there is one, is at the end
    tests : int, images of the separate test set; 0 if there is none
    per_class : tuple[int, ...]
    test_per_class : int or None, at most so many test images of each class
    """

    dataset: Dataset
    tests: int
    per_class: tuple[int, ...]
    test_per_class: int | None = None

    def draws(self, seed: int) -> list[Draw]:
        """Draw `per_class` images of each class; a larger draw includes the smaller ones."""
        count, rng = len(self.dataset) - self.tests, np.random.default_rng(seed)
        labels = self.dataset.labels_for("Plan")
        ranks = ranks_within_class(labels[:count], rng)
        place = ranks_within_class(labels[count:], rng) if self.tests else ranks - self.per_class[-1]
        most = len(labels) if self.test_per_class is None else self.test_per_class
        tested = np.flatnonzero((place >= 0) & (place < most)) + (count if self.tests else 0)
        return [Draw(np.flatnonzero(ranks < wanted), tested) for wanted in self.per_class]

    def needed(self, seeds: Sequence[int]) -> tuple[Dataset, list[Draw]]:
        """Return the images needed by the draws of some seeds, and the draws as indices among them."""
        draws = [draw for seed in seeds for draw in self.draws(seed)]
        used = np.unique(np.concatenate([indices for draw in draws for indices in draw]))
        moved = [Draw(*(np.searchsorted(used, indices) for indices in draw)) for draw in draws]
        return self.dataset[used], moved


def make_plan(
    dataset: Dataset, test: Dataset | None, per_class: Sequence[int], test_per_class: int | None, who: str
) -> Plan:
    """Check that every class has enough images to train and to test on.

    Parameters
    ----------
    dataset : Dataset
        The images to draw from.
    test : Dataset, optional
        Test images, with classes matched by name; unless given, the images that a seed does not draw
        for the largest number.
    per_class : sequence of int
    test_per_class : int, optional
        At most so many test images of each class, drawn anew by each seed.
    who : str
        Beginning of error messages.
    """
    if not isinstance(dataset, Dataset):
        raise TypeError(f"{who}: expected a Dataset, got {describe(dataset)}")
    if isinstance(per_class, int | str) or not len(per_class):
        raise TypeError(f"{who}: per_class must be a list of numbers of images, got {describe(per_class)}")
    counts = tuple(sorted({positive_int(count, who, "per_class") for count in per_class}))
    most = None if test_per_class is None else positive_int(test_per_class, who, "test_per_class")
    labels = dataset.labels_for(who)
    there = np.bincount(labels, minlength=len(dataset.classes))
    least = int(there.argmin())
    if there[least] < counts[-1] + (test is None):
        more = " and at least one more to test on" if test is None else ""
        raise ValueError(
            f"{who}: expected {counts[-1]} images of each class{more},"
            f" {dataset.name} has {there[least]} of class {dataset.classes[least]}"
        )
    if test is None:
        return Plan(dataset, 0, counts, most)
    is_whole = len(test.classes) == len(dataset.classes) and len(test)
    test = test.relabeled(dataset.classes, who)
    if test.images.shape[1:] != dataset.images.shape[1:] or not is_whole:
        raise ValueError(
            f"{who}: expected test images of the classes and size of {dataset.name}, got {test!r}"
        )
    images = np.concatenate([dataset.images, test.images])
    labels = np.concatenate([labels, test.labels_for(who)])
    return Plan(Dataset(images, labels, dataset.classes, dataset.name), len(test), counts, most)


def seed_list(seeds: Sequence[int], who: str) -> Array:
    """Return seeds as an array; a single number is refused, since it could be a seed or a count."""
    if isinstance(seeds, int | str) or not all(isinstance(seed, int | np.integer) for seed in seeds):
        raise TypeError(f"{who}: seeds must be a list of numbers, got {describe(seeds)}")
    if not len(seeds) or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ValueError(f"{who}: expected at least one seed, each once and not negative, got {list(seeds)}")
    return np.array(seeds)
