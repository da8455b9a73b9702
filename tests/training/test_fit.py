"""The loop over training: validation, patience, schedules, callbacks."""

from dataclasses import replace

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.callbacks import Snapshots, print_epoch
from npdeconv.data import shift
from npdeconv.optimizers import SGD, StepDecay
from npdeconv.training import evaluate
from tests.tiny import assert_same_bits, copy_of, fitted, tiny_dataset, tiny_network, trained


def test_fit_is_the_loop_over_train():
    by_hand, steps = trained(epochs=3)
    network = tiny_network()
    history = fitted(network, epochs=3, augment=shift(1))
    assert_same_bits(network.parameters, by_hand.parameters)
    assert history["epoch"] == [1, 2, 3]
    for epoch in (1, 2, 3):
        own = [step for step in steps if step.epoch == epoch]
        loss = sum(step.loss * step.count for step in own) / 70
        assert history["loss"][epoch - 1] == pytest.approx(loss, rel=1e-12)
        assert history["accuracy"][epoch - 1] == sum(step.correct for step in own) / 70
    assert np.isnan(history["validation_loss"]).all()
    assert all(seconds > 0 for seconds in history["seconds"])
    assert history["learning_rate"] == [0.01] * 3


def test_validation_on_a_separate_set():
    network, validation, seen = tiny_network(), tiny_dataset(40, seed=5), []
    history = fitted(
        network,
        validation=validation,
        callbacks=[lambda network, _: seen.append(evaluate(network, validation))],
    )
    assert list(zip(history["validation_accuracy"], history["validation_loss"], strict=True)) == seen
    plain = tiny_network()
    fitted(plain)
    assert_same_bits(network.parameters, plain.parameters)  # validation changes nothing


def test_validation_on_a_share():
    shares = []

    def count(images, rng):
        shares.append(len(images))
        return images

    history = fitted(tiny_network(), validation=0.3, augment=count, epochs=1)
    assert sum(shares) == 49
    assert 0 < history["validation_loss"][0] < 3
    again = fitted(tiny_network(), validation=0.3, epochs=1)
    assert again["validation_loss"] == history["validation_loss"]


def test_a_share_of_a_dataset_with_groups_is_whole_groups():
    dataset = tiny_dataset(60)
    groups = tuple(f"{label}{n % 4}" for n, label in enumerate(dataset.labels))
    trained_on, seen = replace(dataset, groups=groups), []

    def remember(images, rng):
        seen.extend(image.tobytes() for image in images)
        return images

    fitted(tiny_network(), trained_on, validation=0.25, augment=remember, epochs=1)
    group_of = {image.tobytes(): group for image, group in zip(dataset.images, groups, strict=True)}
    trained = {group_of[image] for image in seen}
    assert 0 < len(trained) < len(set(groups))
    assert len(seen) == sum(group in trained for group in groups)  # no group is in both parts


def spoil(network, history):
    """Make each epoch after the second worse than the one before."""
    if history.epochs >= 2:
        network["logits"].bias[...] = [10.0 * history.epochs, 0, 0]


def test_patience_stops_and_returns_to_the_best_epoch(tmp_path):
    network, validation = tiny_network(), tiny_dataset(40, seed=5)
    history = fitted(
        network,
        optimizer=SGD(0.01),
        epochs=50,
        validation=validation,
        patience=3,
        callbacks=[Snapshots(tmp_path), spoil],
    )
    losses = history["validation_loss"]
    assert np.argmin(losses) == 1
    assert losses[2] > losses[1] + 1
    assert history.epochs == 5
    best = tiny_network()
    weights.load(best, tmp_path / "epoch_0002.npz")
    assert_same_bits(network.parameters, best.parameters)


def test_unused_patience_returns_to_the_best_epoch_too(tmp_path):
    network = tiny_network()
    history = fitted(
        network,
        optimizer=SGD(0.01),
        epochs=4,
        validation=tiny_dataset(40, seed=5),
        patience=9,
        callbacks=[Snapshots(tmp_path), spoil],
    )
    assert history.epochs == 4
    best = tiny_network()
    weights.load(best, tmp_path / "epoch_0002.npz")
    assert_same_bits(network.parameters, best.parameters)


def test_equal_losses_are_no_improvement():
    # Equal losses: the first epoch stays the best.
    history = fitted(tiny_network(), optimizer=SGD(0), epochs=9, validation=tiny_dataset(40), patience=2)
    assert history.epochs == 3


def test_the_schedule_sets_the_rate_of_each_epoch():
    optimizer = SGD(0.1)
    history = fitted(tiny_network(), optimizer=optimizer, epochs=5, schedule=StepDecay(2, 0.5))
    assert history["learning_rate"] == [0.1, 0.1, 0.05, 0.05, 0.025]
    assert optimizer.learning_rate == 0.1


def test_a_rate_of_zero_by_schedule_learns_nothing():
    network = tiny_network()
    before = copy_of(network.parameters)
    fitted(network, schedule=lambda history: 0)
    assert_same_bits(network.parameters, before)


def test_callbacks_are_called_after_each_epoch_and_may_stop():
    network, calls = tiny_network(), []

    def note(network, history):
        calls.append((network, history.epochs))

    def stop(network, history):
        return history.epochs == 2

    history = fitted(network, epochs=9, callbacks=[stop, note])
    assert history.epochs == 2
    assert calls == [(network, 1), (network, 2)]


def test_only_true_from_a_callback_stops():
    assert fitted(tiny_network(), epochs=2, callbacks=[lambda *_: "text", lambda *_: [1]]).epochs == 2


def test_snapshots(tmp_path):
    folder, network = tmp_path / "a" / "snapshots", tiny_network()
    fitted(network, epochs=3, callbacks=[Snapshots(folder, [1, 3, 99])])
    assert sorted(path.name for path in folder.iterdir()) == ["epoch_0001.npz", "epoch_0003.npz"]
    last = tiny_network(seed=9)
    weights.load(last, folder / "epoch_0003.npz")
    assert_same_bits(last.parameters, network.parameters)


def test_print_epoch_writes_a_line_to_stderr(capsys):
    fitted(tiny_network(), epochs=1, callbacks=[print_epoch])
    fitted(tiny_network(), epochs=1, validation=0.2, callbacks=[print_epoch])
    out, err = capsys.readouterr()
    assert out == ""
    plain, validated = err.splitlines()
    assert plain.startswith("epoch 1: loss ")
    assert "validation" not in plain
    assert ", validation loss " in validated
    assert validated.endswith(" s)")


def test_progress_shows_on_stderr_only(capsys):
    fitted(tiny_network(), progress=False)
    assert capsys.readouterr() == ("", "")
