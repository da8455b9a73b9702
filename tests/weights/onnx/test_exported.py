"""Files by PyTorch's two exporters, Keras and tf2onnx, against these frameworks' outputs.

`tests/golden/make_onnx.py` made them; no framework is needed here.
"""

import ast
from pathlib import Path

import numpy as np
import pytest

from npdeconv.layers import Graph, Scale
from npdeconv.weights import load_onnx

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = {
    "onnx_torch_script": "onnx_torch",
    "onnx_torch_dynamo": "onnx_torch",
    "onnx_keras": "onnx_keras",
    "onnx_tf2onnx": "onnx_keras",
}
MODULES = ("relu", "down.relu1", "down.relu2", "block.relu2", "fc")


@pytest.mark.parametrize("name", FILES)
def test_a_residual_network_answers_as_in_its_framework(name):
    loaded = load_onnx(GOLDEN / f"{name}.onnx")
    golden = np.load(GOLDEN / f"{FILES[name]}.npz")
    assert isinstance(loaded.network, Graph)
    np.testing.assert_allclose(loaded.network(golden["x"]), golden["y"], rtol=0, atol=1e-5)
    assert loaded.input.shape == golden["x"].shape[1:]
    assert str(loaded.network.dtype) == loaded.input.dtype == str(golden["x"].dtype)


@pytest.mark.parametrize("exporter", ["script", "dynamo"])
def test_projections_are_captums(exporter):
    """Captum's NeuronDeconvolution, in float64, of units of five layers, through sums and forks."""
    network = load_onnx(GOLDEN / f"onnx_torch_{exporter}.onnx").network
    golden = np.load(GOLDEN / "onnx_torch.npz")
    compared = 0
    for module in MODULES:
        head = network[: module.replace(".", "_")]
        y, tape = head.forward(golden["x"])
        for key in (key for key in golden.files if key.startswith(f"{module} ")):
            feature_map, *position = ast.literal_eval(key.removeprefix(f"{module} "))
            unit = np.zeros_like(y)
            unit[(slice(None), *position, feature_map)] = 1
            np.testing.assert_allclose(head.deconv(unit, tape), golden[key], rtol=0, atol=1e-9)
            assert np.abs(golden[key]).max() > 1e-3
            compared += 1
    assert compared == 10


def test_layers_are_called_as_in_the_file():
    network = load_onnx(GOLDEN / "onnx_torch_script.onnx").network
    names = (
        "conv relu bn pool down_conv1 down_relu1 down_conv2 down_shortcut_0 down_add down_relu2 block_conv1"
        " block_relu1 block_conv2 block_add block_relu2 average flatten fc"
    )
    assert list(network.layers) == names.split()
    assert network.inputs["block_add"] == ("block_conv2", "down_relu2")
    network = load_onnx(GOLDEN / "onnx_torch_dynamo.onnx").network  # which calls a folded pair by its second
    names = names.replace("conv1", "bn1").replace("conv2", "bn2").replace("flatten", "reshape")
    assert list(network.layers) == names.replace("shortcut_0", "shortcut_1").split()
    network = load_onnx(GOLDEN / "onnx_tf2onnx.onnx").network
    assert {"relu1_1", "conv2_1", "conv2_1_relu", "add3_1", "dense2_1", "dense2_1_softmax"} < {
        *network.layers
    }


def test_a_normalization_behind_a_rectifier_is_folded_nowhere():
    for name in FILES:
        network = load_onnx(GOLDEN / f"{name}.onnx").network
        scale = next(layer for layer, one in network.layers.items() if isinstance(one, Scale))
        assert network[network.inputs[scale][0]].kind == "ReLU", name


def test_what_the_file_says_of_its_input_comes_with_the_network():
    script, dynamo = (load_onnx(GOLDEN / f"onnx_torch_{name}.onnx") for name in ("script", "dynamo"))
    assert script.input == ("images", "NCHW", (12, 9, 3), None, "float64")
    assert dynamo.input.batch == 3
    assert script.metadata["producer"] == "pytorch 2.13.0"
    assert script.nodes["down_shortcut_0"] == "/down/shortcut/shortcut.0/Conv"
    assert script.notes == ()
    assert load_onnx(GOLDEN / "onnx_keras.onnx").input.layout == "NHWC"
