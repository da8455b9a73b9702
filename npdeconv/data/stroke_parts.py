"""Where the parts of drawn digits lie: ends, crossings and loops of the pen's way, known by construction."""

import numpy as np

from npdeconv._checks import positive_int
from npdeconv._types import Array
from npdeconv.data.part_boxes import PartBoxes
from npdeconv.data.strokes import EDGE, SIZE, Written, load_strokes, write_digits

PARTS = ("start", "end", "crossing", "loop")
SIDE = 7
"""Pixels of the square around a point: a line is three or four wide."""


def load_stroke_parts(n: int, seed: int = 0, *, side: int = SIDE) -> PartBoxes:
    """Draw the digits of `load_strokes`, and tell where their parts lie.

    Parameters
    ----------
    n, seed
        See `load_strokes`.
    side : int
        Height and width of the squares around points, in pixels; at most 28.

    Returns
    -------
    PartBoxes
        The digits of `load_strokes`, and the boxes of four parts; zeros where an image has no such part.

        * ``"start"`` and ``"end"``: a square around the first and the last point of the pen's way, if no
          other part of the line covers it.
        * ``"loop"``: what lies between the two passages of a stroke through one point, ink included. Of
          several, the largest. Loops that ink would fill do not count.
        * ``"crossing"``: a square around that point; without a loop, around the first point where the line
          crosses itself.

    Raises
    ------
    TypeError, ValueError
        As `load_strokes`, and for sides that are no integer from 1 to 28.

    Examples
    --------
    >>> digits, parts = nd.data.load_stroke_parts(10)
    >>> one = digits.labels.tolist().index(1)
    >>> parts["start"][one].tolist(), parts["loop"][one].tolist()
    ([4, 11, 15, 22], [0, 0, 0, 0])
    """
    digits = load_strokes(n, seed)
    length = positive_int(side, "load_stroke_parts", "side")
    if length > SIZE:
        raise ValueError(f"load_stroke_parts: side must be at most {SIZE}, got {side}")
    parts = {name: np.zeros((n, 4), np.int64) for name in PARTS}
    for _, chosen, written in write_digits(n, seed):
        for place, image in enumerate(chosen):
            for name, box in find_parts(written, place, length).items():
                parts[name][image] = box
    return PartBoxes(digits, parts)


def find_parts(written: Written, place: int, side: int) -> dict[str, tuple[int, int, int, int]]:
    """Return the boxes of the parts that one image has.

    Examples
    --------
    >>> from npdeconv.data.stroke_parts import find_parts
    >>> from npdeconv.data.strokes import Written
    >>> line = np.array([[[5.0, 20.0], [20.0, 5.0], [20.0, 20.0], [5.0, 5.0]]])
    >>> written = Written(np.zeros((1, 28, 28), np.uint8), line, np.array([1.0]), np.array([True] * 3))
    >>> find_parts(written, 0, 3)["loop"]
    (4, 22, 11, 22)
    """
    line, radius, joined = written.lines[place], float(written.radius[place]), written.joined
    found = {}
    for name, point, away in (("start", line[0], line), ("end", line[-1], line[::-1])):
        if _is_free(point, away, radius):
            found[name] = _square(point, side)
    meetings = _meetings(line, joined)
    rings = [
        (_area(ring), n) for n, (_, ring) in enumerate(meetings) if _area(ring) > np.pi * (2 * radius) ** 2
    ]
    if rings:
        point, ring = meetings[max(rings)[1]]
        found["loop"] = _box(ring, radius + EDGE / 2)
        found["crossing"] = _square(point, side)
    elif meetings:
        found["crossing"] = _square(meetings[0][0], side)
    return found


def _is_free(point: Array, away: Array, radius: float) -> bool:
    """Tell whether the line, once it is three radii away, stays away: its ink never touches the end again."""
    distance = np.hypot(*(away - point).T)
    gone = np.flatnonzero(distance > 3 * radius)
    return bool(gone.size) and bool((distance[gone[0] :] > 2 * radius + EDGE).all())


def _meetings(line: Array, joined: Array) -> list[tuple[Array, Array]]:
    """Return where segments of a line (S, 2) cross, and the ring (K, 2) between; empty between strokes."""
    begin, along = line[:-1], np.diff(line, axis=0)
    one, other = np.triu_indices(len(along), 2)
    down = joined[one] & joined[other]
    one, other = one[down], other[down]
    between, turn = begin[other] - begin[one], _cross(along[one], along[other])
    turn[turn == 0] = np.inf  # parallel: they seem to meet at their beginnings, which does not count
    here, there = _cross(between, along[other]) / turn, _cross(between, along[one]) / turn
    found = []
    for n in np.flatnonzero((here > 0) & (here < 1) & (there > 0) & (there < 1)):
        point = begin[one[n]] + here[n] * along[one[n]]
        is_ring = joined[one[n] : other[n] + 1].all()
        ring = np.concatenate([point[np.newaxis], line[one[n] + 1 : other[n] + 1]])
        found.append((point, ring if is_ring else ring[:0]))
    return found


def _cross(a: Array, b: Array) -> Array:
    product: Array = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product


def _area(ring: Array) -> float:
    """Return the area inside a closed ring (K, 2), by Gauss's formula."""
    x, y = ring.T
    return float(abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2)


def _square(point: Array, side: int) -> tuple[int, int, int, int]:
    """Return the square around (x, y), moved into the image if it must."""
    left, top = np.clip(np.rint(point - (side - 1) / 2), 0, SIZE - side).astype(int).tolist()
    return top, top + side, left, left + side


def _box(ring: Array, reach: float) -> tuple[int, int, int, int]:
    """Return the box of all pixels that the ink of a line (K, 2) of (x, y) reaches."""
    left, top = np.clip(np.ceil(ring.min(axis=0) - reach), 0, SIZE - 1).astype(int).tolist()
    right, bottom = (np.clip(np.floor(ring.max(axis=0) + reach), 0, SIZE - 1).astype(int) + 1).tolist()
    return top, bottom, left, right
