"""A plan of a network that branches: what it computes, what it puts together, what it lets go."""

import weakref

import numpy as np
import pytest

from npdeconv import optimizers, training
from npdeconv.data import Dataset
from npdeconv.fast import Plan
from npdeconv.fast.blocks import DenseBlock, DirectBlock, WinogradBlock
from npdeconv.fast.steps import Step
from npdeconv.inference import evaluate, predict
from npdeconv.layers import Add, Concat, Conv2D, Flatten, Graph, MaxPool2D, ReLU, Sequential
from tests import graphs
from tests.graphs import chain_around_a_graph, dense_net, inception, residual

NETWORKS = (residual, inception, dense_net, chain_around_a_graph, graphs.linear_graph)
every_network = pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)


def images(network, batch=3):
    shape = network.input_shape or (7, 6, 3)
    return np.random.default_rng(0).normal(size=(batch, *shape)).astype(np.float32)


def wide(rng) -> Graph:
    """Two blocks that are large enough for Winograd's way, with pooling in one branch."""

    def conv(filters, **options):
        layer = Conv2D(16, filters, 3, padding="same", rng=rng, **options)
        layer.bias[:] = rng.normal(size=filters)
        return layer

    layers = {
        "conv0": conv(16), "relu0": ReLU(),
        "conv1": conv(16), "relu1": ReLU(), "conv2": conv(16),
        "add": Add(), "relu2": ReLU(),
        "conv3": conv(16), "relu3": ReLU(), "pool3": MaxPool2D(2),
        "conv4": conv(16), "pool4": MaxPool2D(2),
        "all": Concat(), "flatten": Flatten(),
    }  # fmt: skip
    inputs = {"add": ("conv2", "relu0"), "conv4": "relu2", "all": ("pool3", "pool4")}
    return Graph(layers, inputs=inputs, input_shape=(24, 24, 16))


@every_network
def test_both_ways(make):
    network = make(np.float32)
    plan, x = Plan(network), images(network)
    expected, tape = network.forward(x)
    y, kept = plan.forward(x)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(plan(x), expected, rtol=1e-4, atol=1e-5)
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    _, gradients = network.backward(dy, tape)
    own = plan.backward(dy.copy(), kept)
    assert own.keys() == gradients.keys() == network.parameters.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(own[name], gradient, rtol=1e-3, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("make", [wide, residual, inception, dense_net], ids=lambda make: make.__name__)
def test_the_way_back_ends_below_what_is_trained(make, monkeypatch):
    network = make(np.random.default_rng(0)) if make is wide else make(np.float32)
    plan, x = Plan(network), images(network)
    y, tape = plan.forward(x)
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    every = plan.backward(dy.copy(), dict(tape))
    names = [step.name for step in plan.steps]
    place = len(every) // 2 // 2 * 2
    live = list(every)[:place]  # the gradients come from the top down
    asked, compute = [], Step.backward

    def noted(step, *given):
        asked.append(step.name)
        return compute(step, *given)

    monkeypatch.setattr(Step, "backward", noted)
    found = plan.backward(dy.copy(), dict(tape), live)
    for name in live:
        assert found[name].tobytes() == every[name].tobytes(), name
    lowest = min(names.index(name.rpartition(".")[0]) for name in live)
    assert min(names.index(name) for name in asked) == lowest > 0


@every_network
def test_in_float64_it_is_the_network_layer_by_layer(make):
    network = make(np.float64)
    plan, x = Plan(network), images(network).astype(float)
    expected, tape = network.forward(x)
    y, kept = plan.forward(x)
    np.testing.assert_array_equal(y, expected)
    dy = np.random.default_rng(1).normal(size=y.shape)
    _, gradients = network.backward(dy, tape)
    for name, gradient in plan.backward(dy.copy(), kept).items():
        np.testing.assert_allclose(gradient, gradients[name], rtol=1e-12, atol=1e-14, err_msg=name)


def test_winograds_way_around_branches():
    network = wide(np.random.default_rng(0))
    plan, x = Plan(network), images(network, 2)
    expected, tape = network.forward(x)
    y, kept = plan.forward(x)
    np.testing.assert_allclose(y, expected, rtol=1e-3, atol=1e-3)
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    _, gradients = network.backward(dy, tape)
    for name, gradient in plan.backward(dy.copy(), kept).items():
        error = np.linalg.norm(gradient - gradients[name]) / np.linalg.norm(gradients[name])
        assert error < 1e-4, (name, error)


def test_only_what_nobody_else_reads_is_put_together():
    steps = {step.name: step for step in Plan(wide(np.random.default_rng(0))).steps}
    assert list(steps) == [
        "conv0",
        "conv1",
        "conv2",
        "add",
        "relu2",
        "conv3",
        "conv4",
        "pool4",
        "all",
        "flatten",
    ]
    assert {name: step.gives for name, step in steps.items() if step.gives != name} == {
        "conv0": "relu0",  # which two layers read
        "conv1": "relu1",
        "conv3": "pool3",
    }
    assert (steps["conv2"].part.rectified, steps["conv4"].part.pooled) == (False, False)
    shared = {
        "conv": Conv2D(16, 16, 3, padding="same", rng=np.random.default_rng(0)),
        "relu": ReLU(),
        "add": Add(),
    }
    both = Graph(shared, inputs={"add": ("conv", "relu")})
    assert [step.gives for step in Plan(both).steps] == ["conv", "relu", "add"]


def test_networks_within_are_passed_as_if_their_layers_were_its_own():
    steps = {step.name: step for step in Plan(chain_around_a_graph(np.float32)).steps}
    assert type(steps["body.inner.up"].part) is DirectBlock
    assert steps["body.conv"].gives == "body.relu"
    assert steps["body.wide.conv"].reads == steps["body.inner.down"].reads == ("body.relu",)
    assert steps["body.inner.add"].reads == ("body.inner.up", "body.relu")
    assert steps["body.concat"].reads[1:3] == ("body.wide.relu", "body.inner.leaky")
    outer = Sequential({"residual": residual(np.float32)})
    kinds = {type(step.part) for step in Plan(outer).steps}
    assert DenseBlock in kinds
    assert type(Plan(wide(np.random.default_rng(0))).steps[0].part) is WinogradBlock


def test_a_network_of_somebodys_own_kind_is_passed_as_it_is():
    class Halved(Sequential):
        def forward(self, x, *, rng=None):
            return super().forward(x / 2)

    outer = Sequential({"own": Halved({"relu": ReLU()}), "tail": Flatten()})
    assert [step.name for step in Plan(outer).steps] == ["own", "tail"]
    np.testing.assert_array_equal(Plan(outer)(np.full((1, 2), 4, np.float32)), [[2, 2]])


@pytest.mark.parametrize("read", [("relu2", "relu3"), ("relu3", "relu2"), ("relu2", "relu3", "relu3")])
def test_a_gradient_that_several_are_given_may_be_overwritten_by_each(read):
    """Below a sum, both branches begin with a rectifier's gate, which writes into what comes down."""
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(3, 4, 1, rng=rng), "relu1": ReLU(),
        "conv2": Conv2D(4, 4, 1, rng=rng), "relu2": ReLU(),
        "conv3": Conv2D(4, 4, 1, rng=rng), "relu3": ReLU(),
        "add": Add(),
    }  # fmt: skip
    network = Graph(layers, inputs={"conv3": "relu1", "add": read}, input_shape=(5, 5, 3))
    x = images(network)
    y, tape = network.forward(x)
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    _, gradients = network.backward(dy, tape)
    plan = Plan(network)
    for name, gradient in plan.backward(dy.copy(), plan.forward(x)[1]).items():
        np.testing.assert_allclose(gradient, gradients[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_contexts_are_let_go_as_soon_as_they_were_needed():
    outputs, alive = [], []

    class Watched(ReLU):
        def forward(self, x, *, rng=None):
            y, context = super().forward(x)
            outputs.append(weakref.ref(context.positive))
            return y, context

        def backward(self, dy, context):
            alive.append(sum(output() is not None for output in outputs))
            return super().backward(dy, context)

    plan = Plan(Sequential({f"relu{n}": Watched() for n in range(4)}))
    y, tape = plan.forward(np.ones((2, 3), np.float32))
    plan.backward(y, tape)
    assert alive == [4, 3, 2, 1]
    assert not tape


def data(network, batch=40):
    rng = np.random.default_rng(0)
    classes = network.classes or ("a", "b", "c", "d")
    labels = rng.integers(len(classes), size=batch)
    noise = rng.integers(0, 40, (batch, *network.input_shape), np.uint8)
    shades = np.stack([60 * labels, 180 - 60 * labels], axis=1).astype(np.uint8)
    return Dataset(shades[:, np.newaxis, np.newaxis] + noise, labels, classes, "shades")


@pytest.mark.parametrize("make", [residual, dense_net], ids=lambda make: make.__name__)
def test_training_has_the_same_bits_with_any_number_of_workers(make):
    trained = []
    for workers in (1, 2, 5):
        network = make(np.float32)
        dataset = data(network)
        history = training.fit(
            network, dataset, optimizers.Adam(0.02), epochs=25, batch_size=20,
            rng=np.random.default_rng(0), workers=workers,
        )  # fmt: skip
        trained.append(network.parameters)
        probabilities = predict(network, dataset.images, workers=workers)
        np.testing.assert_array_equal(probabilities, predict(network, dataset.images, workers=1))
    for other in trained[1:]:
        for name, array in trained[0].items():
            np.testing.assert_array_equal(other[name], array, err_msg=name)
    assert history["loss"][-1] < history["loss"][0] / 2
    assert evaluate(network, dataset).accuracy > 0.7


@pytest.mark.parametrize("make", [residual, inception], ids=lambda make: make.__name__)
def test_a_single_image_has_the_same_bits_with_any_number_of_workers(make):
    network = make(np.float32)
    image = images(network, 1)
    one = predict(network, image, workers=1)
    for workers in (2, 3, 8):
        np.testing.assert_array_equal(predict(network, image, workers=workers), one)


@every_network
def test_outputs_of_watched_layers_in_one_pass(make):
    network = make(np.float32)
    x = images(network)
    for names in (list(network.layers), list(network.layers)[::3], []):
        plan = Plan(network, watched=names)
        found = dict(plan.outputs(x))
        assert list(found) == names
        for name, y in network.outputs(x, names):
            np.testing.assert_allclose(found[name], y, rtol=1e-4, atol=1e-5, err_msg=name)
        np.testing.assert_allclose(plan(x), network(x), rtol=1e-4, atol=1e-5)


def test_what_is_watched_is_the_end_of_a_step():
    network = wide(np.random.default_rng(0))
    gives = [step.gives for step in Plan(network, watched=["conv1", "relu3"]).steps]
    assert gives[1:3] == ["conv1", "relu1"]
    assert "relu3" in gives
    assert "conv3" not in gives
    with pytest.raises(KeyError, match="no layer 'conv9'"):
        Plan(network, watched=["conv9"])
