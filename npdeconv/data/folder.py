"""A folder per class, full of images."""

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from npdeconv._checks import positive_pair
from npdeconv._types import Array, Pair
from npdeconv.data.dataset import Dataset
from npdeconv.data.files import find
from npdeconv.data.preprocessing import check_shorter_side, fit_photo

SUFFIXES = (".png", ".jpg", ".jpeg")


class Listing(NamedTuple):
    """The images of a folder, in the order of their class and name."""

    classes: tuple[str, ...]
    files: tuple[Path, ...]
    labels: Array | None
    """int64 (N,); None where the images lie in no class folders"""


def load_folder(path: str | os.PathLike[str], size: int | Pair, shorter_side: int | None = None) -> Dataset:
    """Load a folder that holds one folder of PNG or JPEG images per class, or images without labels.

    The first is how Caltech-101 and Caltech-256 come. Classes and images come in the order of their
    names. Everything is turned to RGB (transparency is dropped) and brought to `size`, antialiased.
    Passed over are hidden files and folders, files that are not called .png, .jpg or .jpeg, and
    folders inside a class folder. A progress bar appears on stderr after two seconds.

    Parameters
    ----------
    path : str or path
        The folder; a relative one that is not here is looked for where data files lie, see
        `npdeconv.data.files`.
    size : int or (height, width)
        The size of all images afterwards.
    shorter_side : int, optional
        Scale each image until its shorter side has so many pixels, and cut `size` out of the
        center, as many pretrained networks want it (see `Preprocessing`); without it, images are
        stretched to `size`.

    Returns
    -------
    Dataset
        Images (N, H, W, 3), named after the folder. Where they lie in no class folders, nobody has
        labeled them: `labels` is None, and the groups are the names of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it holds neither class folders nor images, a class folder holds no image, or a file is no image, is
        damaged, or would unpack to more pixels than Pillow's ``Image.MAX_IMAGE_PIXELS``.
    """
    shape = positive_pair(size, "load_folder", "size")
    check_shorter_side(shorter_side, shape, "load_folder")
    folder = Path(path)
    if not folder.is_dir():
        folder = find(folder) or folder
    listing = list_images(folder)
    images = read_images(listing.files, shape, shorter_side)
    groups = tuple(file.stem for file in listing.files) if listing.labels is None else None
    return Dataset(images, listing.labels, listing.classes, folder.name, groups)


def list_images(folder: Path) -> Listing:
    """List the images of each class folder, or of a folder without any; errors as in `load_folder`."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder that holds a folder of images per class")
    class_folders = [entry for entry in _visible(folder) if entry.is_dir()]
    if not class_folders:
        unlabeled = _images(folder)
        if not unlabeled:
            raise ValueError(f"{folder}: expected a folder of images per class, got no folder in it")
        return Listing((), tuple(unlabeled), None)
    members = [_images(class_folder) for class_folder in class_folders]
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


def read_images(files: Sequence[Path], size: Pair, shorter_side: int | None = None) -> Array:
    """Read PNG or JPEG files as uint8 (N, H, W, 3), on all cores; errors as in `load_folder`."""
    images = np.empty((len(files), *size, 3), dtype=np.uint8)

    def read(position: int) -> None:
        images[position] = fit_photo(decode(files[position]), size, shorter_side)

    # Pillow releases the GIL while it decodes.
    with unwarned(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in tqdm(pool.map(read, range(len(files))), total=len(files), unit="image", delay=2):
            pass
    return images


def _images(folder: Path) -> list[Path]:
    return [entry for entry in _visible(folder) if entry.suffix.lower() in SUFFIXES and entry.is_file()]


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


@contextmanager
def unwarned() -> Iterator[None]:
    """Keep Pillow from warning: of damaged EXIF data, say, which does not concern the pixels.

    To be entered in the main thread, around all calls of `decode`: filters are global.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def decode(path: Path) -> Array:
    """Read one PNG or JPEG file as uint8 (H, W, 3); errors as in `load_folder`."""
    with path.open("rb") as file:
        try:
            with Image.open(file, formats=("PNG", "JPEG")) as image:
                _refuse_bomb(image)
                if image.mode.startswith("I"):  # 16 bits of gray: keep the upper 8, as Pillow does for colors
                    return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., np.newaxis], 3, axis=2)
                return np.asarray(image.convert("RGB"))
        except Exception as error:  # a damaged file makes Pillow raise almost anything
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(
                f"{path}: expected a PNG or JPEG image, got one that cannot be read ({reason})"
            ) from error


def _refuse_bomb(image: Image.Image) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise ValueError(f"{image.width}x{image.height} pixels, more than the limit of {limit}")
