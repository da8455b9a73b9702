"""Activation maximization: planted optima, monotone ascent, and the effect of each regularizer."""

import re

import numpy as np
import pytest

from npdeconv import models, weights
from npdeconv.layers import (
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    LeakyReLU,
    ReLU,
    Sequential,
    Standardize,
)
from npdeconv.training import predict
from npdeconv.visualize import Regularizers, maximize_activation
from tests.cases import small_network
from tests.visualize.test_projection import CORNER, corner_finder

FREE = Regularizers.none()


def test_a_planted_filter_is_found_where_the_unit_looks():
    """The best image of a filter, between black and white, is white where the filter is positive."""
    result = maximize_activation(corner_finder(), "conv1", 0, select=(2, 5), steps=60, regularizers=FREE)
    assert result.box.tolist() == [[2, 5, 5, 8]]
    np.testing.assert_array_equal(result.pixels[0, 2:5, 5:8, 0], 255 * (CORNER > 0))
    assert result.activation[-1, 0] == pytest.approx(5 - 3)
    outside = np.ones((12, 12), bool)
    outside[2:5, 5:8] = False
    assert result.inputs[0, outside].max() < 0.1  # as the noise left it


def test_a_class_is_found_through_all_its_layers():
    """Logit 1 is the brightness of the lower right quarter, minus that of the rest."""
    rng = np.random.default_rng(0)
    dense = Dense(64, 2, rng=rng, dtype=float)
    quarter = np.zeros((8, 8))
    quarter[4:, 4:] = 1
    dense.weight[:, 1] = (2 * quarter - 1).ravel()
    net = Sequential({"flatten": Flatten(), "logits": dense}, input_shape=(8, 8, 1))
    result = maximize_activation(net, "logits", 1, background=0.5, steps=40, regularizers=FREE)
    np.testing.assert_array_equal(result.pixels[0, ..., 0], 255 * quarter)
    assert result.activation[-1, 0] == pytest.approx(16)
    assert result.box.tolist() == [[0, 8, 0, 8]]


def test_the_mean_of_a_map_wants_the_feature_everywhere():
    """A vertical edge filter, stepping by its width: its best image is stripes."""
    conv = Conv2D(1, 1, 2, stride=2, rng=np.random.default_rng(0), dtype=float)
    conv.weight[..., 0, 0] = [[1, -1], [1, -1]]
    net = Sequential({"conv": conv, "relu": ReLU()}, input_shape=(6, 8, 1))
    result = maximize_activation(net, "conv", 0, select="mean", steps=60, regularizers=FREE, background=0.5)
    np.testing.assert_array_equal(result.pixels[0, ..., 0], np.tile([255, 0], (6, 4)))
    assert result.activation[-1, 0] == pytest.approx(2)
    assert result.box.tolist() == [[0, 6, 0, 8]]


@pytest.mark.parametrize(("layer", "unit"), [("conv2", 3), ("relu2", 0), ("dense1", 3), ("logits", 0)])
def test_without_regularizers_and_with_small_steps_the_activation_only_grows(layer, unit):
    """The paths of these units avoid kinks."""
    result = maximize_activation(
        small_network(float), layer, unit, steps=100, rate=2e-4, regularizers=FREE, background=0.5
    )
    growth = np.diff(result.activation[:, 0])
    assert (growth > 0).all()
    assert result.activation[-1] > result.activation[0]


def test_the_first_step_goes_along_the_numeric_gradient():
    net, rate = small_network(float), 1e-3
    none = maximize_activation(net, "logits", 1, steps=1, rate=0, regularizers=FREE, background=0.5)
    one = maximize_activation(net, "logits", 1, steps=1, rate=rate, regularizers=FREE, background=0.5)
    start, move = none.inputs, one.inputs - none.inputs
    assert np.sqrt((move**2).mean()) == pytest.approx(rate)
    numeric = np.zeros_like(start)
    for place in np.ndindex(*start.shape):
        step = np.zeros_like(start)
        step[place] = 1e-6
        numeric[place] = (net[:"logits"](start + step) - net[:"logits"](start - step))[0, 1]
    cosine = (numeric * move).sum() / np.linalg.norm(numeric) / np.linalg.norm(move)
    assert cosine == pytest.approx(1, abs=1e-6)


def test_steps_are_measured_where_the_unit_sees():
    """Otherwise units that see little of a large image would take giant steps."""
    net = corner_finder()
    none, one = (
        maximize_activation(
            net, "conv1", 0, select=(0, 9), steps=1, rate=rate, regularizers=FREE, background=0.5
        )
        for rate in (0, 0.01)
    )
    move = (one.inputs - none.inputs)[0, 0:3, 9:12]
    assert np.sqrt((move**2).mean()) == pytest.approx(0.01)
    assert np.count_nonzero(one.inputs - none.inputs) == 9


def silent_network():
    """A unit behind two rectifiers, far from firing on nearly black images."""
    rng = np.random.default_rng(3)
    first, second = Conv2D(1, 3, 3, rng=rng, dtype=float), Conv2D(3, 2, 3, rng=rng, dtype=float)
    first.weight[...], second.weight[...] = np.abs(first.weight), np.abs(second.weight)
    first.bias[...], second.bias[...] = -0.5, -0.5
    layers = {"conv1": first, "relu1": ReLU(), "conv2": second, "relu2": ReLU(), "mean": GlobalAveragePool()}
    return Sequential(layers, input_shape=(9, 9, 1))


@pytest.mark.parametrize("layer", ["relu2", "mean"])
def test_a_silent_unit_is_woken(layer):
    result = maximize_activation(silent_network(), layer, 1, select="mean", steps=100, regularizers=FREE)
    assert result.activation[0, 0] == 0
    assert result.activation[-1, 0] > 0
    np.testing.assert_array_equal(result.pixels[0, 2:7, 2:7], 255)  # all weights are positive


def test_leaky_rectifiers_and_dead_weights_can_be_maximized():
    conv = Conv2D(1, 2, 3, rng=np.random.default_rng(0))
    conv.weight[..., 0], conv.weight[..., 1] = -1, 0
    net = Sequential({"conv": conv, "leaky": LeakyReLU(0.1)}, input_shape=(5, 5, 1))
    result = maximize_activation(net, "leaky", [0, 1], steps=30, regularizers=FREE, background=0.5)
    assert not result.pixels[0, 1:4, 1:4].any()
    np.testing.assert_allclose(result.pixels[1], 128, atol=20)  # no gradient: the noise does not change
    assert np.isfinite(result.inputs).all()


def test_images_depend_on_the_seed_but_not_on_other_units_or_workers():
    net = small_network(np.float32)
    settings = {"steps": 5, "regularizers": Regularizers(jitter=0.3, small_norm=0.2)}
    together = maximize_activation(
        net, "relu2", [3, 0, 4], rng=np.random.default_rng(7), workers=2, **settings
    )
    alone = maximize_activation(net, "relu2", 0, rng=np.random.default_rng(7), workers=1, **settings)
    np.testing.assert_array_equal(together.pixels[1], alone.pixels[0])
    other = maximize_activation(net, "relu2", 0, rng=np.random.default_rng(8), **settings)
    assert (other.pixels != alone.pixels).any()


def test_frames_lead_from_the_noise_to_the_end():
    net = small_network(np.float32)
    result = maximize_activation(net, "logits", [1, 2], steps=8, frames=5)
    assert result.frame_steps.tolist() == [0, 2, 4, 6, 8]
    assert result.frames.shape == (5, 2, 9, 11, 2)
    np.testing.assert_array_equal(result.frames[-1], result.pixels)
    halfway = maximize_activation(net, "logits", [1, 2], steps=4)
    np.testing.assert_array_equal(result.frames[2], halfway.pixels)
    np.testing.assert_array_equal(result.activation[:4], halfway.activation[:4])
    assert halfway.frames.shape == (0, 2, 9, 11, 2)
    assert not halfway.frame_steps.size
    assert result.frames[0].std() == pytest.approx(0.02 * 255, rel=0.2)


def test_standardized_networks_are_maximized_in_pixels():
    """Behind a mean and a std per channel, the best image still lies between black and white."""
    conv = Conv2D(3, 1, 1, rng=np.random.default_rng(0))
    conv.weight[0, 0, :, 0] = 1, -1, 1  # red and blue, no green
    layers = {"standardize": Standardize((0.4, 0.5, 0.6), (0.002, 0.004, 0.004)), "conv": conv}
    net = Sequential(layers, input_shape=(4, 5, 3))
    result = maximize_activation(net, "conv", 0, select="mean", steps=60, regularizers=FREE)
    np.testing.assert_array_equal(result.pixels[0], np.tile([255, 0, 255], (4, 5, 1)))
    assert result.activation[-1, 0] == pytest.approx(0.6 / 0.002 + 0.5 / 0.004 + 0.4 / 0.004, rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_background_is_black_for_gray_images_and_gray_for_colored_ones(channels):
    conv = Conv2D(channels, 1, 3, rng=np.random.default_rng(0))
    net = Sequential({"conv": conv}, input_shape=(6, 6, channels))
    start = maximize_activation(net, "conv", 0, steps=1, rate=0, regularizers=FREE).inputs
    assert start.mean() == pytest.approx(0.5 if channels == 3 else 0.008, abs=0.01)
    chosen = maximize_activation(net, "conv", 0, steps=1, rate=0, regularizers=FREE, background=1).inputs
    assert 0.97 < chosen.mean() < 1


def spot(size=9):
    contrast = np.zeros((1, size, size, 1))
    contrast[0, size // 2, size // 2, 0] = 1
    return contrast


def test_decay_scales_the_pixels():
    np.testing.assert_allclose(Regularizers(0.25, 0, 1, 0).restrain(spot(), spot(), 1), 0.75 * spot())


def test_blur_keeps_the_sum_spreads_and_comes_every_few_steps():
    blur = Regularizers(0, 1.0, 3, 0)
    np.testing.assert_array_equal(blur.restrain(spot(), spot(), 2), spot())
    blurred = blur.restrain(spot(15), spot(15), 3)[0, ..., 0]
    assert blurred.sum() == pytest.approx(1)
    distance = np.arange(15) - 7
    assert (blurred.sum(axis=1) * distance**2).sum() == pytest.approx(1, rel=0.01)  # the variance
    np.testing.assert_allclose(blurred, blurred.T, atol=1e-12)


def test_blur_mixes_neither_images_nor_channels():
    contrast = np.concatenate([spot(), np.zeros((1, 9, 9, 1))]).repeat(2, axis=3)
    contrast[..., 1] = 0
    blurred = Regularizers(0, 1.0, 1, 0).restrain(contrast, contrast, 1)
    assert not blurred[1].any()
    assert not blurred[..., 1].any()


def test_the_smallest_pixels_lose_their_contrast():
    contrast = np.array([[3, -4], [1, -2.0]]).reshape(1, 2, 2, 1)
    gradient = np.array([[0.1, 1], [1, 0.1]]).reshape(1, 2, 2, 1)  # contributions .3, 4, 1, .2
    norm = Regularizers(0, 0, 1, 0, small_norm=0.5).restrain(contrast, gradient, 1)
    assert norm[0, ..., 0].tolist() == [[3, -4], [0, 0]]
    contribution = Regularizers(0, 0, 1, 0, small_contribution=0.5).restrain(contrast, gradient, 1)
    assert contribution[0, ..., 0].tolist() == [[0, -4], [1, 0]]


def test_jitter_moves_by_up_to_its_share():
    rng = np.random.default_rng(0)
    moves = np.array([Regularizers(jitter=0.1).draw_move((20, 41), rng) for _ in range(300)])
    assert np.unique(moves[:, 0]).tolist() == list(range(-2, 3))
    assert np.unique(moves[:, 1]).tolist() == list(range(-4, 5))
    assert not FREE.draw_move((20, 41), rng).any()


def test_an_image_made_with_jitter_is_shift_tolerant():
    conv = Conv2D(1, 1, 3, rng=np.random.default_rng(0))
    conv.weight[...] = 1
    net = Sequential({"conv": conv}, input_shape=(15, 15, 1))
    still, moved = (
        maximize_activation(net, "conv", 0, steps=600, regularizers=Regularizers(0, 0, 1, jitter))
        for jitter in (0, 0.7)
    )
    assert (still.pixels > 127).sum() == 9
    assert (moved.pixels > 127).sum() == 49  # 3x3, and 2 pixels on each side


def test_bad_requests():
    net = small_network(np.float32)

    def refuse(error, message, layer="relu2", feature_map=0, **settings):
        with pytest.raises(error, match="^maximize_activation: " + re.escape(message)):
            maximize_activation(net, layer, feature_map, **settings)

    refuse(IndexError, "layer 'relu2' has the maps 0 to 4, got 5", feature_map=[1, 5])
    refuse(TypeError, "feature_map must be an integer or several, got 'a'", feature_map="a")
    refuse(TypeError, "feature_map must be an integer or several, got []", feature_map=[])
    refuse(ValueError, "select must be one of center, mean, (h, w), got 'all'", select="all")
    refuse(TypeError, "select must be 'center', 'mean' or (h, w), got 1", select=1)
    refuse(IndexError, "the maps of layer 'relu2' are 3x2, got (3, 0)", select=(3, 0))
    refuse(ValueError, "steps must be at least 1, got 0", steps=0)
    refuse(ValueError, "rate must be finite and not negative, got -1", rate=-1)
    refuse(ValueError, "background must be from 0 to 1, got 2", background=2)
    refuse(ValueError, "frames must be 0, or from 2 to 4, got 5", steps=3, frames=5)
    refuse(TypeError, "frames must be an integer, got 2.0", frames=2.0)
    refuse(TypeError, "rng must be a numpy.random.Generator, got 0", rng=0)
    with pytest.raises(KeyError, match="no layer 'conv9'"):
        maximize_activation(net, "conv9", 0)
    loose = Sequential({"relu": ReLU()}, name="loose")
    with pytest.raises(ValueError, match="expected a network with an input shape, loose has none"):
        maximize_activation(loose, "relu", 0)
    with pytest.raises(ValueError, match="Regularizers: decay must be at least 0 and below 1, got 1"):
        Regularizers(decay=1)
    with pytest.raises(ValueError, match="Regularizers: blur must be finite and not negative, got -1"):
        Regularizers(blur=-1)
    with pytest.raises(TypeError, match=r"Regularizers: blur_every must be an integer, got 1\.5"):
        Regularizers(blur_every=1.5)


def test_a_trained_network_recognizes_images_made_for_a_digit(real_data):
    net = models.deck_model3(rng=np.random.default_rng(0))
    weights.load_keras(net, real_data / "deck" / "model3" / "weights.h5")
    result = maximize_activation(net, "logits", np.arange(10), steps=80, progress=False)
    chances = predict(net, result.pixels)
    assert chances.argmax(axis=1).tolist() == list(range(10))
    assert chances.max(axis=1).min() > 0.99
    # The strokes are white on black, as those of digits: most of each image stayed dark.
    assert (result.pixels < 64).mean() > 0.5
