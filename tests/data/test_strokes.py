"""The embedded digits: they are as documented, and really are digits."""

from collections import Counter

import numpy as np
import pytest

from npdeconv.data import strokes
from npdeconv.data.glyphs import GLYPHS, SPACING, read_glyph
from npdeconv.data.mnist import load_mnist
from npdeconv.data.strokes import load_strokes

PATHS = {(digit, name): path for digit, paths in GLYPHS.items() for name, path in paths.items()}


@pytest.fixture(scope="module")
def thousand():
    return load_strokes(1000, seed=1)


def classify_by_nearest(train, images, neighbors=3):
    """Vote among the nearest of `train` by the cosine of slightly blurred images."""

    def features(images):
        x = images[..., 0].astype(np.float32)
        x = x[:, :-1] + x[:, 1:]
        x = (x[:, :, :-1] + x[:, :, 1:]).reshape(len(x), -1)
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    likeness = features(images) @ features(train.images).T
    nearest = np.argpartition(-likeness, neighbors, axis=1)[:, :neighbors]
    votes = (train.labels[nearest][:, :, np.newaxis] == np.arange(10)).sum(axis=1)
    return votes.argmax(axis=1)


def test_the_set_is_described_as_promised(thousand):
    assert thousand.images.shape == (1000, 28, 28, 1)
    assert thousand.images.dtype == np.uint8
    assert thousand.labels.dtype == np.int64
    assert thousand.classes == tuple("0123456789")
    assert thousand.name == "strokes"


@pytest.mark.parametrize("n", [1, 9, 10, 37])
def test_any_number_of_images_is_balanced(n):
    dataset = load_strokes(n)
    assert len(dataset.images) == len(dataset.labels) == n
    counts = np.bincount(dataset.labels, minlength=10)
    assert counts.max() - counts.min() <= 1


def test_labels_come_in_random_order(thousand):
    rows = thousand.labels.reshape(100, 10)
    assert len({tuple(row) for row in rows}) > 90
    followers = Counter(zip(thousand.labels[:-1], thousand.labels[1:], strict=True))
    assert max(followers.values()) < 30  # about ten of each pair


def test_the_same_seed_gives_the_same_bytes(thousand):
    again = load_strokes(1000, seed=1)
    assert again.images.tobytes() == thousand.images.tobytes()
    assert again.labels.tobytes() == thousand.labels.tobytes()


def test_a_smaller_set_begins_a_larger_one(thousand):
    fewer = load_strokes(123, seed=np.int64(1))
    np.testing.assert_array_equal(fewer.images, thousand.images[:123])
    np.testing.assert_array_equal(fewer.labels, thousand.labels[:123])


def test_another_seed_gives_other_images(thousand):
    other = load_strokes(1000, seed=2)
    together = np.concatenate([thousand.images, other.images]).reshape(2000, -1)
    assert len(np.unique(together, axis=0)) == 2000
    assert not np.array_equal(other.labels, thousand.labels)


def test_the_global_random_state_is_left_alone():
    before = repr(np.random.get_state())  # noqa: NPY002
    load_strokes(10)
    assert repr(np.random.get_state()) == before  # noqa: NPY002


def test_the_ink_lies_as_in_mnist(thousand):
    images = thousand.images[..., 0]
    assert (images.max(axis=(1, 2)) >= 200).all()
    assert np.median(images) == 0
    share_of_ink = (images > 0).mean(axis=(1, 2))
    assert 0.03 < share_of_ink.min() < share_of_ink.max() < 0.5
    border = np.ones((28, 28), dtype=bool)
    border[1:-1, 1:-1] = False
    assert (images[:, border].max(axis=1) == 0).mean() > 0.99
    ys, xs = np.mgrid[:28, :28]
    mass = images.sum(axis=(1, 2))
    assert np.abs((images * ys).sum(axis=(1, 2)) / mass - 14).max() <= 0.5 + 1e-6
    assert np.abs((images * xs).sum(axis=(1, 2)) / mass - 14).max() <= 0.5 + 1e-6


def test_the_longer_side_of_a_digit_is_about_twenty_pixels(thousand):
    ink = thousand.images[..., 0] > 0
    height, width = ink.any(axis=2).sum(axis=1), ink.any(axis=1).sum(axis=1)
    longer = np.maximum(height, width)
    assert longer.max() <= 21
    assert longer.min() >= 15
    assert abs(np.median(longer) - 20) <= 1


def test_every_style_of_every_digit_is_drawn(monkeypatch):
    drawn = []

    def watch(path):
        drawn.append(path)
        return read_glyph(path)

    monkeypatch.setattr(strokes, "read_glyph", watch)
    load_strokes(2000)
    assert sorted(drawn) == sorted(PATHS.values())


@pytest.mark.parametrize("n", [0, -3])
def test_too_few_images_are_refused(n):
    with pytest.raises(ValueError, match=rf"^load_strokes: n must be at least 1, got {n}$"):
        load_strokes(n)


@pytest.mark.parametrize("n", [2.0, "10", None, True])
def test_a_number_that_is_no_integer_is_refused(n):
    with pytest.raises(TypeError, match=r"^load_strokes: n must be an integer, got "):
        load_strokes(n)


def test_seeds_are_integers_that_are_not_negative():
    with pytest.raises(ValueError, match=r"^load_strokes: seed must not be negative, got -1$"):
        load_strokes(1, seed=-1)
    for seed in (1.5, None, True, np.random.default_rng(0)):
        with pytest.raises(TypeError, match=r"^load_strokes: seed must be an integer, got "):
            load_strokes(1, seed=seed)


def test_ten_digits_of_several_styles_each():
    assert list(GLYPHS) == list("0123456789")
    assert all(len(paths) >= 5 for paths in GLYPHS.values())
    assert len(set(PATHS.values())) == len(PATHS)


def test_a_path_has_corners_and_gaps():
    glyph = read_glyph("0,0 12,0 12,0 12,12 / 0,40 0,48")
    np.testing.assert_array_equal(glyph.points, [[0, 0], [12, 0], [12, 12], [0, 40], [0, 48]])
    samples = glyph.weights @ glyph.points
    expected = [[0, 0], [6, 0], [12, 0], [12, 0], [12, 6], [12, 12], [0, 40], [0, 48]]
    np.testing.assert_allclose(samples, expected, atol=1e-12)
    np.testing.assert_array_equal(glyph.joined, [1, 1, 0, 1, 1, 0, 1])


def test_a_line_bends_smoothly_where_no_corner_is_written():
    glyph = read_glyph("0,0 50,50 100,0")
    samples = glyph.weights @ glyph.points
    steps = np.diff(samples, axis=0)
    turns = np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])))
    assert np.abs(turns).max() < np.pi / 16  # a corner would turn by pi / 2 at once
    assert abs(samples[:, 1].max() - 50) < 1


@pytest.mark.parametrize("path", PATHS.values(), ids=map(" ".join, PATHS))
def test_a_glyph_passes_through_its_points_in_small_steps(path):
    glyph = read_glyph(path)
    assert len(glyph.points) <= strokes.POINTS
    np.testing.assert_allclose(
        glyph.weights.sum(axis=1), 1, atol=1e-12
    )  # moved as a whole, it keeps its form
    samples = glyph.weights @ glyph.points
    distance = np.linalg.norm(samples[:, np.newaxis] - glyph.points, axis=2).min(axis=0)
    assert distance.max() < SPACING
    steps = np.linalg.norm(np.diff(samples, axis=0), axis=1)[glyph.joined]
    assert steps.max() < 3 * SPACING


def test_the_pen_paints_by_the_distance_to_the_line():
    rng = np.random.default_rng(0)
    lines = rng.uniform(-3, 31, (4, 7, 2))  # partly outside of the image
    lines[0, 3] = lines[0, 2]  # a segment without length is a dot
    radius = rng.uniform(0.6, 2.6, (4, 7))
    joined = np.array([1, 1, 1, 0, 1, 1], dtype=bool)

    pixels = np.stack(np.meshgrid(np.arange(28), np.arange(28)), axis=-1)[..., np.newaxis, :]  # x, y
    fine = np.linspace(0, 1, 2001)[:, np.newaxis]
    expected = np.zeros((4, 28, 28))
    for i in range(4):
        for s in np.flatnonzero(joined):
            along = (1 - fine) * lines[i, s] + fine * lines[i, s + 1]
            distance = np.linalg.norm(pixels - along, axis=-1).min(axis=-1)
            ink = np.clip((radius[i, s] - distance) / strokes.EDGE + 0.5, 0, 1)
            expected[i] = np.maximum(expected[i], 255 * ink)

    assert expected.max(axis=(1, 2)).min() == 255
    np.testing.assert_allclose(strokes._ink(lines, radius, joined), expected, atol=1.5)


def test_digits_of_one_seed_classify_those_of_another(thousand):
    read = classify_by_nearest(load_strokes(3000, seed=2), thousand.images)
    assert (read == thousand.labels).mean() > 0.7


def test_strokes_classify_handwritten_digits(real_data):
    mnist = load_mnist("test")[:2000]
    read = classify_by_nearest(load_strokes(5000), mnist.images)
    assert (read == mnist.labels).mean() > 0.83
