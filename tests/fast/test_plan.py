"""A plan computes the same as its chain, up to rounding; training and prediction use it."""

import numpy as np
import pytest

from npdeconv import models
from npdeconv.fast import Plan
from npdeconv.inference import predict
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool2D,
    ReLU,
    Sequential,
)


def conv(channels, filters, rng, **options):
    layer = Conv2D(channels, filters, 3, rng=rng, **{"padding": "same", **options})
    layer.bias[:] = rng.normal(size=filters)
    return layer


def chain(rng):
    layers = {
        "conv1": conv(1, 16, rng),
        "relu1": ReLU(),
        "conv2": conv(16, 32, rng),
        "relu2": ReLU(),
        "pool2": MaxPool2D(2),
        "conv3": conv(32, 16, rng, padding="valid"),
        "conv4": conv(16, 16, rng, padding=((2, 0), (1, 3))),
        "relu4": ReLU(),
        "pool4": MaxPool2D(3, stride=2),
        "flatten": Flatten(),
        "dense": Dense(4 * 5 * 16, 7, rng=rng),
        "relu": ReLU(),
    }
    return Sequential(layers, input_shape=(22, 23, 1))


def test_both_ways():
    rng = np.random.default_rng(0)
    network = chain(rng)
    plan = Plan(network)
    x = rng.normal(size=(5, 22, 23, 1)).astype(np.float32)
    expected, tape = network.forward(x)
    y, own_tape = plan.forward(x)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(plan(x), expected, rtol=1e-4, atol=1e-4)
    dy = rng.normal(size=y.shape).astype(np.float32)
    _, gradients = network.backward(dy, tape)
    own = plan.backward(dy, own_tape)
    assert own.keys() == gradients.keys() == network.parameters.keys()
    for name in gradients:
        error = np.linalg.norm(own[name] - gradients[name]) / np.linalg.norm(gradients[name])
        assert error < 1e-5, (name, error)


@pytest.mark.parametrize("name", ["alexnet_grouped", "squeezenet"])
def test_a_single_image_has_the_same_bits_with_any_number_of_workers(name):
    net = models.build(name, rng=np.random.default_rng(0))
    image = np.random.default_rng(1).random((1, *net.input_shape), np.float32)
    one = predict(net, image, workers=1)
    for workers in (2, 5, 8):
        np.testing.assert_array_equal(predict(net, image, workers=workers), one)
    np.testing.assert_allclose(one, net(image), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("last", [GlobalAveragePool(), GlobalMaxPool(), AvgPool2D(2), Dropout(0.5), ReLU()])
def test_gradients_may_be_overwritten_whatever_layer_they_come_from(last):
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(3, 5, 3, rng=rng),
        "conv2": Conv2D(5, 4, 1, rng=rng),
        "relu2": ReLU(),
        "last": last,
    }
    network = Sequential(layers, input_shape=(8, 8, 3))
    plan, x = Plan(network), rng.normal(size=(4, 8, 8, 3)).astype(np.float32)
    y, tape = network.forward(x)
    dy = rng.normal(size=y.shape).astype(np.float32)
    _, gradients = network.backward(dy, tape)
    _, own_tape = plan.forward(x)
    own = plan.backward(dy.copy(), own_tape)
    for name in gradients:
        np.testing.assert_allclose(own[name], gradients[name], rtol=1e-5, atol=1e-5, err_msg=name)
