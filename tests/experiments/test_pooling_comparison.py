"""Average against max pooling on small data: each measurement agrees with its name."""

import numpy as np
import pytest

from npdeconv.data import load_strokes, plant
from npdeconv.experiments import compare_poolings
from npdeconv.experiments.pooling_comparison import MAPS, SHARES, _measure, _train
from npdeconv.models import cam_inception, cam_net, cam_residual, plotka
from npdeconv.training import evaluate
from npdeconv.visualize import class_activation_maps, energy_inside, object_boxes, overlap

SMALL = {"warm_up": 1, "epochs": 1, "examples": 2, "progress": False}


@pytest.fixture(scope="module")
def small():
    return compare_poolings(load_strokes(64), load_strokes(30, 1), seeds=(3, 4), **SMALL)


def test_every_seed_pooling_and_kind_of_map_is_measured(small):
    result, examples = small
    assert (result.pools, result.map_kinds, result.seeds.tolist()) == (("average", "max"), MAPS, [3, 4])
    assert result.accuracy.shape == (2, 2)
    for values in (result.energy, result.error, result.best_error, result.best_share):
        assert values.shape == (2, 2, 3)
        assert ((values >= 0) & (values <= 1)).all()
    assert np.isin(result.best_share, SHARES).all()
    boxes = plant(load_strokes(30, 1)[15:], seed=3).boxes
    assert result.area == pytest.approx(
        ((boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])).mean() / 1600
    )
    assert [example.pool for example in examples] == ["average", "max"]
    np.testing.assert_array_equal(examples[0].pictures.boxes, boxes[:2])
    np.testing.assert_array_equal(examples[0].boxes[1], object_boxes(examples[0].maps[1], 0.2))


def test_the_comparison_is_the_same_for_any_number_of_workers(small):
    again, _ = compare_poolings(
        load_strokes(64), load_strokes(30, 1), seeds=(4,), pools=("max",), workers=1, **SMALL
    )
    np.testing.assert_array_equal(again.energy[0, 0], small[0].energy[1, 1])
    np.testing.assert_array_equal(again.best_error[0, 0], small[0].best_error[1, 1])


def test_a_network_is_judged_by_the_maps_of_the_true_classes():
    digits = load_strokes(48)
    choosing, testing = plant(load_strokes(10, 1), seed=2), plant(load_strokes(12, 2), seed=3)
    stages = ((digits, 1), (plant(digits, seed=1).dataset, 1))
    network = _train(cam_net, "average", stages, 0, None, False)
    found = _measure(network, choosing, testing, None)
    energy, error, best_error = (found[name] for name in ("energy", "error", "best_error"))
    assert found["accuracy"] == evaluate(network, testing.dataset)[0]
    labels = testing.dataset.labels[:, np.newaxis]
    maps = class_activation_maps(network, testing.dataset.images, labels=labels).upsampled[:, 0]
    assert energy[0] == pytest.approx(energy_inside(maps, testing.boxes).mean())
    assert error[0] == pytest.approx((overlap(object_boxes(maps), testing.boxes) < 0.5).mean())
    assert best_error.shape == (3,)


def test_training_on_pictures_starts_from_the_warm_up():
    digits = load_strokes(32)
    warm = _train(cam_net, "max", ((digits, 1),), 0, None, False)
    pictures = plant(digits).dataset
    begun = _train(cam_net, "max", ((digits, 1), (pictures, 0)), 0, None, False)
    assert begun.input_shape == (40, 40, 1)
    for name, array in warm.parameters.items():
        np.testing.assert_array_equal(begun.parameters[name], array)


def test_too_little_is_refused():
    message = "^compare_poolings: expected at least two test images and one seed, got 1 images and 3 seeds$"
    with pytest.raises(ValueError, match=message):
        compare_poolings(load_strokes(10), load_strokes(1))


@pytest.mark.parametrize("build", [cam_residual, cam_inception])
def test_networks_that_branch_are_compared_too(build):
    built = []

    def builder(**settings):
        built.append(build(**settings))
        return built[-1]

    result, examples = compare_poolings(
        load_strokes(32), load_strokes(12, 1), build=builder, seeds=(0,), **SMALL
    )
    assert {network.kind for network in built} == {"Graph"}
    ends = {
        pool: next(layer.kind for layer in reversed(network.layers.values()) if layer.pools)
        for pool, network in zip(("average", "average", "max", "max"), built, strict=True)
    }
    assert ends == {"average": "GlobalAveragePool", "max": "GlobalMaxPool"}
    labels = examples[1].pictures.dataset.labels[:, np.newaxis]
    maps = class_activation_maps(built[-1], examples[1].pictures.dataset.images, labels=labels).upsampled
    np.testing.assert_array_equal(examples[1].maps[0], maps[:, 0])
    assert result.energy.shape == (1, 2, 3)


def test_a_network_without_class_maps_is_refused():
    def builder(*, pool, input_shape, class_count, rng):
        return plotka(rng=rng)[:"relu_dense1"]

    with pytest.raises(
        ValueError, match=r"^compare_poolings: expected a network with class activation maps, got [\w]+$"
    ):
        compare_poolings(load_strokes(32), load_strokes(12, 1), build=builder, **SMALL)
