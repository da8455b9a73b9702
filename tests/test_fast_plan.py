"""A plan computes what its chain computes, to rounding, and training and prediction use it."""

import numpy as np
import pytest

from npdeconv.fast import Plan
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
    layer = Conv2D(channels, filters, 3, rng=rng, dtype=np.float64, **{"padding": "same", **options})
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
        "dense": Dense(4 * 5 * 16, 7, rng=rng, dtype=np.float64),
        "relu": ReLU(),
    }
    return Sequential(layers, input_shape=(22, 23, 1))


def test_both_ways():
    rng = np.random.default_rng(0)
    network = chain(rng)
    plan = Plan(network)
    x = rng.normal(size=(5, 22, 23, 1))
    expected, tape = network.forward(x)
    y, own_tape = plan.forward(x)
    np.testing.assert_allclose(y, expected, atol=1e-11)
    np.testing.assert_allclose(plan(x), expected, atol=1e-11)
    dy = rng.normal(size=y.shape)
    _, gradients = network.backward(dy, tape)
    own = plan.backward(dy, own_tape)
    assert own.keys() == gradients.keys() == network.parameters.keys()
    for name in gradients:
        np.testing.assert_allclose(own[name], gradients[name], rtol=1e-9, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("last", [GlobalAveragePool(), GlobalMaxPool(), AvgPool2D(2), Dropout(0.5), ReLU()])
def test_gradients_may_be_overwritten_whatever_layer_they_come_from(last):
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(3, 5, 3, rng=rng, dtype=np.float64),
        "conv2": Conv2D(5, 4, 1, rng=rng, dtype=np.float64),
        "relu2": ReLU(),
        "last": last,
    }
    network = Sequential(layers, input_shape=(8, 8, 3))
    plan, x = Plan(network), rng.normal(size=(4, 8, 8, 3))
    y, tape = network.forward(x)
    dy = rng.normal(size=y.shape)
    _, gradients = network.backward(dy, tape)
    _, own_tape = plan.forward(x)
    own = plan.backward(dy.copy(), own_tape)
    for name in gradients:
        np.testing.assert_allclose(own[name], gradients[name], atol=1e-12, err_msg=name)
