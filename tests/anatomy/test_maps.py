"""Layers as maps, and the start of a descent."""

import numpy as np
import pytest

from npdeconv.anatomy import map_count, patch_size, summarize
from npdeconv.anatomy.maps import as_map_shape, as_maps, descent_start, field_size, fields, map_shape, maps_of
from npdeconv.layers import Conv2D, MaxPool2D, Sequential
from tests.tiny import tiny_dataset, tiny_network

SHAPE = (8, 8, 1)
MAPS = np.array([[[[1, -2], [3, 4]], [[-5, 6], [7, -8]]]], float)  # (1, 2, 2, 2)


def test_outputs_of_a_dense_layer_are_maps_of_one_unit():
    assert as_map_shape((3,)) == (1, 1, 3)
    assert as_maps(np.arange(6.0).reshape(2, 3)).shape == (2, 1, 1, 3)
    assert as_maps(MAPS).shape == MAPS.shape
    network = tiny_network()
    assert map_shape(network, "pool1", SHAPE) == (4, 4, 4)
    assert map_shape(network, "logits", SHAPE) == (1, 1, 3)
    assert (map_count(network, "pool1", SHAPE), map_count(network, "logits", SHAPE)) == (4, 3)
    with pytest.raises(ValueError, match="too many values to unpack"):
        as_map_shape((1, 2, 3, 4))


def test_maps_of_one_image():
    network, image = tiny_network(), tiny_dataset(1).images[0]
    y = network[:"conv2"](image[np.newaxis].astype(np.float32) / 255)
    np.testing.assert_array_equal(maps_of(network, image, "conv2", who="test"), y[0])
    assert maps_of(network, image, "logits", who="test").shape == (1, 1, 3)
    with pytest.raises(KeyError, match="no layer 'conv9'"):
        maps_of(network, image, "conv9", who="test")
    network["conv1"].bias[0] = np.nan
    with pytest.raises(FloatingPointError, match="expected finite outputs, got NaN or infinity"):
        maps_of(network, image, "conv2", who="test")


def test_fields_are_counted_by_hand():
    """A 3x3 filter that is padded, then a pooling of 2: the unit at (h, w) sees rows 2h - 1 to 2h + 2."""
    conv = Conv2D(1, 2, 3, padding="same", rng=np.random.default_rng(0))
    head = Sequential({"conv": conv, "pool": MaxPool2D(2)})
    positions = np.array([[0, 0], [1, 2], [0, 0]])
    expected = [[-1, 3, -1, 3], [1, 5, 3, 7], [-1, 3, -1, 3]]
    np.testing.assert_array_equal(fields(head, SHAPE, positions), expected)
    assert fields(head, SHAPE, positions[:0]).shape == (0, 4)
    assert field_size(head, "pool", SHAPE) == patch_size(head, "pool", SHAPE) == (4, 4)
    assert patch_size(head, "pool", (3, 9, 1)) == (3, 4)  # no more than the image
    assert [row.receptive_field for row in summarize(head, SHAPE)] == [(3, 3), (4, 4)]


def test_a_descent_starts_from_one_unit():
    expected = np.zeros_like(MAPS)
    expected[0, 0, 1, 1] = 4
    np.testing.assert_array_equal(descent_start(MAPS, 1, np.array([[0, 1]])), expected)
    assert not descent_start(MAPS, 0, np.array([[1, 0]])).any()  # -5 is never projected


def test_a_descent_starts_from_one_map_of_each_image():
    both = np.concatenate([MAPS, 10 * MAPS])
    start = descent_start(both, np.array([1, 0]))
    np.testing.assert_array_equal(start[0], [[[0, 0], [0, 4]], [[0, 6], [0, 0]]])
    np.testing.assert_array_equal(start[1], [[[10, 0], [30, 0]], [[0, 0], [70, 0]]])
    np.testing.assert_array_equal(descent_start(both, 0)[1], start[1])  # one number for all images


def test_a_descent_starts_from_given_values():
    logits = np.array([[1, 2, -3], [4, -5, 6]], np.float32)
    start = descent_start(logits, np.array([2, 1]), values=1)
    assert start.dtype == np.float32
    np.testing.assert_array_equal(start, [[0, 0, 1], [0, 1, 0]])
    share = descent_start(MAPS, 1, values=np.full((2, 2), 0.25))
    np.testing.assert_array_equal(share[..., 1], np.full((1, 2, 2), 0.25))
    assert not share[..., 0].any()
    units = descent_start(
        np.concatenate([MAPS, MAPS]), 1, np.array([[0, 0], [1, 1]]), values=np.array([7, 9])
    )
    assert (units[0, 0, 0, 1], units[1, 1, 1, 1], np.count_nonzero(units)) == (7, 9, 2)


def test_what_a_descent_starts_from_shares_no_memory_with_what_went_up():
    went_up = MAPS.copy()
    descent_start(went_up, 0)[...] = 99
    np.testing.assert_array_equal(went_up, MAPS)
