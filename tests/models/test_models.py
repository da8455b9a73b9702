"""The named networks: their layers, shapes and sizes, as published."""

import numpy as np
import pytest

from npdeconv import initializers, models
from npdeconv.layers import Conv2D, ReLU, Sequential
from tests.tiny import assert_same_bits, tiny_network

PARAMETERS = {
    "deck_model2": 822_346,
    "deck_model3": 239_562,
    "deck_model4": 266_410,
    "deck_rps2": 480_451,
    "deck_rps3": 600_355,
}
LAYERS = {
    "deck_model2": "conv1 relu1 conv2 relu2 pool1",
    "deck_model3": "conv1 relu1 conv2 relu2 pool1 conv3 relu3 conv4 relu4 pool2 conv5 relu5 conv6 relu6",
    "deck_model4": "conv1 relu1 conv2 relu2 pool1 conv3 relu3 conv4 relu4 pool2",
    "deck_rps2": "conv1 relu1 pool1 conv2 relu2 pool2 conv3 relu3 pool3",
    "deck_rps3": "conv1 relu1 conv2 relu2 pool1 conv3 relu3 conv4 relu4 pool2 conv5 relu5 conv6 relu6 pool3",
}
TOPS = {  # shape of the last map, width of the hidden layer
    "deck_model2": ((14, 14, 64), 64),
    "deck_model3": ((7, 7, 64), 32),
    "deck_model4": ((7, 7, 64), 64),
    "deck_rps2": ((15, 15, 32), 64),
    "deck_rps3": ((15, 15, 64), 32),
}


def build(name, seed=0, **settings):
    return models.build(name, rng=np.random.default_rng(seed), **settings)


def test_names():
    assert models.names()[:6] == (*PARAMETERS, "rps3")


def test_rps3_is_the_decks_network_with_invert_and_dropout():
    ours, deck = build("rps3"), build("deck_rps3")
    assert [name for name in ours.layers if name not in ("invert", "dropout")] == list(deck.layers)
    assert next(iter(ours.layers)) == "invert"
    assert list(ours.layers).index("dropout") == list(ours.layers).index("flatten") + 1
    assert_same_bits(ours.parameters, deck.parameters)


@pytest.mark.parametrize("name", PARAMETERS)
def test_layers_shapes_and_sizes(name):
    network = build(name)
    assert network.name == name
    assert list(network.layers) == [
        *LAYERS[name].split(),
        *["flatten", "dense1", "relu_dense1", "logits", "softmax"],
    ]
    assert sum(array.size for array in network.parameters.values()) == PARAMETERS[name]

    rps = "rps" in name
    assert network.input_shape == ((300, 300, 3) if rps else (28, 28, 1))
    shapes = dict(network.output_shapes(network.input_shape))
    top, hidden = TOPS[name]
    assert shapes[LAYERS[name].split()[-1]] == top
    assert shapes["flatten"] == (top[0] * top[1] * top[2],)
    assert shapes["dense1"] == shapes["relu_dense1"] == (hidden,)
    assert shapes["logits"] == shapes["softmax"] == ((3,) if rps else (10,))
    for layer, shape in shapes.items():
        if layer.startswith("conv"):
            assert network[layer].weight.shape[:2] == (3, 3)
            assert network[layer].weight.shape[3] == shape[2]
    assert all(array.dtype == np.float32 for array in network.parameters.values())


@pytest.mark.parametrize("name", ["deck_model2", "deck_model3", "deck_model4"])
def test_outputs_are_probabilities_of_the_promised_shape(name):
    network = build(name)
    x = np.random.default_rng(0).random((2, *network.input_shape), np.float32)
    y = network(x)
    assert y.shape == (2, *network.output_shape(network.input_shape))
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-6)


def test_the_generator_decides_the_weights():
    first, again, other = build("deck_model3"), build("deck_model3"), build("deck_model3", seed=1)
    assert_same_bits(again.parameters, first.parameters)
    for name, array in other.parameters.items():
        assert (array != first.parameters[name]).any() == name.endswith("weight")


def test_double_precision():
    assert {array.dtype for array in build("deck_model4", dtype=np.float64).parameters.values()} == {
        np.dtype("f8")
    }


def test_build_and_the_functions_agree():
    by_function = models.deck_rps2(rng=np.random.default_rng(0))
    assert_same_bits(by_function.parameters, build("deck_rps2").parameters)


@pytest.mark.parametrize("rng", [0, None])
def test_a_seed_is_no_generator(rng):
    message = rf"^Conv2D: rng must be a numpy\.random\.Generator, got {rng}$"
    with pytest.raises(TypeError, match=message):
        models.build("deck_model3", rng=rng)


@pytest.mark.parametrize("draw", [initializers.he_normal, initializers.glorot_uniform, initializers.normal])
def test_initializers_take_a_generator(draw):
    with pytest.raises(TypeError, match=r"^initializers: rng must be a numpy\.random\.Generator, got 0$"):
        draw((3, 2), 0)


def test_unknown_names_list_the_known():
    with pytest.raises(
        KeyError, match=r"no network 'resnet'; the networks are deck_model2, .*, deck_rps3"
    ) as caught:
        build("resnet")
    assert all(name in str(caught.value) for name in PARAMETERS)


def test_names_that_are_nearly_right():
    with pytest.raises(KeyError, match=r"no network 'deck_modell3' \(did you mean 'deck_model3'\?\); the"):
        build("deck_modell3")
    with pytest.raises(
        KeyError, match=r"no layer 'Conv1' \(did you mean 'conv1'\?\); the layers are conv1, "
    ):
        build("deck_model2")["Conv1"]


def test_another_last_layer_on_the_same_layers():
    network = tiny_network()
    other = models.with_classes(network, 5, np.random.default_rng(0))
    assert other.output_shape((8, 8, 1)) == (5,)
    assert other["conv1"] is network["conv1"]
    assert network.output_shape((8, 8, 1)) == (3,)


@pytest.mark.parametrize("name", models.names())
def test_every_network_can_have_other_classes(name):
    published = build(name)
    ((shape, classes),) = [row[:2] for row in models.PUBLISHED if name in (b.__name__ for b in row[2])]
    assert (published.input_shape, published.output_shape(shape)) == (shape, (classes,))
    network = models.with_classes(published, 7, np.random.default_rng(0))
    assert network.output_shape(network.input_shape) == (7,)
    assert network.name == name


def test_the_published_number_of_classes_changes_nothing():
    assert_same_bits(build("plotka", class_count=10).parameters, build("plotka").parameters)


def test_networks_without_classes_to_change():
    rng = np.random.default_rng(0)
    maps = {"conv": Conv2D(1, 2, 3, rng=rng)}
    with pytest.raises(
        ValueError, match=r"with_classes: expected the last layer with weights to be Dense or"
    ):
        models.with_classes(Sequential({"relu": ReLU()}), 3, rng)
    with pytest.raises(ValueError, match=r"expected a network that ends in classes, maps ends in outputs of"):
        models.with_classes(Sequential(maps, input_shape=(5, 5, 1), name="maps"), 3, rng)
