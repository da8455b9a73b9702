"""Worked examples of layers for pretrained networks: `Standardize`, `Tanh` and `Sigmoid`."""

import numpy as np
import pytest

from npdeconv.layers import Sigmoid, Standardize, Tanh


def test_each_channel_has_its_own_mean_and_std():
    x = np.array([[[[0.5, 1.0]]]], np.float32)
    layer = Standardize([0.5, 0.0], [1.0, 0.25])
    y, context = layer.forward(x)
    np.testing.assert_array_equal(y, np.array([[[[0, 4]]]], np.float32))
    np.testing.assert_array_equal(layer.deconv(y, context), np.array([[[[0, 16]]]], np.float32))
    assert repr(layer) == "Standardize([0.5, 0.0], [1.0, 0.25])"


def test_channels_in_reverse():
    layer = Standardize([0.5, 0.0], [1.0, 0.25], reverse=True)
    y, context = layer.forward(np.array([[[[0.5, 1.0]]]], np.float32))
    np.testing.assert_array_equal(y, np.array([[[[4, 0]]]], np.float32))
    down = np.array([[[[4, 7]]]], np.float32)
    np.testing.assert_array_equal(layer.deconv(down, context), np.array([[[[7, 16]]]], np.float32))
    assert repr(layer) == "Standardize([0.5, 0.0], [1.0, 0.25], reverse=True)"


@pytest.mark.parametrize(
    ("mean", "std", "match"),
    [
        (
            [0.0],
            [1.0, 1.0],
            r"^Standardize: expected as many means as stds, got \[0\.0\] and \[1\.0, 1\.0\]$",
        ),
        (0.0, 1.0, r"^Standardize: expected as many means as stds, got 0\.0 and 1\.0$"),
        (
            [np.nan],
            [1.0],
            r"^Standardize: expected finite means, and stds above 0, got \[nan\] and \[1\.0\]$",
        ),
        ([0.0], [0.0], r"^Standardize: expected finite means, and stds above 0, got \[0\.0\] and \[0\.0\]$"),
        ([0.0], [np.inf], r"^Standardize: expected finite means, and stds above 0, got "),
    ],
)
def test_wrong_statistics(mean, std, match):
    with pytest.raises(ValueError, match=match):
        Standardize(mean, std)


def test_other_numbers_of_channels():
    with pytest.raises(ValueError, match=r"^Standardize: expected 2 channels, got shape \(4, 4, 3\)$"):
        Standardize([0, 0], [1, 1])(np.zeros((1, 4, 4, 3)))


def test_tanh_keeps_signs_on_the_way_down():
    x = np.array([[-2.0, 0.0, 0.5]])
    layer = Tanh()
    y, context = layer.forward(x)
    np.testing.assert_allclose(y, [[-0.96402758, 0.0, 0.46211716]], rtol=1e-8)  # from a table
    down = np.array([[-3.0, 4.0, 5.0]])
    np.testing.assert_array_equal(layer.deconv(down, context), down)
    np.testing.assert_allclose(layer.backward(down, context)[0], [[-0.21195247, 4.0, 3.93223866]], rtol=1e-7)
    assert repr(layer) == "Tanh()"


def test_sigmoid_keeps_signs_on_the_way_down_and_never_overflows():
    x = np.array([[-1000.0, 0.0, 1.0, 1000.0]])
    layer = Sigmoid()
    y, context = layer.forward(x)
    np.testing.assert_allclose(y, [[0.0, 0.5, 0.73105858, 1.0]], rtol=1e-8)
    down = np.array([[-3.0, 4.0, 1.0, 5.0]])
    np.testing.assert_array_equal(layer.deconv(down, context), down)
    np.testing.assert_allclose(layer.backward(down, context)[0], [[0.0, 1.0, 0.19661193, 0.0]], rtol=1e-7)
    assert repr(layer) == "Sigmoid()"
