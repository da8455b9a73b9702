"""The strongest units of all layers: planted truths, the growth of boxes, and the drawings."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import models, plot
from npdeconv.anatomy import map_layers
from npdeconv.data import as_input
from npdeconv.layers import Conv2D, MaxPool2D, ReLU, Sequential
from npdeconv.plot.images import in_box
from npdeconv.visualize import project, project_layers
from tests.cases import small_network


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def spot_finder() -> Sequential:
    """Detects a bright pixel, then one below another, then this pair two columns further right."""
    rng = np.random.default_rng(0)
    convs = [Conv2D(channels, 2, 3, padding="same", rng=rng, dtype=float) for channels in (1, 2, 2)]
    for conv in convs:
        conv.weight[...] = 0
    convs[0].weight[1, 1, 0, 1] = 1  # map 1: the pixel
    convs[1].weight[(0, 2), 1, 1, 0] = 1  # map 0: above and below
    convs[2].weight[1, 2, 0, 1] = 2  # map 1: what is to the right
    names = ("1", "2", "3")
    layers = {}
    for name, conv in zip(names, convs, strict=True):
        layers |= {f"conv{name}": conv, f"relu{name}": ReLU()}
    return Sequential(layers, input_shape=(12, 10, 1))


def test_each_layer_finds_its_planted_pattern():
    image = np.zeros((12, 10, 1), np.uint8)
    image[3, 4] = image[5, 4] = 255
    result = project_layers(spot_finder(), image)
    assert result.layers == ("relu1", "relu2", "relu3")
    assert result.feature_maps.tolist() == [1, 0, 1]
    assert result.projection.position.tolist() == [[3, 4], [4, 4], [4, 3]]
    assert result.projection.activation.tolist() == [1, 2, 4]
    assert result.projection.box.tolist() == [[2, 5, 3, 6], [2, 7, 2, 7], [1, 8, 0, 7]]
    expected = np.zeros((3, 12, 10, 1))
    expected[0, 3, 4] = 1  # the first of two equal ones
    expected[1, (3, 5), 4] = 2
    expected[2, (3, 5), 4] = 8
    np.testing.assert_array_equal(result.projection.pixels, expected)


@pytest.mark.parametrize("name", ["deck_model2", "deck_model3", "deck_model4"])
def test_boxes_grow_with_depth(name):
    net = models.build(name, rng=np.random.default_rng(0))
    image = np.random.default_rng(1).integers(0, 256, (28, 28, 1), np.uint8)
    layers = [layer for layer, shape in net.output_shapes((28, 28, 1)) if len(shape) == 3]
    top, bottom, left, right = project_layers(net, image, layers).projection.box.T
    for sides in (bottom - top, right - left):
        assert (np.diff(sides) >= 0).all()
        assert sides[-1] > sides[0]
    rectified = project_layers(net, image)
    heights = rectified.projection.box[:, 1] - rectified.projection.box[:, 0]
    assert (np.diff(heights) > 0).all()


@pytest.mark.parametrize("layer", ["conv1", "relu2", "pool1", "relu_dense1", "logits"])
@pytest.mark.parametrize("rule", ["deconv", "guided"])
def test_units_are_the_strongest_of_a_sort_with_the_projections_of_project(layer, rule):
    net = small_network(float)
    image = np.random.default_rng(2).integers(0, 256, (9, 11, 2), np.uint8)
    y = net[:layer](as_input(image[None], float))[0]
    largest = y.reshape(-1, y.shape[-1]).max(axis=0)
    order = sorted(range(len(largest)), key=lambda m: -largest[m])[:3]
    result = project_layers(net, image, [layer], k=3, rule=rule)
    assert result.layers == (layer,) * 3
    assert result.feature_maps.tolist() == order
    np.testing.assert_allclose(result.projection.activation, largest[order])
    for n, m in enumerate(order):
        alone = project(net, image[None], layer, m, rule=rule)
        np.testing.assert_allclose(result.projection.pixels[n], alone.pixels[0], atol=1e-12)
        np.testing.assert_array_equal(result.projection.box[n], alone.box[0])


def test_layers_keep_their_order_and_may_have_fewer_maps_than_k():
    net = small_network(float)
    image = np.random.default_rng(2).integers(0, 256, (9, 11, 2), np.uint8)
    result = project_layers(net, image, ["relu2", "relu1"], k=5)
    assert result.layers == ("relu2",) * 5 + ("relu1",) * 4
    assert sorted(result.feature_maps[5:].tolist()) == [0, 1, 2, 3]


def test_maps_worth_looking_at():
    assert map_layers(small_network(float), (9, 11, 2)) == ("relu1", "relu2")  # and no dense layer
    rng = np.random.default_rng(0)
    bare = Sequential({"conv": Conv2D(1, 2, 3, rng=rng), "pool": MaxPool2D(2)})
    assert map_layers(bare, (6, 6, 1)) == ("conv", "pool")
    nested = Sequential({"block1": Sequential({"conv": Conv2D(1, 2, 3, rng=rng), "relu": ReLU()})})
    assert map_layers(nested, (6, 6, 1)) == ("block1",)
    image = np.full((6, 6, 1), 99, np.uint8)
    assert project_layers(nested, image).layers == ("block1",)


def test_bad_requests():
    net, image = small_network(float), np.zeros((9, 11, 2), np.uint8)
    with pytest.raises(ValueError, match=re.escape("expected an image of shape (H, W, C), got an array of")):
        project_layers(net, image[None])
    with pytest.raises(ValueError, match="project_layers: expected at least one layer"):
        project_layers(net, image, [])
    with pytest.raises(ValueError, match="project_layers: k must be at least 1, got 0"):
        project_layers(net, image, k=0)
    with pytest.raises(KeyError, match="no layer 'relu9'"):
        project_layers(net, image, ["relu9"])
    with pytest.raises(ValueError, match="expected 2 input channels, got 1"):
        project_layers(net, image[..., :1])


def test_drawings_show_boxes_projections_and_silence():
    image = np.zeros((12, 10, 1), np.uint8)
    image[3, 4] = image[5, 4] = 255
    result = project_layers(spot_finder(), image)
    axes = plot.layers(image, result)
    assert axes.shape == (2, 3)
    assert [ax.get_title() for ax in axes[0]] == ["relu1\nmap 1", "relu2\nmap 0", "relu3\nmap 1"]
    assert [ax.get_title() for ax in axes[1]] == [
        "activation 1\n3x3 pixels, enlarged\nprojection ±1",
        "activation 2\n5x5 pixels, enlarged\nprojection ±2",
        "activation 4\n{}x{} pixels, enlarged\nprojection ±8".format(*axes[1, 2].images[0].get_array().shape),
    ]
    outline = axes[0, 1].patches[1]
    assert (*outline.get_xy(), outline.get_width(), outline.get_height()) == (1.5, 1.5, 5, 5)
    for n, (top, bottom, left, right) in enumerate(result.projection.box):
        shown = axes[1, n].images[0].get_array()
        pixels = result.projection.pixels[n, top:bottom, left:right, 0]
        np.testing.assert_array_equal(shown, 0.5 + pixels / (2 * pixels.max()))  # each on its own scale
    blank = project_layers(spot_finder(), image * 0, ["relu3"], k=2)
    axes = plot.layers(image, blank)
    assert [ax.get_title() for ax in axes[1]] == ["silent", "silent"]
    assert not axes[0, 0].patches
    assert (axes[1, 0].images[0].get_array() == 0.5).all()


def test_all_columns_have_one_frame_and_titles_at_one_height():
    image = np.zeros((12, 10, 1), np.uint8)
    image[3, 4] = image[5, 4] = 255
    result = project_layers(spot_finder(), image)
    boxes = np.array([[1, 4, 2, 5], [-3, 2, 1, 6], [4, 14, 5, 15]])
    axes = plot.layers(image, result._replace(projection=result.projection._replace(box=boxes)))
    for ax in axes[0]:
        assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 14.5), (13.5, -3.5))
    assert [ax.get_title().split("\n")[1].split()[0] for ax in axes[1]] == ["3x3", "2x5", "8x5"]
    axes[0, 0].figure.canvas.draw()
    for row in axes:
        assert np.ptp([ax.title.get_window_extent().y0 for ax in row]) < 1
    whole = result.projection._replace(box=boxes * 0 + [-1, 13, -1, 11])
    axes = plot.layers(image, result._replace(projection=whole))
    assert axes[1, 0].get_title() == "activation 1\nwhole image\nprojection ±1"


def test_crops_stay_in_the_image():
    pixels = np.arange(20.0).reshape(4, 5, 1)
    np.testing.assert_array_equal(in_box(pixels, np.array([-2, 2, 3, 9])), pixels[:2, 3:])
    np.testing.assert_array_equal(in_box(pixels, np.array([-1, 5, -1, 6])), pixels)
    np.testing.assert_array_equal(in_box(pixels, np.array([-3, 0, 1, 3])), pixels)  # padding only
