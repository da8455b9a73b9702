"""Parts of drawn digits: where the pen's way says, and where the ink is."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import label

from npdeconv.data import load_stroke_parts, load_strokes
from npdeconv.data.stroke_parts import PARTS, find_parts
from npdeconv.data.strokes import Written


@pytest.fixture(scope="module")
def drawn():
    return load_stroke_parts(600, seed=2)


def way(*strokes, radius=1.0):
    """The written form of polylines of (x, y), finely sampled."""
    points, joined = [], []
    for stroke in strokes:
        corners = np.array(stroke, float)
        pieces = [np.linspace(a, b, 9, endpoint=False) for a, b in pairwise(corners)]
        line = np.concatenate([*pieces, corners[-1:]])
        points.append(line)
        joined += [True] * (len(line) - 1) + [False]
    lines = np.concatenate(points)[np.newaxis]
    return Written(np.zeros((1, 28, 28), np.uint8), lines, np.array([radius]), np.array(joined[:-1]))


def test_the_digits_are_those_of_load_strokes(drawn):
    digits, parts = drawn
    plain = load_strokes(600, seed=2)
    np.testing.assert_array_equal(digits.images, plain.images)
    np.testing.assert_array_equal(digits.labels, plain.labels)
    assert tuple(parts) == PARTS
    assert all(boxes.shape == (600, 4) for boxes in parts.values())


def test_a_cross_by_hand():
    found = find_parts(way([(5, 5), (20, 20)], [(20, 5), (5, 20)]), 0, 3)
    # The strokes cross at 12.5: the middle of 3 pixels is 12, the even one of the two nearest.
    assert found["crossing"] in {(11, 14, 11, 14), (12, 15, 12, 15)}
    assert found["start"] == (4, 7, 4, 7)
    assert found["end"] == (19, 22, 4, 7)
    assert "loop" not in found  # between two strokes


def test_a_loop_by_hand():
    # Down from (14, 2), around a square from 8 to 20, and out to the right: crosses itself at (14, 9).
    line = [(14, 2), (14, 20), (8, 20), (8, 9), (24, 9)]
    found = find_parts(way(line), 0, 5)
    assert found["crossing"] == (7, 12, 12, 17)
    # The ring runs from 8 to 14 and from 9 to 20, and ink reaches 1.6 further.
    assert found["loop"] == (8, 22, 7, 16)
    assert found["start"] == (0, 5, 12, 17)
    assert found["end"] == (7, 12, 22, 27)


def test_a_loop_that_ink_fills_is_none():
    line = [(14, 2), (14, 20), (8, 20), (8, 9), (24, 9)]
    found = find_parts(way(line, radius=3.0), 0, 5)
    assert "loop" not in found
    assert "crossing" in found


def test_an_end_that_other_ink_covers_is_none():
    closed = find_parts(way([(5, 5), (20, 5), (20, 20), (5, 20), (5, 6)]), 0, 5)
    assert "start" not in closed
    assert "end" not in closed
    assert not closed.keys() & {"crossing", "loop"}  # they meet, and do not cross


def test_a_square_stays_inside():
    found = find_parts(way([(1, 1), (26, 27)]), 0, 9)
    assert found["start"] == (0, 9, 0, 9)
    assert found["end"] == (19, 28, 19, 28)


def test_ends_are_ends_of_the_ink(drawn):
    """Ink at an end leaves its square through one place of the border; a passing line, through two."""
    digits, parts = drawn
    for name in ("start", "end"):
        there = np.flatnonzero(parts[name][:, 1])
        assert len(there) > 200
        through = []
        for image in there:
            top, bottom, left, right = parts[name][image]
            blots, _ = label(digits.images[image, top:bottom, left:right, 0] > 100)
            square = (blots == blots[3, 3]) & (blots > 0)
            border = np.concatenate([square[0], square[1:, -1], square[-1, -2::-1], square[-2:0:-1, 0]])
            through.append(np.count_nonzero(np.diff(border.astype(int), append=int(border[0])) == 1))
        assert np.mean(np.array(through) <= 1) > 0.9


def test_loops_enclose_black(drawn):
    """The holes of the ink, found by labeling the background, lie inside the boxes of loops."""
    digits, parts = drawn
    there = np.flatnonzero(parts["loop"][:, 1])
    assert len(there) > 60
    enclosed = 0
    for image in there:
        top, bottom, left, right = parts["loop"][image]
        regions, count = label(digits.images[image, ..., 0] < 128)
        holes = [np.argwhere(regions == n) for n in range(1, count + 1) if n != regions[0, 0]]
        inside = [
            (hole.min(axis=0) >= (top, left)).all() and (hole.max(axis=0) < (bottom, right)).all()
            for hole in holes
        ]
        enclosed += any(inside)
    assert enclosed > 0.95 * len(there)


def test_parts_are_those_of_the_digits(drawn):
    digits, parts = drawn
    share = {
        name: [(boxes[digits.labels == n, 1] > 0).mean() for n in range(10)] for name, boxes in parts.items()
    }
    assert share["loop"][8] > 0.6
    assert max(share["loop"][n] for n in (1, 3, 4, 5, 7)) < 0.1
    assert share["crossing"][8] > 0.9
    assert share["end"][0] < 0.05
    assert min(share["end"][n] for n in (1, 2, 3, 5, 9)) > 0.6


@pytest.mark.parametrize(
    ("side", "kind", "said"),
    [
        (29, ValueError, "at most 28, got 29"),
        (0, ValueError, "at least 1, got 0"),
        (7.0, TypeError, "an integer, got 7.0"),
    ],
)
def test_sides_that_do_not_fit_are_refused(side, kind, said):
    with pytest.raises(kind, match=f"^load_stroke_parts: side must be {said}"):
        load_stroke_parts(1, side=side)
