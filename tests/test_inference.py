"""Functions of images take arrays, functions of a data set take a `Dataset`."""

import re

import numpy as np
import pytest

from npdeconv import visualize
from npdeconv.data import Dataset, as_input
from npdeconv.inference import evaluate, predict
from npdeconv.layers import Sequential, Sigmoid, Softmax
from tests.tiny import tiny_dataset, tiny_network

OF_IMAGES = {
    "predict": predict,
    "project": lambda network, images: visualize.project(network, images, "relu1", 0),
    "find_strongest": lambda network, images: visualize.find_strongest(network, images, ["relu1"]),
    "find_patches": lambda network, images: visualize.find_patches(
        network,
        images,
        "relu1",
        found=visualize.find_strongest(network, tiny_dataset(5).images, ["relu1"])["relu1"],
    ),
    "evolution": lambda network, images: visualize.evolve(network, images, ["relu1"], snapshots={}),
}
OF_AN_IMAGE = {
    "feature_maps": lambda network, image: visualize.feature_maps(network, image, "relu1"),
    "project_layers": visualize.project_layers,
    "compare_rules": lambda network, image: visualize.compare_rules(network, image, "relu1", 0),
    "occlude": lambda network, image: visualize.occlude(network, image, "relu1", label=0),
}


@pytest.mark.parametrize("who", OF_IMAGES)
def test_images_are_an_array_and_no_data_set(who):
    message = (
        f"^{who}: expected images of shape \\(N, H, W, C\\), got <Dataset 'halves': 5 images of 8x8x1 in"
    )
    with pytest.raises(TypeError, match=message):
        OF_IMAGES[who](tiny_network(), tiny_dataset(5))
    message = f"{who}: expected images of shape (N, H, W, C), got an array of dtype uint8 and shape (8, 8, 1)"
    with pytest.raises(ValueError, match=re.escape(message)):
        OF_IMAGES[who](tiny_network(), tiny_dataset(5).images[0])


@pytest.mark.parametrize("who", OF_AN_IMAGE)
def test_an_image_is_an_array_and_no_data_set(who):
    message = f"^{who}: expected an image of shape \\(H, W, C\\), got <Dataset 'halves': 5 images of 8x8x1 in"
    with pytest.raises(TypeError, match=message):
        OF_AN_IMAGE[who](tiny_network(), tiny_dataset(5))


@pytest.mark.parametrize("ask", [evaluate, visualize.confusion, visualize.find_mistakes])
def test_a_data_set_is_no_array_of_images(ask):
    message = "^tiny: expected a Dataset to train on or look at, got an array of dtype uint8 and shape "
    with pytest.raises(TypeError, match=message):
        ask(tiny_network(), tiny_dataset(5).images)


def one_output(end=None):
    """Return the tiny network with one output, perhaps with a last layer above it."""
    layers = dict(tiny_network(softmax=False, classes=1).layers)
    return Sequential(layers if end is None else layers | {"end": end}, input_shape=(8, 8, 1), name="binary")


def test_one_output_with_a_sigmoid_says_how_likely_no_and_yes_are():
    images = tiny_dataset(5).images
    yes = 1 / (1 + np.exp(-one_output()(as_input(images, np.float32))))
    found = predict(one_output(Sigmoid()), images)
    np.testing.assert_allclose(found, np.concatenate([1 - yes, yes], axis=1), rtol=1e-5)
    assert predict(one_output(Sigmoid()), images[:0]).shape == (0, 2)


def test_one_output_without_a_sigmoid_is_refused():
    message = r"^binary: expected several outputs, one per class, or a Sigmoid at the end, got one output"
    one_class = Dataset(tiny_dataset(5).images, np.zeros(5, np.int64), ("one",), "ones")
    for network in (one_output(), one_output(Softmax())):
        with pytest.raises(ValueError, match=message):
            predict(network, one_class.images)
        with pytest.raises(ValueError, match=message):
            evaluate(network, one_class)


def test_a_network_that_ends_in_sigmoid_has_no_classes_to_count():
    network = Sequential(dict(tiny_network(softmax=False).layers) | {"end": Sigmoid()}, name="labels")
    assert predict(network, tiny_dataset(5).images).shape == (5, 3)
    with pytest.raises(
        ValueError,
        match=r"^labels: expected a network that ends in the logits of its classes, .* Sigmoid of several",
    ):
        evaluate(network, tiny_dataset(5))
