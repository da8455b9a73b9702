"""Maps over a sequence of images, as frames."""

import re

import numpy as np
import pytest

from npdeconv.plot import activation_frames


def test_frames_show_the_image_and_its_maps_on_one_scale():
    images = np.full((2, 4, 4, 3), 7, np.uint8)
    maps = np.zeros((2, 2, 2, 2))
    maps[0, 1] = [[4, 1], [-3, 0]]
    maps[1, 0, 1, 1] = 2
    frames = activation_frames(images, maps)
    assert frames.dtype == np.uint8
    assert frames.shape == (2, 3, 4, 4, 3)
    assert (frames[:, 0] == 7).all()
    half = round(255 * 0.5)  # the square root of a quarter
    expected = [[255, 255, half, half]] * 2 + [[0, 0, 0, 0]] * 2
    np.testing.assert_array_equal(frames[0, 2, ..., 1], expected)
    assert frames[1, 1, 3, 3].tolist() == [round(255 * 0.5**0.5)] * 3
    assert not frames[0, 1].any()
    assert not activation_frames(images, -np.abs(maps))[:, 1:].any()


def test_maps_of_other_images_are_refused():
    message = "activation_frames: expected maps of shape (2, M, OH, OW) for 2 images, got (3, 1, 2, 2)"
    with pytest.raises(ValueError, match=re.escape(message)):
        activation_frames(np.zeros((2, 4, 4, 1)), np.zeros((3, 1, 2, 2)))
