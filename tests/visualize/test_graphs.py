"""What is asked of chains, asked of networks that branch; and what a shortcut does to a projection."""

from typing import get_args

import numpy as np
import pytest

from npdeconv import experiments, report, visualize
from npdeconv._types import Box, Rule
from npdeconv.anatomy import last_hidden, shown_layers, summarize
from npdeconv.anatomy.roles import logits_layer, sources_of, telling_layers
from npdeconv.data import Dataset, as_input
from npdeconv.layers import Add, Conv2D, Graph, ReLU, Sequential
from npdeconv.visualize.occluder import occlude_plainly
from tests.graphs import dense_net, inception, residual

NETWORKS = (residual, inception, dense_net)
every_network = pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)


def dataset(network, count=12) -> Dataset:
    rng = np.random.default_rng(0)
    classes = network.classes or tuple("abcd"[: network.output_shape(network.input_shape)[0]])
    pixels = rng.integers(0, 256, (count, *network.input_shape), np.uint8)
    return Dataset(pixels, np.arange(count) % len(classes), classes, "noise")


def test_roles():
    net = residual()
    assert (logits_layer(net), last_hidden(net)) == ("logits", "mean")
    assert shown_layers(net) == ("relu0", "relu1", "relu2", "relu3", "relu4", "logits")
    assert [sources_of(net, name) for name in ("conv0", "short2", "logits", "add1")] == [
        (), ("relu2",), ("mean",), ("conv2", "relu0"),
    ]  # fmt: skip
    rows = {row.name: row for row in summarize(net)}
    assert rows["add2"].output_shape == (5, 4, 6)
    assert rows["short2"].receptive_field == rows["add1"].receptive_field == (7, 7)
    assert rows["add2"].receptive_field == (13, 13)  # by way of the body, which sees more than the shortcut


@every_network
@pytest.mark.parametrize("rule", get_args(Rule))
def test_projections(make, rule):
    net = make(np.float32)
    images = dataset(net, 3).images
    layer = shown_layers(net)[-2]
    result = visualize.project(net, images, layer, 1, rule=rule)
    head = net[:layer]
    y, tape = head.forward(as_input(images, np.float32))
    start = np.zeros_like(y)
    for n in range(3):
        place = np.unravel_index(y[n, ..., 1].argmax(), y.shape[1:3])
        start[n, *place, 1] = y[n, *place, 1]
    np.testing.assert_allclose(result.pixels, head.descend(start, tape, rule), rtol=1e-5, atol=1e-6)
    assert np.abs(result.pixels).max() > 0


@every_network
def test_the_strongest_images_and_their_patches(make):
    net = make(np.float32)
    images, layers = dataset(net).images, list(shown_layers(net))
    found = visualize.find_strongest(net, images, layers, k=3)
    for layer in layers:
        y = net[:layer](as_input(images, np.float32))
        peaks = y.reshape(len(y), -1, y.shape[-1]).max(axis=1)
        for m in range(y.shape[-1]):
            if peaks[:, m].max() > 0:
                np.testing.assert_allclose(found[layer].activations[m, 0], peaks[:, m].max(), rtol=1e-5)
    layer = layers[0]
    patches = visualize.find_patches(net, images, layer, found=found[layer])
    assert np.isfinite(patches.projections).all()
    assert np.abs(patches.projections).max() > 0


@every_network
def test_occlusion_is_what_passing_every_image_whole_gives(make):
    net = make(np.float32)
    image, layer = dataset(net).images[0], shown_layers(net)[0]
    result = visualize.occlude(
        net, image, label=1, layer=layer, feature_map=2, size=3, stride=2, progress=False
    )  # fmt: skip
    boxes = [Box(row, row + 3, column, column + 3) for row in result.rows for column in result.columns]
    probabilities, activities = occlude_plainly(net, image, layer, 2, label=1, boxes=boxes, fill="gray")
    np.testing.assert_allclose(result.probability.ravel(), probabilities, atol=1e-6)
    np.testing.assert_allclose(result.activity.ravel(), activities, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", [residual, dense_net], ids=lambda make: make.__name__)
def test_class_maps_add_up_to_the_logits(make):
    net = make(np.float32)
    images = dataset(net, 2).images
    result = visualize.class_activation_maps(net, images, k=2)
    logits = net[: logits_layer(net)](as_input(images, np.float32))
    expected = np.take_along_axis(logits, result.labels, axis=1)
    np.testing.assert_allclose(result.maps.mean(axis=(2, 3)) + result.bias, expected, atol=1e-4)


@every_network
def test_features_rules_layers_and_what_excites(make):
    net = make(np.float32)
    data = dataset(net)
    layer = shown_layers(net)[-2]
    features = visualize.layer_features(net, data.images, [layer, "logits"])
    np.testing.assert_allclose(
        features["logits"], net[:"logits"](as_input(data.images, np.float32)), atol=1e-5
    )
    rules = visualize.compare_rules(net, data.images[0], layer, 1)
    assert len(rules.names) == 8
    every = visualize.project_layers(net, data.images[0])
    assert every.layers[-1] == layer
    excited = visualize.maximize_activation(net, "logits", [0], steps=20, progress=False)
    assert excited.activation[-1] > excited.activation[0]
    probes = experiments.linear_probes(net, data, test=data, per_class=[2], seeds=[1])
    assert probes.layers == ("pixels", *telling_layers(net))


def test_a_report_of_a_network_that_branches(tmp_path):
    net = inception(np.float32)
    found = report.collect(net, dataset(net), examples=2)
    report.write(tmp_path / "report.html", found)
    assert '"last"' in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_what_a_shortcut_does_to_a_projection():
    """Down a sum, the projection is that through the body and that through the shortcut, where nothing
    between them rectifies."""
    rng = np.random.default_rng(0)
    body = {"conv1": Conv2D(3, 3, 3, padding="same", rng=rng, dtype=float), "relu1": ReLU(),
            "conv2": Conv2D(3, 3, 3, padding="same", rng=rng, dtype=float)}  # fmt: skip
    net = Graph({**body, "add": Add()}, inputs={"add": ("conv2", "input")}, input_shape=(8, 7, 3))
    x = rng.normal(size=(1, 8, 7, 3))
    y, tape = net.forward(x)
    start = np.zeros_like(y)
    start[0, 4, 3, 1] = 1
    through_body = Sequential(body).deconv(start, tape)
    np.testing.assert_allclose(net.deconv(start, tape), through_body + start, atol=1e-14)
