"""Average and global pooling: worked examples, a brute-force oracle, and NaNs."""

import re

import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv.layers import AvgPool2D, Dense, GlobalAveragePool, GlobalMaxPool, MaxPool2D
from tests.kernels.test_kernels import geometries, seen
from tests.layers.test_layers import image


def test_averages_and_how_they_are_spread():
    layer = AvgPool2D(2)
    y, context = layer.forward(image([[1, 5, 2, 0], [3, 7, 0, 6], [9, 9, 1, 1]]))
    np.testing.assert_array_equal(y, image([[4, 2]]))  # the last row fills no window
    down = layer.deconv(image([[8, -4]]), context)
    np.testing.assert_array_equal(down, image([[2, 2, -1, -1], [2, 2, -1, -1], [0, 0, 0, 0]]))


def test_overlapping_averages_sum_on_the_way_down():
    layer = AvgPool2D((1, 2), stride=1)
    y, context = layer.forward(image([[2, 4, 8]]))
    np.testing.assert_array_equal(y, image([[3, 6]]))
    np.testing.assert_array_equal(layer.deconv(image([[10, 100]]), context), image([[5, 55, 50]]))


def test_padding_does_not_count():
    layer = AvgPool2D(2, padding=((1, 0), (1, 0)))
    y, context = layer.forward(image([[3, 1, 5], [2, 4, 6], [8, 0, 2]]))
    np.testing.assert_array_equal(y, image([[3, 3], [5, 3]]))
    down = layer.deconv(image([[8, 8], [8, 8]]), context)
    np.testing.assert_array_equal(down, image([[8, 4, 4], [4, 2, 2], [4, 2, 2]]))


@settings(deadline=None)
@given(geometries())
def test_average_of_the_pixels_under_every_window(geometry):
    shape, window, (_, out), padding = geometry
    x = np.random.default_rng(3).normal(size=shape)
    layer = AvgPool2D(window.size, stride=window.stride, padding=window.padding)
    under = seen(x, window, padding, out, np.nan)
    np.testing.assert_allclose(layer(x), np.nanmean(under, axis=(3, 4)), atol=1e-12)


def test_average_pooling_keeps_the_sum_on_the_way_down():
    x = np.random.default_rng(0).normal(size=(2, 7, 6, 3))
    y, context = AvgPool2D(3, stride=2, padding="same").forward(x)
    down = AvgPool2D(3, stride=2, padding="same").deconv(y, context)
    np.testing.assert_allclose(down.sum(axis=(1, 2)), y.sum(axis=(1, 2)))


def test_a_nan_appears_only_in_the_windows_that_contain_it():
    x = np.ones((2, 4, 6, 3))
    x[1, 1, 3, 2] = np.nan
    y = AvgPool2D(2)(x)
    assert np.argwhere(np.isnan(y)).tolist() == [[1, 0, 1, 2]]
    assert (y[~np.isnan(y)] == 1).all()
    for layer in (GlobalAveragePool(), GlobalMaxPool()):
        y = layer(x)
        assert np.argwhere(np.isnan(y)).tolist() == [[1, 2]]
        assert (y[~np.isnan(y)] == 1).all()


@pytest.mark.parametrize("layer", [AvgPool2D(2), GlobalAveragePool(), GlobalMaxPool()], ids=repr)
def test_maps_of_nans_do_not_break_the_way_down(layer):
    x = np.full((1, 4, 4, 2), np.nan)
    x[..., 1] = np.arange(16).reshape(4, 4)
    y, context = layer.forward(x)
    down = layer.deconv(np.ones_like(y), context)
    assert np.isfinite(down).all()
    np.testing.assert_allclose(down.sum(axis=(1, 2)), np.ones_like(y).reshape(1, -1, 2).sum(axis=1))


def test_global_pooling():
    x = np.stack([[[1.0, 9], [4, 2]], [[-3, -1], [-1, -7]]], axis=-1)[None]  # (1, 2, 2, 2)
    y, context = GlobalAveragePool().forward(x)
    np.testing.assert_array_equal(y, [[4, -3]])
    down = GlobalAveragePool().deconv(np.array([[8.0, 4]]), context)
    np.testing.assert_array_equal(down, np.broadcast_to([2.0, 1], (1, 2, 2, 2)))
    y, context = GlobalMaxPool().forward(x)
    np.testing.assert_array_equal(y, [[9, -1]])
    np.testing.assert_array_equal(context.switches[:, 0, 0], [[1, 1]])  # the first wins a tie
    down = GlobalMaxPool().deconv(np.array([[8.0, 4]]), context)
    np.testing.assert_array_equal(down[0, ..., 0], [[0, 8], [0, 0]])
    np.testing.assert_array_equal(down[0, ..., 1], [[0, 4], [0, 0]])


def test_global_pooling_is_pooling_with_the_map_as_the_window():
    x = np.random.default_rng(0).normal(size=(3, 5, 4, 2))
    dy = np.random.default_rng(1).normal(size=(3, 2))
    for layer, other in ((GlobalAveragePool(), AvgPool2D((5, 4))), (GlobalMaxPool(), MaxPool2D((5, 4)))):
        y, context = layer.forward(x)
        same, other_context = other.forward(x)
        np.testing.assert_allclose(y, same[:, 0, 0], rtol=1e-12)
        down = other.deconv(dy[:, None, None], other_context)
        np.testing.assert_allclose(layer.deconv(dy, context), down, rtol=1e-12)


def test_a_dense_layer_of_means_is_the_mean_of_dense_layers():
    """The identity behind class activation maps (arXiv:1512.04150, section 2)."""
    dense = Dense(3, 2, rng=np.random.default_rng(0), dtype=float)
    maps = np.random.default_rng(1).normal(size=(1, 4, 5, 3))
    at_each_position = dense(maps.reshape(-1, 3)).reshape(1, 4, 5, 2)
    np.testing.assert_allclose(dense(GlobalAveragePool()(maps)), at_each_position.mean(axis=(1, 2)))


def test_a_map_without_switches_goes_to_its_middle():
    x = np.zeros((1, 5, 7, 1))
    x[0, 0, 0] = 3
    layer = GlobalMaxPool()
    y, context = layer.forward(x)
    down = layer.deconv(y, layer.centered(context))
    assert np.argwhere(down[0, ..., 0]).tolist() == [[2, 3]]
    same, other = MaxPool2D((5, 7)).forward(x)
    np.testing.assert_array_equal(down, MaxPool2D((5, 7)).deconv(same, MaxPool2D((5, 7)).centered(other)))


@pytest.mark.parametrize(("length", "padding"), [(54, 1), (55, 0), (56, 1), (27, 0), (13, 0), (14, 1)])
def test_rounding_up_is_padding_below_and_to_the_right(length, padding):
    """Caffe and `ceil_mode` of PyTorch let the last 3/2 window hang over the edge."""
    x = -1 - np.random.default_rng(0).random((1, length, length, 2))  # a padding of zeros would win
    y = MaxPool2D(3, stride=2, padding=((0, padding), (0, padding)))(x)
    side = -(-(length - 3) // 2) + 1
    expected = [
        [x[0, 2 * p : 2 * p + 3, 2 * q : 2 * q + 3].max(axis=(0, 1)) for q in range(side)]
        for p in range(side)
    ]
    np.testing.assert_array_equal(y[0], expected)


def test_bad_inputs_of_pooling():
    with pytest.raises(ValueError, match=re.escape("AvgPool2D: padding must be smaller than the window")):
        AvgPool2D(2, padding=((0, 2), (0, 0)))
    for layer in (GlobalAveragePool(), GlobalMaxPool()):
        message = rf"^{layer.kind}: expected an input of shape \(H, W, C\), got \(3,\)$"
        with pytest.raises(ValueError, match=message):
            layer.output_shape((3,))
        with pytest.raises(ValueError, match=message):
            layer(np.zeros((2, 3)))
        with pytest.raises(
            ValueError, match=rf"^{layer.kind}: expected at least one pixel, got a map of 0x4$"
        ):
            layer(np.zeros((2, 0, 4, 3)))
