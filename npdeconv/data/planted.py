"""Objects at known places: digits on textures, among pieces of other digits.

The pictures follow the "cluttered translated MNIST" of Mnih et al. (arXiv:1406.6247, section 4.2). The
background is added, so that a test whether a network looks at the object can fail.
"""

from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from npdeconv._checks import describe, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Pair
from npdeconv.data.dataset import Dataset

SIZE = 40  # height and width of a picture
INK = 64  # the least pixel value that belongs to a digit
SIDES = 18, 28  # the smallest and largest longer side of a planted digit
PIECES, PIECE = 6, 8  # the number of pieces of other digits, and their height and width


@brief
class Planted(NamedTuple):
    """Pictures of one object each, and the place of the object.

    Attributes
    ----------
    dataset : Dataset
    boxes : int (N, 4), top, bottom, left, right of the object

    Examples
    --------
    >>> planted = nd.data.plant(nd.data.load_strokes(5))
    >>> planted.dataset, planted.boxes.shape
    (<Dataset 'planted strokes': 5 images of 40x40x1 in 10 classes>, (5, 4))
    """

    dataset: Dataset
    boxes: Array


def plant(digits: Dataset, *, seed: int = 0, size: int = SIZE) -> Planted:
    """Plant each digit of a data set at a random place of a separate picture.

    Parameters
    ----------
    digits : Dataset
        Gray images, white on black, such as those of `load_strokes` and `load_mnist`.
    seed : int, optional
        Not negative. Fewer digits give the first of the same pictures.
    size : int, optional
        Height and width of a picture, at least 28.

    Returns
    -------
    Planted
        Images uint8 (N, size, size, 1), with the labels and classes of the digits.

    Raises
    ------
    TypeError
        If `digits` is no Dataset, or `size` or `seed` is no integer.
    ValueError
        If a digit is blank or not gray, the pictures are too small, or `seed` is negative.

    Notes
    -----
    A picture is smoothed noise of random fineness and contrast. It shows a digit, whose longer side
    has 18 to 28 pixels, and up to six pieces of other digits, 8x8 pixels large. The pieces are as
    bright as the digit, and do not touch it.

    Examples
    --------
    >>> planted = nd.data.plant(nd.data.load_strokes(5), size=60)
    >>> planted.dataset.images.shape
    (5, 60, 60, 1)
    >>> top, bottom, left, right = planted.boxes[0].tolist()  # where the first digit is
    >>> 0 <= top < bottom <= 60
    True
    """
    if not isinstance(digits, Dataset):
        raise TypeError(f"plant: expected a Dataset of digits, got {describe(digits)}")
    if digits.images.shape[3] != 1:
        raise ValueError(f"plant: expected gray images (N, H, W, 1), got {digits.images.shape}")
    size, seed = positive_int(size, "plant", "size"), _checked_seed(seed)
    if size < SIDES[1]:
        raise ValueError(f"plant: size must be at least {SIDES[1]}, got {size}")
    pictures = np.empty((len(digits), size, size, 1), np.uint8)
    boxes = np.empty((len(digits), 4), np.int64)
    objects = [_crop(image[..., 0], n) for n, image in enumerate(digits.images)]
    for n, digit in enumerate(objects):
        rng = np.random.default_rng([seed, n])
        pictures[n, ..., 0], boxes[n] = _compose(digit, _others(digits.images, n, rng), size, rng)
    return Planted(Dataset(pictures, digits.labels, digits.classes, f"planted {digits.name}"), boxes)


def _checked_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"plant: seed must be an integer, got {describe(seed)}")
    if seed < 0:
        raise ValueError(f"plant: seed must not be negative, got {seed}")
    return int(seed)


def _crop(image: Array, number: int) -> Array:
    """Cut an image (H, W) down to its ink."""
    rows, columns = (np.flatnonzero((image >= INK).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        raise ValueError(f"plant: expected digits, white on black, but image {number} is blank")
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _others(images: Array, number: int, rng: Generator) -> Array:
    """Cut pieces (PIECES, PIECE, PIECE) out of other images, near their middles, where the ink is."""
    # Only earlier images are used, so that fewer digits give the same first pictures.
    chosen = images[rng.integers(0, max(number, 1), PIECES), ..., 0]
    middle = (np.array(chosen.shape[1:]) - PIECE) // 2
    corners = middle + rng.integers(-middle // 2, middle // 2 + 1, (PIECES, 2))
    return np.stack(
        [
            image[row : row + PIECE, column : column + PIECE]
            for image, (row, column) in zip(chosen, corners, strict=True)
        ]
    )


def _compose(digit: Array, pieces: Array, size: int, rng: Generator) -> tuple[Array, Array]:
    """Return a picture (size, size), and the box of the digit in it."""
    picture, brightness = _texture(size, rng), rng.uniform(190, 255)
    digit = _scale(digit, int(rng.integers(SIDES[0], SIDES[1] + 1)))
    top, left = rng.integers(0, size - np.array(digit.shape) + 1).tolist()
    bottom, right = top + digit.shape[0], left + digit.shape[1]
    for piece, (row, column) in zip(
        pieces, rng.integers(0, size - PIECE + 1, (PIECES, 2)).tolist(), strict=True
    ):
        if not (top - PIECE < row < bottom and left - PIECE < column < right):
            _draw_over(picture, piece, (row, column), brightness)
    _draw_over(picture, digit, (top, left), brightness)
    return np.rint(picture).astype(np.uint8), np.array([top, bottom, left, right])


def _texture(size: int, rng: Generator) -> Array:
    """Return noise, smoothed by a random width along each axis, of random brightness and contrast."""
    noise = gaussian_filter(rng.standard_normal((size, size)), rng.uniform(0.6, 3, 2), mode="wrap")
    noise = (noise - noise.mean()) / noise.std()
    return np.clip(rng.uniform(20, 90) + rng.uniform(5, 25) * noise, 0, 180)


def _scale(digit: Array, side: int) -> Array:
    """Scale a digit until its longer side has `side` pixels."""
    height, width = digit.shape
    factor = side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.BILINEAR))


def _draw_over(picture: Array, ink: Array, corner: Pair, brightness: float) -> None:
    """Draw ink of some brightness over a picture, in place; pixels without ink are transparent."""
    place = np.s_[corner[0] : corner[0] + ink.shape[0], corner[1] : corner[1] + ink.shape[1]]
    share = ink / 255
    picture[place] += share * (brightness - picture[place])
