"""The outputs of several layers, in one pass."""

import pickle

import numpy as np
import pytest

from npdeconv.anatomy import Outputs
from npdeconv.data import as_input
from npdeconv.fast import Plan
from tests.tiny import tiny_dataset, tiny_network

IMAGES = tiny_dataset(5).images


@pytest.mark.parametrize("layers", [["relu1"], ["logits", "conv1", "relu2"], ["softmax", "softmax"]])
def test_outputs_are_those_of_each_chain_by_itself(layers):
    network = tiny_network()
    found = dict(Outputs(network, layers)(IMAGES))
    assert list(found) == [name for name in network.layers if name in layers]  # the lowest first
    for name, maps in found.items():
        expected = network[:name](as_input(IMAGES, np.float32))
        np.testing.assert_array_equal(maps.reshape(expected.shape), expected)
        assert maps.ndim == 4


def test_each_layer_is_passed_once_and_none_above_the_highest():
    network = tiny_network()
    seen = []
    for name, layer in network.layers.items():

        def noted(x, rng=None, *, name=name, forward=layer.forward):
            seen.append(name)
            return forward(x, rng=rng)

        layer.forward = noted
    dict(Outputs(network, ["relu2", "relu1"])(IMAGES))
    assert seen == ["conv1", "relu1", "pool1", "conv2", "relu2"]


def test_a_fast_pass_gives_the_same_but_for_rounding():
    network, layers = tiny_network(width=8), ["conv1", "pool1", "relu2", "logits"]
    exact, fast = (dict(Outputs(network, layers, by=by)(IMAGES)) for by in (None, Plan))
    for name in layers:
        np.testing.assert_allclose(fast[name], exact[name], atol=1e-5 * np.abs(exact[name]).max())


def test_outputs_come_one_after_the_other_so_that_each_can_be_let_go():
    outputs = Outputs(tiny_network(), ["relu1", "logits"])(IMAGES)
    name, _ = next(outputs)
    assert name == "relu1"
    assert [name for name, _ in outputs] == ["logits"]


def test_pixels_and_prepared_images_are_taken_alike():
    outputs = Outputs(tiny_network(), ["conv1"])
    (_, pixels), (_, prepared) = *outputs(IMAGES), *outputs(as_input(IMAGES, np.float32))
    np.testing.assert_array_equal(pixels, prepared)


def test_outputs_travel_to_other_processes():
    outputs = Outputs(tiny_network(), ["relu2"], by=Plan)
    (_, here), (_, there) = *outputs(IMAGES), *pickle.loads(pickle.dumps(outputs))(IMAGES)
    np.testing.assert_array_equal(here, there)


def test_a_layer_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="no layer 'conv9'; the layers are conv1, relu1"):
        Outputs(tiny_network(), ["conv1", "conv9"])
    with pytest.raises(TypeError, match=r"^Outputs: layers must be a list of names, got 'conv1'$"):
        Outputs(tiny_network(), "conv1")
    with pytest.raises(TypeError, match=r"^Sequential: layers must be a list of names, got 'conv1'$"):
        list(tiny_network().outputs(as_input(IMAGES, np.float32), "conv1"))
