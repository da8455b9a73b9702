"""Dataset: refused fields, indices and splits."""

import dataclasses

import numpy as np
import pytest

from npdeconv.data import Dataset


def numbered(labels, groups=None, classes=("a", "b", "c")):
    """Return a data set in which image i has the pixel value i, which identifies it."""
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 2, 3, 1), np.uint8)
    return Dataset(images, np.array(labels), classes, "numbered", groups)


def pixels(dataset):
    return dataset.images[:, 0, 0, 0].tolist()


def test_fields_are_converted():
    dataset = Dataset(
        np.zeros((2, 4, 5, 3), np.uint8), np.array([1, 0], np.uint8), ["a", "b"], "tiny", ["x", "y"]
    )
    assert dataset.labels.dtype == np.int64
    assert dataset.classes == ("a", "b")
    assert dataset.groups == ("x", "y")
    assert len(dataset) == 2
    assert repr(dataset) == "<Dataset 'tiny': 2 images of 4x5x3 in 2 classes>"


def test_nothing_can_be_changed():
    images = np.zeros((1, 2, 2, 1), np.uint8)
    dataset = Dataset(images, np.array([0]), ("a",), "tiny")
    with pytest.raises(ValueError, match=r"read-only"):
        dataset.images[0] = 1
    with pytest.raises(ValueError, match=r"read-only"):
        dataset.labels[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "other"
    images[0] = 1  # the caller can still write to its own array
    assert np.shares_memory(dataset.images, images)


IMAGES = np.zeros((2, 4, 5, 3), np.uint8)
LABELS = np.array([0, 1])


@pytest.mark.parametrize(
    ("images", "labels", "classes", "error", "message"),
    [
        (
            IMAGES / 255,
            LABELS,
            "ab",
            TypeError,
            "^Dataset: expected images of dtype uint8, got float64; pixels",
        ),
        ([[0]], LABELS, "ab", TypeError, "^Dataset: expected images to be an array, got list$"),
        (
            IMAGES[0],
            LABELS,
            "ab",
            ValueError,
            r"^Dataset: expected images of shape \(N, H, W, C\), got \(4, 5, 3\)$",
        ),
        (IMAGES[:, :0], LABELS, "ab", ValueError, r"got \(2, 0, 5, 3\)$"),
        (
            IMAGES,
            LABELS[:1],
            "ab",
            ValueError,
            r"^Dataset: expected a label for each of 2 images, got shape \(1,\)$",
        ),
        (IMAGES, LABELS[:, None], "ab", ValueError, r"got shape \(2, 1\)$"),
        (
            IMAGES,
            LABELS * 1.0,
            "ab",
            TypeError,
            "^Dataset: expected integer labels, got an array of dtype float64",
        ),
        (
            IMAGES,
            LABELS > 0,
            "ab",
            TypeError,
            "^Dataset: expected integer labels, got an array of dtype bool",
        ),
        (IMAGES, LABELS * 2, "ab", ValueError, "^Dataset: expected labels from 0 to 1, got 2 for image 1$"),
        (IMAGES, -LABELS, "ab", ValueError, "^Dataset: expected labels from 0 to 1, got -1 for image 1$"),
        (IMAGES, LABELS.astype(np.uint64) * 2**63, "ab", ValueError, "got 9223372036854775808 for image 1$"),
        (
            IMAGES,
            LABELS,
            [0, 1],
            TypeError,
            r"^Dataset: expected classes to be a tuple of names, got \[0, 1\]$",
        ),
        (IMAGES, LABELS, (), ValueError, "^Dataset: expected at least one class, got none$"),
        (
            IMAGES,
            LABELS,
            "aba",
            ValueError,
            "^Dataset: expected each class name once, got 'a' more than once$",
        ),
    ],
)
def test_bad_fields(images, labels, classes, error, message):
    names = tuple(classes) if isinstance(classes, str) else classes
    with pytest.raises(error, match=message):
        Dataset(images, labels, names, "bad")


def test_one_string_is_no_tuple_of_names():
    with pytest.raises(TypeError, match=r"got 'ab'$"):
        Dataset(IMAGES, LABELS, "ab", "bad")


def test_a_name_is_a_string():
    with pytest.raises(TypeError, match=r"^Dataset: expected name to be a string, got None$"):
        Dataset(IMAGES, LABELS, ("a", "b"), None)


def test_groups_must_fit():
    with pytest.raises(ValueError, match=r"^Dataset: expected a group for each of 2 images, got 1$"):
        Dataset(IMAGES, LABELS, ("a", "b"), "bad", ("x",))


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (slice(1, 4), [1, 2, 3]),
        (slice(None, None, -2), [4, 2, 0]),
        ([3, 0, 3], [3, 0, 3]),
        ((0, 2), [0, 2]),
        (np.array([-1, 1]), [4, 1]),
        (np.array([True, False, False, True, False]), [0, 3]),
        ([], []),
    ],
)
def test_index(index, expected):
    part = numbered([0, 1, 2, 0, 1], groups=tuple("vwxyz"))[index]
    assert pixels(part) == expected
    assert part.labels.tolist() == [[0, 1, 2, 0, 1][i] for i in expected]
    assert part.groups == tuple("vwxyz"[i] for i in expected)
    assert part.classes == ("a", "b", "c")
    assert part.name == "numbered"


def test_bad_index():
    dataset = numbered([0, 1])
    with pytest.raises(TypeError, match=r"^Dataset: expected a slice, an array of indices or a mask, got 0$"):
        dataset[0]
    with pytest.raises(TypeError, match=r"expected a slice"):
        list(dataset)  # iterating would index by numbers
    with pytest.raises(ValueError, match=r"^Dataset: expected indices along one axis, got \[\[0\]\]$"):
        dataset[[[0]]]
    with pytest.raises(IndexError, match=r"out of bounds"):
        dataset[[2]]


def test_split_has_both_parts_and_every_class():
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    dataset = numbered(np.random.default_rng(0).permutation(labels))
    rest, aside = dataset.split(0.2, np.random.default_rng(1))
    assert sorted(pixels(rest) + pixels(aside)) == list(range(100))
    assert pixels(rest) == sorted(pixels(rest))
    assert pixels(aside) == sorted(pixels(aside))
    assert np.bincount(aside.labels).tolist() == [10, 6, 4]
    assert np.array_equal(dataset.labels[pixels(aside)], aside.labels)


def test_split_is_random_and_repeatable():
    dataset = numbered([0, 1] * 50)
    first, again, other = (dataset.split(0.3, np.random.default_rng(seed))[1] for seed in (0, 0, 1))
    assert pixels(first) == pixels(again)
    assert pixels(first) != pixels(other)


def test_every_image_may_be_set_aside():
    dataset = numbered([0] * 6 + [1] * 4)
    rng = np.random.default_rng(0)
    chosen = [i for _ in range(200) for i in pixels(dataset.split(0.5, rng)[1])]
    assert np.bincount(chosen, minlength=10).min() > 60  # 100 expected


def test_split_groups_keeps_groups_whole():
    labels = np.repeat([0, 1, 2], 28)
    groups = tuple(f"{'abc'[label]}{i % 7}" for i, label in enumerate(labels))
    rest, aside = numbered(labels, groups).split_groups(0.15, np.random.default_rng(0))
    assert set(rest.groups).isdisjoint(aside.groups)
    assert set(rest.groups) | set(aside.groups) == set(groups)
    assert np.bincount(aside.labels).tolist() == [4, 4, 4]  # one group of each class


@pytest.mark.parametrize(
    ("share", "error", "message"),
    [
        (0.0, ValueError, "^Dataset: expected a share that leaves both parts some images, got 0.0, 0 of 3$"),
        (0.9, ValueError, "^Dataset: expected a share that leaves both parts some images, got 0.9, 3 of 3$"),
        (1.0, ValueError, "^Dataset: share must be at least 0 and below 1, got 1.0$"),
        ("half", TypeError, "^Dataset: share must be a number, got 'half'$"),
    ],
)
def test_bad_share(share, error, message):
    with pytest.raises(error, match=message):
        numbered([0, 1, 2]).split(share, np.random.default_rng(0))


def test_split_needs_a_generator_and_groups():
    with pytest.raises(TypeError, match=r"^Dataset: expected rng to be a numpy.random.Generator, got 0$"):
        numbered([0, 1]).split(0.5, 0)
    with pytest.raises(ValueError, match=r"^Dataset: split_groups expected groups, got none in 'numbered'$"):
        numbered([0, 1]).split_groups(0.5, np.random.default_rng(0))


def test_split_per_class_takes_the_same_number_of_each_class():
    dataset = numbered([2, 0, 1, 1, 0, 2, 2, 2, 0, 1, 0], groups="abcdefghijk")
    for seed in range(20):
        chosen, rest = dataset.split_per_class(2, np.random.default_rng(seed))
        assert sorted(chosen.labels) == [0, 0, 1, 1, 2, 2]
        assert pixels(chosen) == sorted(pixels(chosen))
        assert sorted(pixels(chosen) + pixels(rest)) == list(range(11))
        assert all(part.groups == tuple("abcdefghijk"[i] for i in pixels(part)) for part in (chosen, rest))


def test_split_per_class_is_random_and_repeatable():
    dataset = numbered([0, 1] * 10, classes=("a", "b"))
    drawn = [pixels(dataset.split_per_class(3, np.random.default_rng(seed))[0]) for seed in (*range(200), 0)]
    assert drawn[0] == drawn[200]
    counts = np.bincount(np.concatenate(drawn[:200]), minlength=20)
    assert counts.sum() == 200 * 6
    assert np.abs(counts - 60).max() < 30  # each is drawn 60 times, give or take 6.5


@pytest.mark.parametrize(
    ("count", "error", "message"),
    [
        (0, ValueError, "count must be at least 1, got 0$"),
        (0.5, TypeError, "count must be an integer, got 0.5$"),
        (2, ValueError, "expected more than 2 images of each class, got 2 of 'b'$"),
        (9, ValueError, "expected more than 9 images of each class, got 2 of 'b'$"),
    ],
)
def test_split_per_class_refuses(count, error, message):
    with pytest.raises(error, match=f"^Dataset: {message}"):
        numbered([0, 0, 0, 1, 1, 2, 2, 2]).split_per_class(count, np.random.default_rng(0))


def test_split_per_class_needs_a_generator_and_every_class():
    with pytest.raises(TypeError, match=r"^Dataset: rng must be a numpy.random.Generator, got 0$"):
        numbered([0, 0]).split_per_class(1, 0)
    with pytest.raises(ValueError, match=r"expected more than 1 images of each class, got 0 of 'b'$"):
        numbered([0, 0, 2, 2]).split_per_class(1, np.random.default_rng(0))


def bare(count=6, groups=None):
    """Images without labels."""
    return Dataset(numbered([0] * count).images, None, (), "bare", groups)


def test_images_may_have_no_labels():
    dataset = bare()
    assert dataset.labels is None
    assert dataset.classes == ()
    assert repr(dataset) == "<Dataset 'bare': 6 images of 2x3x1 without labels>"
    assert dataset[[3, 1]].labels is None
    assert pixels(dataset[[3, 1]]) == [3, 1]
    with pytest.raises(ValueError, match=r"^look: .* got the unlabeled ones of bare$"):
        dataset.labels_for("look")
    assert numbered([1, 2]).labels_for("look").tolist() == [1, 2]


def test_images_without_labels_are_split():
    rng = np.random.default_rng(0)
    rest, aside = bare().split(0.5, rng)
    assert sorted(pixels(rest) + pixels(aside)) == list(range(6))
    assert len(aside) == 3
    rest, aside = bare(6, tuple("xxyyzz")).split_groups(0.34, rng)
    assert len(set(aside.groups)) == 1
    assert not set(aside.groups) & set(rest.groups)
    with pytest.raises(ValueError, match=r"^split_per_class: expected images with labels, got the unlabeled"):
        bare().split_per_class(1, rng)
