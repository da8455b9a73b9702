"""Projections through shortcuts and bodies, on networks small enough for paper."""

from itertools import product

import numpy as np
import pytest

from npdeconv import plot
from npdeconv.layers import Add, Conv2D, Graph, ReLU
from npdeconv.layers.further.rebuilding import with_layers
from npdeconv.visualize import project_paths
from npdeconv.visualize.paths import OneWayAdd
from tests.graphs import residual


def conv(factor):
    layer = Conv2D(1, 1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    layer.weight[:], layer.bias[:] = factor, 0
    return layer


def chain_of_sums(*factors, rectified=False):
    """Return a network of blocks y = x + factor * x on one pixel."""
    layers, inputs, above = {}, {}, "input"
    for n, factor in enumerate(factors, 1):
        layers |= {f"conv{n}": conv(factor), f"add{n}": Add()}
        inputs |= {f"conv{n}": above, f"add{n}": (f"conv{n}", above)}
        above = f"add{n}"
        if rectified:
            layers[f"relu{n}"], above = ReLU(), f"relu{n}"
    return Graph(layers, inputs=inputs, input_shape=(1, 1, 1), dtype=np.float64)


PIXEL = np.ones((1, 1, 1))


def test_by_hand():
    """x = 1 goes up by 1 + 3 and 1 + 0.5 to 6; down, shortcuts copy, and bodies multiply by 3 and 0.5."""
    result = project_paths(chain_of_sums(3, 0.5), PIXEL, "add2", 0)
    assert result.whole.activation == 6
    assert result.whole.pixels.item() == 6 * (1 + 3) * (1 + 0.5)
    assert result.shortcuts.item() == 6
    assert result.bodies.item() == 6 * 3 * 0.5


def sum_over_choices(net, layer):
    sums = [name for name, each in net.layers.items() if isinstance(each, Add)]
    total = 0.0
    for ways in product((0, 1), repeat=len(sums)):
        one = with_layers(net, dict(zip(sums, map(OneWayAdd, ways), strict=True)))
        y, tape = one.forward(PIXEL[np.newaxis])
        total += one[:layer].deconv(y, tape).item()
    return total


def test_all_choices_add_up_to_the_whole_of_a_linear_network():
    net = chain_of_sums(3, 0.5, -0.25)
    assert sum_over_choices(net, "add3") == project_paths(net, PIXEL, "add3", 0).whole.pixels.item()


def test_where_a_rectifier_sees_what_comes_down_they_do_not_add_up():
    """Down from 1.5, the paths through the body of -0.5 are rectified away before they are summed."""
    net = chain_of_sums(2, -0.5, rectified=True)
    whole = project_paths(net, PIXEL, "relu2", 0).whole.pixels.item()
    assert whole == 1.5 * 0.5 * 3
    assert sum_over_choices(net, "relu2") == 1.5 * 1 * 3  # the negative half is missing


def test_up_nothing_changes_and_the_deeper_input_is_the_body():
    net = residual()
    image = np.random.default_rng(1).normal(size=net.input_shape)
    result = project_paths(net, image, "relu4", 2)
    bodies = with_layers(net, {"add1": OneWayAdd(0), "add2": OneWayAdd(0)})[:"relu4"]
    y, tape = bodies.forward(image[np.newaxis])
    start = np.zeros_like(y)
    place = (0, *result.whole.position[0], 2)
    start[place] = y[place]
    assert y[place] == result.whole.activation[0] > 0
    np.testing.assert_array_equal(bodies.deconv(start, tape)[0], result.bodies)
    assert not np.array_equal(result.bodies, result.shortcuts)


def test_the_drawing_tells_the_energy_of_each_kind_of_path():
    result = project_paths(chain_of_sums(3, 0.5), PIXEL, "add2", 0)
    titles = [ax.get_title().splitlines()[0] for ax in plot.paths(PIXEL, result)]
    assert titles == [
        "what the unit sees",
        "all paths, energy 100.00%",
        "shortcuts only, energy 2.78%",  # (1 / 6)^2
        "bodies only, energy 6.25%",  # (1.5 / 6)^2
    ]


def test_what_has_no_shortcut_is_refused():
    image = np.zeros(residual().input_shape)
    with pytest.raises(
        ValueError, match="project_paths: expected a layer that depends on an Add, got 'relu0'"
    ):
        project_paths(residual(), image, "relu0", 0)
    alike = Graph(
        {"a": conv(1), "b": conv(1), "add": Add()},
        inputs={"b": "input", "add": ("a", "b")},
        input_shape=(1, 1, 1),
        dtype=np.float64,
    )
    with pytest.raises(ValueError, match="one shortcut and one body of 'add', got inputs with 1, 1 layers"):
        project_paths(alike, PIXEL, "add", 0)
