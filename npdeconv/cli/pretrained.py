"""Networks made elsewhere, given by their card, and photos to look at with them."""

from pathlib import Path

import numpy as np

from npdeconv import weights
from npdeconv._types import Array
from npdeconv.data import Dataset, load_folder, load_photos
from npdeconv.data.files import find
from npdeconv.data.folder import SUFFIXES
from npdeconv.inference import predict
from npdeconv.layers import Sequential


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
    if file is None or source not in weights.TORCHVISION:
        return None
    is_torch = weights.reader_of(file) in (weights.load_torch, weights.load_safetensors)
    return weights.load_torchvision(source, file) if is_torch else None


def prepare(
    pretrained: weights.Pretrained, data: str | Dataset, workers: int | None
) -> tuple[Sequential, Dataset]:
    """Bring photos to what a pretrained network takes.

    Parameters
    ----------
    pretrained : Pretrained
    data : str or Dataset
        A photo, a folder of photos, a folder of class folders, or what was loaded already.
    workers : int, optional

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
        data = load_folder(data, preprocessing.size, preprocessing.shorter_side)
    if isinstance(data, Dataset):
        name, groups, labeled = data.name, data.groups, data
        fits = data.images.shape[1:] == network.input_shape
        images = data.images if fits else preprocessing.fit(data.images)
    else:
        photos = load_photos(data)
        name, groups, labeled = Path(data).stem, tuple(photo.name for photo in photos), None
        images = preprocessing.fit([photo.image for photo in photos])
    classes, labels = _classify(network, pretrained.classes, images, labeled, workers)
    return network, Dataset(images, labels, classes, name, groups)


def _is_of_photos(data: str) -> bool:
    """Return whether this is a photo, or a folder with photos of its own; no folder of class folders."""
    place = Path(data) if Path(data).exists() else find(data) or Path(data)
    if not place.is_dir():
        return True
    return any(entry.suffix.lower() in SUFFIXES and entry.is_file() for entry in place.iterdir())


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
