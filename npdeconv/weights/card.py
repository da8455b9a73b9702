"""Pretrained networks: an `.npz` of the weights, and a card (`.json`) beside it.

A card lists the layers in order, and the preprocessing of images::

    {"input_shape_hwc": [227, 227, 3], "channel_order": "RGB", "mean_rgb": [123, 117, 104],
     "preprocessing": "shorter side to 256, center crop 227x227, RGB 0..255, ..., no division",
     "classes": "imagenet_classes.csv",
     "layers": [{"type": "conv", "name": "conv1", "kernel": 7, "stride": 2, "pad": 0, "in": 3, "out": 96},
                {"type": "relu", "name": "conv1_relu"}, ...]}

The pixels are divided by 255 unless `preprocessing` says "no division"; `mean_rgb` is subtracted, and
the result is divided by `std_rgb` if the card has one.
"""

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe, positive_int
from npdeconv._files import UnexpectedError, naming, unpacked_size
from npdeconv._repr import brief
from npdeconv._types import Shape
from npdeconv.anatomy.roles import answer_shape
from npdeconv.data.preprocessing import Preprocessing
from npdeconv.layers import Sequential, Standardize
from npdeconv.layers.further.rebuilding import preceded_by
from npdeconv.weights.layer_list import build_network
from npdeconv.weights.npz import load

LARGEST_FILE = 2**22
"""The most bytes of a card, or of a list of classes."""

LARGEST_SIDE = 2**12
"""The most pixels of an input's height or width."""


@brief
class Pretrained(NamedTuple):
    """A network, with the preprocessing of its images and the names of its classes.

    Attributes
    ----------
    network : Sequential
    preprocessing : Preprocessing
    classes : tuple[str, ...] or None

    Examples
    --------
    >>> net = nd.models.zfnet(rng=np.random.default_rng(0))
    >>> card = nd.data.Preprocessing((224, 224), shorter_side=256, mean=(0.5, 0.5, 0.5))
    >>> list(nd.weights.Pretrained(net, card, None).on_pixels().layers)[:2]
    ['standardize', 'conv1']
    """

    network: Sequential
    """Its input is the result of ``preprocessing.apply(photos)``."""
    preprocessing: Preprocessing
    classes: tuple[str, ...] | None
    """Each name once; None if the network has no classes."""

    def on_pixels(self) -> Sequential:
        """Return a chain that takes pixels, the images of ``preprocessing.fit(photos)``.

        The chain is a `Standardize`, which does the preprocessing after the division by 255, and then
        the network. Analyses then show images, boxes and projections in colors.

        Raises
        ------
        ValueError
            If the network already has a layer named "standardize".
        """
        whole = 255 * self.preprocessing.scale
        mean, std = (np.array(values) / whole for values in (self.preprocessing.mean, self.preprocessing.std))
        is_reversed = self.preprocessing.channels == "BGR"
        if not mean.any() and np.all(std == 1) and not is_reversed:
            return self.network
        first = Standardize(mean.tolist(), std.tolist(), reverse=is_reversed)
        network = preceded_by(self.network, "standardize", first)
        network.classes = self.classes
        return network


def load_card(path: str | Path) -> Pretrained:
    """Load a pretrained network by its card.

    Parameters
    ----------
    path : str or path
        `NAME.json` or `NAME.npz`. Both must exist, and the list of classes if the card names one.

    Raises
    ------
    FileNotFoundError
        If one of the files is missing.
    ValueError
        If the path has another suffix, the card is damaged or lists layers that do not exist or do not
        fit, or the weights are damaged or do not fit the card.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> layers = [{"type": "conv", "name": "conv1", "kernel": 3, "stride": 1, "pad": 1, "in": 3, "out": 4}]
    >>> about = {"input_shape_hwc": [8, 8, 3], "channel_order": "RGB", "preprocessing": "/ 255"}
    >>> conv = nd.layers.Conv2D(3, 4, 3, padding="same", rng=np.random.default_rng(0))
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save(nd.layers.Sequential({"conv1": conv}), f"{folder}/small.npz")
    ...     _ = Path(folder, "small.json").write_text(json.dumps(about | {"layers": layers}))
    ...     pretrained = nd.weights.load_card(f"{folder}/small.json")
    >>> pretrained.network["conv1"], pretrained.preprocessing.size
    (Conv2D(3, 4, (3, 3), padding=((1, 1), (1, 1))), (8, 8))
    """
    path = Path(path)
    if path.suffix not in (".json", ".npz"):
        raise ValueError(f"{path}: expected a card, NAME.json, or its weights, NAME.npz")
    path = path.with_suffix(".json")
    card = read_card(path)
    largest = unpacked_size(path.with_suffix(".npz")) // 2  # a number has at least 2 bytes
    with naming(path, "card of a network"):
        network = build_network(card.layer_list, card.shape, path.stem, largest)
    check_classes(network, card.classes, path)
    load(network, path.with_suffix(".npz"))
    network.classes = card.classes
    return Pretrained(network, card.preprocessing, card.classes)


class Card(NamedTuple):
    """What a card says."""

    layer_list: Any
    """The list of layers, as it stands there, to be built by `layer_list`; None if there is none."""
    shape: Shape
    preprocessing: Preprocessing
    classes: tuple[str, ...] | None


def read_card(path: Path) -> Card:
    """Read a card, and the list of classes if it names one; errors as of `load_card`."""
    text = _read(path, "card of a network")
    with naming(path, "card of a network"):
        card = json.loads(text)
        if not isinstance(card, dict):
            raise UnexpectedError(f"expected a card of a network, got {describe(card)}")
        shape = _input_shape(card.get("input_shape_hwc"))
        preprocessing = _preprocessing(card, shape)
        listed = _class_file(card.get("classes"), path)
    classes = _names(card.get("class_names"), path) if listed is None else read_classes(listed)
    return Card(card.get("layers"), shape, preprocessing, classes)


def check_classes(network: Sequential, classes: tuple[str, ...] | None, path: Path) -> None:
    """Check that a network that knows its input shape has an output for each class."""
    outputs = answer_shape(network, network.input_shape or ())
    if classes is not None and outputs != (len(classes),):
        raise ValueError(
            f"{path}: expected {len(classes)} outputs, one per class, got outputs of shape {outputs}"
        )


def _read(path: Path, expected: str) -> str:
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, expected), path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise UnexpectedError(f"expected at most {LARGEST_FILE} bytes, got more")
        return content.decode()


def _input_shape(value: Any) -> Shape:
    if not isinstance(value, list) or len(value) != 3:
        raise UnexpectedError(f"expected input_shape_hwc to be [H, W, C], got {describe(value)}")
    shape = tuple(positive_int(length, "card", "input_shape_hwc") for length in value)
    if max(shape) > LARGEST_SIDE:
        raise UnexpectedError(
            f"expected an input of at most {LARGEST_SIDE} pixels a side, got {describe(value)}"
        )
    return shape


def _preprocessing(card: dict[str, Any], shape: Shape) -> Preprocessing:
    """Parse the preprocessing of a card: mean and standard deviation are numbers, the rest is words."""
    keys = "preprocessing", "channel_order", "mean_rgb", "std_rgb"
    words, order, mean, std = map(card.get, keys)
    channels = {"RGB": 3, "grey": 1}.get(str(order))
    if channels != shape[2]:
        raise UnexpectedError(
            f"expected channel_order RGB or grey, with 3 or 1 channels, got {describe(order)}"
        )
    if not isinstance(words, str) or ("/ 255" in words) == ("no division" in words):
        raise UnexpectedError(
            f"expected preprocessing to say '/ 255' or 'no division', got {describe(words)}"
        )
    shorter = re.search(r"shorter side to (\d{1,4})\b", words)
    preprocessing = Preprocessing(
        (shape[0], shape[1]),
        shorter_side=int(shorter[1]) if shorter else None,
        scale=1.0 if "no division" in words else 1 / 255,
        mean=(0.0,) * shape[2] if mean is None else mean,
        std=(1.0,) * shape[2] if std is None else std,
        channels="RGB" if channels == 3 else "gray",
    )
    if max(preprocessing.mean) > 255 * preprocessing.scale:
        raise UnexpectedError(
            f"expected mean_rgb of pixels from 0 to {255 * preprocessing.scale:.0f}, as in preprocessing,"
            f" got {describe(mean)}"
        )
    return preprocessing


def _class_file(name: Any, path: Path) -> Path | None:
    """Return the file beside the card that lists the classes, if it names one."""
    if name is None:
        return None
    if not isinstance(name, str) or not name or Path(name).name != name or "\\" in name:
        raise UnexpectedError(f"expected classes to be a file beside the card, got {describe(name)}")
    return path.with_name(name)


def read_classes(path: Path) -> tuple[str, ...]:
    """Read the column `name` of a table; repeated names get their `wordnet_id` appended."""
    text = _read(path, "table of classes")
    with naming(path, "table of classes"):
        table = csv.DictReader(text.splitlines(), strict=True)
        if "name" not in (table.fieldnames or ()):
            raise UnexpectedError(
                f"expected a first line with a column 'name', got {describe(text.partition(chr(10))[0])}"
            )
        rows = list(table)
        counts = Counter(row["name"] for row in rows)
        return tuple(
            row["name"] if counts[row["name"]] == 1 else f"{row['name']} ({row['wordnet_id']})"
            for row in rows
        )


def _names(names: Any, path: Path) -> tuple[str, ...] | None:
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path}: expected class_names to be a list of names, got {describe(names)}")
    if len(set(names)) != len(names):
        raise ValueError(
            f"{path}: expected each class name once, got {len(names) - len(set(names))} repeated"
        )
    return tuple(names)
