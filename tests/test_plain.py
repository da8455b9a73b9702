"""The package equals the paper in one file: whole networks of odd geometries, in float64."""

import copy
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv import data, models, plain
from npdeconv.anatomy import below_softmax
from npdeconv.gradcheck import check_gradients
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.losses import softmax_cross_entropy
from npdeconv.optimizers import SGD
from npdeconv.training import train
from npdeconv.visualize import project
from tests.plain_networks import plain_chain

RULES = ("deconv", "gradient", "guided")
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


@st.composite
def geometry(draw, longest):
    size = draw(st.tuples(st.integers(1, longest), st.integers(1, longest)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    margins = st.tuples(*(st.tuples(*[st.integers(0, side - 1)] * 2) for side in size))
    return size, {"stride": stride, "padding": draw(st.sampled_from(["same", "valid"]) | margins)}


@st.composite
def networks(draw):
    """Convolutions, rectifiers and poolings of odd geometries, then perhaps a dense layer and a softmax."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    shape = input_shape = draw(st.tuples(st.integers(1, 13), st.integers(1, 13), st.integers(1, 3)))
    layers = {}

    def add(layer):
        nonlocal shape
        try:
            shape = layer.output_shape(shape)
        except ValueError:
            return  # a window that does not fit
        layers[f"{type(layer).__name__.lower()}{len(layers)}"] = layer

    for _ in range(draw(st.integers(1, 3))):
        size, options = draw(geometry(4))
        add(Conv2D(shape[2], draw(st.integers(1, 4)), size, **options, rng=rng, dtype=float))
        add(ReLU())
        if draw(st.booleans()):
            size, options = draw(geometry(3))
            add(MaxPool2D(size, **options))
    if draw(st.booleans()):
        add(Flatten())
        add(Dense(shape[0], 4, rng=rng, dtype=float))
        add(Softmax())
    network = Sequential(layers, input_shape=input_shape)
    for name, array in network.parameters.items():
        if name.endswith("bias"):
            array[:] = rng.normal(size=array.shape) / 4
    ties = draw(st.booleans())
    x = rng.integers(0, 3, (2, *input_shape)) / 2.0 if ties else rng.normal(size=(2, *input_shape))
    return network, x, rng


def hold_to_plain(network, x, dy):
    chain = plain_chain(network)
    y, tape = network.forward(x)
    plain_y, plain_tape = plain.forward(chain, x)
    np.testing.assert_allclose(y, plain_y, **CLOSE)
    dx, gradients = network.backward(dy, tape)
    plain_dx, plain_gradients = plain.backward(chain, dy, plain_tape)
    np.testing.assert_allclose(dx, plain_dx, **CLOSE)
    for name, gradient in gradients.items():
        layer, key = name.split(".")
        np.testing.assert_allclose(gradient, plain_gradients[layer][key], **CLOSE, err_msg=name)
    np.testing.assert_allclose(network.deconv(dy, tape), plain.descend(chain, dy, plain_tape), **CLOSE)
    for rule in RULES:
        own = network.descend(dy, tape, rule)
        np.testing.assert_allclose(own, plain.descend(chain, dy, plain_tape, rule), **CLOSE, err_msg=rule)


@settings(deadline=None, max_examples=150)
@given(networks())
def test_whole_networks_of_odd_geometries(drawn):
    network, x, rng = drawn
    hold_to_plain(network, x, rng.normal(size=network(x).shape))
    chain = plain_chain(network)
    for name in network.layers if network.parameters else ():
        for rule in RULES:
            own = project(network, x, name, 0, rule=rule)
            same = has_plain_position(own, chain, x, name)
            np.testing.assert_allclose(
                own.pixels[same], plain.project(chain, x, name, 0, rule)[same], **CLOSE
            )


def has_plain_position(own, chain, x, name):
    """Tell for which images both chose the same unit. Elsewhere, rounding decided between equals."""
    y, _ = plain.forward({key: chain[key] for key in list(chain)[: list(chain).index(name) + 1]}, x)
    maps = y.reshape(len(y), -1, y.shape[-1])[:, :, 0]
    width = y.shape[2] if y.ndim == 4 else 1
    places, images = own.position @ (width, 1), np.arange(len(y))
    np.testing.assert_allclose(maps[images, places], maps.max(axis=1), **CLOSE)
    return places == maps.argmax(axis=1)


@pytest.mark.parametrize("name", ["deck_model2", "deck_model3", "deck_model4"])
def test_named_networks_on_drawn_digits(name):
    rng = np.random.default_rng(4)
    network = models.build(name, rng=rng, dtype=np.float64)  # zero biases: most units of a digit are ties
    digits = data.load_strokes(5, seed=2)
    x = data.as_input(digits.images, np.float64)
    hold_to_plain(network, x, rng.normal(size=network(x).shape))
    chain = plain_chain(network)
    for layer in network.layers:
        own = project(network, digits.images, layer, 1)
        np.testing.assert_allclose(own.pixels, plain.project(chain, x, layer, 1), **CLOSE)


def test_a_step_of_training():
    network = models.deck_model3(rng=np.random.default_rng(0), dtype=np.float64)
    digits = data.load_strokes(64, seed=1)
    chain = copy.deepcopy(plain_chain(below_softmax(network)))
    (step,) = train(network, digits, SGD(0.1), epochs=1, batch_size=64, rng=np.random.default_rng(0))
    loss = plain.sgd_step(chain, data.as_input(digits.images, np.float64), digits.labels, 0.1)
    assert step.loss == pytest.approx(loss, rel=1e-10)
    for name, array in network.parameters.items():
        layer, key = name.split(".")
        np.testing.assert_allclose(array, chain[layer].parameters[key], **CLOSE, err_msg=name)


def test_the_losses_agree():
    logits, labels = np.random.default_rng(0).normal(0, 300, (7, 4)), np.arange(7) % 4
    loss, dlogits = plain.cross_entropy(logits, labels)
    own, own_dlogits = softmax_cross_entropy(logits, labels)
    assert loss == pytest.approx(own, rel=1e-12)
    np.testing.assert_allclose(dlogits, own_dlogits, **CLOSE)


def test_the_plain_gradients_are_those_of_finite_differences():
    """This checks the reference itself, by the plain loss and not by the package."""
    rng = np.random.default_rng(3)
    chain = plain_chain(models.deck_model4(rng=rng, dtype=np.float64))
    x, labels = rng.random((2, 28, 28, 1)), np.array([3, 5])
    chain.pop("softmax", None)
    logits, tape = plain.forward(chain, x)
    _, gradients = plain.backward(chain, plain.cross_entropy(logits, labels)[1], tape)
    for name, layer in chain.items():
        for key, array in layer.parameters.items():
            entry = np.unravel_index(np.abs(gradients[name][key]).argmax(), array.shape)
            value, losses = array[entry], []
            for moved in (value - 1e-6, value + 1e-6):
                array[entry] = moved
                losses.append(plain.cross_entropy(plain.forward(chain, x)[0], labels)[0])
            array[entry] = value
            numeric = (losses[1] - losses[0]) / 2e-6
            assert gradients[name][key][entry] == pytest.approx(numeric, rel=1e-6), (name, key)
    assert check_gradients(models.deck_model4(rng=rng, dtype=np.float64), x, samples=1).passed


def test_it_imports_nothing_from_the_package_and_reads_like_a_page():
    script = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("plain", sys.argv[1])
spec.loader.exec_module(module_from_spec(spec))
assert not [name for name in sys.modules if name.startswith(("npdeconv", "numba", "matplotlib"))]
"""
    subprocess.run([sys.executable, "-c", script, plain.__file__], check=True)


@pytest.mark.slow
def test_run_as_a_program_it_trains_and_draws(tmp_path):
    command = [sys.executable, "-m", "npdeconv.plain"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    *epochs, last = done.stdout.splitlines()
    assert last == "wrote plain.png"
    assert (tmp_path / "plain.png").stat().st_size > 10_000
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in epochs]
    assert losses[-1] < losses[0] / 3
