"""What makes a projection look embossed, beaded, or like a crystal: planted causes, switched off."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import models, plot, weights
from npdeconv.data import load_mnist
from npdeconv.layers import Conv2D, MaxPool2D, ReLU, Sequential
from npdeconv.visualize import compare_textures, project
from npdeconv.visualize.textures import _beads, _lattice, _relief

KEPT, EVEN, SPREAD, SHUFFLED = range(4)


def network(weight, *, pooled: bool) -> Sequential:
    """Build one filter, and above it a pooling and a unit that fires everywhere because of its bias."""
    conv = Conv2D(1, 1, 3, padding="same", rng=np.random.default_rng(0), dtype=float)
    conv.weight[..., 0, 0], conv.bias[...] = weight, 0
    layers = {"conv1": conv, "relu1": ReLU()}
    if pooled:
        always = Conv2D(1, 1, 1, rng=np.random.default_rng(0), dtype=float)
        always.weight[...], always.bias[...] = 1, 0.1
        layers |= {"pool1": MaxPool2D(2), "conv2": always, "relu2": ReLU()}
    return Sequential(layers, input_shape=(16, 16, 1))


def spots(seed=0):
    """Two images of bright single pixels on black, none so near the edge that a filter leaves the image."""
    images = np.zeros((2, 16, 16, 1), np.uint8)
    images[:, 2:-2, 2:-2] = 255 * (np.random.default_rng(seed).random((2, 12, 12, 1)) > 0.9)
    return images


def compared(net, layer, images=None):
    images = spots() if images is None else images
    return compare_textures(net, images, layer, 0, rng=np.random.default_rng(1))


def test_an_odd_filter_embosses_and_an_even_one_does_not():
    odd = np.array([[0, 0, 0], [-1, 0, 1], [0, 0, 0]], float)
    result = compared(network(odd, pooled=False), "relu1")
    assert result.relief[KEPT].min() > 0.9
    assert result.relief[EVEN].tolist() == [0, 0]
    assert not result.pixels[EVEN].any()  # nothing is left of an odd filter
    even = compared(network(np.abs(odd), pooled=False), "relu1")
    np.testing.assert_array_equal(even.pixels[EVEN], even.pixels[KEPT])
    np.testing.assert_allclose(even.relief, 0, atol=1e-12)
    mixed = compared(network(odd + 0.5 * np.abs(odd), pooled=False), "relu1")
    assert (mixed.relief[KEPT] > 0.3).all()
    np.testing.assert_allclose(mixed.relief[EVEN], 0, atol=1e-12)


def test_ties_of_silent_windows_make_a_lattice_and_random_switches_none():
    net = network(np.eye(3)[1][:, np.newaxis] * np.eye(3)[1], pooled=True)  # the filter copies the image
    blank = np.zeros((1, 16, 16, 1), np.uint8)
    result = compared(net, "relu2", blank)
    assert result.period == 2
    expected = np.zeros((16, 16))
    expected[::2, ::2] = 0.1  # the first place of every window
    np.testing.assert_allclose(result.pixels[KEPT, 0, ..., 0], expected)
    assert result.lattice[KEPT, 0] == pytest.approx(1)
    assert result.lattice[SHUFFLED, 0] < 0.1
    cells = result.pixels[SHUFFLED, 0, ..., 0].reshape(8, 2, 8, 2)
    np.testing.assert_allclose(cells.sum(axis=(1, 3)), 0.1)  # one place of each window
    np.testing.assert_allclose(result.pixels[SPREAD], 0.1 / 4)
    assert result.lattice[SPREAD, 0] == pytest.approx(0, abs=1e-12)


def test_windows_that_fired_keep_their_switches():
    net = network(np.eye(3)[1][:, np.newaxis] * np.eye(3)[1], pooled=True)
    full = np.random.default_rng(0).integers(1, 256, (1, 16, 16, 1), dtype=np.uint8)  # no window is silent
    result = compared(net, "relu2", full)
    np.testing.assert_array_equal(result.pixels[SHUFFLED], result.pixels[KEPT])
    np.testing.assert_array_equal(result.pixels[KEPT], project(net, full, "relu2", 0, select="map").pixels)
    assert result.beads[KEPT, 0] > result.beads[SPREAD, 0] + 0.2


def test_measures_by_hand():
    stripes = np.tile([1.0, 0.0], (8, 4))
    assert _lattice(stripes, 2) == 1
    assert _lattice(stripes, 1) == 0
    assert _lattice(np.zeros((8, 8)), 2) == 0
    assert _beads(stripes, 2) == pytest.approx(1)
    wide = np.tile([1.0, 1.0, 0.0, 0.0], (8, 2))
    assert _beads(wide, 2) == pytest.approx(0)  # just what a grid of two pixels carries
    dot = np.zeros((9, 9))
    dot[4, 4] = 1
    assert _relief(dot, dot, 2) == pytest.approx(0, abs=1e-12)
    embossed = np.roll(dot, 1, 1) - np.roll(dot, -1, 1)
    assert _relief(embossed, dot, 2) == pytest.approx(1)
    assert _relief(np.roll(dot, 1, 1), dot, 2) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"feature_map": 1}, IndexError, "compare_textures: layer 'relu1' has the maps 0 to 0, got 1"),
        ({"feature_map": 0.5}, TypeError, "compare_textures: feature_map must be an integer"),
        ({"rng": 3}, TypeError, "compare_textures: rng must be a numpy.random.Generator, got 3"),
        ({"select": "half"}, ValueError, "compare_textures: select must be"),
    ],
)
def test_what_does_not_exist_is_refused(changes, error, message):
    settings = {"feature_map": 0, "rng": np.random.default_rng(0)} | changes
    with pytest.raises(error, match=re.escape(message)):
        compare_textures(network(np.ones((3, 3)), pooled=False), spots(), "relu1", **settings)


def test_the_figure_names_the_ways_and_the_measures():
    result = compared(network(np.ones((3, 3)), pooled=True), "relu2")
    axes = plot.textures(spots(), result)
    titles = [ax.get_title() for ax in axes[0]]
    assert [title.splitlines()[0] for title in titles[1:]] == list(result.names)
    assert f"lattice {result.lattice[KEPT, 0]:.3f}" in titles[1]
    plt.close("all")


@pytest.mark.parametrize(
    ("layer", "feature_map", "measure", "switched_off", "least", "most"),
    [
        ("relu2", 7, "relief", EVEN, 0.4, 0.001),
        ("pool1", 7, "beads", SPREAD, 0.45, 0.25),
        ("relu3", 10, "lattice", SHUFFLED, 0.09, 0.01),
    ],
)
def test_the_decks_question_marks(layer, feature_map, measure, switched_off, least, most, real_data):
    """Each look of the published network has its one cause: docs/question_marks.md."""
    net = models.deck_model3(rng=np.random.default_rng(0))
    weights.load_keras(net, real_data / "deck" / "model3" / "weights.h5")
    images = load_mnist("test").images[:20]
    result = compare_textures(net, images, layer, feature_map, rng=np.random.default_rng(0))
    means = getattr(result, measure).mean(axis=1)
    assert means[KEPT] > least
    assert means[switched_off] < most
