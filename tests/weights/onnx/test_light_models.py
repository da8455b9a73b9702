"""The package onnx's light models, with random weights: every node's output is ONNX Runtime's."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from npdeconv.layers import Graph
from npdeconv.weights import load_onnx
from tests.weights.onnx.light_models import (
    LIGHT,
    LOADED,
    PROJECTED,
    every_value,
    in_doubles,
    photo,
    randomized,
    sketch,
)
from tests.weights.onnx.replay import build, replay_all

GOLDEN = Path(__file__).parents[2] / "golden" / "onnx_light.npz"
LARGE = ("bvlc_alexnet", "zfnet512", "vgg19")  # hundreds of megabytes of weights


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n in LARGE else ()) for n in LOADED]
)
def test_every_nodes_output_is_onnx_runtimes(name):
    """To 1e-5 of the largest number among the node's outputs; both compute in float32."""
    model = randomized(name)
    x = np.random.default_rng(1).standard_normal((1, 3, 224, 224), np.float32)
    ours, theirs = replay_all(build(model, 1), x), every_value(model, x)
    compared = {*ours} & {*theirs}
    for value in compared:
        scale = np.abs(theirs[value]).max()
        np.testing.assert_allclose(ours[value], theirs[value], rtol=0, atol=1e-5 * scale, err_msg=value)
    left_out = {"Dropout": 2, "Unsqueeze": 242}  # the most nodes without a layer
    assert len(compared) >= len(theirs) - sum(left_out.values())
    assert model.graph.output[0].name in compared


@pytest.mark.parametrize("name", ["squeezenet", "inception_v1", "resnet50", "densenet121"])
def test_they_load_as_they_are_and_are_looked_into(name):
    network = load_onnx(LIGHT / f"light_{name}.onnx").network
    assert isinstance(network, Graph)
    images = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
    y, tape = network.forward(images)
    assert y.shape == (1, 1000)
    assert network.deconv(y, tape).shape == images.shape


def test_shuffled_channels_are_refused():
    with pytest.raises(ValueError, match=r"node 'n7' \(Reshape\) can't become a layer: it makes \(1, 4, 28"):
        load_onnx(LIGHT / "light_shufflenet.onnx")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == "squeezenet" else pytest.mark.slow) for n in PROJECTED]
)
def test_projections_are_captums(name, tmp_path):
    """In float64, to 1e-9 of the largest pixel; see `tests/golden/make_onnx_light.py`."""
    onnx.save_model(in_doubles(randomized(name)), tmp_path / "net.onnx")
    loaded = load_onnx(tmp_path / "net.onnx")
    layer_of = {node: layer for layer, node in loaded.nodes.items()}
    nodes = {node.output[0]: node.name for node in randomized(name).graph.node}
    images = photo()
    with np.load(GOLDEN) as golden:
        y, tape = loaded.network.forward(images)
        np.testing.assert_allclose(y.reshape(-1), golden[f"{name} output"], rtol=0, atol=1e-9)
        for value in PROJECTED[name]:
            head = loaded.network[: layer_of[nodes[value]]]
            feature_map, row, column = golden[f"{name} {value} unit"]
            start = np.zeros((1, *head.output_shape(images.shape[1:])))
            start[0, row, column, feature_map] = 1
            expected = golden[f"{name} {value}"]
            assert expected[0] > 0
            found = sketch(head.deconv(start, {layer: tape[layer] for layer in head.layers}))
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * expected[0])
