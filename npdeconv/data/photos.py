"""Single photographs, each of its own size."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv._progress import progress_bar
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
from npdeconv.parallel import bars_are_wanted

LARGEST = 2**31
"""The most bytes that the photos of one load may take together."""


@brief
class Photo(NamedTuple):
    """A photograph, as people see it.

    Attributes
    ----------
    name : str
    image : uint8 (H, W, C)

    Examples
    --------
    >>> photo = nd.data.Photo("coffee", np.zeros((300, 400, 3), np.uint8))
    >>> photo.name, photo.image.shape
    ('coffee', (300, 400, 3))
    """

    name: str
    """The name of its file, without the suffix."""
    image: Array
    """uint8 (H, W, 3)"""


def load_photos(path: str | os.PathLike[str], *, background: Color = WHITE) -> list[Photo]:
    """Load one PNG or JPEG file, or all of a folder, as people see them.

    Photos keep their size; `Preprocessing.fit` brings them to one size. `npdeconv.data.pictures.opened`
    describes the reading. Hidden files, system files, subfolders, and files without the suffix .png,
    .jpg or .jpeg are skipped.

    Parameters
    ----------
    path : str or path
        The file or folder. A relative path that does not exist here is looked up in the data folders,
        see `npdeconv.data.files`.
    background : (red, green, blue), optional
        The color behind transparent pixels; white if not given.

    Returns
    -------
    list of Photo
        In the order of their names.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If the folder has no photo, a file is no image, is damaged or needs too much memory, or all
        photos together need more than 2 GiB.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("RGB", (40, 30)).save(Path(folder, "coffee.png"))
    ...     photos = nd.data.load_photos(folder)
    >>> photos[0].name, photos[0].image.shape
    ('coffee', (30, 40, 3))
    """
    color, photos, size = check_background(background, "load_photos"), [], 0
    with unwarned():
        for file in progress_bar(list_photos(path), unit="photo", delay=2, shown=bars_are_wanted()):
            with opened(file, color) as picture:
                photos.append(Photo(file.stem, np.asarray(picture)))
            size += photos[-1].image.nbytes
            if size > LARGEST:
                raise ValueError(
                    f"{file}: expected photos of at most {LARGEST} bytes together,"
                    f" got {size} up to this one; load fewer at a time"
                )
    return photos


def list_photos(path: str | os.PathLike[str]) -> list[Path]:
    """List one photo, or the photos of a folder; raises as `load_photos` does."""
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
    """Read photos and apply ``preprocessing.fit`` to each at once, which saves memory."""
    gray = preprocessing.channels == "gray"
    return read_images(files, preprocessing.size, preprocessing.shorter_side, gray=gray)


def holds_photos(folder: Path, say: Callable[[str], object]) -> bool:
    """Return whether a folder holds photos rather than class folders, by where most of its images are.

    A few images beside class folders, or in a folder beside photos, are ignored. `say` reports the
    choice if both are present, and the pictures of formats that are not read.
    """
    unread = unread_in(folder)
    if unread:
        say(
            f"{folder}: skipped pictures in other formats than PNG and JPEG ({len(unread)}),"
            f" such as {unread[0].name}"
        )
    folders = [entry for entry in entries(folder) if entry.is_dir()]
    photos, inside = len(pictures_in(folder)), sum(len(pictures_in(entry)) for entry in folders)
    if photos and inside:
        taken = f"{inside} images in class folders, skipped {photos} beside them"
        if photos > inside:
            taken = f"{photos} photos, skipped {inside} in its folders"
        say(f"{folder}: loaded {taken}")
    return photos > inside
