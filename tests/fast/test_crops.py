"""Projections from pieces of images, against those from whole images, and lists of the strongest."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

from npdeconv import models
from npdeconv._checks import kernel_input
from npdeconv._types import Box
from npdeconv.anatomy.maps import descent_start
from npdeconv.fast import ranking, reference
from npdeconv.fast.cone import is_local
from npdeconv.fast.crops import crops_for
from npdeconv.layers import Conv2D, Flatten, ReLU, Sequential
from npdeconv.visualize import find_patches, find_strongest, project
from tests.chains import Mirror, chains


@settings(deadline=None, max_examples=200)
@given(chains(), st.sampled_from(["deconv", "gradient", "guided", "linear"]), st.data())
def test_a_piece_is_enough_for_its_unit(chain, rule, data):
    height, width, maps = chain.output_shape(chain.input_shape)
    place = st.tuples(st.integers(0, height - 1), st.integers(0, width - 1), st.integers(0, maps - 1))
    units = np.array(data.draw(st.lists(place, min_size=1, max_size=4)))
    x = np.random.default_rng(3).normal(size=(len(units), *chain.input_shape))
    y, tape = chain.forward(x)
    expected = chain.descend(descent_start(y, units[:, 2], units[:, :2]), tape, rule)
    crops = crops_for(chain, chain.input_shape, units[:, :2])
    pasted = np.zeros_like(expected)
    for some in crops.of_one_size(300):
        assert (crops.sizes[some] == crops.sizes[some[0]]).all()
        pieces = crops.cut_out(x, np.arange(len(units)), some)
        part, tape = chain.forward(pieces)
        within, maps = crops.positions[some], units[some, 2]
        activations = y[some, units[some, 0], units[some, 1], maps]
        got = part[np.arange(len(some)), within[:, 0], within[:, 1], maps]
        np.testing.assert_array_equal(got, activations)
        projected = chain.descend(descent_start(part, maps, within), tape, rule)
        for n, pixels in zip(some, projected, strict=True):
            (top, left), (height, width) = crops.corners[n], crops.sizes[n]
            pasted[n, top : top + height, left : left + width] = pixels
    np.testing.assert_array_equal(pasted, expected)


def test_a_unit_that_sees_only_padding_gets_the_whole_image():
    layers = {
        "conv1": Conv2D(1, 3, (1, 2), rng=np.random.default_rng(0)),
        "conv2": Conv2D(3, 3, 1, padding=((0, 0), (1, 0)), rng=np.random.default_rng(0)),
    }
    crops = crops_for(Sequential(layers), (4, 5, 1), np.array([[2, 0], [2, 1]]))
    assert crops.sizes.tolist() == [[4, 5], [1, 2]]
    assert crops.positions.tolist() == [[2, 0], [0, 1]]


def test_patches_of_units_that_see_only_padding_are_empty():
    layer = Conv2D(1, 1, 1, padding=((2, 0), (0, 0)), rng=np.random.default_rng(0))
    layer.weight[:], layer.bias[:] = -1, 1
    net, images = Sequential({"conv": layer}), np.ones((1, 3, 3, 1), np.float32)
    found = find_strongest(net, images, ["conv"])["conv"]
    patches = find_patches(net, images, "conv", found=found)
    assert found.positions[0, 0].tolist() == [0, 0]
    assert not patches.inside.any()
    assert not patches.projections.any()


@settings(deadline=None, max_examples=100)
@given(chains(), st.sampled_from([1e30, np.nan, -np.inf]), st.data())
def test_nothing_outside_its_box_changes_a_unit_or_its_projection(chain, intruder, data):
    # A gradient may change: at a normalization it is 0 times what went up, and 0 times NaN is NaN.
    assume(all(map(is_local, chain.layers.values())))
    height, width, maps = chain.output_shape(chain.input_shape)
    place = st.tuples(st.integers(0, height - 1), st.integers(0, width - 1), st.integers(0, maps - 1))
    p, q, m = data.draw(place)
    x = np.random.default_rng(3).normal(size=(1, *chain.input_shape))
    box = chain.receptive_field(Box(p, p + 1, q, q + 1), chain.input_shape)
    seen = np.s_[:, max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)]
    other = np.full_like(x, intruder)
    other[seen] = x[seen]
    units = np.array([m]), np.array([[p, q]])
    outcomes = []
    for images in (x, other):
        with np.errstate(all="ignore"):
            y, tape = chain.forward(images)
            pixels = chain.deconv(descent_start(y, *units), tape)
        outcomes.append((y[0, p, q, m], pixels[seen]))
    for expected, got in zip(*outcomes, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_sizes_of_pieces():
    net = models.deck_model3(rng=np.random.default_rng(0))

    def sides(layer, row):
        crops = crops_for(net[:layer], (28, 28, 1), np.array([[row, row]]))
        (height, width), (top, left), (own_row, own_column) = (
            crops.sizes[0],
            crops.corners[0],
            crops.positions[0],
        )
        assert (height, top, own_row) == (width, left, own_column)
        return height, top, own_row

    # The receptive fields have sides of 3, 5, 6, 10, 14, 16, 24 and 32 pixels, less what is beyond the edge.
    middle = {"relu1": (14, 3), "relu2": (14, 5), "pool1": (7, 6), "relu3": (7, 10), "relu4": (7, 14)}
    for layer, (row, side) in middle.items():
        assert sides(layer, row)[0] == side
    assert sides("relu2", 0) == (3, 0, 0)
    assert sides("relu2", 27) == (3, 25, 2)
    # Four pixels fall on one unit of pool2: its pieces begin and end at multiples of four from the edges.
    assert [sides("pool2", row) for row in (0, 1, 3, 6)] == [(12, 0, 0), (16, 0, 1), (20, 4, 2), (12, 16, 2)]
    assert sides("relu6", 3) == (*sides("logits", 0)[:2], 3) == (28, 0, 3)
    assert sides("relu6", 6) == (20, 8, 4)


def test_batches_of_pieces_have_one_size_and_a_bound():
    positions = np.array([[0, 0], [5, 5], [0, 0], [4, 4], [0, 1]])
    net = models.deck_model3(rng=np.random.default_rng(0))
    crops = crops_for(net[:"relu1"], (28, 28, 1), positions)
    assert [part.tolist() for part in crops.of_one_size(20)] == [[0, 2], [4], [1, 3]]
    assert [part.tolist() for part in crops.of_one_size(1)] == [[0], [2], [4], [1], [3]]


def test_layers_of_unknown_kinds_get_whole_images():
    odd = Sequential({"relu": ReLU(), "own": Mirror()})
    crops = crops_for(odd, (9, 7, 1), np.array([[2, 3]]))
    assert [array.tolist() for array in crops] == [[[0, 0]], [[9, 7]], [[2, 3]]]


@pytest.mark.parametrize(
    "layer", ["relu1", "relu2", "pool1", "relu4", "pool2", "relu5", "relu6", "relu_dense1"]
)
def test_patches_show_what_project_does(layer):
    rng = np.random.default_rng(6)
    net, images = models.deck_model3(rng=rng), rng.integers(0, 256, (20, 28, 28, 1), np.uint8)
    found = find_strongest(net, images, [layer], k=2)[layer]
    patches = find_patches(net, images, layer, found=found)
    for m in range(0, len(found.image_indices), 7):
        for rank, number in enumerate(found.image_indices[m]):
            if number < 0:
                assert not patches.inside[m, rank].any()
                continue
            chosen = images[number][np.newaxis]
            result = project(net, chosen, layer, m)
            assert result.position[0].tolist() == found.positions[m, rank].tolist()
            assert result.activation[0] == found.activations[m, rank]
            inside = patches.inside[m, rank]
            top, bottom, left, right = result.box[0].clip(0, 28)
            if inside.shape == (28, 28):
                top, bottom, left, right = 0, 28, 0, 28  # a patch as large as the image is the image
            assert inside.sum() == (bottom - top) * (right - left)
            expected = result.pixels[0, top:bottom, left:right]
            got = patches.projections[m, rank][inside].reshape(expected.shape)
            np.testing.assert_array_equal(got, expected)
            shown = patches.pixels[m, rank][inside].reshape(expected.shape)
            np.testing.assert_array_equal(shown, chosen[0, top:bottom, left:right])


def test_rules_are_checked_before_the_work():
    net = Sequential({"relu": ReLU(), "flatten": Flatten()})
    images = np.ones((1, 2, 2, 1), np.uint8)
    found = find_strongest(net, images, ["relu"])["relu"]
    with pytest.raises(ValueError, match=r"^find_patches: rule must be one of deconv, .*, got 'relu'$"):
        find_patches(net, images, "relu", found=found, rule="relu")


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(1, 4), st.integers(1, 5), st.integers(0, 99), st.integers(1, 5))
def test_ranking(count, kinds, k, seed, step):
    """Many equal values, inserted in pieces."""
    rng = np.random.default_rng(seed)
    values = rng.choice([0.0, 1, 2, 3, np.nan, -np.inf], (count, kinds))
    places = rng.integers(0, 100, (count, kinds))
    best, numbers, where = np.full((kinds, k), -np.inf), np.full((kinds, k), -1), np.full((kinds, k), -1)
    for first in range(0, count, step):
        part = slice(first, first + step)
        own = (values[part], places[part], np.arange(count)[part])
        ranking.insert(*map(kernel_input, own), best, numbers, where)
    expected = reference.strongest(values, places, k)
    for got, wanted in zip((best, numbers, where), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
