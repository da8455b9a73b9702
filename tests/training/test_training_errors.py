"""Trainings that diverge, and arguments that do not fit."""

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.data import Dataset
from npdeconv.layers import Conv2D, Sequential
from npdeconv.optimizers import SGD
from npdeconv.training import evaluate, fit, train
from tests.tiny import CLASSES, assert_same_bits, copy_of, fitted, tiny_dataset, tiny_network, trained

# Augmentation


@pytest.mark.parametrize(
    ("augment", "got"),
    [
        (lambda images, rng: images[:-1], r"an array of dtype uint8 and shape \(31, 8, 8, 1\)"),
        (lambda images, rng: images.repeat(2, 0), r"an array of dtype uint8 and shape \(64, 8, 8, 1\)"),
        (lambda images, rng: images[..., 0], r"an array of dtype uint8 and shape \(32, 8, 8\)"),
        # As floats, these pixels would be 255 times too large.
        (lambda images, rng: images * 1.0, r"an array of dtype float64 and shape \(32, 8, 8, 1\)"),
        (lambda images, rng: None, "None"),
    ],
)
def test_an_augmentation_that_loses_images_is_refused(augment, got):
    network = tiny_network()
    before = copy_of(network.parameters)
    message = (
        r"^train: expected augment to return 32 uint8 images \(N, H, W, C\), as many as it was given,"
        f" got {got}$"
    )
    with pytest.raises(ValueError, match=message):
        fitted(network, epochs=1, augment=augment)
    assert_same_bits(network.parameters, before)


# Divergence


def test_a_nan_weight_is_found_in_its_layer():
    network = tiny_network()
    network["conv2"].weight[1, 1, 0, 0] = np.nan
    before = copy_of(network.parameters)
    message = (
        r"^training stopped: the loss became nan in epoch 1, step 1, first in the output of layer 'conv2',"
        r" whose weight is not finite after the last update$"
    )
    with pytest.raises(FloatingPointError, match=message):
        trained(network)
    assert_same_bits(network.parameters, before)


@pytest.mark.parametrize("rate", [1e20, 1e38])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_rate_far_too_large_is_explained(rate, workers):
    network, optimizer, rng = tiny_network(), SGD(rate), np.random.default_rng(0)
    steps = train(network, tiny_dataset(), optimizer, epochs=9, batch_size=32, rng=rng, workers=workers)
    done = []
    with pytest.raises(FloatingPointError, match=r"^training stopped: .* in epoch 1, step \d, .*layer '\w+'"):
        done.extend(copy_of(network.parameters) for _ in steps)
    assert done
    assert optimizer.steps == len(done)
    assert_same_bits(network.parameters, done[-1])


def test_divergence_leaves_a_run_that_can_be_read(tmp_path):
    def plant(network, history):
        if history.epochs == 2:
            network["conv1"].bias[0] = np.inf

    with pytest.raises(FloatingPointError, match=r"in epoch 3, step 1, first in the output of layer 'conv1'"):
        fitted(tiny_network(), epochs=5, run=tmp_path, callbacks=[plant])
    kept = tiny_network()
    weights.load(kept, tmp_path / "weights.npz")
    assert all(np.isfinite(array).all() for array in kept.parameters.values())


def test_an_update_that_ruins_the_last_step_of_an_epoch_is_not_saved(tmp_path):
    calls = []

    def ruin(parameters):  # called after each of the three updates
        calls.append(parameters)
        if len(calls) == 3:
            parameters["conv1.bias"][0] = np.nan

    with pytest.raises(FloatingPointError, match=r"conv1\.bias was no longer finite in epoch 1, step 3"):
        fitted(tiny_network(), epochs=1, run=tmp_path, constraint=ruin)
    assert not (tmp_path / "checkpoint.npz").exists()
    assert not (tmp_path / "weights.npz").exists()


def test_a_validation_that_diverges_stops_before_the_run_is_spoiled(tmp_path):
    def explode(parameters):
        if calls.pop():
            parameters["logits.weight"][...] = 3e38  # finite, but no logit is

    calls = [True, False, False, False, False, False]  # popped from the end: after the last step
    network = tiny_network()
    message = r"^training stopped after epoch 2, in validation: evaluate: .* in the output of layer 'logits'$"
    with pytest.raises(FloatingPointError, match=message):
        fitted(network, epochs=3, run=tmp_path, validation=tiny_dataset(40, seed=5), constraint=explode)
    kept = tiny_network()
    weights.load(kept, tmp_path / "weights.npz")
    assert np.isfinite(evaluate(kept, tiny_dataset())[1])
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 2


# Arguments that do not fit


def empty():
    return tiny_dataset()[:0]


def of_shape(height, width, channels):
    images = np.zeros((6, height, width, channels), np.uint8)
    return Dataset(images, np.arange(6) % 3, CLASSES, "odd")


MISFITS = [
    (empty(), r"^tiny: expected images to train on or look at, halves has none$"),
    (of_shape(9, 8, 1), r"^tiny: expected images of shape \(8, 8, 1\), odd has \(9, 8, 1\)$"),
    (of_shape(8, 8, 3), r"^tiny: expected images of shape \(8, 8, 1\), odd has \(8, 8, 3\)$"),
    (
        Dataset(tiny_dataset().images, tiny_dataset().labels, tuple("abcd"), "four"),
        r"^tiny: expected 4 outputs, one per class of four, got outputs of shape \(3,\)$",
    ),
]


@pytest.mark.parametrize(("dataset", "message"), MISFITS)
def test_datasets_that_do_not_fit(dataset, message, tmp_path):
    run, network = tmp_path / "run", tiny_network()
    with pytest.raises(ValueError, match=message):
        train(network, dataset, SGD(0.1), epochs=1, batch_size=8, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        evaluate(network, dataset)
    with pytest.raises(ValueError, match=message):
        fitted(network, dataset, run=run)
    with pytest.raises(ValueError, match=r"unknown ones in four: a" if dataset.name == "four" else message):
        fitted(network, validation=dataset, run=run)
    assert not run.exists()


def test_outputs_that_are_not_classes():
    network = Sequential({"conv": Conv2D(1, 3, 3, rng=np.random.default_rng(0))}, name="maps")
    with pytest.raises(ValueError, match=r"^maps: expected a network with classes, got .* \(6, 6, 3\)$"):
        evaluate(network, tiny_dataset())


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"epochs": 0}, ValueError, r"^fit: epochs must be at least 1, got 0$"),
        ({"batch_size": 0}, ValueError, r"^fit: batch_size must be at least 1, got 0$"),
        ({"batch_size": 2.5}, TypeError, r"^fit: batch_size must be an integer, got 2\.5$"),
        ({"patience": 0, "validation": 0.2}, ValueError, r"^fit: patience must be at least 1, got 0$"),
        ({"patience": 2}, ValueError, r"^fit: patience watches the validation loss, and needs validation$"),
        ({"validation": 1.5}, ValueError, r"^Dataset: share must be at least 0 and below 1, got 1\.5$"),
        ({"validation": 0.0}, ValueError, r"leaves both parts some images, got 0\.0, 0 of 70"),
        ({"validation": True}, TypeError, r"share must be a number, got True$"),
        ({"workers": 0}, ValueError, r"^fit: workers must be at least 1, got 0$"),
    ],
)
def test_bad_settings_leave_no_run_behind(settings, error, message, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(error, match=message):
        fitted(tiny_network(), run=run, **settings)
    assert not run.exists()


def test_bad_arguments():
    network, dataset, rng = tiny_network(), tiny_dataset(), np.random.default_rng(0)
    with pytest.raises(TypeError, match=r"^train: rng must be a numpy\.random\.Generator, got 0$"):
        fit(network, dataset, SGD(0.1), epochs=1, rng=0)
    with pytest.raises(ValueError, match=r"^fit: resume needs a run folder to resume from$"):
        fitted(network, resume=True)
    with pytest.raises(ValueError, match=r"^train: epochs must be at least 1, got 0$"):
        train(network, dataset, SGD(0.1), epochs=0, batch_size=8, rng=rng)
    with pytest.raises(ValueError, match=r"^train: batch_size must be at least 1, got -1$"):
        train(network, dataset, SGD(0.1), epochs=1, batch_size=-1, rng=rng)
