"""A set of images and their labels, held in memory and never changed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from npdeconv._checks import describe, fraction, positive_int, random_generator
from npdeconv._types import Array, Generator
from npdeconv.data.classes import class_indices, list_names

Index = slice | Sequence[int] | Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dataset:
    """Images and their labels, if known; the arrays are read-only views of the given ones.

    Parameters
    ----------
    images : uint8 array (N, H, W, C)
        Pixels, 0 to 255.
    labels : int64 array (N,) or None
        The class of each image, its number in `classes`; other integer dtypes are converted. None
        for unlabeled images.
    classes : tuple of str
        Class names, each once. Without labels, the names of a network's answers, if known.
    name : str
        The name of the set, such as ``"mnist train"``.
    groups : tuple of str, optional
        The source of each image (a video, an animation, a patient). Images of one group are near
        copies of each other, so a fair validation set holds whole groups (see `split_groups`).

    Raises
    ------
    TypeError
        If an array or a name has another type.
    ValueError
        If the shapes or counts do not fit, or a label is no position in `classes`.

    Examples
    --------
    >>> images = np.zeros((4, 8, 8, 1), np.uint8)
    >>> faces = nd.data.Dataset(images, np.array([0, 1, 1, 0]), ("cat", "dog"), "faces")
    >>> faces
    <Dataset 'faces': 4 images of 8x8x1 in 2 classes>
    >>> faces[faces.labels == 1]
    <Dataset 'faces': 2 images of 8x8x1 in 2 classes>
    >>> rest, aside = faces.split(0.5, np.random.default_rng(0))
    >>> aside.labels.tolist()
    [1, 0]
    """

    images: Array
    labels: Array | None
    classes: tuple[str, ...]
    name: str
    groups: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        # A frozen dataclass allows no ordinary assignment.
        object.__setattr__(self, "classes", _class_names(self.classes, least=0 if self.labels is None else 1))
        object.__setattr__(self, "images", _checked_images(self.images))
        if self.labels is not None:
            labels = _checked_labels(self.labels, len(self.images), len(self.classes))
            object.__setattr__(self, "labels", labels)
        if not isinstance(self.name, str):
            raise TypeError(f"Dataset: expected name to be a string, got {describe(self.name)}")
        if self.groups is not None:
            object.__setattr__(self, "groups", tuple(self.groups))
            if len(self.groups) != len(self.images):
                raise ValueError(
                    f"Dataset: expected a group for each of {len(self.images)} images, got {len(self.groups)}"
                )

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        height, width, channels = self.images.shape[1:]
        size = f"{len(self)} images of {height}x{width}x{channels}"
        what = "without labels" if self.labels is None else f"in {len(self.classes)} classes"
        return f"<Dataset {self.name!r}: {size} {what}>"

    def __getitem__(self, index: Index) -> Self:
        """Return the images that a slice, an array of indices or a boolean mask selects."""
        if not isinstance(index, slice | np.ndarray | list | tuple):
            raise TypeError(
                f"Dataset: expected a slice, an array of indices or a mask, got {describe(index)}"
            )
        if isinstance(index, tuple):
            index = list(index)  # NumPy would take a tuple for one index per axis
        indices = np.arange(len(self))[index]
        if indices.ndim != 1:
            raise ValueError(f"Dataset: expected indices along one axis, got {describe(index)}")
        groups = None if self.groups is None else tuple(self.groups[i] for i in indices)
        labels = None if self.labels is None else self.labels[index]
        return type(self)(self.images[index], labels, self.classes, self.name, groups)

    def labels_for(self, who: str) -> Array:
        """Return the labels, which `who` needs.

        Raises
        ------
        ValueError
            If the images have no labels.
        """
        if self.labels is None:
            raise ValueError(f"{who}: expected images with labels, got the unlabeled ones of {self.name}")
        return self.labels

    def relabeled(self, classes: Sequence[str], who: str) -> Self:
        """Return the same images with labels that are indices in another list of classes.

        Classes are matched by name, see `npdeconv.data.classes`. A class may have no image.

        Raises
        ------
        ValueError
            If the list lacks a class of this set. The message names the classes that either side lacks.
        """
        names = tuple(classes)
        if names == self.classes:
            return self
        if self.labels is None:
            return type(self)(self.images, None, names, self.name, self.groups)
        places = class_indices(self.classes, names)
        unknown = [name for name, place in zip(self.classes, places, strict=True) if place is None]
        if unknown:
            missing = [name for n, name in enumerate(names) if n not in places]
            raise ValueError(
                f"{who}: expected only its own classes, got unknown ones in {self.name}:"
                f" {list_names(unknown)}; missing: {list_names(missing) or 'none'}"
            )
        labels = np.array(places, np.int64)[self.labels]
        return type(self)(self.images, labels, names, self.name, self.groups)

    def split(self, share: float, rng: Generator) -> tuple[Self, Self]:
        """Set a random share of the images aside, the same share of every class if there are labels.

        Parameters
        ----------
        share : float
            The share of the second part, above 0 and below 1.
        rng : numpy.random.Generator

        Returns
        -------
        rest, aside : Dataset
            Together the whole set, each in its order. `aside` has ``round(share * N)`` images, and
            the same share of each class, give or take one image.

        Raises
        ------
        ValueError
            If one of the parts would be empty.
        """
        labels = np.zeros(len(self), np.int64) if self.labels is None else self.labels
        return self._divide(_sample(labels, share, rng))

    def split_groups(self, share: float, rng: Generator) -> tuple[Self, Self]:
        """Set a random share of the whole groups aside; otherwise like `split`."""
        if self.groups is None:
            raise ValueError(f"Dataset: split_groups expected groups, got none in {self.name!r}")
        names, first, member_of = np.unique(self.groups, return_index=True, return_inverse=True)
        chosen = np.zeros(len(names), dtype=bool)
        labels = np.zeros(len(first), np.int64) if self.labels is None else self.labels[first]
        chosen[_sample(labels, share, rng)] = True
        return self._divide(np.flatnonzero(chosen[member_of]))

    def split_per_class(self, count: int, rng: Generator) -> tuple[Self, Self]:
        """Take the same random number of images from every class, as few-shot experiments do.

        Parameters
        ----------
        count : int
            Images per class.
        rng : numpy.random.Generator

        Returns
        -------
        chosen, rest : Dataset
            Together the whole set, each in its order; `chosen` has ``count`` images of every class.

        Raises
        ------
        ValueError
            If a class has at most `count` images, so that none would be left for testing, or if there
            are no labels.
        """
        wanted = positive_int(count, "Dataset", "count")
        random_generator(rng, "Dataset")
        labels = self.labels_for("split_per_class")
        of_class = np.bincount(labels, minlength=len(self.classes))
        if of_class.min() <= wanted:
            smallest = int(of_class.argmin())
            raise ValueError(
                f"Dataset: expected more than {wanted} images of each class,"
                f" got {of_class[smallest]} of {self.classes[smallest]!r}"
            )
        shuffled = rng.permutation(len(self))
        by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
        starts = np.cumsum(of_class) - of_class
        rest, chosen = self._divide(by_label[starts[:, np.newaxis] + np.arange(wanted)].ravel())
        return chosen, rest

    def _divide(self, indices: Array) -> tuple[Self, Self]:
        aside = np.zeros(len(self), dtype=bool)
        aside[indices] = True
        return self[~aside], self[aside]


def _sample(labels: Array, share: float, rng: Generator) -> Array:
    """Choose a random share of the indices, evenly over the labels.

    It takes every k-th position of a sequence that is sorted by label and shuffled within each label.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"Dataset: expected rng to be a numpy.random.Generator, got {describe(rng)}")
    count = round(fraction(share, "Dataset", "share") * len(labels))
    if not 0 < count < len(labels):
        raise ValueError(
            f"Dataset: expected a share that leaves both parts some images, got {share},"
            f" {count} of {len(labels)}"
        )
    shuffled = rng.permutation(len(labels))
    by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
    every = len(labels) / count
    return by_label[((np.arange(count) + 0.5) * every).astype(np.int64)]


def _class_names(classes: Any, least: int) -> tuple[str, ...]:
    if isinstance(classes, str) or not all(isinstance(name, str) for name in classes):
        raise TypeError(f"Dataset: expected classes to be a tuple of names, got {classes!r}")
    if len(classes) < least:
        raise ValueError("Dataset: expected at least one class, got none")
    repeated = [name for name, count in Counter(classes).items() if count > 1]
    if repeated:
        raise ValueError(f"Dataset: expected each class name once, got {repeated[0]!r} more than once")
    return tuple(classes)


def _checked_images(images: Any) -> Array:
    if not isinstance(images, np.ndarray):
        raise TypeError(f"Dataset: expected images to be an array, got {type(images).__name__}")
    if images.dtype != np.uint8:
        raise TypeError(
            f"Dataset: expected images of dtype uint8, got {images.dtype}; pixels are kept as 0 to 255"
        )
    if images.ndim != 4 or 0 in images.shape[1:]:
        raise ValueError(f"Dataset: expected images of shape (N, H, W, C), got {images.shape}")
    return _read_only(images)


def _checked_labels(labels: Any, images: int, classes: int) -> Array:
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"Dataset: expected integer labels, got {describe(labels)}")
    if labels.shape != (images,):
        raise ValueError(f"Dataset: expected a label for each of {images} images, got shape {labels.shape}")
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if wrong.size:
        at = wrong[0]
        raise ValueError(f"Dataset: expected labels from 0 to {classes - 1}, got {labels[at]} for image {at}")
    return _read_only(labels.astype(np.int64, copy=False))


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
