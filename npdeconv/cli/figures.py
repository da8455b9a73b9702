"""Figures as files, and the folder of results."""

import argparse
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv import _files
from npdeconv._types import Array
from npdeconv.anatomy.roles import answer_shape
from npdeconv.data import Dataset
from npdeconv.inference import predict
from npdeconv.layers import Sequential
from npdeconv.plot.text import literal, use_fonts

LONGEST_LIST = 40  # characters of a file's name
VERDICTS = "verdicts"  # the folder of verdicts, beside the results
UNDATED = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}  # the same file every time


class Results:
    """The folder of a command's results: checked at once, made with the first result.

    Parameters
    ----------
    options : Namespace
        With the options of `add_results`.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        plt.switch_backend("agg")  # figures become files: no display is needed
        check_folder(options.out)
        self._folder, self._format, self._dpi = options.out, options.format, options.dpi

    def place(self, name: str) -> Path:
        """Return the path for a result of this name, and make the folder."""
        return make_folder(self._folder) / name

    def figure(self, axes: Array | Axes, stem: str) -> Path:
        """Write the figure of some axes, whole or not at all, and close it."""
        figure: Any = axes.figure if isinstance(axes, Axes) else axes.flat[0].figure
        use_fonts(figure)
        path = self.place(f"{stem}.{self._format}")
        settings = {"format": self._format, "dpi": self._dpi, "metadata": UNDATED[self._format]}
        _files.replace(path, lambda file: figure.savefig(file, **settings))
        plt.close(figure)
        return path

    def arrays(self, stem: str, arrays: Mapping[str, Any]) -> Path:
        """Write arrays by name."""
        path = self.place(f"{stem}.npz")
        _files.write_arrays(path, {name: np.asarray(array) for name, array in arrays.items()})
        return path


def image_name(dataset: Dataset, number: int, place: int | None = None) -> str:
    """Name an image in a title: its data set, its number, and its file or group if it has one.

    If only some images were loaded, `place` is its index among them.
    """
    group = "" if dataset.groups is None else f", {dataset.groups[number if place is None else place]}"
    return literal(f"{dataset.name}, image {number}{group}")


def answers(
    network: Sequential,
    dataset: Dataset,
    numbers: Sequence[int] | Array,
    workers: int | None,
    between: str = ", ",
) -> list[str]:
    """Describe images by their labels, if any, and the predicted classes, if the network has classes."""
    images = dataset.images[np.asarray(numbers)]
    outputs = answer_shape(network, images.shape[1:])
    if len(outputs) != 1 or outputs == (1,):
        return [""] * len(images)
    found = []
    for number, row in zip(numbers, predict(network, images, workers=workers), strict=True):
        chance = f"{row.max():.1%}" if row.max() < 0.9995 else "over 99.9%"
        predicted = f"predicted {dataset.classes[int(row.argmax())]} ({chance})"
        labels = [] if dataset.labels is None else [f"label {dataset.classes[dataset.labels[number]]}"]
        found.append(between.join(map(literal, [*labels, predicted])))
    return found


def check_folder(path: Path) -> None:
    """Check that a folder can be written to or made."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise NotADirectoryError(f"{path}: expected a folder to write to, but {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(f"{path}: expected a folder to write to, but {there} can't be written to")


def make_folder(path: Path) -> Path:
    """Make the folder for results, unless it exists."""
    check_folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(f"{path}: the folder could not be made ({error.strerror})") from error
    _files.remove_orphans(path, older_than=3600)
    return path


def file_stem(*parts: str | None, split: str) -> str:
    """Join the settings of a result to the name of a file, so that no result replaces another."""
    return "_".join([*filter(None, parts), *(["train"] if split == "train" else [])])


def listed(word: str, values: Iterable[int] | None) -> str | None:
    """Return a word followed by the given numbers, or by a short form of many numbers."""
    if values is None:
        return None
    text = "-".join(map(str, values))
    return word + (text if len(text) <= LONGEST_LIST else f"s{zlib.crc32(text.encode()):08x}")
