"""The verdict beside a picture: its numbers by single steps, and its sentences for planted pictures."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from npdeconv.data import load_strokes
from npdeconv.experiments import Verdict, judge_class_maps, judge_projections, judging, randomize
from npdeconv.layers import (
    Add,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    Graph,
    MaxPool2D,
    ReLU,
    Scale,
    Sequential,
    Sigmoid,
)
from npdeconv.models import cam_net
from npdeconv.visualize import class_activation_maps, compare_starts, project
from npdeconv.visualize.projection import Box
from tests.cases import small_network

NOISE = np.random.default_rng(2).integers(0, 256, (4, 9, 11, 2), np.uint8)


def rng():
    return np.random.default_rng(0)


def dense(images, bias=0.0):
    """A unit for each of eight images that reads nothing but this image, without pooling."""
    layers = {"flatten": Flatten(), "dense": Dense(256, 8, rng=rng(), dtype=np.float64)}
    net = Sequential(layers, input_shape=(16, 16, 1))
    net["dense"].weight[...] = (images.reshape(8, 256) / 255 - 0.5).T
    net["dense"].bias[...] = bias
    return net


def noise_pictures(side=16):
    return np.random.default_rng(4).integers(0, 256, (8, side, side, 1), np.uint8)


def test_a_picture_of_the_units_own():
    images = noise_pictures()
    verdict = judge_projections(dense(images, bias=9.0), images, "dense", np.arange(8), rng=rng())
    assert verdict.fired.all()
    assert np.abs([verdict.to_random, verdict.randomized]).max() < 0.3
    for n in range(8):
        assert verdict.sentence(n).endswith(": this picture is the unit's own")


def test_a_copy_of_the_image_says_little_about_the_unit():
    net = Sequential(
        {"pool": MaxPool2D(2), "flatten": Flatten(), "dense": Dense(16, 6, rng=rng(), dtype=np.float64)},
        input_shape=(8, 8, 1),
    )
    net["dense"].weight[...] = 1
    verdict = judge_projections(net, noise_pictures(8), "dense", 2, rng=rng())
    np.testing.assert_allclose(verdict.to_random, 1)
    assert verdict.sentence(0).startswith("correlation 1.00 with what random values in the other maps draw")
    assert verdict.sentence(0).endswith(
        ": nearly the same picture comes without this unit, so it says little about it"
    )


def test_a_silent_unit_is_not_judged():
    images = noise_pictures()
    verdict = judge_projections(dense(images, bias=-99.0), images, "dense", 2, rng=rng())
    assert verdict.silent.all()
    assert not verdict.fired.any()
    assert verdict.sentence(0) == "silent: there is no picture to judge"
    assert verdict.numbers(0) == verdict.median() == "no picture to judge"


@pytest.mark.parametrize(
    ("to_random", "randomized", "says"),
    [
        (0.7, 0.0, "nearly the same picture"),
        (0.0, -0.7, "nearly the same picture"),  # inverted is as alike
        (0.69, 0.1, "part of this picture"),
        (0.1, 0.3, "part of this picture"),
        (0.29, -0.29, "this picture is the unit's own"),
    ],
)
def test_the_larger_number_decides(to_random, randomized, says):
    found = (np.array([value]) for value in (False, to_random, randomized, True))
    assert f": {says}" in Verdict("conv1", *found).sentence(0)


@pytest.mark.parametrize("rule", ["deconv", "gradient"])
def test_the_numbers_are_those_of_single_steps(rule):
    net = small_network(np.float64)
    maps = net[:"relu2"](NOISE / 255)
    m = int((maps.max(axis=(1, 2)) > 0).sum(axis=0).argmax())
    verdict = judge_projections(net, NOISE, "relu2", m, rule=rule, rng=rng())
    starts = compare_starts(net, NOISE, "relu2", m, rules=[rule], draws=1, rng=rng())
    np.testing.assert_array_equal(verdict.to_random, starts.to_random[0, :, 0])
    compared = 0
    for n in np.flatnonzero(~verdict.silent):
        for stream in rng().spawn(8):  # the same streams for every image
            other = randomize(net, ["conv2"], rng=stream)
            place = tuple(starts.unit.position[n].tolist())
            there = project(other, NOISE[n : n + 1], "relu2", m, select=place, rule=rule)
            if not there.silent[0] and there.pixels.any():
                box = Box(*np.maximum(starts.unit.box[n], 0).tolist())
                cut = np.s_[box.top : box.bottom, box.left : box.right]
                expected = spearmanr(starts.pixels[0, n][cut].ravel(), there.pixels[0][cut].ravel()).statistic
                assert verdict.randomized[n] == pytest.approx(expected, abs=1e-12)
                compared += 1
                break
    assert compared == verdict.fired.sum() > 0


def test_a_layer_without_weights_of_its_own_gets_one_number():
    parts = {"conv1": Conv2D(1, 3, 3, padding="same", rng=rng()), "relu1": ReLU(), "add": Add()}
    net = Graph(parts, inputs={"add": ("conv1", "relu1")}, input_shape=(8, 8, 1), name="merged")
    verdict = judge_projections(net, noise_pictures(8), "add", 1, rng=rng())
    assert verdict.layer == ""
    assert not verdict.fired.any()
    assert "random weights" not in verdict.sentence(0) + verdict.numbers(0)
    assert not verdict.silent[0]


def test_class_maps_against_other_classes_and_random_weights():
    net, images = cam_net(input_shape=(28, 28, 1), rng=rng()), load_strokes(3).images
    maps = class_activation_maps(net, images, k=2)
    verdicts = judge_class_maps(net, images, labels=maps.labels, rng=rng())
    source = rng()
    own = verdicts[0].layer
    after = class_activation_maps(randomize(net, [own], rng=source), images, labels=maps.labels).maps
    every = class_activation_maps(net, images, labels=list(range(10))).maps
    values = np.abs(source.standard_normal((3, 2, 10)))
    for n, k in np.ndindex(3, 2):
        others = [m for m in range(10) if m != maps.labels[n, k]]
        drawn = sum(values[n, k, m] * every[n, m] for m in others)
        expected = np.corrcoef(drawn.ravel(), maps.maps[n, k].ravel())[0, 1]
        assert verdicts[n].to_random[k] == pytest.approx(expected, abs=1e-5)
        ranks = spearmanr(after[n, k].ravel(), maps.maps[n, k].ravel()).statistic
        assert verdicts[n].randomized[k] == pytest.approx(ranks, abs=1e-9)


def test_a_verdict_is_kept_and_found_again(tmp_path, monkeypatch):
    net, settings = small_network(np.float64), {"rng": rng(), "folder": tmp_path}
    first = judge_projections(net, NOISE, "relu2", 1, **settings)
    plain = judge_projections(net, NOISE, "relu2", 1, rng=rng())
    monkeypatch.setattr(judging, "compare_starts", None)
    again = judge_projections(net, NOISE, "relu2", 1, **settings | {"rng": rng()})
    assert again.layer == first.layer == "conv2"
    for found, kept, judged in zip(again[1:], first[1:], plain[1:], strict=True):
        assert found.dtype == judged.dtype
        np.testing.assert_array_equal(found, judged)
        np.testing.assert_array_equal(kept, judged)


@pytest.mark.parametrize(
    "changed",
    [
        {"images": NOISE[::-1]},
        {"layer": "conv2"},
        {"feature_map": 2},
        {"select": "map"},
        {"rule": "gradient"},
        {"rng": np.random.default_rng(1)},
        {"rng": "spawned"},
        {"network": "trained"},
    ],
    ids=str,
)
def test_other_weights_images_and_settings_are_judged_anew(changed, tmp_path):
    asked = {"network": small_network(np.float64), "images": NOISE, "layer": "relu2", "feature_map": 1}
    judge_projections(**asked, rng=rng(), folder=tmp_path)
    if changed == {"network": "trained"}:
        changed = {"network": small_network(np.float64)}
        changed["network"]["conv2"].bias[0] += 1e-9
    if changed == {"rng": "spawned"}:  # draws the same, but its children are others
        changed = {"rng": rng()}
        changed["rng"].spawn(1)
    assert len(list(tmp_path.iterdir())) == 1
    found = judge_projections(**asked | {"rng": rng()} | changed, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    if "rng" not in changed:  # it has moved on
        judged = judge_projections(**asked | {"rng": rng()} | changed)
        np.testing.assert_array_equal(found.to_random, judged.to_random)


def test_verdicts_of_class_maps_are_kept_and_found_again(tmp_path, monkeypatch):
    net, images = cam_net(input_shape=(28, 28, 1), rng=rng()), load_strokes(3).images
    labels = class_activation_maps(net, images, k=2).labels
    first = judge_class_maps(net, images, labels=labels, rng=rng(), folder=tmp_path)
    judge_class_maps(net, images, labels=labels[:, ::-1], rng=rng(), folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(judging, "class_activation_maps", None)
    again = judge_class_maps(net, images, labels=labels, rng=rng(), folder=tmp_path)
    for n in range(3):
        assert again[n].layer == first[n].layer
        for found, judged in zip(again[n][1:], first[n][1:], strict=True):
            np.testing.assert_array_equal(found, judged)


def test_bad_requests():
    with pytest.raises(TypeError, match=r"judge_projections: .*Generator"):
        judge_projections(small_network(np.float32), NOISE, "relu2", 0, rng=0)
    net, images = cam_net(input_shape=(28, 28, 1), rng=rng()), load_strokes(1).images
    with pytest.raises(TypeError, match=r"judge_class_maps: .*Generator"):
        judge_class_maps(net, images, labels=np.array([[0]]), rng=0)


def test_a_normalization_above_the_weights_becomes_new_with_them():
    """Folded into the convolution it would, as a bias; its own would silence all random weights."""
    net = Sequential({"conv": Conv2D(1, 6, 3, rng=rng()), "scale": Scale(6), "relu": ReLU()})
    net["conv"].weight[...] *= 100
    net["scale"].bias[...] = -5
    verdict = judge_projections(net, noise_pictures(), "relu", 2, rng=rng())
    assert verdict.layer == "conv"
    assert not verdict.silent.any()
    assert verdict.fired.all()


def test_class_maps_of_a_yes_or_no_network_are_judged():
    net = Sequential(
        {
            "conv": Conv2D(1, 6, 3, rng=rng()),
            "relu": ReLU(),
            "pool": GlobalAveragePool(),
            "logit": Dense(6, 1, rng=rng()),
            "answer": Sigmoid(),
        },
        input_shape=(16, 16, 1),
    )
    (verdict,) = judge_class_maps(net, noise_pictures()[:1], labels=np.array([[1, 0]]), rng=rng())
    assert verdict.layer == "logit"
    np.testing.assert_allclose(verdict.to_random, -1, atol=1e-6)  # the other class's map is the negative
