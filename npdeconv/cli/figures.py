"""Figures as files, and where results go."""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from npdeconv import _files
from npdeconv._types import Array
from npdeconv.data import Dataset

LONGEST_LIST = 40  # characters of a file's name


def save_figure(axes: Array | Axes, path: Path) -> Path:
    """Write the figure that some axes belong to as PNG, whole or not at all, and forget it."""
    figure: Any = axes.figure if isinstance(axes, Axes) else axes.flat[0].figure
    _files.replace(path, lambda file: figure.savefig(file, format="png", dpi=130))
    plt.close(figure)
    return path


def image_name(dataset: Dataset, number: int, place: int | None = None) -> str:
    """Name an image in a title: the data set, its position, and its file or group if it has one.

    If only some images were loaded, `place` says where among them it is.
    """
    group = "" if dataset.groups is None else f", {dataset.groups[number if place is None else place]}"
    return f"{dataset.name}, image {number}{group}"


def check_folder(path: Path) -> None:
    """Check, before anything is computed, that a folder can be written to or made."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise NotADirectoryError(f"{path}: expected a folder to write to, but {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(f"{path}: expected a folder to write to, but {there} can't be written to")


def make_folder(path: Path) -> Path:
    """Make the folder for results, unless it is there, before they are computed."""
    check_folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(f"{path}: the folder could not be made ({error.strerror})") from error
    _files.remove_orphans(path, older_than=3600)
    return path


def file_stem(*parts: str | None, split: str) -> str:
    """Join what tells results apart to the name of a file, so that none replaces another."""
    return "_".join([*filter(None, parts), *(["train"] if split == "train" else [])])


def listed(word: str, values: Iterable[int] | None) -> str | None:
    """Return a word and the numbers given for it, or what stands for them where they are many."""
    if values is None:
        return None
    text = "-".join(map(str, values))
    return word + (text if len(text) <= LONGEST_LIST else f"s{zlib.crc32(text.encode()):08x}")
