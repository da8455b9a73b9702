"""Advice for networks that learned nothing, and commands that do not show dead maps first."""

import re

import numpy as np
import pytest

from npdeconv import optimizers, weights
from npdeconv.cli import main
from npdeconv.data import Dataset
from npdeconv.models import build
from npdeconv.training import History, advise
from npdeconv.visualize import Strongest, living_maps
from tests.tiny import fitted, tiny_dataset, tiny_network

TEN = Dataset(np.zeros((100, 1, 1, 1), np.uint8), np.arange(100) % 10, tuple("abcdefghij"), "ten")


def history_of(*losses, rate=0.05):
    history = History()
    for epoch, loss in enumerate(losses, 1):
        history.append(
            epoch=epoch,
            loss=loss,
            accuracy=0.1,
            validation_loss=np.nan,
            validation_accuracy=np.nan,
            learning_rate=rate,
            seconds=1,
        )
    return history


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        (
            [2.3, 99133134373.0],
            r"^the training diverged: a loss of 9\.913e\+10 in epoch 2, where guess",
        ),
        (
            [2.0, 3.5],
            r"^the training diverged: .*; begin anew with a smaller learning rate, such as 0\.005, or Adam",
        ),
        (
            [2.31, 2.303],
            r"^the network has learned nothing yet: a loss of 2\.303 .* as 0\.005, or Adam .* such as 0\.5$",
        ),
    ],
)
def test_a_network_that_did_not_learn_gets_advice(losses, message):
    assert re.search(message, advise(history_of(*losses), TEN))


@pytest.mark.parametrize("losses", [[99133134373.0, 0.3], [2.2], []])
def test_a_network_that_learned_gets_no_advice(losses):
    assert advise(history_of(*losses), TEN) is None


def test_guessing_uses_the_frequencies_of_the_classes():
    labels = np.repeat([0, 1], [95, 5])
    rare = Dataset(np.zeros((100, 1, 1, 1), np.uint8), labels, ("a", "b"), "rare")
    assert advise(history_of(0.2), rare).startswith("the network has learned nothing yet: a loss of 0.2 ")
    assert advise(history_of(0.1), rare) is None
    one = Dataset(np.zeros((9, 1, 1, 1), np.uint8), np.zeros(9, int), ("a",), "one")
    assert advise(history_of(0.0), one) is None


def test_a_rate_that_is_too_large_is_noticed():
    history = fitted(tiny_network(dropout=0.0), optimizer=optimizers.SGD(2.0, momentum=0.9), epochs=3)
    assert re.search("diverged|learned nothing", advise(history, tiny_dataset()))
    assert advise(fitted(tiny_network(), epochs=3), tiny_dataset()) is None


def test_training_from_the_command_line_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("npdeconv.cli.datasets.STROKES", {"train": (200, 0), "test": (50, 1)})
    command = ["train", "deck_model4", "--data", "strokes", "--epochs", "1", "--run", str(tmp_path / "run")]
    assert main([*command, "--learning-rate", "0"]) == 0
    captured = capsys.readouterr()
    assert "npdeconv: the network has learned nothing: with a learning rate of 0, training" in captured.err
    assert "the run is in" in captured.out


def test_a_training_that_ends_in_nan_names_a_remedy(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("npdeconv.cli.datasets.STROKES", {"train": (200, 0), "test": (50, 1)})
    command = ["train", "deck_model4", "--data", "strokes", "--epochs", "2", "--run", str(tmp_path / "run")]
    assert main([*command, "--learning-rate", "1e30"]) == 2
    said = capsys.readouterr().err
    assert "training stopped: the loss became " in said
    assert "(a smaller --learning-rate, or --optimizer adam, may keep it finite)\n" in said


def test_living_maps_come_first():
    firing = np.array([0, 0.5, 0, 0.1, 1])
    found = Strongest(np.zeros((5, 1), int), np.zeros((5, 1, 2), int), firing[:, np.newaxis], firing)
    assert living_maps(found, 2).tolist() == [1, 3]
    assert living_maps(found, 9).tolist() == [1, 3, 4]
    assert living_maps(found._replace(firing=firing * 0), 3).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"^living_maps: k must be at least 1, got 0$"):
        living_maps(found, 0)


@pytest.fixture
def partly_dead(tmp_path, monkeypatch):
    monkeypatch.setattr("npdeconv.cli.datasets.STROKES", {"train": (200, 0), "test": (50, 1)})
    monkeypatch.chdir(tmp_path)
    network = build("deck_model4", rng=np.random.default_rng(0))
    network["conv1"].bias[:3] = -100
    weights.save(network, "w.npz")
    return ["deck_model4", "--weights", "w.npz", "--data", "strokes"]


def test_project_shows_maps_that_fire_by_default(partly_dead, capsys):
    assert main(["project", *partly_dead, "--layer", "relu1"]) == 0
    said = capsys.readouterr().out
    dead = (
        "relu1: 32 maps, 3 of them dead, for they fire on none of the 50 images searched: maps 0, 1, 2 (no gr"
    )
    assert said.startswith(dead)
    assert [line.split(",")[0] for line in said.splitlines()[1:9]] == [f"relu1 map {m}" for m in range(3, 11)]
    assert "silent" not in said
    assert main(["project", *partly_dead, "--layer", "relu1", "--images", "4"]) == 0
    assert "relu1 map 3, image 4: activation" in capsys.readouterr().out
    assert main(["project", *partly_dead, "--layer", "relu1", "--images", "4", "--map", "2"]) == 0
    assert "relu1 map 2, image 4: silent" in capsys.readouterr().out


def test_occlude_says_that_a_map_is_silent(partly_dead, capsys):
    assert main(["occlude", *partly_dead, "--layer", "relu1", "--at", "0", "0"]) == 0
    assert "silent" not in capsys.readouterr().out
    assert main(["occlude", *partly_dead, "--layer", "relu1", "--at", "0", "0", "--map", "1"]) == 0
    assert "relu1 map 1 is silent: it is nowhere positive for this image" in capsys.readouterr().out
