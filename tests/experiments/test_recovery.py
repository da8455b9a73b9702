"""What Nie, Zhang & Patel proved for random networks shows in ours, by numbers that single steps give."""

import re
import sys

import numpy as np
import pytest

from npdeconv.anatomy.maps import descent_start
from npdeconv.data import as_input, load_strokes
from npdeconv.experiments import recovery
from npdeconv.experiments.recovery import nie_network
from npdeconv.layers import MaxPool2D
from npdeconv.visualize import flip_class

experiment = sys.modules["npdeconv.experiments.recovery"]  # the function has its name
DIGITS, TEST = load_strokes(8, seed=0), load_strokes(5, seed=1)


@pytest.fixture(scope="module")
def result():
    return recovery(DIGITS, TEST, seeds=[0, 1], epochs=1)


def scores(result, architecture, rule, compared="image", weights="random"):
    """The mean correlation over images, for each seed."""
    a, w = result.architectures.index(architecture), result.weights.index(weights)
    r, c = result.rules.index(rule), result.compared.index(compared)
    return result.correlation[:, a, w, r, c].mean(axis=-1)


def test_of_random_networks_guided_pictures_are_the_image(result):
    assert (scores(result, "no pooling", "guided") > 0.7).all()
    assert (scores(result, "no pooling", "guided", "other class") > 0.8).all()


def test_a_random_deconvnet_draws_the_image_only_through_switches(result):
    assert (scores(result, "max pooling", "deconv") > 0.3).all()
    assert (np.abs(scores(result, "no pooling", "deconv")) < 0.15).all()


def test_gradients_of_random_networks_are_noise_and_dense_networks_recover_little(result):
    for architecture in result.architectures:
        assert (np.abs(scores(result, architecture, "gradient")) < 0.2).all()
    assert (scores(result, "dense", "guided") < 0.5).all()


def test_the_numbers_are_those_of_single_steps(result):
    network = nie_network("max pooling", (28, 28, 1), 10, np.random.default_rng(1))
    flips = flip_class(network, TEST.images)
    np.testing.assert_array_equal(result.flipped[1, 0, 0], flips.flipped)
    np.testing.assert_array_equal(result.size[1, 0, 0], flips.size)

    def drawn(images, labels):
        logits, tape = network.forward(as_input(images))
        return network.descend(descent_start(logits, labels, values=1), tape, "deconv")

    logits = network(as_input(TEST.images))
    second = np.argsort(-logits, axis=1)[:, 1]
    own = drawn(TEST.images, flips.labels)
    others = TEST.images, drawn(TEST.images, second), drawn(flips.images, flips.flipped_labels)
    for c, pictures in enumerate(others):
        expected = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(own, pictures, strict=True)]
        np.testing.assert_allclose(result.correlation[1, 0, 0, 1, c], expected, atol=1e-5)
    assert not result.blank.any()


def test_architectures():
    shape, rng = (28, 28, 1), np.random.default_rng(0)
    pooled, plain, dense = (
        nie_network(name, shape, 10, rng) for name in ("max pooling", "no pooling", "dense")
    )
    assert sum(isinstance(layer, MaxPool2D) for layer in pooled.layers.values()) == 2
    assert [name for name in pooled.layers if "pool" not in name] == list(plain.layers)
    assert not any("conv" in name for name in dense.layers)


def test_bad_requests():
    with pytest.raises(ValueError, match="recovery: architectures must be"):
        recovery(DIGITS, TEST, architectures=["sparse"])
    with pytest.raises(ValueError, match="recovery: architectures must have at least one name, got none"):
        recovery(DIGITS, TEST, architectures=[])
    with pytest.raises(ValueError, match="recovery: rules must have at least one name, got none"):
        recovery(DIGITS, TEST, rules=[])
    with pytest.raises(ValueError, match="recovery: rules must be"):
        recovery(DIGITS, TEST, rules=["best"])
    with pytest.raises(ValueError, match="recovery: expected at least one seed"):
        recovery(DIGITS, TEST, seeds=[])
    with pytest.raises(
        ValueError, match=re.escape("recovery: expected test images of shape (28, 28, 1), got")
    ):
        recovery(DIGITS, TEST[:0])


def test_a_finished_seed_is_not_computed_again(tmp_path, monkeypatch):
    few = {"architectures": ["dense"], "rules": ["guided"], "epochs": 1, "folder": tmp_path}
    first = recovery(DIGITS, TEST, seeds=[0], **few)
    seen = []
    measure = experiment._measure_both
    monkeypatch.setattr(experiment, "_measure_both", lambda *given: seen.append(given[4]) or measure(*given))
    both = recovery(DIGITS, TEST, seeds=[0, 1], **few)
    assert seen == [1]
    for name in ("accuracy", "flipped", "size", "correlation", "blank"):
        np.testing.assert_array_equal(getattr(both, name)[0], getattr(first, name)[0])
    assert (both.correlation[0] != both.correlation[1]).any()
    recovery(DIGITS[:7], TEST, seeds=[0], **few)
    assert seen == [1, 0]  # other images are another experiment
