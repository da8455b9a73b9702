"""Folding batch normalizations: by hand, against the formula applied after the layer, and its errors."""

import numpy as np
import pytest

from npdeconv.layers import Conv2D, Dense
from npdeconv.weights import fold_batch_norm


def test_by_hand():
    weight, bias = fold_batch_norm(
        np.array([[2.0, 1.0]]),
        np.array([1.0, 0.0]),
        gamma=np.array([3.0, 1.0]),
        beta=np.array([10.0, 0.0]),
        mean=np.array([5.0, 0.0]),
        variance=np.array([3.0, 0.0]),
        epsilon=1.0,
    )
    np.testing.assert_array_equal(weight, [[3.0, 1.0]])  # 2 * 3 / sqrt(3 + 1)
    np.testing.assert_array_equal(bias, [4.0, 0.0])  # (1 - 5) * 3 / 2 + 10


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("make", [lambda rng: Conv2D(3, 5, (2, 3), rng=rng, dtype=float), None])
def test_the_folded_layer_equals_both_layers(make, biased, affine):
    rng = np.random.default_rng(0)
    layer = Dense(6, 5, rng=rng, dtype=float) if make is None else make(rng)
    x = rng.normal(size=(4, 6) if make is None else (2, 5, 6, 3))
    layer.bias[...] = rng.normal(size=5) if biased else 0
    gamma, beta = (rng.normal(size=5), rng.normal(size=5)) if affine else (None, None)
    mean, variance = rng.normal(size=5), rng.uniform(0.1, 2, 5)
    expected = (layer(x) - mean) / np.sqrt(variance + 1e-3)
    if affine:
        expected = gamma * expected + beta
    bias = layer.bias if biased else None
    layer.weight[...], layer.bias[...] = fold_batch_norm(
        layer.weight, bias, gamma, beta, mean, variance, epsilon=1e-3
    )
    np.testing.assert_allclose(layer(x), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"gamma": np.ones(3)}, r"^fold_batch_norm: expected gamma of shape \(2,\), got \(3,\)$"),
        ({"bias": np.ones((1, 2))}, r"^fold_batch_norm: expected bias of shape \(2,\), got \(1, 2\)$"),
        (
            {"variance": np.array([1, -0.1])},
            r"^fold_batch_norm: expected a variance above 0, got -0\.1 and epsilon",
        ),
        ({"variance": np.zeros(2), "epsilon": 0}, r"expected a variance above 0, got 0\.0 and epsilon 0$"),
        ({"epsilon": -1}, r"^fold_batch_norm: epsilon must be finite and not negative, got -1$"),
    ],
)
def test_wrong_arguments(changes, match):
    arguments = dict.fromkeys(("bias", "gamma", "beta", "mean", "variance"), np.ones(2)) | {"epsilon": 1e-5}
    with pytest.raises(ValueError, match=match):
        fold_batch_norm(np.ones((4, 2)), **arguments | changes)
