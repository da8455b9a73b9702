"""Figure 5 of the paper: features of shifted, scaled and rotated images, against what is exact."""

import sys

import numpy as np
import pytest

from npdeconv.data import as_input, load_strokes
from npdeconv.layers import AvgPool2D, Conv2D, Dense, Flatten, GlobalAveragePool, ReLU, Sequential, Sigmoid
from npdeconv.models import deck_model4
from npdeconv.visualize import invariance, transform_image, usual_amounts
from tests.tiny import assert_same_bits, tiny_dataset, tiny_network

IMAGES = tiny_dataset(6).images
TRANSFORMS = {"shift": [-2, 0, 1.5], "scale": [1, 1.7, 0.6], "rotation": [0, 90, 33]}
FILLS = ("edge", "mean", "gray", "black")


def convolutions(rng, *, strides=(2, 3)):
    """Return convolutions alone, without padding."""
    layers = {
        f"conv{n}": Conv2D(1 if n == 0 else 4, 4, 3, stride=stride, rng=rng)
        for n, stride in enumerate(strides)
    }
    return Sequential(layers, name="convolutions")


@pytest.mark.parametrize("steps", [-2, -1, 1, 2])
@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_convolutions_commute_with_shifts_by_their_stride(steps, interpolation):
    rng = np.random.default_rng(0)
    chain, image = convolutions(rng), rng.random((61, 40, 1), dtype=np.float32)
    moved = transform_image(image, "shift", 6 * steps, interpolation=interpolation)
    one, other = chain(image[np.newaxis])[0], chain(moved[np.newaxis])[0]
    inside = slice(max(steps, 0), len(one) + min(steps, 0))
    np.testing.assert_array_equal(other[inside], np.roll(one, steps, axis=0)[inside])
    assert len(one[inside]) > 5
    off = transform_image(image, "shift", 6 * steps + 1, interpolation=interpolation)
    assert np.abs(chain(off[np.newaxis])[0][inside] - np.roll(one, steps, axis=0)[inside]).max() > 0.1


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_no_transform_and_quarter_turns_are_exact(interpolation, dtype):
    image = (np.random.default_rng(1).random((9, 9, 3)) * 255).astype(dtype)
    plain = as_input(image[np.newaxis], np.float64 if dtype == np.float64 else np.float32)[0]
    for fill in FILLS:
        more = {"fill": fill, "interpolation": interpolation}
        for transform, amount in {"shift": 0, "scale": 1, "rotation": -720}.items():
            np.testing.assert_array_equal(transform_image(image, transform, amount, **more), plain)
        for turns in range(-3, 4):
            turned = transform_image(image, "rotation", 90 * turns, **more)
            np.testing.assert_array_equal(turned, np.rot90(plain, turns))


def test_what_comes_in_is_the_fill():
    image = np.full((4, 4, 2), 0.25, np.float32)
    image[3, :, 1] = 0.75
    wanted = {"edge": [0.25, 0.25], "mean": [0.25, 0.375], "gray": [0.5, 0.5], "black": [0, 0]}
    for fill, color in wanted.items():
        down = transform_image(image, "shift", 3, fill=fill)
        np.testing.assert_array_equal(down[0], [color] * 4)
        np.testing.assert_array_equal(down[3], image[0])
    np.testing.assert_array_equal(
        transform_image(image, "shift", -3, fill="edge")[:, :, 1], np.full((4, 4), 0.75)
    )


def test_a_scaled_image_is_larger_and_read_between_its_pixels():
    ramp = np.arange(5, dtype=np.float32)[:, np.newaxis, np.newaxis] / 8
    found = transform_image(np.repeat(ramp, 5, axis=1), "scale", 2)[:, 2, 0]
    np.testing.assert_array_equal(found, [1 / 8, 1.5 / 8, 2 / 8, 2.5 / 8, 3 / 8])
    near = transform_image(np.repeat(ramp, 5, axis=1), "scale", 2, interpolation="nearest")[:, 2, 0]
    assert set(near.tolist()) <= set(ramp.ravel().tolist())


def test_a_point_symmetric_picture_comes_back_at_180_degrees():
    rng = np.random.default_rng(2)
    half = rng.random((28, 28, 1), dtype=np.float32)
    symmetric = (half + half[::-1, ::-1]) / 2
    images = np.stack([symmetric, half])
    network = deck_model4(rng=rng)
    result = invariance(network, images, ["relu1", "relu4"], transform="rotation", amounts=[0, 90, 180, 360])
    assert (result.distance[:, 0, [0, 2, 3]] == 0).all()
    assert (result.probability[0, [0, 2, 3]] == result.clean_probability[0]).all()
    assert (result.relative[:, 0, 1] > 0.1).all()
    assert (result.distance[:, 1, 1:3] > 0).all()
    assert (result.distance[:, 1, [0, 3]] == 0).all()


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("fill", FILLS)
def test_no_transform_is_exactly_no_distance(transform, fill):
    amounts = TRANSFORMS[transform]
    result = invariance(
        tiny_network(), IMAGES, ["relu1", "pool1", "logits"], transform=transform, amounts=amounts, fill=fill
    )
    nothing = np.isin(amounts, {"shift": 0, "scale": 1, "rotation": 0}[transform])
    assert (result.distance[..., nothing] == 0).all()
    assert (result.distance[..., ~nothing] > 0).all()
    assert (result.probability[:, nothing] == result.clean_probability[:, np.newaxis]).all()
    assert (result.transform, result.fill, result.interpolation) == (transform, fill, "linear")


def test_averaging_alone_is_invariant_to_quarter_turns():
    """Sums of eighths of small numbers are exact, in whatever order."""
    squares = np.random.default_rng(3).integers(0, 9, (4, 8, 8, 1)).astype(np.float32) / 8
    averages = Sequential({"pool": AvgPool2D(2), "mean": GlobalAveragePool()}, name="averages")
    amounts = [90, 180, 270, 45]
    result = invariance(averages, squares, ["pool", "mean"], transform="rotation", amounts=amounts)
    assert (result.distance[1, :, :3] == 0).all()
    assert (result.distance[1, :, 3] > 0).all()
    assert (result.distance[0] > 0).all()


def test_distances_are_those_of_the_plain_definition():
    network, amounts = tiny_network(), [1, -3, 2.5]
    result = invariance(network, IMAGES, ["relu2", "relu1"], amounts=amounts, fill="black")
    assert result.layers == ("relu2", "relu1")
    for place, layer in enumerate(result.layers):
        clean = network[:layer](as_input(IMAGES)).reshape(6, -1).astype(np.float64)
        pairs = [np.linalg.norm(clean[i] - clean[j]) for i in range(6) for j in range(i)]
        np.testing.assert_allclose(result.between[place], np.mean(pairs), rtol=1e-12)
        for a, amount in enumerate(amounts):
            moved = np.stack([transform_image(image, "shift", amount, fill="black") for image in IMAGES])
            features = network[:layer](moved).reshape(6, -1)
            wanted = np.linalg.norm(features - clean, axis=1)
            np.testing.assert_allclose(result.distance[place, :, a], wanted, rtol=1e-6)
            probability = network(moved)[np.arange(6), result.labels]
            np.testing.assert_array_equal(result.probability[:, a], probability)
    np.testing.assert_array_equal(result.labels, network(as_input(IMAGES)).argmax(axis=1))
    np.testing.assert_array_equal(
        result.relative, result.distance / result.between[:, np.newaxis, np.newaxis]
    )
    assert result.image_count == 6


def test_the_probability_is_of_the_true_class_where_labels_are_given():
    labels = np.array([0, 1, 2, 2, 1, 0])
    network = tiny_network(softmax=False)
    result = invariance(network, IMAGES, amounts=[0], labels=labels)
    logits = network(as_input(IMAGES))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(result.probability[:, 0], chances[np.arange(6), labels], rtol=1e-6)
    np.testing.assert_array_equal(result.labels, labels)
    assert result.layers == ("relu1", "relu2")


def test_yes_or_no_has_two_classes_and_maps_have_none():
    rng = np.random.default_rng(0)
    layers = {"flatten": Flatten(), "dense": Dense(64, 1, rng=rng), "sigmoid": Sigmoid()}
    result = invariance(
        Sequential(layers, input_shape=(8, 8, 1), name="yes"), IMAGES, ["dense"], amounts=[0, 1]
    )
    assert (result.probability >= 0.5)[:, 0].all()
    maps = Sequential({"conv": Conv2D(1, 2, 3, rng=rng), "relu": ReLU()}, name="maps")
    result = invariance(maps, IMAGES, amounts=[0, 1])
    assert result.layers == ("relu",)
    assert result.probability is result.labels is result.clean_probability is None
    assert "probability=None" in repr(result)


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_gives_the_same_bits(workers, monkeypatch):
    monkeypatch.setattr(sys.modules[invariance.__module__], "SHARD_PIXELS", 3 * 28**2)
    images = load_strokes(4, 0).images
    network = deck_model4(rng=np.random.default_rng(0))
    one, several = (invariance(network, images, transform="scale", workers=n)._asdict() for n in (1, workers))
    keys = ("distance", "relative", "between", "probability", "clean_probability", "labels")
    assert_same_bits({key: several[key] for key in keys}, {key: one[key] for key in keys})


def test_blank_images_do_not_move_unless_something_comes_in():
    blank = np.zeros((3, 8, 8, 1), np.uint8)
    for transform, amounts in TRANSFORMS.items():
        result = invariance(tiny_network(), blank, ["relu1"], transform=transform, amounts=amounts)
        assert not result.distance.any()
        assert not result.relative.any()
        assert not result.between.any()
    with pytest.raises(
        ValueError, match=r"^invariance: expected images that differ in layer 'relu1', got the same"
    ):
        invariance(tiny_network(), blank, ["relu1"], amounts=[3], fill="gray")


def test_the_usual_amounts_are_the_papers():
    np.testing.assert_array_equal(usual_amounts("shift", (224, 224, 3)), np.arange(-60, 61, 10))
    np.testing.assert_array_equal(
        usual_amounts("scale", (224, 224, 3)), [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8]
    )
    np.testing.assert_array_equal(usual_amounts("rotation", (224, 224, 3)), np.arange(0, 351, 10))
    for height in (8, 28, 32, 227, 300):
        shifts = usual_amounts("shift", (height, 10, 1))
        assert 0 in shifts
        assert abs(shifts.max() - 60 * height / 224) < 10 * height / 224 + 0.5


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"transform": "rotate"},
            ValueError,
            "transform must be one of shift, scale, rotation, got 'rotate'",
        ),
        ({"fill": "white"}, ValueError, "fill must be one of edge, mean, gray, black, got 'white'"),
        ({"interpolation": "cubic"}, ValueError, "interpolation must be one of linear, nearest, got 'cubic'"),
        ({"amounts": []}, ValueError, "expected at least one amount, all finite, got"),
        ({"amounts": [np.nan]}, ValueError, "expected at least one amount, all finite, got"),
        ({"amounts": "far"}, TypeError, "amounts must be numbers, got 'far'"),
        ({"amounts": [1, 0], "transform": "scale"}, ValueError, "expected a scale above 0, got 0"),
        ({"layers": []}, ValueError, "layers must have at least one name"),
        ({"labels": [0, 1]}, TypeError, "labels must be one integer for each of 6 images, got"),
        ({"labels": [0, 1, 2, 3, 0, 0]}, IndexError, "there are the classes 0 to 2, got 3"),
    ],
)
def test_what_does_not_fit_is_refused(settings, error, message):
    with pytest.raises(error, match=f"^invariance: {message}"):
        invariance(tiny_network(), IMAGES, **settings)


def test_single_images_unknown_layers_and_labels_without_classes_are_refused():
    with pytest.raises(ValueError, match=r"^invariance: expected at least two images, whose distance"):
        invariance(tiny_network(), IMAGES[:1])
    with pytest.raises(KeyError, match="no layer 'relu9'"):
        invariance(tiny_network(), IMAGES, ["relu9"])
    maps = Sequential({"conv": Conv2D(1, 2, 3, rng=np.random.default_rng(0))}, name="maps")
    with pytest.raises(
        ValueError, match=r"^invariance: expected no labels, since the network has no classes"
    ):
        invariance(maps, IMAGES, labels=[0] * 6)
    with pytest.raises(ValueError, match=r"^transform_image: expected a scale above 0, got -1"):
        transform_image(IMAGES[0], "scale", -1)
    with pytest.raises(ValueError, match=r"^usual_amounts: transform must be one of"):
        usual_amounts("turn", (8, 8, 1))
