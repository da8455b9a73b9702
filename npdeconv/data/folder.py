"""A folder per class, full of images."""

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from npdeconv._checks import positive_pair
from npdeconv._types import Array, Pair
from npdeconv.data.dataset import Dataset
from npdeconv.data.files import find

SUFFIXES = (".png", ".jpg", ".jpeg")


class Listing(NamedTuple):
    """The images of a folder, in the order of their class and name."""

    classes: tuple[str, ...]
    files: tuple[Path, ...]
    labels: Array
    """int64 (N,)"""


def load_folder(path: str | os.PathLike[str], size: int | Pair) -> Dataset:
    """Load a folder that holds one folder of PNG or JPEG images per class.

    Classes and images come in the order of their names. Everything is turned to RGB (transparency
    is dropped) and stretched to `size`, antialiased. Passed over are hidden files and folders,
    files that are not called .png, .jpg or .jpeg, and folders inside a class folder. A progress
    bar appears on stderr after two seconds.

    Parameters
    ----------
    path : str or path
        The folder; a relative one that is not here is looked for where data files lie, see
        `npdeconv.data.files`.
    size : int or (height, width)
        The size of all images afterwards.

    Returns
    -------
    Dataset
        Images (N, H, W, 3), named after the folder.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it holds no class folders, a class folder holds no image, or a file is no image, is
        damaged, or would unpack to more pixels than Pillow's ``Image.MAX_IMAGE_PIXELS``.
    """
    shape = positive_pair(size, "load_folder", "size")
    folder = Path(path)
    if not folder.is_dir():
        folder = find(folder) or folder
    listing = list_images(folder)
    return Dataset(read_images(listing.files, shape), listing.labels, listing.classes, folder.name)


def list_images(folder: Path) -> Listing:
    """List the images of each class folder; errors as in `load_folder`."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder that holds a folder of images per class")
    class_folders = [entry for entry in _visible(folder) if entry.is_dir()]
    if not class_folders:
        raise ValueError(f"{folder}: expected a folder of images per class, got no folder in it")
    members = [
        [entry for entry in _visible(class_folder) if entry.suffix.lower() in SUFFIXES and entry.is_file()]
        for class_folder in class_folders
    ]
    for class_folder, images in zip(class_folders, members, strict=True):
        if not images:
            raise ValueError(
                f"{class_folder}: expected images ({', '.join(SUFFIXES)}), got a folder without any"
            )
    return Listing(
        classes=tuple(class_folder.name for class_folder in class_folders),
        files=tuple(file for images in members for file in images),
        labels=np.repeat(np.arange(len(members)), [len(images) for images in members]),
    )


def read_images(files: Sequence[Path], size: Pair) -> Array:
    """Read PNG or JPEG files as uint8 (N, H, W, 3), on all cores; errors as in `load_folder`."""
    images = np.empty((len(files), *size, 3), dtype=np.uint8)

    def read(position: int) -> None:
        with files[position].open("rb") as file:
            images[position] = _decode(file, size, files[position])

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        # Pillow releases the GIL while it decodes. What it only warns of (damaged EXIF data, say)
        # does not concern the pixels; images that are too large are refused below.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        for _ in tqdm(pool.map(read, range(len(files))), total=len(files), unit="image", delay=2):
            pass
    return images


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _decode(file: BinaryIO, size: Pair, path: Path) -> Array:
    """Return one image as uint8 (H, W, 3)."""
    height, width = size
    try:
        with Image.open(file, formats=("PNG", "JPEG")) as image:
            _refuse_bomb(image)
            if image.mode.startswith("I"):  # 16 bits of gray: keep the upper 8, as Pillow does for colors
                rgb = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
            else:
                rgb = image.convert("RGB")
            if rgb.size != (width, height):
                rgb = rgb.resize((width, height), Image.Resampling.LANCZOS)
            return np.asarray(rgb)
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{path}: expected a PNG or JPEG image, got one that cannot be read ({reason})"
        ) from error


def _refuse_bomb(image: Image.Image) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise ValueError(f"{image.width}x{image.height} pixels, more than the limit of {limit}")
