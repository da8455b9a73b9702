"""Networks made elsewhere, given by their card, and photos to look at with them."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from npdeconv import weights
from npdeconv._types import Array, Pair
from npdeconv.data import Dataset, load_folder
from npdeconv.data.files import find
from npdeconv.data.folder import find_folder, list_images
from npdeconv.data.photos import fit_photos, holds_photos, list_photos
from npdeconv.inference import predict
from npdeconv.layers import Sequential

Choose: TypeAlias = Callable[[int, str], Sequence[int]]
"""Says which images to read, told how many there are and what they are called."""


def is_card(name: str) -> bool:
    """Return whether this names the card of a pretrained network, or the weights beside one."""
    path = Path(name)
    return path.suffix == ".json" or (path.suffix == ".npz" and path.with_suffix(".json").is_file())


def find_pretrained(source: str, file: str | None) -> weights.Pretrained | None:
    """Load a pretrained network, if this is a card, or one of torchvision's networks with its file.

    `source` and `file` are what NETWORK and --weights said.
    """
    if is_card(source):
        if file is not None:
            raise ValueError(f"--weights: expected none, {source} has its own")
        return weights.load_card(source)
    is_torch = file is not None and Path(file).suffix.lower() in (".pth", ".pt", ".safetensors")
    if file is None or not is_torch or source not in weights.TORCHVISION:
        return None
    return weights.load_torchvision(source, file)


def prepare(
    pretrained: weights.Pretrained, data: str | Dataset, workers: int | None, choose: Choose | None = None
) -> tuple[Sequential, Dataset]:
    """Bring photos to what a pretrained network takes.

    Parameters
    ----------
    pretrained : Pretrained
    data : str or Dataset
        A photo, a folder of photos, a folder of class folders, or what was loaded already.
    workers : int, optional
    choose : function, optional
        Says which of the photos to read.

    Returns
    -------
    network : Sequential
        Takes pixels.
    dataset : Dataset
        Its classes are the network's. Labels are the data's own if the network knows all of its
        classes; otherwise each image is labeled with what the network takes it for. The groups are
        the names of single photos.
    """
    network, preprocessing = pretrained.on_pixels(), pretrained.preprocessing
    if isinstance(data, str) and not _is_of_photos(data):
        data = load_chosen(data, preprocessing.size, preprocessing.shorter_side, choose)
    if isinstance(data, Dataset):
        name, groups, labeled = data.name, data.groups, data
        fits = data.images.shape[1:] == network.input_shape
        images = data.images if fits else preprocessing.fit(data.images)
    else:
        photos, name = list_photos(data), Path(data).stem
        if choose is not None:
            photos = [photos[image] for image in choose(len(photos), name)]
        groups, labeled = tuple(photo.stem for photo in photos), None
        images = fit_photos(photos, preprocessing)
    classes, labels = _classify(network, pretrained.classes, images, labeled, workers)
    return network, Dataset(images, labels, classes, name, groups)


def load_chosen(path: str | Path, size: Pair, shorter_side: int | None, choose: Choose | None) -> Dataset:
    """Load a folder of class folders, or, without reading the others, some of its images."""
    folder, chosen = find_folder(path), None
    if choose is not None:
        chosen = choose(len(list_images(folder).files), folder.name)
    return load_folder(folder, size, shorter_side, image_indices=chosen)


def _is_of_photos(data: str) -> bool:
    """Return whether this is a photo, or a folder of photos; no folder of class folders."""
    place = Path(data) if Path(data).exists() else find(data) or Path(data)
    return not place.is_dir() or holds_photos(place, say=lambda said: print(said, file=sys.stderr))


def _classify(
    network: Sequential,
    names: tuple[str, ...] | None,
    images: Array,
    labeled: Dataset | None,
    workers: int | None,
) -> tuple[tuple[str, ...], Array]:
    """Return the network's classes, and the label of each image."""
    outputs = network.output_shape(images.shape[1:])
    if len(outputs) != 1:  # it ends in feature maps, and has no classes
        return ("unknown",), np.zeros(len(images), np.int64)
    classes = names or tuple(map(str, range(outputs[0])))
    position = {_plain(name): number for number, name in enumerate(classes)}
    own = None if labeled is None else [position.get(_plain(name)) for name in labeled.classes]
    if labeled is None or own is None or None in own:
        return classes, predict(network, images, workers).argmax(axis=1)
    return classes, np.array(own)[labeled.labels]


def _plain(name: str) -> str:
    return name.replace("_", " ").casefold()
