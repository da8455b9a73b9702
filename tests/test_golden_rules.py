"""Every rule of descent, through every kind of layer, against Captum's: `tests/golden/make_rules.py`."""

import numpy as np
import pytest

from npdeconv.layers import Dense, Flatten, Layer, ReLU, Sequential
from tests.rule_cases import CASES, GOLDEN, draw, kept

RULES = ("deconv", "gradient", "guided", "linear")


def off(got, expected):
    """Return the largest difference, relative to the largest number."""
    return np.abs(got - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("name", CASES)
def test_every_rule_is_captums(name):
    network, images, start = draw(name)
    y, tape = network.forward(images)
    with np.load(GOLDEN) as golden:
        assert off(y, golden[f"{name}/outputs"]) < 1e-9
        expected = {rule: golden[f"{name}/{rule}"] for rule in RULES}
    for rule in RULES:
        assert off(kept(network.descend(start, tape, rule)), expected[rule]) < 1e-9, rule
    for n, rule in enumerate(RULES):  # otherwise this test would not distinguish them
        assert all(off(expected[rule], expected[other]) > 0.01 for other in RULES[:n]), rule


class Softplus(Layer):
    """log(1 + exp(x)), by a user who does not know of rules: only `backward` and `deconv`."""

    def forward(self, x, *, rng=None):
        return np.logaddexp(0, x), x

    def backward(self, dy, context):
        return dy / (1 + np.exp(-context)), {}

    def deconv(self, y, context):
        return y


@pytest.mark.parametrize("rule", [*RULES, "ascent"])
def test_a_users_layer_of_backward_and_deconv_gets_every_rule(rule):
    rng = np.random.default_rng(4)
    lower, upper = (Dense(6, 6, rng=rng, dtype=np.float64) for _ in range(2))
    layers = {"flatten": Flatten(), "lower": lower, "softplus": Softplus(), "upper": upper, "relu": ReLU()}
    network, start = Sequential(layers, input_shape=(2, 3, 1)), rng.normal(size=(4, 6))
    x = rng.normal(size=(4, 2, 3, 1))
    y, tape = network.forward(x)
    gates = {"deconv": start > 0, "guided": (y > 0) & (start > 0), "linear": True}
    expected = (start * gates.get(rule, y > 0)) @ upper.weight.T
    if rule != "deconv":
        expected = expected / (1 + np.exp(-(x.reshape(4, 6) @ lower.weight + lower.bias)))
    got = network.descend(start, tape, rule)
    np.testing.assert_allclose(got, (expected @ lower.weight.T).reshape(x.shape), rtol=1e-12)
