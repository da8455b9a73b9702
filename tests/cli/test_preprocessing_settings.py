"""A pretrained network gets the same pixels in both ways of giving it photos, with any preprocessing."""

from argparse import Namespace
from dataclasses import fields

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv import weights
from npdeconv.cli.networks import OF_FILES, load_network
from npdeconv.data import Preprocessing, as_input
from npdeconv.layers import Conv2D, Sequential, Standardize
from npdeconv.weights import Pretrained

RNG = np.random.default_rng(0)
PHOTOS = [RNG.integers(0, 256, shape, np.uint8) for shape in ((9, 12, 3), (20, 7, 3), (6, 6, 1))]


@st.composite
def preprocessings(draw):
    """Draw a value for every setting."""
    size = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    channels = draw(st.sampled_from(["RGB", "BGR", "gray"]))
    count = 1 if channels == "gray" else 3

    def per_channel(least, most):
        one = st.floats(least, most)
        return draw(st.one_of(one, st.lists(one, min_size=count, max_size=count).map(tuple)))

    drawn = {
        "size": size,
        "shorter_side": draw(st.none() | st.integers(max(size), 20)),
        "scale": draw(st.sampled_from([1 / 255, 1.0, 2 / 255, 1 / 128])),
        "mean": per_channel(-200, 200),
        "std": per_channel(0.1, 100),
        "channels": channels,
    }
    assert set(drawn) == {field.name for field in fields(Preprocessing)}
    return Preprocessing(**drawn)


def network_for(preprocessing):
    shape = (*preprocessing.size, preprocessing.channel_count)
    conv = Conv2D(shape[2], 4, 1, rng=np.random.default_rng(1), dtype=np.float64)
    return Sequential({"conv": conv}, input_shape=shape, name="net")


@given(preprocessings())
@settings(max_examples=200, deadline=None)
def test_no_setting_gets_lost(preprocessing):
    pretrained = Pretrained(network_for(preprocessing), preprocessing, None)
    expected = pretrained.network(preprocessing.apply(PHOTOS).astype(np.float64))
    pixels = as_input(preprocessing.fit(PHOTOS), np.float64)
    # `apply` computes with 24 bits, and the mean may cancel most of them.
    largest = (255 * preprocessing.scale + np.abs(preprocessing.mean).max()) / min(preprocessing.std)
    np.testing.assert_allclose(pretrained.on_pixels()(pixels), expected, rtol=0, atol=1e-5 * largest)


def test_blue_comes_first_for_networks_that_want_it_so():
    preprocessing = Preprocessing(1, scale=1, channels="BGR")
    network = Sequential({"all": Standardize([0] * 3, [1] * 3)}, input_shape=(1, 1, 3), name="net")
    chain = Pretrained(network, preprocessing, None).on_pixels()
    pixels = as_input(np.array([[[[10, 20, 30]]]], np.uint8))
    assert chain(pixels).ravel().tolist() == pytest.approx([30, 20, 10])


def test_commands_that_compare_layers_keep_the_settings_of_torchvision(monkeypatch):
    pretrained = Pretrained(network_for(Preprocessing(4)), Preprocessing(4, shorter_side=7), None)
    monkeypatch.setattr(weights, "reader_of", lambda path: weights.load_torch)
    monkeypatch.setattr(weights, "load_published", lambda name, path: pretrained)
    of_onnx = {option.removeprefix("--").replace("-", "_"): None for option in OF_FILES}
    options = Namespace(network="alexnet", weights="alexnet.pth", model=None, fold=False, **of_onnx)
    assert load_network(options).preprocessing.shorter_side == 7


def test_a_layer_of_that_name_is_not_lost_either():
    network = Sequential({"standardize": Standardize([0] * 3, [1] * 3)}, input_shape=(1, 1, 3), name="net")
    message = "^net: expected a network without a layer 'standardize', which comes first$"
    with pytest.raises(ValueError, match=message):
        Pretrained(network, Preprocessing(1, mean=1), None).on_pixels()
    assert Pretrained(network, Preprocessing(1), None).on_pixels() is network
