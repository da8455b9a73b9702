"""How values are named in messages."""

import numpy as np
import pytest

from npdeconv._checks import describe


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
