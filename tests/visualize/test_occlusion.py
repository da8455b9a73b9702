"""Occlusion sensitivity: a planted truth, a brute-force oracle, and the deck's black square."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npdeconv import inference, models, visualize, weights
from npdeconv.cli import main
from npdeconv.data import load_mnist
from npdeconv.fast.cone import Cone
from npdeconv.layers import Conv2D, Dense, Flatten, ReLU, Sequential, Sigmoid, Softmax
from npdeconv.visualize import Box, occlude, occlude_box, occluder_grid, project
from npdeconv.visualize.agreement import energy_under, rank_agreement
from npdeconv.visualize.occluder import occlude_plainly
from npdeconv.visualize.occlusion import SHARD_SIZE
from tests.cases import small_network

CORNER = np.array([[1, 1, 1], [1, -1, -1], [1, -1, -1]], float)
FILLS = ["gray", "mean", "black", "blur"]


def corner_classifier(threshold: float) -> Sequential:
    """Answers "corner" (class 1) if map 1, a detector of the corner of a frame, has a sum above 5."""
    conv = Conv2D(1, 2, 3, rng=np.random.default_rng(0), dtype=float)
    conv.weight[..., 0, 0], conv.weight[..., 0, 1] = 0, CORNER
    conv.bias[...] = -1, -threshold  # map 0 never fires
    logits = Dense(10 * 10 * 2, 2, rng=np.random.default_rng(0), dtype=float)
    logits.weight[:, 0], logits.weight[:, 1] = 0, np.tile([0, 1], 100)
    logits.bias[...] = 5, 0
    layers = {"conv1": conv, "relu1": ReLU(), "flatten": Flatten(), "logits": logits, "softmax": Softmax()}
    return Sequential(layers, input_shape=(12, 12, 1))


def planted(top: int, left: int) -> np.ndarray:
    """An image (12, 12, 1) with one bright corner on black."""
    image = np.zeros((12, 12, 1), np.uint8)
    image[top : top + 3, left : left + 3, 0] = 255 * (CORNER > 0)
    return image


def images_and_network():
    return np.random.default_rng(4).integers(0, 256, (3, 9, 11, 2), np.uint8), small_network(float)


def test_the_class_may_be_named():
    network = corner_classifier(0)
    network.classes = ("plain", "corner")
    named, numbered = (
        occlude(network, planted(4, 7), "relu1", label=label, size=3) for label in ("Corner", 1)
    )
    assert named.label == 1
    np.testing.assert_array_equal(named.probability, numbered.probability)
    with pytest.raises(KeyError, match=r"occlude: no class 'cornr' \(did you mean 'corner'\?\); the classes"):
        occlude(network, planted(4, 7), "relu1", label="cornr")


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize(("top", "left"), [(0, 0), (4, 7), (9, 1)])
def test_the_minimum_sits_on_the_planted_patch(top, left, fill):
    result = occlude(corner_classifier(0), planted(top, left), "relu1", label=1, size=3, fill=fill)
    for values in (result.activity, result.probability):
        assert np.argwhere(values == values.min()).tolist() == [[top, left]]
    assert result.worst == Box(top, top + 3, left, left + 3)
    assert (result.label, result.feature_map, result.clean_most_likely) == (1, 1, 1)
    np.testing.assert_allclose(result.probability, 1 / (1 + np.exp(5 - result.activity)))
    np.testing.assert_array_equal(result.most_likely, result.activity > 5)
    assert result.clean_probability == pytest.approx(1 / (1 + np.exp(5 - result.clean_activity)))


def test_the_projection_predicts_the_planted_drop():
    """A black occluder on black: the drop depends only on the hidden pixels of the corner."""
    result = occlude(corner_classifier(3), planted(4, 5), "relu1", label=1, size=3, fill="black")
    left = np.array([[(occlude_at(4, 5, r, c) > 0).sum() for c in range(10)] for r in range(10)])
    np.testing.assert_allclose(result.activity, np.maximum(left - 3, 0), atol=1e-12)
    assert result.clean_activity == pytest.approx(5 - 3)
    # The projection is the filter, times the activation: nine pixels of 2 or -2.
    assert result.energy[4, 5] == pytest.approx(9 * 2**2) == result.energy.max()
    assert not any(result.energy[r, c] for r, c in np.ndindex(10, 10) if abs(r - 4) > 2 or abs(c - 5) > 2)
    assert 0.9 < result.agreement < 1
    nothing = occlude(corner_classifier(3), planted(4, 5) * 0, "relu1", label=1, size=3, fill="black")
    assert not nothing.activity.any()
    assert nothing.agreement == 0


def occlude_at(top, left, row, column):
    image = planted(top, left)
    image[row : row + 3, column : column + 3] = 0
    return image


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "relu2", "dense1", "relu_dense1", "softmax"])
@pytest.mark.parametrize("fill", FILLS)
def test_maps_equal_occlusion_at_one_position_after_the_other(layer, fill):
    images, net = images_and_network()
    image = images[1]
    result = occlude(net, image, layer, label=2, size=(3, 4), stride=(2, 3), fill=fill)
    assert (result.rows.tolist(), result.columns.tolist()) == ([0, 2, 4, 6], [0, 3, 6, 7])
    head = net[:layer]
    clean = head(image[np.newaxis] / 255).reshape(-1, head.output_shape(image.shape)[-1])
    assert clean[:, result.feature_map].max() == clean.max()
    boxes = [Box(row, row + 3, column, column + 4) for row in result.rows for column in result.columns]
    probability, activity = occlude_plainly(
        net, image, layer, result.feature_map, label=2, boxes=boxes, fill=fill
    )
    np.testing.assert_allclose(result.probability.ravel(), probability, rtol=1e-6)
    np.testing.assert_allclose(result.activity.ravel(), activity, rtol=1e-6, atol=1e-12)
    for box, most_likely, energy in zip(boxes, result.most_likely.flat, result.energy.flat, strict=True):
        assert most_likely == inference.predict(net, occlude_box(image, box, fill)[np.newaxis]).argmax()
        under = result.projection[box.top : box.bottom, box.left : box.right]
        assert energy == pytest.approx((under**2).sum(), abs=1e-12)
    expected = project(net, image[np.newaxis], layer, result.feature_map, select="map").pixels[0]
    np.testing.assert_array_equal(result.projection, expected)
    assert result.clean_probability == pytest.approx(inference.predict(net, image[np.newaxis])[0, 2])


def test_a_chosen_map_one_position_and_logits_without_softmax():
    images, net = images_and_network()
    everywhere = occlude(net, images[0], "relu2", label=1, size=4, feature_map=3)
    assert everywhere.feature_map == 3
    one = occlude(net[:"logits"], images[0], "relu2", label=1, size=4, feature_map=3, corner=(5, 2))
    assert (one.rows.tolist(), one.columns.tolist(), one.worst) == ([5], [2], Box(5, 9, 2, 6))
    assert one.probability[0, 0] == pytest.approx(everywhere.probability[5, 2])
    assert one.activity[0, 0] == pytest.approx(everywhere.activity[5, 2])
    assert one.agreement == 0  # one position has no order


def test_probabilities_of_a_network_that_ends_in_sigmoid_are_its_own():
    images, net = images_and_network()
    net = Sequential({**net[:"logits"].layers, "end": Sigmoid()}, input_shape=net.input_shape)
    result = occlude(net, images[0], "relu2", 3, label=1, size=4, corner=(5, 2))
    box = [Box(5, 9, 2, 6)]
    probability, _ = occlude_plainly(net, images[0], "relu2", 3, label=1, boxes=box, fill="gray")
    np.testing.assert_allclose(result.probability.ravel(), probability, rtol=1e-6)
    assert result.clean_probability == pytest.approx(inference.predict(net, images[:1])[0, 1])


def test_log_odds_tell_places_apart_where_the_probability_is_flat():
    network = corner_classifier(0)
    network["logits"].weight[:, 1] *= 40  # so confident that every probability is 1
    network["logits"].bias[0] = -500
    result = occlude(network, planted(4, 7), "relu1", 1, label=1, size=3, fill="black")
    assert (result.probability == 1).all()
    assert result.worst == Box(4, 7, 7, 10)
    logits = network[:"logits"]
    for row, column in ((4, 7), (0, 0), (5, 6)):
        hidden = occlude_box(planted(4, 7), Box(row, row + 3, column, column + 3), "black")
        plain, corner = logits(hidden[np.newaxis] / 255)[0]
        assert result.log_odds[row, column] == pytest.approx(corner - plain)


def test_log_odds_are_those_of_the_probabilities():
    images, network = images_and_network()
    result = occlude(network, images[0], "conv1", 0, label=2, size=3)
    odds = np.log(result.probability / (1 - result.probability))
    np.testing.assert_allclose(result.log_odds, odds, rtol=1e-6)
    assert result.clean_log_odds == pytest.approx(
        np.log(result.clean_probability / (1 - result.clean_probability))
    )


def test_one_output_that_is_no_probability_has_activity_alone():
    images, net = images_and_network()
    last = Dense(net["logits"].weight.shape[0], 1, rng=np.random.default_rng(0))
    layers = {name: layer for name, layer in net.layers.items() if name not in ("logits", "softmax")}
    one = Sequential({**layers, "logits": last}, input_shape=net.input_shape)
    result = occlude(one, images[0], "relu2", 3, label=0, size=4)
    expected = occlude(net, images[0], "relu2", 3, label=0, size=4)
    np.testing.assert_array_equal(result.activity, expected.activity)
    assert (result.probability == 1).all()
    assert np.isfinite(result.log_odds).all()


def test_any_number_of_workers_gives_the_same_bits_and_the_image_is_unchanged():
    images, net = images_and_network()
    image = images[2]
    image.flags.writeable = False
    one, two = (occlude(net, image, "relu1", label=0, size=2, workers=workers) for workers in (1, 2))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)


def test_positions_are_computed_in_shards(monkeypatch):
    images, net = images_and_network()
    counts = []
    ascend = Cone.ascend

    def counting(cone, boxes, corners):
        counts.append(len(boxes))
        return ascend(cone, boxes, corners)

    monkeypatch.setattr(Cone, "ascend", counting)
    assert occlude(net, images[0], "relu1", label=0, size=2, workers=1).probability.size == 80
    assert counts == [1, *[SHARD_SIZE] * 5]
    del counts[:]
    large = np.zeros((129, 131, 1), np.uint8)
    logits = Dense(129 * 131, 2, rng=np.random.default_rng(0))
    chain = Sequential({"flatten": Flatten(), "logits": logits})
    occlude(chain, large, "flatten", label=0, size=128, stride=1, feature_map=0, workers=1)
    assert counts == [1] * (1 + 2 * 4)  # cones nearly as large as the image, each alone


def test_floats_have_the_same_occluder_as_pixels():
    images, net = images_and_network()
    pixels = occlude(net, images[0], "relu1", label=0, size=3, fill="black")
    floats = occlude(net, images[0] / 255, "relu1", label=0, size=3, fill="black")
    for left, right in zip(pixels, floats, strict=True):
        np.testing.assert_array_equal(left, right)


def test_fills():
    image = np.zeros((6, 6, 2), np.uint8)
    image[:3, :, 0], image[:, :2, 1] = 200, 90
    box = Box(1, 5, 0, 4)
    inside = np.s_[1:5, 0:4]
    for fill, shown in {"gray": (128, 128), "black": (0, 0), "mean": (100, 30)}.items():
        result = occlude_box(image, box, fill)
        assert (result[inside] == shown).all(), fill
        outside = np.ones((6, 6), bool)
        outside[inside] = False
        np.testing.assert_array_equal(result[outside], image[outside])
        assert result.dtype == np.uint8
    assert (occlude_box(image / 255, box)[inside] == 0.5).all()
    assert (occlude_box(np.full((9, 9, 3), 77, np.uint8), box, "blur") == 77).all()
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 64, 1), np.uint8)
    blurred = occlude_box(noise, Box(0, 64, 0, 64), "blur").astype(float)
    assert blurred.std() < noise.std() / 20  # sigma is 16 pixels
    assert blurred.mean() == pytest.approx(noise.mean(), abs=2)
    split = np.stack([noise[..., 0], np.zeros((64, 64), np.uint8)], axis=-1)
    assert not occlude_box(split, Box(0, 64, 0, 64), "blur")[..., 1].any()  # colors do not mix


def test_the_default_occluder_is_not_the_background_of_mnist():
    black = np.zeros((28, 28, 1), np.uint8)
    assert (occlude_box(black, Box(0, 8, 0, 8)) != black).sum() == 64


def test_positions_are_counted():
    assert occluder_grid((28, 28, 1), 8).total == 441
    assert occluder_grid((28, 28, 1)).size == (8, 8)
    assert occluder_grid((300, 300, 3), 50, 1).total == 63001
    assert occluder_grid((300, 300, 3)).total == 23**2
    assert occluder_grid((28, 28, 1), 28).total == 1
    assert occluder_grid((1, 5, 1)).size == (1, 1)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 9))
def test_positions_are_all_that_lie_inside(length, width, size, stride):
    size = min(size, length)
    found = occluder_grid((length, width, 1), (size, 1), stride)
    inside = [r for r in range(0, length, stride) if r + size <= length]
    assert found.rows.tolist() == sorted({*inside, length - size})
    assert found.columns.tolist() == sorted({*range(0, width, stride), width - 1})


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.data())
def test_every_pixel_is_hidden_at_least_once(height, width, size, data):
    size = min(size, height, width)
    stride = data.draw(st.integers(1, size))
    found = occluder_grid((height, width, 1), size, stride)
    hidden = np.zeros((height, width), bool)
    for row in found.rows:
        for column in found.columns:
            hidden[row : row + size, column : column + size] = True
    assert hidden.all()


def test_an_object_in_the_last_column_is_found_though_the_stride_does_not_divide():
    result = occlude(corner_classifier(0), planted(9, 9), "relu1", label=1, size=3, stride=5, fill="black")
    assert result.rows.tolist() == result.columns.tolist() == [0, 5, 9]
    assert result.worst == Box(9, 12, 9, 12)


def test_energy_is_summed_over_windows_and_colors():
    projection = np.random.default_rng(0).normal(size=(7, 9, 3)).astype(np.float32)
    projection[:4, :5] = 0
    grid = occluder_grid(projection.shape, (2, 3), (2, 1))
    energy = energy_under(projection, grid)
    assert energy.shape == (4, 7)
    for p, q in np.ndindex(energy.shape):
        top = [0, 2, 4, 5][p]
        window = projection[top : top + 2, q : q + 3].astype(float)
        assert energy[p, q] == pytest.approx((window**2).sum())
    assert energy[0, 0] == 0
    assert (energy >= 0).all()


def test_rank_agreement_by_hand():
    energy = np.array([[0.0, 1, 2, 50]])
    assert rank_agreement(energy, np.array([[9.0, 8, 7, 1]]), 9.0) == pytest.approx(1)
    assert rank_agreement(energy, np.array([[1.0, 2, 7, 9]]), 9.0) == pytest.approx(-1)
    # Ranks 1 2 3 4 against 2 1 3 4: 1 - 6 (1 + 1) / (4 (16 - 1)).
    assert rank_agreement(energy, np.array([[8.0, 9, 7, 1]]), 9.0) == pytest.approx(0.8)
    # Half of the places are tied on both sides: rounding must not give them an order.
    noisy = np.array([[9 + 1e-7, 9 - 1e-7, 5, 1]])
    assert rank_agreement(np.array([[0.0, 0, 1, 2]]), noisy, 9.0) == pytest.approx(1)
    assert rank_agreement(energy * 0, noisy, 9.0) == 0
    assert rank_agreement(energy, noisy * 0 + 9, 9.0) == 0
    assert rank_agreement(energy[:, :2], np.array([[1.0, 2]]), 0.0) == pytest.approx(
        -1
    )  # a silent map woke up


def test_bad_requests():
    images, net = images_and_network()
    image = images[0]
    with pytest.raises(KeyError, match="no layer 'relu7'"):
        occlude(net, image, "relu7", label=0)
    with pytest.raises(IndexError, match="label must be from 0 to 3, got 4"):
        occlude(net, image, "relu1", label=4)
    with pytest.raises(TypeError, match=r"label must be an integer, got 1\.0"):
        occlude(net, image, "relu1", label=1.0)
    with pytest.raises(IndexError, match="feature_map of layer 'relu1' must be from 0 to 3, got -1"):
        occlude(net, image, "relu1", label=0, feature_map=-1)
    with pytest.raises(ValueError, match="an occluder of 10x10 does not fit into an image of 9x11"):
        occlude(net, image, "relu1", label=0, size=10)
    with pytest.raises(
        ValueError, match=re.escape("inside the image of 9x11, got rows 7 to 9, columns 0 to 2")
    ):
        occlude(net, image, "relu1", label=0, size=3, corner=(7, 0))
    with pytest.raises(
        TypeError, match=re.escape("corner must be two integers (row, column), got (1, 2, 3)")
    ):
        occlude(net, image, "relu1", label=0, corner=(1, 2, 3))
    with pytest.raises(
        TypeError, match=re.escape("occlude: corner must be two integers (row, column), got 3")
    ):
        occlude(net, image, "relu1", label=0, corner=3)
    with pytest.raises(TypeError, match=re.escape("(top, bottom, left, right), got (0, 2, 1, 4)")):
        occlude_box(image, (0, 2, 1, 4))
    with pytest.raises(ValueError, match="stride must be at least 1, got 0"):
        occlude(net, image, "relu1", label=0, stride=0)
    with pytest.raises(ValueError, match="fill must be one of gray, mean, black, blur, got 'white'"):
        occlude(net, image, "relu1", label=0, fill="white")
    with pytest.raises(ValueError, match=re.escape("expected an image of shape (H, W, C), got an array of")):
        occlude(net, images, "relu1", label=0)
    with pytest.raises(ValueError, match=re.escape("expects an image of shape (9, 11, 2), got (11, 9, 2)")):
        occlude(net, image.swapaxes(0, 1), "relu1", label=0)
    with pytest.raises(TypeError, match="expected uint8 or floating pixels, got int64"):
        occlude_box(image.astype(np.int64), Box(0, 1, 0, 1))
    with pytest.raises(
        ValueError, match=re.escape("expected one output per class, Sequential has (3, 2, 5)")
    ):
        occlude(net[:"relu2"], image, "relu1", label=0)
    with pytest.raises(ValueError, match="got NaN or infinity"):
        occlude(net, np.full((9, 11, 2), np.nan), "relu1", label=0)


def test_the_decks_black_square(real_data):
    network = models.deck_model3(rng=np.random.default_rng(0))
    weights.load_keras(network, real_data / "deck" / "model3" / "weights.h5")
    image = load_mnist("test").images[33]
    square = occlude_box(image, Box(8, 22, 8, 22), "black")
    assert inference.predict(network, square[np.newaxis])[0, 7] == pytest.approx(0.99614, abs=1e-5)
    result = occlude(network, image, "relu3", label=4, size=14, fill="black")
    assert result.most_likely[8, 8] == 7
    assert result.probability[8, 8] == pytest.approx(3.8626e-3, rel=1e-3)  # their log's, for class 4
    assert result.clean_probability == pytest.approx(1)
    assert result.agreement > 0.5


def test_the_command(tmp_path, capsys):
    files = tmp_path / "out"
    network = models.deck_model2(rng=np.random.default_rng(0))
    weights.save(network, tmp_path / "weights.npz")
    command = ["occlude", "deck_model2", "--weights", str(tmp_path / "weights.npz"), "--data", "strokes"]
    command += ["--layer", "relu1", "--out", str(files)]
    assert main([*command, "--image", "3", "--size", "8", "10", "--stride", "9", "--fill", "blur"]) == 0
    printed = capsys.readouterr().out
    assert "places of the blur occluder of 8x10 pixels: 12\n" in printed
    (arrays,) = files.glob("relu1_map*_image3_blur_8x10_stride9.npz")
    assert arrays.with_suffix(".png").is_file()
    with np.load(arrays) as stored:
        assert set(stored) == set(visualize.Occlusion._fields)
        assert stored["probability"].shape == (4, 3)
        assert f"rank correlation of {stored['agreement']:.2f}" in printed
    assert main([*command, "--image", "2000"]) == 2
    assert "--image: strokes has the images 0 to 1999, got 2000" in capsys.readouterr().err
    assert main([*command, "--size", "29"]) == 2
    assert "an occluder of 29x29 does not fit into an image of 28x28" in capsys.readouterr().err
