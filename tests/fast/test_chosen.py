"""Which functions use the fast ways, and which must not."""

import numpy as np
import pytest

from npdeconv import data, models
from npdeconv.fast import Plan, winograd
from npdeconv.fast.blocks import DenseBlock, DirectBlock, WinogradBlock
from npdeconv.gradcheck import check_gradients
from npdeconv.inference import predict
from npdeconv.layers import LeakyReLU
from npdeconv.optimizers import SGD
from npdeconv.training import train
from npdeconv.visualize import (
    compare_rules,
    find_patches,
    find_strongest,
    layer_features,
    maximize_activation,
    occlude,
    project,
    project_layers,
    saliency,
)


def network(dtype=np.float32):
    return models.deck_model3(rng=np.random.default_rng(0), dtype=dtype)


@pytest.fixture
def passes(monkeypatch):
    """The batches computed by Winograd's algorithm."""
    seen = []

    def spy(x, *arguments, **options):
        seen.append(len(x))
        return forward(x, *arguments, **options)

    forward = winograd.forward
    monkeypatch.setattr(winograd, "forward", spy)
    return seen


def test_a_plan_of_each_kind_of_layer():
    blocks = {step.name: step.part for step in Plan(network()).steps}
    kinds = {name: type(block) for name, block in blocks.items()}
    assert kinds["conv1"] is DirectBlock  # one channel
    assert {kinds[f"conv{n}"] for n in range(2, 7)} == {WinogradBlock}
    assert kinds["dense1"] is DenseBlock
    assert (blocks["conv2"].rectified, blocks["conv2"].pooled) == (True, True)
    assert (blocks["conv3"].rectified, blocks["conv3"].pooled) == (True, False)
    assert not {"relu2", "pool1", "pool2"} & kinds.keys()


def test_in_float64_every_layer_computes_its_own_pass():
    net = network(np.float64)
    assert {step.name: step.part for step in Plan(net).steps} == dict(net.layers)


def test_a_leaky_rectifier_is_not_fused_into_a_block():
    blocks = [step.part for step in Plan(models.build("tiny_darknet", rng=np.random.default_rng(0))).steps]
    assert any(isinstance(block, LeakyReLU) for block in blocks)
    assert not any(getattr(block, "rectified", False) for block in blocks)


@pytest.mark.parametrize(
    ("channels", "filters", "suited"),
    [(16, 16, True), (16, 48, True), (528, 16, True), (544, 16, False), (17, 16, False), (16, 1, False),
     (1, 16, False), (8, 16, False), (33, 33, False)],
)  # fmt: skip
def test_which_layers_use_the_transforms(channels, filters, suited):
    assert winograd.is_suited(channels, filters) == suited


def test_training_prediction_search_and_occlusion_are_fast(passes):
    net, digits = network(), data.load_strokes(8, seed=0)
    for act in (
        lambda: next(
            train(net, digits, SGD(0.01), epochs=1, batch_size=8, rng=np.random.default_rng(0), workers=1)
        ),
        lambda: predict(net, digits.images, workers=1),
        lambda: find_strongest(net, digits.images, ["relu4"], workers=1),
        lambda: occlude(
            net, digits.images[0], "relu4", label=0, size=8, stride=10, workers=1, progress=False
        ),
    ):
        passes.clear()
        act()
        assert passes


def test_analyses_are_exact(passes):
    net, images = network(), data.load_strokes(3, seed=0).images
    found = find_strongest(net, images, ["relu4"], workers=1)["relu4"]
    passes.clear()
    project(net, images, "relu6", 0, workers=1)
    find_patches(net, images, "relu4", found=found, workers=1)
    compare_rules(net, images[0], "relu6", 0)
    project_layers(net, images[0])
    layer_features(net, images, ["relu6"], workers=1)
    saliency(net, images, labels=np.zeros(3, int))
    maximize_activation(net, "relu6", 0, steps=2, workers=1, progress=False)
    net.forward(data.as_input(images))
    check_gradients(net[:"conv2"], data.as_input(images, np.float32), samples=1, tolerance=1)
    assert not passes


def test_results_of_an_approximate_search_are_exact():
    """Ranks, positions and activations are those of the layers, though the search rounds."""
    net, images = network(), data.load_strokes(60, seed=3).images.copy()
    images[5:9] = 0  # blank: every map has one value everywhere, or is silent
    images[20:40] = images[:20]  # twins: ties between images
    layers = ["relu1", "relu2", "pool1", "relu4", "relu6", "relu_dense1", "logits"]
    found = find_strongest(net, images, layers, k=4)
    x = data.as_input(images)
    for name in layers:
        y = net[:name](x).reshape(60, -1, found[name].image_indices.shape[0])
        width = net[:name].output_shape((28, 28, 1))[1] if y.shape[1] > 1 else 1
        largest, places = y.max(axis=1), y.argmax(axis=1)
        for m in range(y.shape[2]):
            firing = np.flatnonzero(largest[:, m] > 0)
            order = firing[np.argsort(-largest[firing, m], kind="stable")][:4]
            top = [column[m, : len(order)] for column in found[name][:3]]
            np.testing.assert_array_equal(top[0], order)
            np.testing.assert_array_equal(top[1] @ [width, 1], places[order, m])
            np.testing.assert_array_equal(top[2], largest[order, m])
            assert (found[name].image_indices[m, len(order) :] == -1).all()
