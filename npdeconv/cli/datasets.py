"""Loads the data set that `--data` names, prepared for the network.

A name is one of `NAMED_SETS`, a photo, a folder of photos, or a folder of class folders, possibly
divided into `train` and `test`. Paths are relative to the present folder, or to that of data files
(`npdeconv.data.files`).
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from npdeconv import _files
from npdeconv._checks import did_you_mean
from npdeconv._text import visible
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.networks import Loaded
from npdeconv.data import (
    Dataset,
    Preprocessing,
    class_indices,
    load_cifar10,
    load_folder,
    load_mnist,
    load_rps,
    load_strokes,
)
from npdeconv.data.classes import list_names
from npdeconv.data.files import locate
from npdeconv.data.folder import list_images
from npdeconv.data.photos import fit_photos, holds_photos, list_photos
from npdeconv.inference import class_names, match
from npdeconv.layers import Sequential

Split: TypeAlias = Literal["train", "test"]

Choose: TypeAlias = Callable[[int, str], Sequence[int]]
"""Chooses the images to read, given their number and the data set's name."""

STROKES = {"train": (20_000, 0), "test": (2_000, 1)}  # number of digits, seed

NAMED_SETS = ("mnist", "cifar10", "rps", "strokes")
SETS = f"{', '.join(NAMED_SETS)} (drawn, needs no files)"
PHOTOS = f"{SETS}, a folder of class folders, a photo, or a folder of photos"


def load_data(loaded: Loaded, name: str | None, split: Split, choose: Choose | None = None) -> Dataset:
    """Load a data set with labels in terms of the network's classes.

    Parameters
    ----------
    loaded : Loaded
    name : str, optional
        The value of --data; the network's training data unless given.
    split : "train" or "test"
    choose : function, optional
        Chooses the images to read; no others are read or prepared.

    Returns
    -------
    Dataset
        For a pretrained network, data of other classes lose their labels, and photos have none; for one
        that was trained here, other classes are an error.
    """
    dataset = read_data(loaded, name, split, choose)
    if loaded.preprocessing is None:
        return match(loaded.network, dataset)
    return _as_answered(loaded.network, dataset)


def read_data(loaded: Loaded, name: str | None, split: Split, choose: Choose | None = None) -> Dataset:
    """Load a data set of any classes, at the network's input size; see `load_data`."""
    name = data_name(loaded, name)
    if name in NAMED_SETS:
        return _read_named(name, split, loaded, choose)
    place = locate(name)
    if not place.exists():
        hint = did_you_mean(name, NAMED_SETS)
        raise FileNotFoundError(f"--data: expected {PHOTOS}; there is no folder {name!r}{hint}")
    place = _part_of(place, split)
    is_of_photos = not place.is_dir() or holds_photos(place, say=_say)
    return (_load_photos if is_of_photos else _load_classes)(place, loaded.fitting(), choose)


def data_name(loaded: Loaded, name: str | None) -> str:
    """Return the value of --data, or its default."""
    if name is None and loaded.preprocessing is not None:
        raise ValueError(f"--data: expected {PHOTOS}, to look at with {loaded.network.name}")
    return name or loaded.trained_on or "mnist"


def has_test_set(name: str) -> bool:
    """Tell whether a data set has test images of its own."""
    return name in NAMED_SETS or (locate(name) / "test").is_dir()


def check_takes(network: Sequential, dataset: Dataset) -> None:
    """Check that a network takes a data set's images, of any classes."""
    shape = dataset.images.shape[1:]
    if network.input_shape not in (None, shape):
        raise ValueError(
            f"{network.name}: expected images of shape {network.input_shape}, {dataset.name} has {shape}"
        )


def record_data(folder: Path, name: str) -> None:
    """Record the value of --data in the folder of a run: a data set knows its name, but not its path."""
    place = name if name in NAMED_SETS else str(locate(name).resolve())
    text = json.dumps({"data": place}) + "\n"
    _files.replace(folder / "data.json", lambda file: file.write(text.encode()))


@contextmanager
def naming_strokes() -> Iterator[None]:
    """Add to errors about missing files that one data set needs none."""
    try:
        yield
    except FileNotFoundError as error:
        error.add_note("--data strokes is drawn, and needs no files")
        raise


def _read_named(name: str, split: Split, loaded: Loaded, choose: Choose | None) -> Dataset:
    if name == "strokes":
        dataset = load_strokes(*STROKES[split])
    else:
        fitting = loaded.fitting()
        with naming_strokes():
            if name == "rps":
                dataset = load_rps(split, fitting.shorter_side or fitting.size)
            else:
                dataset = load_mnist(split) if name == "mnist" else load_cifar10(split)
    if choose is not None:
        dataset = dataset[list(choose(len(dataset), dataset.name))]
    if loaded.preprocessing is None or dataset.images.shape[1:] == loaded.network.input_shape:
        return dataset
    images = loaded.fitting().fit(dataset.images)
    return Dataset(images, dataset.labels, dataset.classes, dataset.name, dataset.groups)


def _part_of(folder: Path, split: Split) -> Path:
    """Return the part of a data set, if its folder is divided into train and test."""
    parts = [part for part in get_args(Split) if (folder / part).is_dir()]
    if parts and split not in parts:
        raise FileNotFoundError(f"{folder}: expected a folder {split} beside {parts[0]}, there is none")
    return folder / split if parts else folder


def _load_photos(place: Path, preprocessing: Preprocessing, choose: Choose | None) -> Dataset:
    """Load a photo, or some or all photos of a folder, without labels."""
    files = list_photos(place)
    if choose is not None:
        files = [files[image] for image in choose(len(files), place.stem)]
    groups = tuple(file.stem for file in files)
    return Dataset(fit_photos(files, preprocessing), None, (), place.stem, groups)


def _load_classes(folder: Path, preprocessing: Preprocessing, choose: Choose | None) -> Dataset:
    """Load a folder of class folders, or only some of its images."""
    chosen = None if choose is None else choose(len(list_images(folder).files), folder.name)
    return load_folder(
        folder,
        preprocessing.size,
        preprocessing.shorter_side,
        image_indices=chosen,
        gray=preprocessing.channels == "gray",
    )


def _as_answered(network: Sequential, dataset: Dataset) -> Dataset:
    """Label a data set by the network's classes, or drop labels that are none of these."""
    unlabeled = Dataset(dataset.images, None, (), dataset.name, dataset.groups)
    outputs = answer_shape(network, dataset.images.shape[1:])
    if len(outputs) != 1:  # the network ends in feature maps, and has no classes
        return unlabeled
    classes = class_names(network, outputs[0])
    places = class_indices(dataset.classes, classes)
    strange = [name for name, place in zip(dataset.classes, places, strict=True) if place is None]
    if strange:
        _say(
            f"{dataset.name}: its labels are left out, since {network.name} does not know all of its classes"
            f" (not {list_names(strange)}); classes are those that {network.name} predicts"
        )
        dataset = unlabeled
    return dataset.relabeled(classes, network.name)


def _say(text: str) -> None:
    print(visible(text), file=sys.stderr)
