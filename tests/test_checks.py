"""The names of values in messages."""

import numpy as np
import pytest

from npdeconv._checks import describe, did_you_mean, one_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"),
        ("relu1", "'relu1'"),
        ((1, 2.5), "(1, 2.5)"),
        (np.zeros((2, 3), np.uint8), "an array of dtype uint8 and shape (2, 3)"),
        ("x" * 58, repr("x" * 58)),
        ("x" * 59, "a value of type str"),
        ([np.zeros(50)], "a value of type list"),  # written in two lines or more
        (list(range(100)), "a value of type list"),
    ],
)
def test_values_are_named_briefly(value, expected):
    assert describe(value) == expected


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("occlud", ("occlude", "look"), " (did you mean 'occlude'?)"),
        ("Giant_Panda", ("giant panda", "red panda"), " (did you mean 'giant panda'?)"),
        ("RELU2", ("relu1", "relu2"), " (did you mean 'relu2'?)"),
        ("relu9", ("relu1", "relu2"), ""),  # both are equally close
        ("resnet", ("alexnet", "zfnet"), ""),
        (7, ("1", "2"), ""),
    ],
)
def test_a_name_that_is_nearly_right_is_named(word, known, expected):
    assert did_you_mean(word, known) == expected


def test_choices_are_listed_and_the_nearest_named():
    message = r"^x: rule must be one of deconv, guided, got 'deconf' \(did you mean 'deconv'\?\)$"
    with pytest.raises(ValueError, match=message):
        one_of("deconf", ("deconv", "guided"), "x", "rule")
