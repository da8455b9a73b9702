"""The published networks that branch: as torchvision computes them, down to the pixels, and trained ones."""

from pathlib import Path

import numpy as np
import pytest

from npdeconv import models, weights
from npdeconv.data import load_cifar10
from npdeconv.inference import predict
from npdeconv.weights.arrays import Stored
from npdeconv.weights.conversion import convert
from npdeconv.weights.pytorch import torch_modules
from tests.torch_weights import draw_image, draw_parameter, sample_positions

GOLDEN = Path(__file__).parents[1] / "golden" / "published.npz"
LOOKED_AT = {
    "resnet20": "block3_1_relu",
    "resnet18": "block3_2_relu",
    "resnet50": "block4_1_relu",
    "googlenet": "inception4b_concat",
    "densenet121": "relu5",  # torchvision rectifies norm5 in place
    "mobilenet_v2": "block14_project",
}
PARAMETERS = {
    "resnet18": 11_684_712,
    "resnet20": 269_034,
    "resnet32": 463_018,
    "resnet44": 657_002,
    "resnet50": 25_530_472,
    "resnet56": 850_986,
    "resnet101": 44_496_488,
    "googlenet": 6_617_624,
    "densenet121": 7_974_120,
    "mobilenet_v2": 3_487_816,
    "nin": 966_986,
    "cam_residual": 152_490,
    "cam_inception": 60_610,
    "alexnet_gap": 5_855_016,
    "vgg16_gap": 20_459_304,
    "googlenet_gap": 11_962_664,
}


def drawn(expected):
    """Return the arrays of a state dictionary as a file would give them: drawn when they are read."""
    for number, (name, shape) in enumerate(zip(expected["parameters"], expected["shapes"], strict=True)):
        shape = tuple(int(length) for length in shape if length)
        dtype = np.dtype("i8" if name.endswith("num_batches_tracked") else "f4")
        yield Stored(
            str(name),
            shape,
            dtype,
            lambda name=name, shape=shape, number=number: draw_parameter(name, shape, number),
        )


@pytest.mark.parametrize("name", LOOKED_AT)
def test_logits_maps_and_projections_are_pytorchs(name):
    """In float64, with the names of published files, to nine digits."""
    with np.load(GOLDEN) as file:
        expected = {key.partition("/")[2]: file[key] for key in file if key.startswith(f"{name}/")}
    network = models.build(name, rng=np.random.default_rng(0), dtype=np.float64)
    said = weights.PUBLISHED[name]
    modules = torch_modules(drawn(expected))
    epsilons = dict.fromkeys(modules, said.epsilon)
    parameters = convert(network, modules, said.names(network), "torch", epsilons)
    weights.assign(network.parameters, parameters, Path("drawn"))

    layer = LOOKED_AT[name]
    image = draw_image(network.input_shape[0]).astype(np.float64)
    found = dict(network.outputs(image, [layer, "logits"]))
    close(found["logits"], expected["logits"])
    maps = found[layer]
    close(maps.reshape(-1)[sample_positions(maps.size)], expected["maps"])
    _, tape = network[:layer].forward(image)
    pixels = network[:layer].deconv(np.where(maps == maps.max(), maps, 0.0), tape)
    np.testing.assert_allclose(np.linalg.norm(pixels), expected["norm"], rtol=1e-9)
    close(pixels.reshape(-1)[sample_positions(pixels.size)], expected["pixels"])


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("name", PARAMETERS)
def test_networks_have_as_many_parameters_as_their_docstrings_say(name):
    network = models.build(name, rng=np.random.default_rng(0))
    count = sum(array.size for array in network.parameters.values())
    assert count == PARAMETERS[name]
    number = f"{count:,} parameters" if name not in ("resnet32", "resnet44", "resnet56") else f"{count:,}"
    assert number in getattr(models, name).__doc__
    assert network.output_shape(network.input_shape) == (10 if network.input_shape[0] == 32 else 1000,)


TRAINED = {"resnet20": ("resnet20-12fca82f.th", 8_992), "resnet44": ("resnet44-014dd654.th", 9_123)}


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINED)
def test_trained_networks_answer_as_in_pytorch_image_for_image(name, real_data):
    file, right = TRAINED[name]
    network = weights.load_published(name, real_data / "resnet" / file).on_pixels()
    test = load_cifar10("test")
    answers = predict(network, test.images).argmax(1)
    with np.load(GOLDEN) as golden:
        np.testing.assert_array_equal(answers, golden[f"{name}/answers"])
    assert (answers == test.labels).sum() == right
    assert network.classes == test.classes
