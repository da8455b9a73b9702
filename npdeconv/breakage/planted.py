"""Planted patches: pictures in which what a network looks for, and where, is known beforehand."""

from collections.abc import Callable, Sequence

import numpy as np

from npdeconv._types import Array, Box
from npdeconv.breakage.parts import Parts
from npdeconv.layers import Conv2D, Sequential
from npdeconv.visualize import occlude_box, project

SIDE, CORNER = 21, (8, 11)  # of the picture; of the patch, whose winner lies at no corner of its window
PATTERN = np.array([[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1]])
HOLE = 2  # row and column of a dark pixel inside of the frame that another filter looks for


def planted_patch(parts: Parts) -> str | None:
    """Check that what was planted is found, projected in its place and its shape, and missed if hidden."""
    questions: Sequence[Callable[[Parts], str | None]] = (_projected, _ranked, _hidden)
    return next((said for ask in questions if (said := ask(parts)) is not None), None)


def _picture(strength: float, *corners: tuple[int, int]) -> Array:
    """Return a black picture with the pattern at some places, uint8 (SIDE, SIDE, 1)."""
    picture = np.zeros((SIDE, SIDE, 1), np.uint8)
    for row, column in corners:
        picture[row : row + 5, column : column + 5, 0] = np.rint(255 * strength * PATTERN)
    return picture


def _network(parts: Parts, pattern: Array) -> Sequential:
    """Return a network of one map that looks for a pattern (5, 5) by a filter of mean zero."""
    conv = parts.conv(1, 1, 5, padding="same", rng=np.random.default_rng(0))
    assert isinstance(conv, Conv2D)
    conv.weight[..., 0, 0] = pattern - pattern.mean()
    conv.bias[...] = -0.1
    layers = {"conv": conv, "relu": parts.relu(), "pool": parts.pool(3)}
    return Sequential(layers, input_shape=(SIDE, SIDE, 1))


def _projected(parts: Parts) -> str | None:
    """The projection shows the pattern, in its place, and nothing elsewhere."""
    pixels = project(_network(parts, PATTERN), _picture(1, CORNER)[np.newaxis], "pool", 0).pixels[0, ..., 0]
    place = np.s_[CORNER[0] : CORNER[0] + 5, CORNER[1] : CORNER[1] + 5]
    found, rest = pixels[place], pixels.copy()
    rest[place] = 0
    likeness = np.corrcoef(found.ravel(), PATTERN.ravel())[0, 1] if found.std() else 0.0
    if rest.any():
        return "the projection is not zero beside the planted patch"
    return None if likeness > 0.99 else f"the projection correlates with the planted patch by {likeness:.2f}"


def _ranked(parts: Parts) -> str | None:
    """The strongest image is the one with the pattern, not the one with many faint ones."""
    everywhere = [(row, column) for row in (0, 5, 10, 15) for column in (0, 5, 10, 15)]
    images = np.stack([_picture(0.4, *everywhere), _picture(1, CORNER), _picture(0.6, CORNER)])
    first = int(parts.rank(_network(parts, PATTERN), images, "relu", k=1)[0, 0])
    return None if first == 1 else "the image ranked first is not the one with the planted patch"


def _hidden(parts: Parts) -> str | None:
    """Hiding the dark pixel that the network looks for changes the unit."""
    frame = np.ones((5, 5))
    frame[HOLE, HOLE] = 0
    picture = np.zeros((SIDE, SIDE, 1), np.uint8)
    row, column = CORNER
    picture[row : row + 5, column : column + 5, 0] = 255 * frame
    box = Box(row + HOLE, row + HOLE + 1, column + HOLE, column + HOLE + 1)
    network = _network(parts, frame)
    both = np.stack([picture, occlude_box(picture, box, parts.fill)]).astype(np.float32) / 255
    before, after = network(both).max(axis=(1, 2, 3))
    return None if after < before else "hiding the planted dark pixel changes nothing"
