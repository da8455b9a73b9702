"""Filters, feature maps and strongest projections, and their drawings."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.data import as_input
from npdeconv.layers import Conv2D, Dense, Flatten, ReLU, Sequential
from npdeconv.plot.montage import PAPER
from npdeconv.visualize import FeatureMaps, feature_maps, find_patches, find_strongest, first_filters
from tests.cases import small_network
from tests.tiny import tiny_dataset, tiny_network


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def conv(channels, filters, size):
    return Conv2D(channels, filters, size, rng=np.random.default_rng(0))


def test_filters_are_images_and_a_copy():
    net = Sequential({"relu": ReLU(), "conv1": conv(3, 7, (4, 5)), "conv2": conv(7, 2, 3)})
    filters = first_filters(net)
    assert filters.shape == (7, 4, 5, 3)
    for f, row, column, channel in [(0, 0, 0, 0), (6, 3, 4, 2), (2, 1, 4, 1)]:
        assert filters[f, row, column, channel] == net["conv1"].weight[row, column, channel, f]
    filters[...] = 0
    assert net["conv1"].weight.any()
    nested = Sequential({"block": Sequential({"conv": conv(3, 4, 2)}), "conv2": conv(4, 2, 3)})
    assert first_filters(nested).shape == (4, 2, 2, 3)


def test_networks_without_a_first_convolution_have_no_first_filters():
    dense = Dense(4, 2, rng=np.random.default_rng(0))
    with pytest.raises(
        ValueError, match="expected sums to start with a Conv2D, its first with weights is Dense"
    ):
        first_filters(Sequential({"flatten": Flatten(), "dense": dense}, name="sums"))
    with pytest.raises(ValueError, match="to start with a Conv2D, its first with weights is none"):
        first_filters(Sequential({"relu": ReLU()}))


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "relu2", "relu_dense1", "softmax"])
def test_feature_maps_are_those_of_the_forward_pass(layer):
    net = small_network(float)
    image = np.random.default_rng(2).integers(0, 256, (9, 11, 2), np.uint8)
    y = net[:layer](as_input(image[None], float))[0]
    result = feature_maps(net, image, layer)
    for m in range(y.shape[-1]):
        np.testing.assert_array_equal(result.maps[m], np.atleast_2d(y[..., m]))
        assert result.silent[m] == (not (y[..., m] > 0).any())


def test_a_map_without_activation_is_silent():
    net = tiny_network()
    net["conv1"].bias[2] = -100
    result = feature_maps(net, tiny_dataset(1).images[0], "relu1")
    assert result.silent.tolist() == [False, False, True, False]
    assert feature_maps(net, tiny_dataset(1).images[0], "conv1").silent[2]  # negative everywhere


def test_bad_requests():
    net, image = tiny_network(), tiny_dataset(1).images[0]
    with pytest.raises(KeyError, match="no layer 'relu9'"):
        feature_maps(net, image, "relu9")
    with pytest.raises(
        ValueError, match=re.escape("feature_maps: expected an image of shape (H, W, C), got")
    ):
        feature_maps(net, image[None], "relu1")


def tile(ax, row, column, height, width, gap):
    """One picture of a sheet."""
    sheet = np.asarray(ax.images[0].get_array())
    top, left = row * (height + gap), column * (width + gap)
    return sheet[top : top + height, left : left + width]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_of_filters_has_one_scale_around_mid_gray(channels):
    weights = np.zeros((8, 3, 3, channels))
    weights[0, 1, 1, 0], weights[5, 2, 0, 0] = 2, -1
    ax = plot.filters(weights, title="filters")
    assert ax.get_title() == "filters"
    first, sixth = tile(ax, 0, 0, 3, 3, 1), tile(ax, 1, 1, 3, 3, 1)  # 2 rows of 4
    assert np.ravel(first[1, 1])[0] == 1
    assert np.ravel(sixth[2, 0])[0] == 0.25
    assert np.ravel(first[0, 0])[0] == 0.5
    assert np.ravel(ax.images[0].get_array()[3, 3])[0] == PAPER
    assert not ax.lines
    assert [text.get_text() for text in ax.texts] == ["filter 0", "filter 4"]


def test_feature_maps_have_one_scale_from_zero_and_silent_ones_are_crossed_out():
    maps = np.zeros((3, 2, 2))
    maps[0, 0, 0], maps[2, 1, 1] = 4, 1
    ax = plot.feature_maps(FeatureMaps(maps, np.array([False, True, False])))
    np.testing.assert_array_equal(tile(ax, 0, 0, 2, 2, 1), [[1, 0], [0, 0]])
    assert len(ax.lines) == 2  # a cross
    assert ax.lines[0].get_xdata().tolist() == [2.5, 4.5]
    assert ax.lines[0].get_ydata().tolist() == [-0.5, 1.5]
    assert 0.5 in tile(ax, 0, 2, 2, 2, 1)  # the root of 1 of 4
    assert ax.get_title() == "one scale; brightness is the activation's square root"
    assert ax.texts[0].get_text() == "map 0"
    signed = plot.feature_maps(FeatureMaps(maps - 2, np.array([False, True, True])))
    assert tile(signed, 0, 0, 2, 2, 1)[0, 0] == 1  # 2 of at most 2
    assert tile(signed, 0, 1, 2, 2, 1)[0, 0] == 0
    assert not signed.get_title()
    nothing = plot.feature_maps(FeatureMaps(maps * 0, np.ones(3, bool)))
    assert not tile(nothing, 0, 0, 2, 2, 1).any()


def test_each_strongest_projection_is_cropped_and_has_its_own_scale():
    net, dataset = tiny_network(), tiny_dataset(30)
    net["conv1"].bias[2] = -100
    found = find_strongest(net, dataset.images, ["relu1"], k=1)["relu1"]
    patches = find_patches(net, dataset.images, "relu1", found=found)
    ax = plot.strongest_projections(patches, found, title="relu1")
    assert len(ax.lines) == 2
    for m, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        shown, pixels = tile(ax, row, column, 3, 3, 1), patches.projections[m, 0, :, :, 0]
        if m == 2:
            assert (shown == 0.5).all()
        else:
            np.testing.assert_allclose(shown, 0.5 + pixels / (2 * np.abs(pixels).max()), atol=1e-6)


def test_a_very_wide_sheet_is_drawn_from_means_of_blocks():
    maps = np.zeros((64, 601, 601))
    maps[0, :3, :3] = 1
    maps[63, 0, 0] = 4
    ax = plot.feature_maps(FeatureMaps(maps, np.zeros(64, bool)))
    (sheet,) = ax.images
    assert 1500 <= sheet.get_array().shape[1] < 2000  # eight maps of 200 pixels, and gaps
    corner = tile(ax, 0, 0, 200, 200, 16)
    assert np.ravel(corner[0, 0])[0] == pytest.approx(0.5)  # the root of 1 of 4
    assert corner.sum() == pytest.approx(0.5 * corner.size / (200 * 200))
