"""ONNX files that we write: ONNX Runtime's outputs equal our layers', and we read the files back."""

import sys

import numpy as np
import onnxruntime
import pytest

import npdeconv as nd
from npdeconv.layers import Graph, ReLU, Sequential
from npdeconv.weights import load_onnx, save_onnx
from npdeconv.weights.onnx import saving
from tests import graphs
from tests.cases import CASES

RUNTIME = tuple(int(part) for part in onnxruntime.__version__.split(".")[:2])
REFUSED = {
    "conv winograd": r"expected layers that ONNX has an operator for, got 'layer', WinogradConv2D\(",
    "normalization, even size": "expected a normalization of maps over an odd number .* 'layer' takes 4",
    "normalization of vectors": r"expected a normalization of maps .* an input of shape \(8,\)",
    "standardize reversed": "expected channels in the order of the images, 'layer' reverses it",
}


def runtime(path, images):
    """Return ONNX Runtime's outputs for images (N, H, W, C), with maps in our order of axes."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = images.transpose(0, 3, 1, 2) if images.ndim == 4 else images
    (y,) = session.run(["outputs"], {"images": x})
    return y.transpose(0, 2, 3, 1) if y.ndim == 4 else y


def check(network, images, path):
    """Both give the same, and so does the network that is read back."""
    save_onnx(network, path)
    expected = network(images)
    scale = max(1, np.abs(expected).max())
    np.testing.assert_allclose(runtime(path, images), expected, rtol=0, atol=1e-5 * scale)
    read = load_onnx(path)
    np.testing.assert_allclose(read.network(images), expected, rtol=0, atol=1e-6 * scale)
    assert read.metadata["producer"] == "npdeconv"


# ONNX Runtime before 1.30 divides by another count where a window hangs over the padding.
JUDGED = [case for case in CASES if RUNTIME >= (1, 30) or case.name != "average 3/2, ceil, padding counts"]


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_every_layer(case, tmp_path):
    layer = case.layer(np.float32)
    network = Sequential({"first": ReLU(), "layer": layer}, input_shape=case.input_shape)
    match = next((said for name, said in REFUSED.items() if case.name.startswith(name)), None)
    if getattr(layer, "reverse", False):
        match = REFUSED["standardize reversed"]
    if match is None:
        check(network, case.inputs(dtype=np.float32), tmp_path / "layer.onnx")
    else:
        with pytest.raises(ValueError, match=f"save_onnx: {match}"):
            save_onnx(network, tmp_path / "layer.onnx")
        assert not (tmp_path / "layer.onnx").exists()


@pytest.mark.parametrize("make", [graphs.residual, graphs.inception])
def test_networks_that_branch(make, tmp_path):
    network = make(np.float32)
    images = np.random.default_rng(0).standard_normal((3, *network.input_shape), np.float32)
    check(network, images, tmp_path / "graph.onnx")
    assert isinstance(load_onnx(tmp_path / "graph.onnx").network, Graph)


def test_the_file_has_our_names_and_comes_back_as_the_same_layers(tmp_path):
    network = graphs.residual(np.float32)
    save_onnx(network, tmp_path / "graph.onnx")
    read = load_onnx(tmp_path / "graph.onnx").network
    assert list(read.layers) == list(network.layers)
    assert dict(read.inputs) == dict(network.inputs)
    for name, array in network.parameters.items():
        np.testing.assert_array_equal(read.parameters[name], array)


def test_a_network_for_photos(tmp_path):
    """SqueezeNet's poolings round up, its branches meet, and it ends in global average pooling."""
    network = nd.models.build("squeezenet", rng=np.random.default_rng(0))
    images = np.random.default_rng(1).random((2, *network.input_shape), np.float32)
    check(network, images, tmp_path / "squeezenet.onnx")


def test_shortcuts_that_pad_channels(tmp_path):
    network = nd.models.build("resnet20", rng=np.random.default_rng(0))
    images = np.random.default_rng(1).random((2, *network.input_shape), np.float32)
    check(network, images, tmp_path / "resnet20.onnx")
    read = load_onnx(tmp_path / "resnet20.onnx").network
    assert read["block2_1_pad"].channels == network["block2_1_pad"].channels == (8, 8)
    np.testing.assert_array_equal(read(images), network(images))


def test_doubles_stay_doubles(tmp_path):
    network = graphs.inception(np.float64)
    save_onnx(network, tmp_path / "double.onnx")
    images = np.random.default_rng(0).standard_normal((2, *network.input_shape))
    read = load_onnx(tmp_path / "double.onnx")
    assert read.input.dtype == "float64"
    np.testing.assert_allclose(read.network(images), network(images), rtol=0, atol=1e-12)


def test_a_network_without_an_input_shape_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match="save_onnx: expected a network that knows the shape of its inputs, net do"
    ):
        save_onnx(Sequential({"relu": ReLU()}, name="net"), tmp_path / "none.onnx")


def test_a_file_too_large_is_refused_before_it_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr(saving, "LARGEST_FILE", 2**20 + 500)
    with pytest.raises(ValueError, match="save_onnx: expected less than 1049076 bytes of weights, got "):
        save_onnx(graphs.residual(), tmp_path / "large.onnx")


def test_without_the_package_onnx_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"save_onnx: .* needs onnx: pip install npdeconv\[onnx\]"):
        save_onnx(graphs.residual(), tmp_path / "any.onnx")


def test_a_file_that_was_there_is_kept_if_writing_fails(tmp_path):
    (tmp_path / "kept.onnx").mkdir()
    with pytest.raises(OSError, match=r"kept\.onnx: could not be written"):
        save_onnx(graphs.residual(), tmp_path / "kept.onnx")
