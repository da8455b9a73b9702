"""Single photographs, each of its own size."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.data.files import locate
from npdeconv.data.folder import read_images
from npdeconv.data.pictures import (
    SUFFIXES,
    WHITE,
    Color,
    check_background,
    opened,
    pictures_in,
    unread_in,
    unwarned,
)
from npdeconv.data.preprocessing import Preprocessing
from npdeconv.data.system_files import entries

LARGEST = 2**31
"""Bytes that the photos of one load may take together."""


@brief
class Photo(NamedTuple):
    """A photograph, as people see it.

    Attributes
    ----------
    name : str
    image : uint8 (H, W, C)
    """

    name: str
    """The name of its file, without the ending."""
    image: Array
    """uint8 (H, W, 3)"""


def load_photos(path: str | os.PathLike[str], *, background: Color = WHITE) -> list[Photo]:
    """Load one PNG or JPEG file, or all of a folder, as people see them.

    They stay as large as they are; `Preprocessing.fit` brings them to one size. What is seen
    says `npdeconv.data.pictures.opened`. Passed over in a folder are hidden and system files, other
    folders, and files that are not called .png, .jpg or .jpeg.

    Parameters
    ----------
    path : str or path
        The file or folder; a relative one that is not here is looked for where data files lie, see
        `npdeconv.data.files`.
    background : (red, green, blue), optional
        What shows through where photos are transparent; white if not given.

    Returns
    -------
    list of Photo
        In the order of their names.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If there is no photo in the folder, a file is no image, is damaged, or would take too much
        memory, or all together would take more than 2 GiB.
    """
    color, photos, size = check_background(background, "load_photos"), [], 0
    with unwarned():
        for file in tqdm(list_photos(path), unit="photo", delay=2):
            with opened(file, color) as picture:
                photos.append(Photo(file.stem, np.asarray(picture)))
            size += photos[-1].image.nbytes
            if size > LARGEST:
                raise ValueError(
                    f"{file}: expected photos that take at most {LARGEST} bytes together,"
                    f" got {size} with this one; load fewer at a time"
                )
    return photos


def list_photos(path: str | os.PathLike[str]) -> list[Path]:
    """List the photo, or those of the folder; errors as in `load_photos`."""
    place = locate(path)
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise FileNotFoundError(f"{place}: expected a photo or a folder of photos")
    files = pictures_in(place)
    if not files:
        raise ValueError(f"{place}: expected photos ({', '.join(SUFFIXES)}), got a folder without any")
    return files


def fit_photos(files: Sequence[Path], preprocessing: Preprocessing) -> Array:
    """Return what ``preprocessing.fit`` makes of photos, without holding them all at their full size."""
    gray = preprocessing.channels == "gray"
    return read_images(files, preprocessing.size, preprocessing.shorter_side, gray=gray)


def holds_photos(folder: Path, say: Callable[[str], object]) -> bool:
    """Tell a folder of photos from one of class folders, by what more of its images are.

    One overview beside class folders is no data set, nor is one folder of rejects beside photos.
    Where both readings are possible, `say` is told which was taken. It is also told of pictures of a
    kind that is not read.
    """
    unread = unread_in(folder)
    if unread:
        say(
            f"{folder}: passed over {len(unread)} that are no PNG or JPEG, such as {unread[0].name};"
            " save them as one of these"
        )
    folders = [entry for entry in entries(folder) if entry.is_dir()]
    photos, inside = len(pictures_in(folder)), sum(len(pictures_in(entry)) for entry in folders)
    if photos and inside:
        taken = f"{inside} images in class folders, without the {photos} beside them"
        if photos > inside:
            taken = f"{photos} photos, without the {inside} in its folders"
        say(f"{folder}: taken for {taken}")
    return photos > inside
