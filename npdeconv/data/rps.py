"""Rock Paper Scissors: computer-generated hands on white (Moroney 2019)."""

from typing import Literal

from npdeconv._checks import one_of, positive_pair
from npdeconv._types import Pair
from npdeconv.data.dataset import Dataset
from npdeconv.data.files import Source, fetch
from npdeconv.data.folder import list_images, read_images

CLASSES = ("paper", "rock", "scissors")

MIRRORS = (
    "https://storage.googleapis.com/download.tensorflow.org/data/",
    "https://storage.googleapis.com/laurencemoroney-blog.appspot.com/",
)

SOURCES = {
    "train": Source(
        "rps/train",
        tuple(mirror + "rps.zip" for mirror in MIRRORS),
        "c2403444395842ad04c53612bad54b574443eae17a0723117a2ff87b9d72194f",
        members="rps",
    ),
    "test": Source(
        "rps/test",
        tuple(mirror + "rps-test-set.zip" for mirror in MIRRORS),
        "c27ab9fa43ce40b2e453de711365b477f4424586edf0388116674fd320f07503",
        members="rps-test-set",
    ),
}


def load_rps(split: Literal["train", "test"], size: int | Pair = 300) -> Dataset:
    """Load Rock Paper Scissors.

    Every image is a frame of an animated hand, and frames of one animation are near copies. The
    groups of the data set are therefore the animations: take validation images with `split_groups`.

    Parameters
    ----------
    split : "train" or "test"
        2520 images of 21 animations, or 372 of 12 others. The splits number their animations
        independently: the same group name in both is not the same animation.
    size : int or (height, width)
        The size to which the images of 300x300 pixels are reduced.

    Returns
    -------
    Dataset
        Images (N, H, W, 3). A group is the file name without the frame number: ``rock05ck01`` for
        ``rock05ck01-097.png``.

    Raises
    ------
    FileNotFoundError
        If the folder is missing and could not be downloaded. The message says what to put where.
    ValueError
        If the folder has other classes, or as in `load_folder`.

    Examples
    --------
    >>> nd.data.load_rps("test", size=16).images.shape[1:]
    (16, 16, 3)
    """
    one_of(split, SOURCES, "load_rps", "split")
    shape = positive_pair(size, "load_rps", "size")
    folder = fetch(SOURCES[split])
    listing = list_images(folder)
    if listing.classes != CLASSES:
        raise ValueError(
            f"{folder}: expected the folders {', '.join(CLASSES)}, got {', '.join(listing.classes)}"
        )
    groups = tuple(file.stem.rpartition("-")[0] for file in listing.files)
    return Dataset(read_images(listing.files, shape), listing.labels, CLASSES, f"rps {split}", groups)
