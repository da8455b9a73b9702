"""Projections from pieces of images, against those from the images; and lists of the strongest."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv import models
from npdeconv._checks import kernel_input
from npdeconv.kernels import ranking, reference
from npdeconv.layers import Flatten, ReLU, Sequential
from npdeconv.visualize import find_patches, find_strongest, project
from npdeconv.visualize.crops import crops_for
from npdeconv.visualize.projection import lone_units
from tests.chains import Mirror, chains


@settings(deadline=None, max_examples=200)
@given(chains(), st.sampled_from(["deconv", "gradient", "guided", "linear"]), st.data())
def test_a_piece_is_enough_for_its_unit(chain, rule, data):
    height, width, maps = chain.output_shape(chain.input_shape)
    place = st.tuples(st.integers(0, height - 1), st.integers(0, width - 1), st.integers(0, maps - 1))
    units = np.array(data.draw(st.lists(place, min_size=1, max_size=4)))
    x = np.random.default_rng(3).normal(size=(len(units), *chain.input_shape))
    y, tape = chain.forward(x)
    expected = chain.descend(lone_units(y, units[:, 2], units[:, :2]), tape, rule)
    crops = crops_for(chain, chain.input_shape, units[:, :2])
    windows = [
        np.s_[top : top + crops.size[0], left : left + crops.size[1]] for top, left in crops.corners.tolist()
    ]
    pieces = np.stack([image[window] for image, window in zip(x, windows, strict=True)])
    assert pieces.shape == (len(units), *crops.size, chain.input_shape[2])
    part, tape = chain.forward(pieces)
    unit = np.s_[np.arange(len(units)), units[:, 0], units[:, 1], units[:, 2]]
    same = np.s_[np.arange(len(units)), crops.positions[:, 0], crops.positions[:, 1], units[:, 2]]
    np.testing.assert_allclose(part[same], y[unit], atol=1e-12 * np.abs(y).max())
    projected = chain.descend(lone_units(part, units[:, 2], crops.positions), tape, rule)
    pasted = np.zeros_like(expected)
    for canvas, window, pixels in zip(pasted, windows, projected, strict=True):
        canvas[window] = pixels
    np.testing.assert_allclose(pasted, expected, atol=1e-12 * max(np.abs(expected).max(), 1))


def test_sizes_of_pieces():
    net = models.deck_model3(rng=np.random.default_rng(0))
    corner = np.array([[0, 0]])
    # Of the sides of the receptive fields 3, 5, 6, 10, 14, 16, 24 and 32. A piece begins two pixels
    # before the field of a unit of pool2, where four fall on one, and leaves out multiples of four.
    sides = {"relu1": 3, "relu2": 5, "pool1": 6, "relu3": 10, "relu4": 14, "pool2": 20, "relu5": 28}
    for layer, side in sides.items():
        assert crops_for(net[:layer], (28, 28, 1), corner).size == (side, side), layer
    assert crops_for(net[:"logits"], (28, 28, 1), corner).size == (28, 28)
    crops = crops_for(net[:"pool2"], (28, 28, 1), np.array([[0, 6], [3, 2]]))
    assert crops.corners.tolist() == [[0, 8], [4, 0]]
    assert crops.positions.tolist() == [[0, 4], [2, 2]]


def test_layers_of_unknown_kinds_are_given_whole_images():
    odd = Sequential({"relu": ReLU(), "own": Mirror()})
    crops = crops_for(odd, (9, 7, 1), np.array([[2, 3]]))
    assert (crops.size, crops.corners.tolist(), crops.positions.tolist()) == ((9, 7), [[0, 0]], [[2, 3]])


@pytest.mark.parametrize("layer", ["relu1", "relu2", "pool1", "relu4", "pool2", "relu5", "relu_dense1"])
def test_patches_show_what_project_does(layer):
    rng = np.random.default_rng(6)
    net, images = models.deck_model3(rng=rng), rng.integers(0, 256, (20, 28, 28, 1), np.uint8)
    found = find_strongest(net, images, [layer], k=2)[layer]
    patches = find_patches(net, images, found, layer)
    for m in range(0, len(found.images), 7):
        for rank, number in enumerate(found.images[m]):
            if number < 0:
                assert not patches.inside[m, rank].any()
                continue
            chosen = images[number][np.newaxis]
            result = project(net, chosen, layer, m, select=tuple(found.positions[m, rank].tolist()))
            assert result.activation[0] == pytest.approx(found.activations[m, rank], rel=1e-4)
            inside = patches.inside[m, rank]
            top, bottom, left, right = result.box[0].clip(0, 28)
            assert inside.sum() == (bottom - top) * (right - left)
            scale = np.abs(result.pixels).max()
            cropped = result.pixels[0, top:bottom, left:right]
            np.testing.assert_allclose(
                patches.projections[m, rank][inside], cropped.reshape(-1, 1), atol=1e-4 * scale
            )
            np.testing.assert_array_equal(
                patches.images[m, rank][inside], chosen[0, top:bottom, left:right].reshape(-1, 1)
            )


def test_rules_are_checked_before_the_work():
    net = Sequential({"relu": ReLU(), "flatten": Flatten()})
    images = np.ones((1, 2, 2, 1), np.uint8)
    found = find_strongest(net, images, ["relu"])["relu"]
    with pytest.raises(ValueError, match=r"^find_patches: rule must be one of deconv, .*, got 'relu'$"):
        find_patches(net, images, found, "relu", rule="relu")


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(1, 4), st.integers(1, 5), st.integers(0, 99), st.integers(1, 5))
def test_ranking(count, kinds, k, seed, step):
    """Values from few, so that many are equal; inserted in pieces."""
    rng = np.random.default_rng(seed)
    values = rng.choice([0.0, 1, 2, 3, np.nan, -np.inf], (count, kinds))
    places = rng.integers(0, 100, (count, kinds))
    best, numbers, where = np.full((kinds, k), -np.inf), np.full((kinds, k), -1), np.full((kinds, k), -1)
    for first in range(0, count, step):
        part = slice(first, first + step)
        ranking.insert(kernel_input(values[part]), kernel_input(places[part]), first, best, numbers, where)
    expected = reference.strongest(values, places, k)
    for got, wanted in zip((best, numbers, where), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
