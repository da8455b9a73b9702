"""Batches of positions, and pixels as a network's input."""

import numpy as np
import pytest

from npdeconv.data import as_input, batch_indices


def test_batches_in_order():
    assert [batch.tolist() for batch in batch_indices(7, 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batch_indices(0, 3)) == []


def test_shuffled_batches_hold_everything_once():
    batches = list(batch_indices(100, 32, np.random.default_rng(0)))
    assert [len(batch) for batch in batches] == [32, 32, 32, 4]
    order = np.concatenate(batches).tolist()
    assert sorted(order) == list(range(100))
    assert order != sorted(order)
    again = np.concatenate(list(batch_indices(100, 32, np.random.default_rng(0))))
    assert order == again.tolist()


def test_bad_batch_size():
    with pytest.raises(ValueError, match=r"^batch_indices: batch_size must be at least 1, got 0$"):
        list(batch_indices(5, 0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pixels_are_divided_by_255(dtype):
    pixels = np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1)
    numbers = as_input(pixels, dtype)
    assert numbers.dtype == dtype
    assert numbers.ravel().tolist() == [0.0, dtype(0.2), 1.0]
    assert pixels.ravel().tolist() == [0, 51, 255]


def test_prepared_numbers_only_change_their_dtype():
    prepared = np.array([-1.5, 300.0]).reshape(2, 1, 1, 1)
    numbers = as_input(prepared)
    assert numbers.dtype == np.float32
    assert numbers.ravel().tolist() == [-1.5, 300.0]
    assert as_input(numbers) is numbers


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])  # the last is no float32
def test_numbers_must_be_finite(bad):
    images = np.zeros((5, 2, 2, 1))
    images[3, 1, 0, 0] = images[4, 0, 0, 0] = bad
    message = "^as_input: expected finite float32 pixels, got NaN or infinity in image 3$"
    with pytest.raises(ValueError, match=message):
        as_input(images)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ([[1.0]], TypeError, "^as_input: expected an array of images, got list$"),
        (
            np.zeros((1, 2, 2, 1), np.int64),
            TypeError,
            "expected uint8 or floating pixels, got an array of dtype int64",
        ),
        (np.zeros((1, 2, 2, 1), bool), TypeError, "got an array of dtype bool"),
        (np.zeros((1, 2, 2, 1), complex), TypeError, "got an array of dtype complex128"),
        (
            np.zeros((2, 2, 1), np.uint8),
            ValueError,
            r"expected images of shape \(N, H, W, C\), got \(2, 2, 1\)$",
        ),
    ],
)
def test_bad_images(images, error, message):
    with pytest.raises(error, match=message):
        as_input(images)


def test_bad_dtype():
    with pytest.raises(TypeError, match=r"^as_input: expected a floating dtype, got int32$"):
        as_input(np.zeros((1, 2, 2, 1), np.uint8), np.int32)
