"""`npdeconv ablate` from beginning to end, small."""

import csv

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli
from npdeconv.cli import ablate
from npdeconv.experiments import ablation
from tests.cli.test_folders import draw, say

TWO = ("full", "no conv3, conv4, fc6, fc7")


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in {"QUICK_COUNT": 60, "QUICK_TEST_COUNT": 50, "QUICK_EPOCHS": 2}.items():
        monkeypatch.setattr(ablate, name, value)
    return tmp_path / "ablation"


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_prints_draws_and_keeps_every_training(small, capsys, monkeypatch):
    command = ("ablate", "--quick", "--data", "strokes", "--variants", *TWO, "--seeds", 2, "--dpi", 50)
    printed = say(capsys, *command)
    assert "<Dataset 'strokes': 60 images of 28x28x1 in 10 classes> to train on" in printed
    assert "<Dataset 'strokes': 50 images of 28x28x1 in 10 classes> to test on\n" in printed
    assert "no new minimum for 8 epochs; the learning rate times 0.1 after every 3 of these" in printed
    assert "0 of 4 trainings ended at a plateau, the others at the limit of epochs\n" in printed
    with np.load(small / "ablation_strokes.npz", allow_pickle=False) as arrays:
        test_error, parameters = arrays["test_error"], arrays["parameters"]
        assert arrays["variants"].tolist() == list(TWO)
        assert arrays["epochs"].tolist() == [[2, 2], [2, 2]]
    rows = table(small / "ablation_strokes.csv")
    assert [(row["variant"], row["seed"]) for row in rows] == [(name, seed) for seed in "01" for name in TWO]
    assert [float(row["test error"]) for row in rows] == pytest.approx(test_error.ravel().tolist())
    removed = next(line for line in printed.splitlines() if line.startswith(TWO[1]))
    change = 100 * (test_error[:, 1] - test_error[:, 0]).mean()
    assert f"{parameters[1]:,}" in removed
    assert f"{change:+.1f} ± " in removed
    assert removed.split()[-3:] == ["71.1%", "71.3%", "+30.8"]
    with Image.open(small / "ablation_strokes.png") as image:
        assert min(image.size) > 80

    def refuse(*_, **__):
        raise AssertionError("all trainings are there")

    monkeypatch.setattr(ablation, "fit", refuse)
    assert say(capsys, *command) == printed


def test_a_folder_of_classes_without_test_images_is_divided(small, capsys, tmp_path):
    draw(tmp_path / "colors", {"red": (200, 0, 0), "blue": (0, 0, 200)}, count=20)
    one = ("--variants", "no conv3, conv4, fc6, fc7", "--seeds", 1, "--epochs", 30, "--dpi", 50)
    printed = say(capsys, "ablate", "--data", "colors", *one)
    assert "colors has no test images of its own: 20% are set aside\n" in printed
    assert "32 images of 32x32x3 in 2 classes> to train on" in printed
    (row,) = table(small / "ablation_colors.csv")
    assert float(row["test error"]) == 0
    assert cli.main(["ablate", "--data", "colors", "--count", "20", *map(str, one)]) == 2
    assert "the training was made with training images [32, 32, 32, 3], and can't" in capsys.readouterr().err


@pytest.mark.slow
def test_the_miniature_learns(tmp_path, capsys):
    given = ("--quick", "--data", "strokes", "--variants", "no fc6, fc7", "no fc7", "--seeds", 1)
    say(capsys, "ablate", *given, "--out", tmp_path, "--dpi", 50)
    for row in table(tmp_path / "ablation_strokes.csv"):
        assert float(row["test error"]) < 0.4, row
        assert float(row["training error"]) < float(row["test error"])
