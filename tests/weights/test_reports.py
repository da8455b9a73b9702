"""Files reported by users of other tools, with the outputs of the framework that wrote them."""

from pathlib import Path

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.inference import predict
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, Sigmoid, Softmax
from tests.weights.test_npz_and_layer_lists import refuse


@pytest.fixture(scope="session")
def reports(real_data) -> Path:
    """The folder of the files; tests that need it are skipped where it is absent."""
    folder = real_data.parent / "reports"
    if not folder.is_dir():
        pytest.skip(f"needs the files of reports: there is no folder {folder}")
    return folder


def network(end=None, outputs=10):
    """Return the network of all files."""
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(3, 4, 3, padding="same", rng=rng),
        "relu1": ReLU(),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(4, 5, 3, rng=rng),
        "relu2": ReLU(),
        "flatten": Flatten(),
        "logits": Dense(120, outputs, rng=rng),
    }
    if end is not None:
        layers["end"] = end
    return Sequential(layers, input_shape=(12, 16, 3))


def expected(reports, name):
    with np.load(reports / f"{name}_expected.npz") as file:
        return file["x"], file["y"]


@pytest.mark.parametrize("name", ["keras_3.1.1.h5", "plain.weights.h5", "nobias.h5"])
def test_keras(reports, name):
    x, y = expected(reports, name.removesuffix(".h5"))
    net = network(Softmax())
    assert weights.reader_of(reports / name) is weights.load_keras
    weights.load_keras(net, reports / name, probe=(x, y))
    np.testing.assert_allclose(net(x), y, atol=1e-6)


def test_a_normalization_above_a_rectifier_is_not_folded_below_it(reports):
    refuse(
        reports / "keras_bn_after_relu.h5",
        r"expected the batch normalization 'batch_normalization' right behind a convolution or dense layer,"
        r" below its activation, got it behind ReLU of 'conv2d'$",
        load=weights.load_keras,
        network=network(),
    )


def test_keras_1_is_named(reports):
    refuse(
        reports / "keras1_vgg.h5",
        r"expected a file of Keras 2 or 3, got one of Keras 1 or before, which lacks the layout of"
        r" its filters: turn its arrays to \(KH, KW, C, F\) .* weights\.load$",
        load=weights.load_keras,
        network=network(),
    )


@pytest.mark.parametrize("name", ["wrapped.pth", "model_key.pth"])
@pytest.mark.parametrize("names", [None, {"conv1": "0", "conv2": "3", "logits": "6"}])
def test_checkpoints_around_a_state_dictionary(reports, name, names):
    x, y = expected(reports, "torch")
    net = network()
    assert weights.reader_of(reports / name) is weights.load_torch
    weights.load_torch(net, reports / name, names, probe=(x, y))
    np.testing.assert_allclose(net(x), y, atol=1e-5)


def upper_half(array):
    """Cut a float32 to its upper 16 bits, to the nearest, ties to even."""
    bits = array.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def test_bfloat16_of_pytorch(reports):
    whole, half = network(), network()
    weights.load_torch(whole, reports / "model_key.pth")
    weights.load_torch(half, reports / "bf16.pth")
    for name, array in whole.parameters.items():
        np.testing.assert_array_equal(half.parameters[name], upper_half(array))


def test_bfloat16_of_safetensors(reports):
    pytest.importorskip("safetensors")
    path = reports / "bf16.safetensors"
    rng = np.random.default_rng(0)
    layers = {
        "c1": Conv2D(3, 4, 3, padding="same", rng=rng),
        "flatten": Flatten(),
        "d": Dense(768, 10, rng=rng),
    }
    net = Sequential(layers, input_shape=(12, 16, 3))
    assert weights.reader_of(path) is weights.load_safetensors
    weights.load_safetensors(net, path)
    content = path.read_bytes()
    body = content[8 + int.from_bytes(content[:8], "little") :]
    first = (np.frombuffer(body[:216], "<u2").astype(np.uint32) << 16).view(np.float32)  # c1.weight
    np.testing.assert_array_equal(net["c1"].weight, first.reshape(4, 3, 3, 3).transpose(2, 3, 1, 0))
    bias = (np.frombuffer(body[-20:], "<u2").astype(np.uint32) << 16).view(np.float32)
    np.testing.assert_array_equal(net["d"].bias, bias)


def test_one_output_and_a_sigmoid(reports):
    x, y = expected(reports, "sigmoid")
    net = network(Sigmoid(), outputs=1)
    weights.load_keras(net, reports / "sigmoid.h5")
    np.testing.assert_allclose(predict(net, x), np.concatenate([1 - y, y], axis=1), atol=1e-6)
    np.testing.assert_allclose(predict(net, x)[:, 1], [0.423, 0.458, 0.540], atol=5e-4)
    refuse(
        reports / "sigmoid.h5",
        r"expected the layers of Sequential, but where it has its end, the file's model has 'dense_5', Sigm",
        load=weights.load_keras,
        network=network(outputs=1),
    )


def test_a_probe_that_fails_changes_nothing(reports):
    x, y = expected(reports, "torch")
    refuse(
        reports / "wrapped.pth",
        r"expected the probe's outputs within 0\.\d+, the largest difference is 0\.\d+; the weights fit",
        load=lambda net, file: weights.load_torch(net, file, probe=(x, y[::-1])),
        network=network(),
    )
    refuse(
        reports / "wrapped.pth",
        r"expected outputs of shape \(2, 10\) for the probe, got \(3, 10\)$",
        load=lambda net, file: weights.load_torch(net, file, probe=(x, y[:2])),
        network=network(),
    )
