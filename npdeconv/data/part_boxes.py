"""Boxes around parts of photos, from a table that a person wrote, brought to a network's input size."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Box, Pair
from npdeconv.data.dataset import Dataset
from npdeconv.data.files import locate
from npdeconv.data.folder import read_images
from npdeconv.data.pictures import opened
from npdeconv.data.preprocessing import Preprocessing

COLUMNS = ("image", "part", "top", "left", "height", "width")


@brief
class PartBoxes(NamedTuple):
    """Images, and where their parts lie.

    Attributes
    ----------
    dataset : Dataset
    parts : dict of str to int (N, 4), top, bottom, left, right of each part in all images

    Examples
    --------
    >>> digits, parts = nd.data.load_stroke_parts(10)
    >>> len(digits), {name: boxes.shape for name, boxes in parts.items()}["end"]
    (10, (10, 4))
    """

    dataset: Dataset
    parts: dict[str, Array]


def load_part_boxes(
    table: str | os.PathLike[str], folder: str | os.PathLike[str], preprocessing: Preprocessing
) -> PartBoxes:
    """Load photos, and the boxes of their parts, at a network's input size.

    Parameters
    ----------
    table : str or path
        A CSV file with the columns image (a file in the folder), part, top, left, height and width, in
        pixels of the upright photo. Every image has every part once.
    folder : str or path
        Of the photos; also looked for in the data folders.
    preprocessing : Preprocessing
        Says how photos are scaled and cut. Boxes are moved alike, and clipped where they leave the cut.

    Returns
    -------
    PartBoxes
        Of the photos in the order of the table, without labels.

    Raises
    ------
    FileNotFoundError
        If there is no such table, or a photo is missing.
    ValueError
        If the table is no such table, an image lacks a part, or nothing of a box remains.

    Examples
    --------
    >>> nd.data.load_part_boxes("nowhere.csv", ".", nd.data.Preprocessing(32))
    Traceback (most recent call last):
        ...
    FileNotFoundError: nowhere.csv: there is no such file
    """
    path, place = locate(table), locate(folder)
    rows = _read(path)
    names = list(dict.fromkeys(part for boxes in rows.values() for part in boxes))
    files = [place / name for name in rows]
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(f"{path}: expected the photo {file}, there is no such file")
    for image, boxes in rows.items():
        missing = [name for name in names if name not in boxes]
        if missing:
            raise ValueError(f"{path}: expected every part in every image, {image} has no {missing[0]}")
    parts = {name: np.empty((len(files), 4), np.int64) for name in names}
    for n, (file, boxes) in enumerate(zip(files, rows.values(), strict=True)):
        with opened(file) as picture:
            shape = picture.size[1], picture.size[0]
        for name, box in boxes.items():
            parts[name][n] = fit_box(box, shape, preprocessing)
            top, bottom, left, right = parts[name][n]
            if top >= bottom or left >= right:
                raise ValueError(
                    f"{path}: expected boxes inside what the network sees, {name} of {file.name} is not"
                )
    gray = preprocessing.channels == "gray"
    images = read_images(files, preprocessing.size, preprocessing.shorter_side, gray=gray)
    return PartBoxes(Dataset(images, None, (), place.name, tuple(file.stem for file in files)), parts)


def fit_box(box: Box, shape: Pair, preprocessing: Preprocessing) -> Box:
    """Move a box of a photo (height, width) as `Preprocessing.fit` moves the pixels; clip it to the result.

    Examples
    --------
    >>> from npdeconv.data.part_boxes import fit_box
    >>> half = nd.data.Preprocessing(150, shorter_side=150)
    >>> fit_box(nd.visualize.Box(100, 200, 150, 250), (300, 400), half)
    Box(top=50, bottom=100, left=50, right=100)
    """
    edges = []
    for axis, ends in enumerate(((box.top, box.bottom), (box.left, box.right))):
        length, wanted = shape[axis], preprocessing.size[axis]
        start, per_pixel = 0.0, length / wanted
        if preprocessing.shorter_side is not None:
            per_pixel = min(shape) / preprocessing.shorter_side
            start = (length - wanted * per_pixel) / 2
        edges += [min(max(round((end - start) / per_pixel), 0), wanted) for end in ends]
    return Box(*edges)


def _read(path: Path) -> Mapping[str, Mapping[str, Box]]:
    """Return the boxes of each image by part."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    found: dict[str, dict[str, Box]] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file, strict=True):
                top, left, height, width = (int(row[name]) for name in COLUMNS[2:])
                boxes = found.setdefault(row["image"], {})
                if row["part"] in boxes:
                    raise ValueError(f"{row['part']} of {row['image']} twice")
                boxes[row["part"]] = Box(top, top + height, left, left + width)
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: expected a table with the columns {', '.join(COLUMNS)}, got {error}"
        ) from error
    if not found:
        raise ValueError(f"{path}: expected boxes of parts, got none")
    return found
