"""Planted digits: they lie at their recorded places, and nothing else reveals them."""

import re

import numpy as np
import pytest

from npdeconv.data import Dataset, load_strokes, plant
from npdeconv.data.planted import PIECE, SIDES

DIGITS = load_strokes(60, 3)


def test_the_seed_decides_the_pictures_and_fewer_digits_give_the_first_of_them():
    planted = plant(DIGITS, seed=5)
    assert planted.dataset.name == "planted strokes"
    assert planted.dataset.images.shape == (60, 40, 40, 1)
    np.testing.assert_array_equal(planted.dataset.labels, DIGITS.labels)
    fewer = plant(DIGITS[:7], seed=5)
    np.testing.assert_array_equal(fewer.dataset.images, planted.dataset.images[:7])
    np.testing.assert_array_equal(fewer.boxes, planted.boxes[:7])
    assert (plant(DIGITS, seed=6).boxes != planted.boxes).any()


@pytest.mark.parametrize("size", [28, 40, 64])
def test_boxes_hold_the_digit_and_are_anywhere(size):
    planted = plant(DIGITS, size=size)
    top, bottom, left, right = planted.boxes.T
    assert min(top.min(), left.min()) >= 0
    assert max(bottom.max(), right.max()) <= size
    sides = np.maximum(bottom - top, right - left)
    assert set(sides) <= set(range(SIDES[0], SIDES[1] + 1))
    if size == 64:
        assert np.ptp((top + bottom) / 2) > 30
        assert np.ptp((left + right) / 2) > 30


def test_the_planted_object_is_the_digit():
    """A square of ink, among pieces of itself, fills its box; everything else is darker or smaller."""
    images = np.zeros((20, 28, 28, 1), np.uint8)
    images[:, 6:22, 6:22] = 255
    planted = plant(Dataset(images, np.zeros(20, int), ("square",), "squares"), seed=1)
    for picture, (top, bottom, left, right) in zip(planted.dataset.images, planted.boxes, strict=True):
        inside = picture[top:bottom, left:right, 0]
        assert inside.shape[0] == inside.shape[1] >= SIDES[0]
        assert np.ptp(inside) == 0
        assert inside[0, 0] >= 190
        around = picture[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1, 0]
        assert (around == inside[0, 0]).sum() <= inside.size + 4 * PIECE  # pieces may be next to it
        outside = picture.copy()
        outside[top:bottom, left:right] = 0
        if (outside == inside[0, 0]).sum() >= PIECE**2:
            break
    else:
        pytest.fail("no picture has pieces")


def test_textures_differ_in_brightness_contrast_and_fineness():
    blank_corner = np.stack([picture[..., 0].astype(float) for picture in plant(DIGITS).dataset.images])
    medians = np.median(blank_corner, axis=(1, 2))
    assert medians.min() < 45
    assert medians.max() > 70


def test_bad_requests():
    with pytest.raises(TypeError, match=r"^plant: expected a Dataset of digits, got 3$"):
        plant(3)
    with pytest.raises(ValueError, match=r"^plant: size must be at least 28, got 25$"):
        plant(DIGITS, size=25)
    with pytest.raises(ValueError, match=r"^plant: seed must not be negative, got -1$"):
        plant(DIGITS, seed=-1)
    with pytest.raises(TypeError, match=r"^plant: seed must be an integer, got 1\.0$"):
        plant(DIGITS, seed=1.0)
    colored = Dataset(np.zeros((1, 28, 28, 3), np.uint8), np.zeros(1, int), ("0",), "colored")
    with pytest.raises(ValueError, match=re.escape("plant: expected gray images (N, H, W, 1), got (1, 28,")):
        plant(colored)
    blank = Dataset(np.zeros((1, 28, 28, 1), np.uint8), np.zeros(1, int), ("0",), "blank")
    with pytest.raises(ValueError, match=r"^plant: expected digits, white on black, but image 0 is blank$"):
        plant(blank)
