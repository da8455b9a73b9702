"""Data sets of image files, with one folder per class or without labels."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv._checks import positive_pair
from npdeconv._progress import progress_bar
from npdeconv._types import Array, Pair
from npdeconv.data.dataset import Dataset
from npdeconv.data.files import locate
from npdeconv.data.pictures import SUFFIXES, WHITE, Color, check_background, opened, pictures_in, unwarned
from npdeconv.data.preprocessing import check_shorter_side, fit_picture
from npdeconv.data.system_files import entries
from npdeconv.parallel import bars_are_wanted


class Listing(NamedTuple):
    """The images of a folder, ordered by class and name."""

    classes: tuple[str, ...]
    files: tuple[Path, ...]
    labels: Array | None
    """int64 (N,); None without class folders"""

    def take(self, image_indices: Sequence[int]) -> "Listing":
        """Return some of the images, of the same classes."""
        for image in image_indices:
            if not 0 <= image < len(self.files):
                raise IndexError(
                    f"load_folder: image_indices must be from 0 to {len(self.files) - 1}, got {image}"
                )
        files = tuple(self.files[image] for image in image_indices)
        labels = None if self.labels is None else self.labels[list(image_indices)]
        return Listing(self.classes, files, labels)


def load_folder(
    path: str | os.PathLike[str],
    size: int | Pair,
    shorter_side: int | None = None,
    *,
    background: Color = WHITE,
    image_indices: Sequence[int] | None = None,
    gray: bool = False,
) -> Dataset:
    """Load a folder that holds one folder of PNG or JPEG images per class, or images without labels.

    Caltech-101 and Caltech-256 have class folders. Classes and images are ordered by name. Images are
    converted to RGB as people see them (see `npdeconv.data.pictures.opened`) and brought to `size`,
    antialiased. Hidden and system files, files without the suffix .png, .jpg or .jpeg, and folders
    inside a class folder are skipped. For a progress bar, see
    `npdeconv.parallel.progress_bars`.

    Parameters
    ----------
    path : str or path
        The folder. A relative path that does not exist here is looked up in the data folders, see
        `npdeconv.data.files`.
    size : int or (height, width)
        The size of the returned images.
    shorter_side : int, optional
        Scale the shorter side of each image to this many pixels and cut `size` out of the center, as
        many pretrained networks expect (see `Preprocessing`); without it, images are stretched to
        `size`.
    background : (red, green, blue), optional
        The color behind transparent pixels; white if not given.
    image_indices : sequence of int, optional
        Read only these images of the data set, in this order.
    gray : bool
        Return one channel instead of three.

    Returns
    -------
    Dataset
        Images (N, H, W, 3), or gray ones (N, H, W, 1), named after the folder. Without class folders,
        `labels` is None and the groups are the names of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    IndexError
        If `image_indices` has an index that does not exist.
    ValueError
        If the folder holds neither class folders nor images, a class folder holds no image, or a file
        is no image, is damaged or needs too much memory.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("cat", "dog"):
    ...         Path(folder, name).mkdir()
    ...         Image.new("RGB", (40, 30)).save(Path(folder, name, "1.png"))
    ...     photos = nd.data.load_folder(folder, size=16)
    >>> photos.classes, photos.labels.tolist(), photos.images.shape
    (('cat', 'dog'), [0, 1], (2, 16, 16, 3))
    """
    shape = positive_pair(size, "load_folder", "size")
    check_shorter_side(shorter_side, shape, "load_folder")
    color = check_background(background, "load_folder")
    folder = locate(path)
    listing = list_images(folder)
    if image_indices is not None:
        listing = listing.take(image_indices)
    images = read_images(listing.files, shape, shorter_side, background=color, gray=gray)
    groups = tuple(file.stem for file in listing.files) if listing.labels is None else None
    return Dataset(images, listing.labels, listing.classes, folder.name, groups)


def list_images(folder: Path) -> Listing:
    """List the images of all class folders, or those of a folder without any; raises as `load_folder`."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder that holds a folder of images per class")
    class_folders = [entry for entry in entries(folder) if entry.is_dir()]
    if not class_folders:
        unlabeled = pictures_in(folder)
        if not unlabeled:
            raise ValueError(f"{folder}: expected images or a folder of images per class, got none")
        return Listing((), tuple(unlabeled), None)
    members = [pictures_in(class_folder) for class_folder in class_folders]
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


def read_images(
    files: Sequence[Path],
    size: Pair,
    shorter_side: int | None = None,
    *,
    background: Color = WHITE,
    gray: bool = False,
) -> Array:
    """Read PNG or JPEG files as uint8 (N, H, W, 3 or 1), on all cores; raises as `load_folder`."""
    images = np.empty((len(files), *size, 1 if gray else 3), dtype=np.uint8)
    least = max(size) if shorter_side is None else shorter_side

    def read(index: int) -> None:
        with opened(files[index], background, least) as picture:
            images[index] = fit_picture(picture, size, shorter_side, gray=gray)

    # Pillow releases the GIL while it decodes.
    with unwarned(), ThreadPoolExecutor(os.cpu_count()) as pool:
        done, count = pool.map(read, range(len(files))), len(files)
        for _ in progress_bar(done, total=count, unit="image", delay=2, shown=bars_are_wanted()):
            pass
    return images
