"""Single photographs, each of its own size."""

import os
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from npdeconv._types import Array
from npdeconv.data.files import find
from npdeconv.data.folder import SUFFIXES, decode, unwarned


class Photo(NamedTuple):
    """A photograph, as it is in its file."""

    name: str
    """The name of its file, without the ending."""
    image: Array
    """uint8 (H, W, 3)"""


def load_photos(path: str | os.PathLike[str]) -> list[Photo]:
    """Load one PNG or JPEG file, or all of a folder.

    They stay as large as they are; `Preprocessing.fit` brings them to one size. Passed over in a
    folder are hidden files, other folders, and files that are not called .png, .jpg or .jpeg.

    Parameters
    ----------
    path : str or path
        The file or folder; a relative one that is not here is looked for where data files lie, see
        `npdeconv.data.files`.

    Returns
    -------
    list of Photo
        In the order of their names.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If there is no photo in the folder, or a file is no image, is damaged, or would unpack to
        more pixels than Pillow's ``Image.MAX_IMAGE_PIXELS``.
    """
    place = Path(path)
    if not place.exists():
        place = find(place) or place
    files = [place]
    if place.is_dir():
        files = sorted(
            entry
            for entry in place.iterdir()
            if entry.suffix.lower() in SUFFIXES and entry.is_file() and not entry.name.startswith(".")
        )
        if not files:
            raise ValueError(f"{place}: expected photos ({', '.join(SUFFIXES)}), got a folder without any")
    elif not place.is_file():
        raise FileNotFoundError(f"{place}: expected a photo or a folder of photos")
    with unwarned():
        return [Photo(file.stem, decode(file)) for file in tqdm(files, unit="photo", delay=2)]
