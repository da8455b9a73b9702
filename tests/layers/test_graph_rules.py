"""The way down through whole branching networks, against a recursion that asks each layer who reads it."""

from functools import cache
from typing import get_args

import numpy as np
import pytest

from npdeconv._types import Rule
from npdeconv.gradcheck import check_adjoint, check_layer
from npdeconv.layers import Graph, LeakyReLU, Sequential
from tests.graphs import chain_around_a_graph, dense_net, inception, linear_graph, residual

NETWORKS = (residual, inception, dense_net, chain_around_a_graph)
SHAPES = {chain_around_a_graph: (7, 6, 3)}
every_network = pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)


def images(make, batch=2):
    return np.random.default_rng(0).normal(size=(batch, *(make().input_shape or SHAPES[make])))


def rectified(layer, x, y, rule):
    """What the table of `ReLU` says, from what went in and what comes down."""
    slope = layer.slope if isinstance(layer, LeakyReLU) else 0.0
    on_the_way_up, on_the_way_down = np.where(x > 0, 1.0, slope), np.where(y > 0, 1.0, slope)
    return {
        "deconv": y * on_the_way_down,
        "gradient": y * on_the_way_up,
        "guided": y * on_the_way_up * on_the_way_down,
        "linear": y,
    }[rule]


def naive(net, x, y, rule):
    """Carry y down: what arrives at a layer is asked of its readers, by recursion."""
    inputs = net.inputs
    last = list(net.layers)[-1]

    @cache
    def value(name):
        if name == "input":
            return x
        read = tuple(value(above) for above in inputs[name])
        return net[name](read if net[name].merges else read[0])

    @cache
    def given(name):
        """What a layer gives to each that it reads."""
        layer, dy = net[name], arrived(name)
        read = tuple(value(above) for above in inputs[name])
        if layer.rectifies:
            return (rectified(layer, read[0], dy, rule),)
        if isinstance(layer, Sequential):
            return (naive(layer, read[0], dy, rule),)
        _, context = layer.forward(read if layer.merges else read[0])
        down = layer.deconv(dy, context) if rule == "deconv" else layer.backward(dy, context)[0]
        return down if layer.merges else (down,)

    def arrived(name):
        if name == last:
            return y
        return sum(
            given(reader)[place]
            for reader, read in inputs.items()
            for place, above in enumerate(read)
            if above == name
        )

    return arrived("input")


@every_network
@pytest.mark.parametrize("rule", get_args(Rule))
def test_every_rule_is_that_of_a_naive_computation(make, rule):
    net, x = make(), images(make)
    y, tape = net.forward(x)
    y = np.random.default_rng(1).normal(size=y.shape)
    expected = naive(net, x, y, rule)
    np.testing.assert_allclose(net.descend(y, tape, rule), expected, rtol=1e-10, atol=1e-12)
    if rule == "deconv":
        np.testing.assert_allclose(net.deconv(y, tape), expected, rtol=1e-10, atol=1e-12)
    if rule == "gradient":
        np.testing.assert_allclose(net.backward(y, tape)[0], expected, rtol=1e-10, atol=1e-12)


@every_network
def test_the_whole_contract(make):
    report = check_layer(make(), images(make).shape[1:])
    assert report.passed, str(report)


def test_down_is_up_transposed():
    deconv, backward = check_adjoint(linear_graph(), images(linear_graph))
    assert max(deconv, backward) < 1e-14


def test_a_chain_given_as_a_graph_is_the_chain():
    chain = chain_around_a_graph()["tail":]
    graph = Graph(chain.layers, inputs={})
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    y, tape = graph.forward(x)
    np.testing.assert_array_equal(y, chain(x))
    np.testing.assert_array_equal(graph.deconv(y, tape), chain.deconv(y, chain.forward(x)[1]))
