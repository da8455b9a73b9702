"""Classes are identified by their names."""

import numpy as np
import pytest

from npdeconv.data import Dataset, class_indices, class_number
from npdeconv.data.classes import list_names
from tests.data.test_dataset import numbered


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [
        (["b", "a"], "ab", [1, 0]),
        (["Sea_Water", "lemon"], ["tomato", "sea water"], [1, None]),
        (["A", "a"], "aA", [1, 0]),  # capitals distinguish two known names
        (["A"], ["a b", "a"], [1]),
        (["A"], ["\u00e4", "B"], [None]),
        (["x y"], ["X Y", "X_Y"], [None]),  # it could mean either
        (["cat", "Cat"], ["cat"], [0, None]),  # two classes are not to become one
    ],
)
def test_names_are_matched(names, known, expected):
    assert class_indices(names, known) == expected


@pytest.mark.parametrize(("word", "expected"), [("cat", 2), ("CAT", 2), ("2", 1), (2, 2), ("1", 0), ("0", 0)])
def test_a_class_by_name_or_else_by_number(word, expected):
    assert class_number(word, ("1", "2", "cat"), "x") == expected


@pytest.mark.parametrize("word", ["dog", "3", 3, -1, True, "-1"])
def test_an_unknown_class(word):
    with pytest.raises(KeyError, match=rf"x: no class {word!r}; the classes are a, b, c"):
        class_number(word, "abc", "x")


def test_long_lists_are_cut():
    assert list_names([str(n) for n in range(1000)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 990 more"


def test_labels_follow_their_names():
    dataset = numbered([0, 1, 2, 1], ("w", "x", "y", "z"))
    moved = dataset.relabeled(("d", "C", "b", "a"), "net")
    assert moved.labels.tolist() == [3, 2, 1, 2]
    assert moved.classes == ("d", "C", "b", "a")
    assert moved.groups == dataset.groups
    assert np.shares_memory(moved.images, dataset.images)
    assert dataset.relabeled(dataset.classes, "net") is dataset


def test_unknown_and_missing_classes_are_listed():
    message = r"^net: .* unknown ones in numbered: c; missing: d, e$"
    with pytest.raises(ValueError, match=message):
        numbered([0, 1]).relabeled("abde", "net")
    with pytest.raises(ValueError, match=r"unknown ones in numbered: b, c; missing: none$"):
        numbered([0, 1]).relabeled("a", "net")


def test_images_without_labels_take_any_names():
    bare = Dataset(np.zeros((2, 3, 3, 1), np.uint8), None, (), "bare")
    assert bare.relabeled("abc", "net").classes == ("a", "b", "c")
    assert bare.relabeled("abc", "net").labels is None
