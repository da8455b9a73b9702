"""What is asked of images takes arrays, what is asked of a data set takes a `Dataset`."""

import re

import pytest

from npdeconv import visualize
from npdeconv.inference import evaluate, predict
from tests.tiny import tiny_dataset, tiny_network

OF_IMAGES = {
    "predict": predict,
    "project": lambda network, images: visualize.project(network, images, "relu1", 0),
    "find_strongest": lambda network, images: visualize.find_strongest(network, images, ["relu1"]),
    "find_patches": lambda network, images: visualize.find_patches(
        network,
        images,
        visualize.find_strongest(network, tiny_dataset(5).images, ["relu1"])["relu1"],
        "relu1",
    ),
    "evolution": lambda network, images: visualize.evolve(network, {}, images, ["relu1"]),
}
OF_AN_IMAGE = {
    "feature_maps": lambda network, image: visualize.feature_maps(network, image, "relu1"),
    "project_layers": visualize.project_layers,
    "compare_rules": lambda network, image: visualize.compare_rules(network, image, "relu1", 0),
    "occlude": lambda network, image: visualize.occlude(network, image, 0, "relu1"),
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
