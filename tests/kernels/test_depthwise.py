"""Depthwise convolution, against a full one whose other weights are zeros, and against groups in a loop."""

import numpy as np
import pytest

from npdeconv.fast import Plan
from npdeconv.kernels import convolution
from npdeconv.layers import Conv2D, ReLU, Sequential

GEOMETRIES = [
    {"stride": 1, "padding": "same"},
    {"stride": 2, "padding": "same"},
    {"stride": (1, 3), "padding": ((2, 0), (1, 3))},
    {"stride": 2, "dilation": (2, 3), "padding": "same"},
]
every_geometry = pytest.mark.parametrize("options", GEOMETRIES, ids=str)


def depthwise(channels, each, dtype=float, **options):
    rng = np.random.default_rng(0)
    layer = Conv2D(channels, channels * each, (3, 2), groups=channels, rng=rng, dtype=dtype, **options)
    layer.bias[:] = rng.normal(size=channels * each)
    return layer


@every_geometry
@pytest.mark.parametrize("each", [1, 3])
def test_each_filter_sees_its_channel(options, each):
    layer = depthwise(4, each, **options)
    full = Conv2D(4, 4 * each, (3, 2), rng=np.random.default_rng(0), dtype=float, **options)
    full.weight[:], full.bias[:] = 0, layer.bias
    for f in range(4 * each):
        full.weight[:, :, f // each, f] = layer.weight[:, :, 0, f]
    x = np.random.default_rng(1).normal(size=(2, 9, 8, 4))
    (y, context), (expected, other) = layer.forward(x), full.forward(x)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    dy = np.random.default_rng(2).normal(size=y.shape)
    (dx, gradients), (other_dx, others) = layer.backward(dy, context), full.backward(dy, other)
    np.testing.assert_allclose(dx, other_dx, atol=1e-12)
    for f in range(4 * each):
        np.testing.assert_allclose(
            gradients["weight"][:, :, 0, f], others["weight"][:, :, f // each, f], atol=1e-12
        )


@every_geometry
def test_the_same_bits_as_by_groups(options, monkeypatch):
    layer = depthwise(5, 1, np.float32, **options)
    x = np.random.default_rng(1).normal(size=(2, 9, 8, 5)).astype(np.float32)
    y, context = layer.forward(x)
    down = layer.deconv(y, context)
    gradient = layer.gradients(y, context)["weight"]
    monkeypatch.setattr(convolution, "is_depthwise", lambda weight, groups: False)
    np.testing.assert_array_equal(layer(x), y)
    np.testing.assert_array_equal(layer.deconv(y, context), down)
    np.testing.assert_array_equal(layer.gradients(y, context)["weight"], gradient)


def test_equal_patches_have_equal_outputs():
    layer = depthwise(19, 1, np.float32, padding="valid")
    x = np.random.default_rng(1).normal(size=(1, 3, 2, 19)).astype(np.float32)
    y = layer(np.tile(x, (2, 3, 4, 1)))
    np.testing.assert_array_equal(y[:, ::3, ::2], np.broadcast_to(layer(x), y[:, ::3, ::2].shape))


@pytest.mark.parametrize("workers", [map, lambda f, work: map(f, reversed(list(work)))])
def test_a_plan_computes_the_same(workers):
    layer = depthwise(6, 1, np.float32, padding="same")
    net = Sequential({"conv": layer, "relu": ReLU()})
    x = np.random.default_rng(1).normal(size=(3, 9, 8, 6)).astype(np.float32)
    plan = Plan(net, workers)
    for images in (x, x[:1]):
        y, tape = plan.forward(images)
        expected, own = net.forward(images)
        np.testing.assert_array_equal(y, expected)
        _, gradients = net.backward(y, own)
        for name, gradient in plan.backward(y.copy(), tape).items():
            np.testing.assert_allclose(gradient, gradients[name], rtol=1e-5)
