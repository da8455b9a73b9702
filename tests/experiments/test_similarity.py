"""The similarity scores on images of known similarity."""

import sys

import numpy as np
import pytest

from npdeconv.experiments.similarity import (
    Words,
    corner_agreement,
    count_words,
    find_corners,
    learn_words,
    sift_descriptors,
)
from npdeconv.visualize.scikit_image import check_scikit_image
from tests.blocks import blocks

SIZE = 128


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


def turned(image):
    """Turn by 90 degrees, and shift by a few pixels."""
    return np.roll(np.rot90(image), (5, 3), (0, 1))


def likeness(first, second, words):
    return count_words(sift_descriptors(first), words) @ count_words(sift_descriptors(second), words)


@pytest.fixture(scope="module")
def words():
    pytest.importorskip("skimage")
    return learn_words([sift_descriptors(blocks(seed)) for seed in range(4)], 24)


def test_words_recognize_a_turned_copy_but_not_noise(words):
    image = blocks(0)
    assert likeness(image, image, words) == pytest.approx(1)
    copy, other, chance = (likeness(image, x, words) for x in (turned(image), blocks(9), noise(0)))
    assert copy > 0.9
    assert copy > other
    assert copy > chance + 0.2


def test_corners_recognize_a_turned_copy_but_not_noise():
    pytest.importorskip("skimage")
    image = find_corners(blocks(0))
    assert corner_agreement(image, image) == 1
    assert corner_agreement(image, find_corners(turned(blocks(0)))) > 0.5
    assert corner_agreement(image, find_corners(noise(0))) < 0.1
    assert corner_agreement(image, find_corners(blocks(9))) < 0.15


def test_corners_of_a_gray_and_a_colored_image_are_the_same():
    pytest.importorskip("skimage")
    gray, colored = (find_corners(blocks(0, channels)) for channels in (1, 3))
    np.testing.assert_array_equal(gray.places, colored.places)
    np.testing.assert_array_equal(gray.descriptors, colored.descriptors)


def test_a_constant_image_has_neither_words_nor_corners(words):
    even = np.full((SIZE, SIZE, 3), 7, np.uint8)
    assert sift_descriptors(even).shape == (0, 128)
    assert not count_words(sift_descriptors(even), words).any()
    assert len(find_corners(even).places) == 0
    assert corner_agreement(find_corners(even), find_corners(blocks(0))) == 0


@pytest.mark.parametrize("shape", [(1, 1, 1), (11, 64, 3), (64, 4, 3), (12, 12, 1)])
def test_images_too_small_for_the_detectors_have_neither(shape):
    pytest.importorskip("skimage")
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert sift_descriptors(image).shape == (0, 128)
    assert len(find_corners(image).places) == 0


def test_corners_at_the_edge_are_left_out():
    pytest.importorskip("skimage")
    image = np.zeros((SIZE, SIZE, 1), np.uint8)
    image[4:9, 4:9] = 255
    assert len(find_corners(image).places) == 0


def test_a_bag_counts_the_nearest_words_and_weighs_them():
    words = Words(np.repeat([[0.0], [10.0]], 128, axis=1), np.array([1.0, 4.0]))
    seen = np.repeat(np.array([[1], [2], [3], [9]], np.uint8), 128, axis=1)
    np.testing.assert_allclose(count_words(seen, words), [0.6, 0.8])  # 3 x 1 and 1 x 4, of length 5


def test_rare_words_have_a_larger_weight():
    low, high = np.zeros((6, 128)), np.full((6, 128), 100.0)
    words = learn_words([low, low, np.concatenate([low, high])], 2)
    common, rare = np.argsort(words.centers[:, 0])
    np.testing.assert_allclose(words.weights[[common, rare]], np.log([2, 4]))


def test_the_same_images_give_the_same_words():
    rows = [np.random.default_rng(n).integers(0, 255, (40, 128)) for n in range(3)]
    np.testing.assert_array_equal(learn_words(rows, 8).centers, learn_words(rows, 8).centers)


def test_errors():
    with pytest.raises(
        ValueError,
        match=r"^learn_words: expected at least 9 SIFT descriptors, .* have 8; larger photos have more",
    ):
        learn_words([np.zeros((8, 128))], 9)
    with pytest.raises(ValueError, match=r"^learn_words: expected at least 1 SIFT .* have 0; larger"):
        learn_words([], 1)
    with pytest.raises(TypeError, match=r"^learn_words: vocabulary must be an integer, got 2\.5$"):
        learn_words([], 2.5)
    pytest.importorskip("skimage")
    with pytest.raises(ValueError, match=r"^find_corners: expected an image of shape \(H, W, C\), got"):
        find_corners(np.zeros((8, 8), np.uint8))
    with pytest.raises(TypeError, match=r"^sift_descriptors: expected an image of dtype uint8, got"):
        sift_descriptors(np.zeros((8, 8, 3)))


def test_without_scikit_image_one_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    sentence = r"^similarities of images need scikit-image, which is not installed: pip install 'npdeconv\[r"
    for ask in (check_scikit_image, lambda: find_corners(blocks(0))):
        with pytest.raises(ImportError, match=sentence):
            ask()
