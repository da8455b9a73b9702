"""Torchvision's networks against PyTorch's results: forward, and the projections.

`tests/golden/make_torch_networks.py` made the golden arrays; PyTorch itself is not needed here.
"""

from pathlib import Path

import numpy as np
import pytest

from npdeconv import models, weights
from npdeconv.layers import Softmax
from npdeconv.weights.arrays import Stored
from npdeconv.weights.conversion import convert
from npdeconv.weights.modules import in_order
from npdeconv.weights.pytorch import torch_modules
from tests.torch_weights import draw_image, draw_parameter, sample_positions

GOLDEN = Path(__file__).parent / "golden" / "torch_networks.npz"
EXACT = {"rng": np.random.default_rng(0), "dtype": np.float64}  # rounding could change a winner of pooling
BUILD = {
    "alexnet": lambda: models.alexnet(**EXACT),
    "alexnet_grouped": lambda: models.alexnet_grouped(**EXACT),
    "squeezenet": lambda: models.squeezenet(variant="torchvision", **EXACT),
    "vgg16": lambda: models.vgg16(**EXACT),
}
LARGE = [pytest.param(name, marks=pytest.mark.slow) for name in ("alexnet", "alexnet_grouped", "vgg16")]
PLACES = {
    "alexnet": {"relu1": "features.1", "pool2": "features.5", "relu5": "features.11", "fc8": "classifier.6"},
    "alexnet_grouped": {
        "norm1": "features.2",
        "relu2": "features.5",
        "pool5": "features.14",
        "fc8": "classifier.6",
    },
    "vgg16": {
        "relu1_1": "features.1",
        "pool3": "features.16",
        "relu5_3": "features.29",
        "fc8": "classifier.6",
    },
    "squeezenet": {
        "relu1": "features.1",
        "fire4_expand_relu": "features.5",
        "fire9_expand_relu": "features.12",
        "relu10": "classifier.2",
    },
}


def golden(name):
    with np.load(GOLDEN) as file:
        return {key.removeprefix(f"{name}/"): file[key] for key in file if key.startswith(f"{name}/")}


def stored(name, shape, number):
    """Return a parameter as if from a file; it is drawn when it is read."""
    shape = tuple(int(length) for length in shape if length)
    return Stored(name, shape, np.dtype("f4"), lambda: draw_parameter(name, shape, number))


@pytest.fixture(scope="module", params=["squeezenet", *LARGE])
def filled(request):
    """One network's name, PyTorch's arrays, and the network with the same weights."""
    expected = golden(request.param)
    network = BUILD[request.param]()
    named = zip(expected["parameters"], expected["shapes"], strict=True)
    modules = torch_modules([stored(str(name), shape, n) for n, (name, shape) in enumerate(named)])
    said = weights.PUBLISHED.get(request.param)
    names = said.names(network) if said else in_order(network, modules, fold=False)
    parameters = convert(network, modules, names, "torch", {})
    weights.assign(network.parameters, parameters, Path("drawn"))
    del parameters
    return request.param, expected, network


def close(got, expected, tolerance=1e-4):
    """Compare arrays, relative to the largest number."""
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def check_projection(pixels, expected, place):
    """Compare the projection of the strongest unit of a layer; it sees a box of the image."""
    top, bottom, left, right = expected[f"{place}/box"]
    seen = pixels[top:bottom, left:right].copy()
    norm = np.linalg.norm(seen)
    np.testing.assert_allclose(norm, expected[f"{place}/norm"], rtol=1e-3)
    close(seen.reshape(-1)[sample_positions(seen.size)], expected[f"{place}/pixels"], 1e-3)
    pixels[top:bottom, left:right] = 0
    assert not pixels.any()


def test_activations_and_projections_are_pytorchs(filled):
    name, expected, network = filled
    image = draw_image(network.input_shape[0]).astype(np.float64)
    y, tape, left = image, {}, dict(PLACES[name])
    for layer_name, layer in network.layers.items():
        if isinstance(layer, Softmax):
            break
        y, tape[layer_name] = layer.forward(y)
        if layer_name in left:
            place = left.pop(layer_name)
            np.testing.assert_allclose(y.sum(dtype=np.float64), expected[f"{place}/sum"], rtol=1e-4)
            close(y.reshape(-1)[sample_positions(y.size)], expected[f"{place}/samples"])
            strongest = np.where(y == y.max(), y, 0.0)
            check_projection(network[:layer_name].deconv(strongest, tape)[0], expected, place)
    assert not left
    close(y, expected["logits"])
    assert np.std(y) > 0.01 * np.abs(y).max()  # the logits are not constant


def test_torchvisions_files_load_with_their_preprocessing(tmp_path):
    """The same SqueezeNet, from a file."""
    numpy_files = pytest.importorskip("safetensors.numpy")
    expected = golden("squeezenet")
    named = enumerate(zip(expected["parameters"], expected["shapes"], strict=True))
    tensors = {str(name): stored(str(name), shape, n).read() for n, (name, shape) in named}
    numpy_files.save_file(tensors, tmp_path / "squeezenet1_0.safetensors")
    pretrained = weights.load_published("squeezenet", tmp_path / "squeezenet1_0.safetensors")
    close(pretrained.network[:"pool10"](draw_image(224)), expected["logits"])
    pixels = np.full((1, 224, 224, 3), 255, np.uint8)
    standard = np.float32([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])
    np.testing.assert_allclose(pretrained.preprocessing.apply(pixels)[0, 0, 0], standard, rtol=1e-6)
    named = {0: "tench", 281: "tabby", 340: "zebra", 517: "crane (n03126707)", 999: "toilet tissue"}
    assert {n: pretrained.classes[n] for n in named} == named
    assert len(set(pretrained.classes)) == 1000
    assert pretrained.on_pixels().classes == pretrained.classes
    with pytest.raises(
        ValueError, match=r"^load_published: name must be one of alexnet, vgg16, squeezenet, "
    ):
        weights.load_published("zfnet", tmp_path / "squeezenet1_0.safetensors")
