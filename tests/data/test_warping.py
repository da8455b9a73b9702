"""Turning, zooming, moving and coloring pictures."""

import numpy as np
import pytest
from scipy import ndimage

from npdeconv.data import tint, warp


def rng(seed=0):
    return np.random.default_rng(seed)


def pictures(count=4, side=9, channels=3):
    return rng(1).integers(0, 256, (count, side, side, channels), np.uint8)


def test_no_movement_is_the_identity():
    images = pictures()
    np.testing.assert_array_equal(warp(0, 1, 0)(images, rng()), images)
    np.testing.assert_array_equal(tint(1, 1)(images, rng()), images)


class Fixed:
    """Draws the upper ends of all ranges."""

    def uniform(self, low, high, shape):
        return np.broadcast_to(np.asarray(high, float), shape)


def test_a_quarter_turn_equals_numpys():
    images = pictures()
    turned = warp(90, 1, 0)(images, Fixed())
    np.testing.assert_array_equal(turned, np.rot90(images, axes=(2, 1)))


def test_a_shift_moves_whole_pixels_and_fills_the_edges():
    images = pictures(side=10)
    moved = warp(0, 1, 0.2, fill=77)(images, Fixed())
    np.testing.assert_array_equal(moved[:, :8, :8], images[:, 2:, 2:])
    assert (moved[:, 8:] == 77).all()
    assert (moved[:, :, 8:] == 77).all()


def test_zooming_in_by_two_shows_the_middle_twice_as_large():
    images = pictures(side=9)
    zoomed = warp(0, 2, 0)(images, Fixed())
    np.testing.assert_array_equal(zoomed[:, ::2, ::2], images[:, 2:7, 2:7])


def test_a_warp_equals_scipys():
    images, center = pictures(side=21), np.array([10, 10])
    warped, draws = warp(20, 1.2, 0.1, fill=7)(images, rng()), rng()
    angle = draws.uniform(-np.deg2rad(20), np.deg2rad(20), 4)
    zoom = np.exp(draws.uniform(-np.log(1.2), np.log(1.2), 4))
    shift = draws.uniform(-0.1, 0.1, (4, 2)) * 21
    for n in range(4):
        cosine, sine = np.cos(angle[n]), np.sin(angle[n])
        matrix = np.array([[cosine, -sine], [sine, cosine]]) / zoom[n]
        options = {
            "offset": center + shift[n] - matrix @ center,
            "order": 0,
            "mode": "grid-constant",
            "cval": 7,
        }
        for channel in range(3):
            expected = ndimage.affine_transform(images[n, ..., channel], matrix, **options)
            np.testing.assert_array_equal(warped[n, ..., channel], expected)


def test_tint_multiplies_darkness_and_leaves_the_backdrop():
    images = np.array([[255, 240, 231, 131, 31]], np.uint8)[None, :, :, None].repeat(3, axis=3)
    tinted = tint(2, 1, white=231)(images, Fixed())
    np.testing.assert_array_equal(tinted[0, 0, :, 0], [255, 240, 231, 31, 0])  # 231 - 2 * 100; clipped
    tinted = tint(1, 2, white=231)(images, rng(3))
    assert len({tuple(tinted[0, 0, 3 + 0, :])} | {(131, 131, 131)}) == 2  # channels differ
    assert (tinted[0, 0, :3] == images[0, 0, :3]).all()


@pytest.mark.parametrize("vary", [warp(20, 1.2, 0.1), tint(1.5, 1.2)])
def test_each_image_varies_independently_and_the_batch_does_not_change(vary):
    images = np.broadcast_to(pictures(1, 31), (6, 31, 31, 3))
    varied = vary(images, rng())
    assert varied.dtype == np.uint8
    assert len({image.tobytes() for image in varied}) == 6
    np.testing.assert_array_equal(varied, vary(images, rng()))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: warp(-1, 1, 0), ValueError, "warp: degrees must be finite and not negative, got -1"),
        (lambda: warp(0, 0.5, 0), ValueError, r"warp: zoom must be at least 1, got 0\.5"),
        (lambda: warp(0, 1, 1), ValueError, "warp: shift must be at least 0 and below 1, got 1"),
        (lambda: warp(0, 1, 0, fill=256), ValueError, "warp: fill must be a pixel value from 0 to 255"),
        (lambda: tint(0, 1), ValueError, "tint: overall must be at least 1, got 0"),
        (lambda: tint(1, 1, white=2.5), TypeError, r"tint: white must be an integer, got 2\.5"),
        (lambda: warp(0, 1, 0)(np.zeros((1, 2, 2, 1)), rng()), TypeError, "warp: expected dtype uint8"),
        (lambda: tint(1, 1)(np.zeros((2, 2, 1), np.uint8), rng()), ValueError, "tint: expected shape"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
