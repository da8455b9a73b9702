"""Networks whose projections by every rule are golden, for `tests/golden/make_rules.py` and the tests."""

from pathlib import Path

import numpy as np

from npdeconv import models
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Invert,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from tests.truth_cases import draw_signs, sketch

GOLDEN = Path(__file__).parent / "golden" / "rules.npz"
SEED = 11
LARGEST = 2_000  # the most pixels of a projection that is stored whole; larger ones are sketched


def normalized():
    """Response normalization of odd and even size, strong enough to matter; tanh; the logistic function."""
    layers = {
        "standardize": Standardize([0.4, 0.5, 0.6], [0.2, 0.25, 0.3], reverse=True),
        "conv1": _conv(3, 8, 3),
        "relu1": ReLU(),
        "norm1": LocalResponseNorm(3, alpha=1.0),
        "pool1": MaxPool2D(3, stride=2),
        "conv2": _conv(8, 6, 3, padding="same", groups=2),
        "relu2": ReLU(),
        "norm2": LocalResponseNorm(4, alpha=1.0, k=2.0),
        "flatten": Flatten(),
        "dense1": _dense(5 * 4 * 6, 7),
        "tanh": Tanh(),
        "dropout": Dropout(0.5),
        "dense2": _dense(7, 5),
        "sigmoid": Sigmoid(),
    }
    return Sequential(layers, input_shape=(13, 11, 3))


def inked():
    """Invert first, a leaky rectifier, average poolings, softmax last."""
    layers = {
        "invert": Invert(0.7),
        "conv1": _conv(2, 6, 3, padding="same"),
        "leaky1": LeakyReLU(0.2),
        "pool1": AvgPool2D(3, stride=2),
        "conv2": _conv(6, 8, 2, groups=2),
        "relu2": ReLU(),
        "mean": GlobalAveragePool(),
        "logits": _dense(8, 5),
        "softmax": Softmax(),
    }
    return Sequential(layers, input_shape=(12, 9, 2))


def squashed():
    """Tanh between convolutions, in a chain within a chain; the largest of each map; softmax last."""
    lower = {"conv1": _conv(1, 8, 3), "relu1": ReLU(), "conv2": _conv(8, 6, 3), "tanh2": Tanh()}
    inner = Sequential({"lower": Sequential(lower), "conv3": _conv(6, 12, 2), "relu3": ReLU()})
    layers = {"inner": inner, "max": GlobalMaxPool(), "logits": _dense(12, 4), "softmax": Softmax()}
    return Sequential(layers, input_shape=(9, 10, 1))


def alexnet_grouped():
    """The convolutions of the original AlexNet."""
    return _convolutions(models.alexnet_grouped, (99, 99, 3))


def zfnet():
    """The convolutions of the paper's network."""
    return _convolutions(models.zfnet, (96, 96, 3))


CASES = {make.__name__: make for make in (normalized, inked, squashed, alexnet_grouped, zfnet)}


def draw(name):
    """Return a network, images (2, H, W, C), and an output of both signs to carry down."""
    network = CASES[name]()
    for n, array in enumerate(network.parameters.values()):
        drawn = np.random.default_rng([SEED, n]).random(array.shape, np.float32) * 2 - 1  # exact in float32
        scale = 0.2 if array.ndim == 1 else np.sqrt(6 / np.prod(array.shape[:-1]))  # He's
        array[...] = drawn * np.float32(scale)
    rng = np.random.default_rng(SEED)
    images = rng.random((2, *network.input_shape))
    if name in ("alexnet_grouped", "zfnet"):
        images = 240 * images - 120  # the range of Caffe's networks, where normalization matters
    return network, images, rng.normal(size=(2, *network.output_shape(network.input_shape)))


def kept(pixels):
    """Return the stored form of projections (N, H, W, C): all pixels, or sketches of large ones."""
    return sketch(pixels, draw_signs(pixels.shape[1:])) if pixels[0].size > LARGEST else pixels


def _conv(channels, filters, size, **options):
    return Conv2D(channels, filters, size, rng=np.random.default_rng(0), dtype=np.float64, **options)


def _dense(inputs, outputs):
    return Dense(inputs, outputs, rng=np.random.default_rng(0), dtype=np.float64)


def _convolutions(build, input_shape):
    network = build(rng=np.random.default_rng(0), dtype=np.float64)[:"pool5"]
    return Sequential(network.layers, input_shape=input_shape)
