"""Networks made elsewhere, given by their card, and photos to look at with them."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from npdeconv import weights
from npdeconv._text import visible
from npdeconv.anatomy.roles import answer_shape
from npdeconv.data import Dataset, Preprocessing, class_indices, load_folder
from npdeconv.data.classes import list_names
from npdeconv.data.files import find, locate
from npdeconv.data.folder import list_images
from npdeconv.data.photos import fit_photos, holds_photos, list_photos
from npdeconv.inference import class_names
from npdeconv.layers import Sequential

Split: TypeAlias = Literal["train", "test"]

Choose: TypeAlias = Callable[[int, str], Sequence[int]]
"""Says which images to read, told how many there are and what they are called."""


def is_card(name: str) -> bool:
    """Return whether this names the card of a pretrained network, or the weights beside one."""
    return Path(name).suffix == ".json" or find_card(name) is not None


def find_card(name: str) -> Path | None:
    """Return where a card lies, or the one beside some weights: here, or where data files lie.

    There, cards may also lie in the folder `weights`.
    """
    if Path(name).suffix not in (".json", ".npz"):
        return None
    card = Path(name).with_suffix(".json")
    return card if card.is_file() else find(card) or find("weights" / card)


def find_pretrained(source: str, file: str | None) -> weights.Pretrained | None:
    """Load a pretrained network, if this is a card, or one of torchvision's networks with its file.

    `source` and `file` are what NETWORK and --weights said.
    """
    if is_card(source):
        if file is not None:
            raise ValueError(f"--weights: expected none, {source} has its own")
        return weights.load_card(find_card(source) or source)
    if file is None or source not in weights.PUBLISHED:
        return None
    is_torch = weights.reader_of(file) in (weights.load_torch, weights.load_safetensors)
    return weights.load_published(source, file) if is_torch else None


def prepare(
    pretrained: weights.Pretrained, data: str | Dataset, split: Split = "test", choose: Choose | None = None
) -> tuple[Sequential, Dataset]:
    """Bring photos to what a pretrained network takes.

    Parameters
    ----------
    pretrained : Pretrained
    data : str or Dataset
        A photo, a folder of photos, a folder of class folders, one of train and test, or what was
        loaded already.
    split : "train" or "test"
        Which part, where the folder holds both.
    choose : function, optional
        Says which of the photos to read.

    Returns
    -------
    network : Sequential
        Takes pixels.
    dataset : Dataset
        Its classes are the network's. Labels are the data's own if the network knows all of its
        classes; otherwise it has none. The groups are the names of single photos.
    """
    network, preprocessing = pretrained.on_pixels(), pretrained.preprocessing
    if isinstance(data, str):
        place = part_of(locate(data), split)
        if is_of_photos(place):
            return network, _as_answered(network, load_unlabeled(place, preprocessing, choose))
        data = load_chosen(place, preprocessing, choose)
    if data.images.shape[1:] != network.input_shape:
        images = preprocessing.fit(data.images)
        data = Dataset(images, data.labels, data.classes, data.name, data.groups)
    return network, _as_answered(network, data)


def part_of(folder: Path, split: Split) -> Path:
    """Return the part of a data set, if its folder is divided into train and test."""
    parts = [part for part in get_args(Split) if (folder / part).is_dir()]
    if parts and split not in parts:
        raise FileNotFoundError(f"{folder}: expected a folder {split} beside {parts[0]}, there is none")
    return folder / split if parts else folder


def load_unlabeled(place: Path, preprocessing: Preprocessing, choose: Choose | None) -> Dataset:
    """Load a photo, or some or all of a folder, of which nobody has said what they show."""
    files = list_photos(place)
    if choose is not None:
        files = [files[image] for image in choose(len(files), place.stem)]
    groups = tuple(file.stem for file in files)
    return Dataset(fit_photos(files, preprocessing), None, (), place.stem, groups)


def load_chosen(folder: Path, preprocessing: Preprocessing, choose: Choose | None) -> Dataset:
    """Load a folder of class folders, or, without reading the others, some of its images."""
    chosen = None if choose is None else choose(len(list_images(folder).files), folder.name)
    return load_folder(
        folder,
        preprocessing.size,
        preprocessing.shorter_side,
        image_indices=chosen,
        gray=preprocessing.channels == "gray",
    )


def is_of_photos(place: Path) -> bool:
    """Return whether this is a photo, or a folder of photos; no folder of class folders."""
    return not place.is_dir() or holds_photos(place, say=lambda said: print(visible(said), file=sys.stderr))


def _as_answered(network: Sequential, dataset: Dataset) -> Dataset:
    """Label a data set by the network's classes, or not at all where these are not its own."""
    outputs = answer_shape(network, dataset.images.shape[1:])
    if len(outputs) != 1:  # it ends in feature maps, and has no classes
        return Dataset(dataset.images, None, (), dataset.name, dataset.groups)
    classes = class_names(network, outputs[0])
    places = class_indices(dataset.classes, classes)
    if None in places:
        strange = [name for name, place in zip(dataset.classes, places, strict=True) if place is None]
        said = (
            f"{dataset.name}: its labels are left out, since {network.name} does not know all of its classes"
            f" (not {list_names(strange)}); classes are those that {network.name} predicts"
        )
        print(visible(said), file=sys.stderr)
        dataset = Dataset(dataset.images, None, (), dataset.name, dataset.groups)
    return dataset.relabeled(classes, network.name)
