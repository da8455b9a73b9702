"""The embedded data set: handwritten digits, drawn at random from pen paths.

The points of a glyph tremble, a smooth line is laid through them, and the line is bent, slanted,
stretched, fitted into a box and inked; the image is centered by its mass. The last three steps are
those of MNIST (LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document
Recognition", 1998, section III-A), so a network that learned these digits also reads MNIST's.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe, positive_int
from npdeconv._jit import kernel
from npdeconv._progress import progress_bar
from npdeconv._types import Array
from npdeconv.data.dataset import Dataset
from npdeconv.data.glyphs import GLYPHS, Glyph, read_glyph
from npdeconv.parallel import bars_are_wanted

SIZE = 28  # height and width of an image
BOX = 20  # the longer side of a digit
EDGE = 1.2  # pixels over which ink fades out

# Standard normal numbers per image: two per point for its tremor, four per wave that bends the sheet,
# and seven for everything else.
POINTS, WAVES = 16, 3
NOISE = 2 * POINTS + 4 * WAVES + 7


def load_strokes(n: int, seed: int = 0) -> Dataset:
    """Draw `n` handwritten digits, white on black like MNIST, without files or downloads.

    Parameters
    ----------
    n : int
        Number of images. All digits are equally frequent, give or take one image, in random order.
    seed : int, optional
        Not negative. The same seed gives the same images; a smaller `n` gives the first ones.

    Returns
    -------
    Dataset
        Named ``"strokes"``; images uint8 (N, 28, 28, 1), classes ``"0"`` to ``"9"``.

    Raises
    ------
    TypeError
        If `n` or `seed` is not an integer.
    ValueError
        If `n` is below 1 or `seed` below 0.

    Examples
    --------
    >>> digits = nd.data.load_strokes(100, seed=0)
    >>> digits
    <Dataset 'strokes': 100 images of 28x28x1 in 10 classes>
    >>> digits.labels[:5].tolist(), int(digits.images.max())
    ([4, 6, 2, 7, 3], 255)
    """
    n, seed = positive_int(n, "load_strokes", "n"), _seed(seed)
    images, digits = np.zeros((n, SIZE, SIZE), dtype=np.uint8), np.zeros(n, dtype=np.int64)
    for digit, chosen, written in write_digits(n, seed):
        images[chosen], digits[chosen] = written.images, digit
    return Dataset(images[..., np.newaxis], digits, tuple(GLYPHS), "strokes")


class Written(NamedTuple):
    """Images of one glyph, and the pen's way through each.

    Attributes
    ----------
    images : uint8 (N, SIZE, SIZE)
    lines : (N, S, 2)
        x and y of samples along the pen's way, in pixels.
    radius : (N,)
        Of the pen, before pressure changes it by up to a fifth or so.
    joined : bool (S - 1,)
        Whether the pen is down from sample s to sample s + 1.
    """

    images: Array
    lines: Array
    radius: Array
    joined: Array


def write_digits(n: int, seed: int) -> Iterator[tuple[int, Array, Written]]:
    """Write the digits of `load_strokes`, glyph by glyph: yield digit, indices of images, and these."""
    digits, styles, noise = _draw_noise(n, seed)
    bar = progress_bar(GLYPHS.values(), unit="digit", delay=2, shown=bars_are_wanted())
    for digit, paths in enumerate(bar):
        style = np.floor(styles * len(paths))
        for index, path in enumerate(paths.values()):
            chosen = np.flatnonzero((digits == digit) & (style == index))
            if chosen.size:
                yield digit, chosen, _write(read_glyph(path), noise[chosen])


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"load_strokes: seed must be an integer, got {describe(value)}")
    if value < 0:
        raise ValueError(f"load_strokes: seed must not be negative, got {value}")
    return int(value)


def _draw_noise(n: int, seed: int) -> tuple[Array, Array, Array]:
    """Draw all random numbers: digits int64 (N,), styles in [0, 1) (N,) and noise (N, NOISE).

    Every ten images share a generator and hold each digit once. This balances the classes, and makes
    a smaller set the beginning of a larger one.
    """
    blocks = -(-n // 10)
    digits = np.empty((blocks, 10), dtype=np.int64)
    styles = np.empty((blocks, 10))
    noise = np.empty((blocks, 10, NOISE))
    for block in range(blocks):
        rng = np.random.default_rng([seed, block])
        digits[block] = rng.permutation(10)
        styles[block] = rng.random(10)
        noise[block] = rng.standard_normal((10, NOISE))
    return digits.reshape(-1)[:n], styles.reshape(-1)[:n], noise.reshape(-1, NOISE)[:n]


def _write(glyph: Glyph, noise: Array) -> Written:
    """Write one glyph once per row of `noise` (N, NOISE)."""
    tremor, waves, hand = np.split(noise, [2 * POINTS, 2 * POINTS + 4 * WAVES], axis=1)
    slant, turn, width, size, weight, swell, fade = hand.T
    tremor = tremor[:, : glyph.points.size].reshape(-1, *glyph.points.shape)
    lines = glyph.weights @ (glyph.points + 3.5 * tremor)
    lines = _bend(lines, waves.reshape(-1, WAVES, 4))
    lines = _slope(lines, slant, turn, width)

    radius = np.clip(1.22 * np.exp(0.28 * weight), 0.6, 2.6)
    lines = _fit(lines, radius, np.exp(-0.03 * np.abs(size)))
    along = np.linspace(-1, 1, lines.shape[1])
    pressure = 0.1 * np.outer(fade, along) + 0.1 * np.outer(swell, np.cos(np.pi * along))
    images = _ink(lines, radius[:, np.newaxis] * np.exp(pressure), glyph.joined)
    down, right = _off_center(images)
    lines = lines - np.stack([right, down], axis=1)[:, np.newaxis]
    return Written(_move(images, down, right), lines, radius, glyph.joined)


def _bend(lines: Array, waves: Array) -> Array:
    """Move the points of `lines` (N, S, 2) along smooth waves (N, WAVES, 4) across the sheet."""
    direction, phase, lag = np.split(waves, [2, 3], axis=2)
    # A wave is about two sheets long (a sheet is 100 wide).
    angle = np.pi / 100 * lines @ direction.swapaxes(1, 2) + 5 * phase.swapaxes(1, 2)  # (N, S, WAVES)
    x, y = np.sin(angle).sum(axis=2), np.cos(angle + lag.swapaxes(1, 2)).sum(axis=2)
    return lines + 7.0 * np.stack([x, y], axis=2)


def _slope(lines: Array, slant: Array, turn: Array, width: Array) -> Array:
    """Slant `lines` (N, S, 2), mostly to the right as in handwriting, then stretch and turn them."""
    x, y = np.moveaxis(lines, 2, 0)
    x = x - (0.15 + 0.2 * slant[:, np.newaxis]) * y
    x = x * 1.2 * np.exp(0.17 * width[:, np.newaxis])
    angle = 0.08 * turn[:, np.newaxis]
    return np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=2)


def _fit(lines: Array, radius: Array, share: Array) -> Array:
    """Scale `lines` (N, S, 2) to a share of the box, ink included, and put them in the image's middle."""
    low, high = lines.min(axis=1), lines.max(axis=1)
    room = BOX - EDGE - 2 * radius
    scale = share * room / (high - low).max(axis=1)
    middle = (low + high) / 2
    return (lines - middle[:, np.newaxis]) * scale[:, np.newaxis, np.newaxis] + (SIZE - 1) / 2


@kernel
def _ink(lines: Array, radius: Array, joined: Array) -> Array:
    """Draw lines (N, S, 2) of (x, y) with a round pen of `radius` (N, S); return uint8 (N, SIZE, SIZE).

    A pixel's brightness depends on its distance to the nearest segment. Segments s to s + 1 that are
    not `joined` (S - 1,) are left out.
    """
    n, samples, _ = lines.shape
    images = np.zeros((n, SIZE, SIZE), dtype=np.uint8)
    for i in range(n):
        for s in range(samples - 1):
            if not joined[s]:
                continue
            x, y = lines[i, s]
            dx, dy = lines[i, s + 1, 0] - x, lines[i, s + 1, 1] - y
            reach = radius[i, s] + EDGE / 2
            # Only the pixels that the segment's ink may reach.
            top, bottom = int(max(0, y + min(0, dy) - reach)), int(min(SIZE - 1, y + max(0, dy) + reach))
            left, right = int(max(0, x + min(0, dx) - reach)), int(min(SIZE - 1, x + max(0, dx) + reach))
            squared_length = max(dx * dx + dy * dy, 1e-12)
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    nearest = ((column - x) * dx + (row - y) * dy) / squared_length
                    nearest = min(1.0, max(0.0, nearest))
                    distance = np.hypot(x + nearest * dx - column, y + nearest * dy - row)
                    ink = np.uint8(255 * min(1.0, max(0.0, (reach - distance) / EDGE)))
                    images[i, row, column] = max(images[i, row, column], ink)
    return images


def _off_center(images: Array) -> tuple[Array, Array]:
    """Return by how many whole pixels each center of mass is below and right of the middle, int (N,) each."""
    grid = np.arange(SIZE)
    mass = images.sum(axis=(1, 2), dtype=np.float64)
    down = images.sum(axis=2) @ grid / mass - SIZE / 2
    right = images.sum(axis=1) @ grid / mass - SIZE / 2
    return np.rint(down).astype(np.int64), np.rint(right).astype(np.int64)


def _move(images: Array, down: Array, right: Array) -> Array:
    """Move each image (N, SIZE, SIZE) up and left, by whole pixels."""
    grid = np.arange(SIZE)
    rows = (grid + down[:, np.newaxis]) % SIZE
    columns = (grid + right[:, np.newaxis]) % SIZE
    image = np.arange(len(images))[:, np.newaxis, np.newaxis]
    return images[image, rows[:, :, np.newaxis], columns[:, np.newaxis, :]]
