"""Training on own folders, with their names as classes."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models
from npdeconv.layers import Conv2D, Dense, Flatten, ReLU, Sequential, Softmax
from npdeconv.training import History

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)
COLORS = {"ant": RED, "bee": GREEN, "cat": BLUE}


def little(*, rng, dtype=np.float32):
    """A network for 10 classes of images of 6x6x3."""
    layers = {
        "conv1": Conv2D(3, 4, 3, rng=rng),
        "relu1": ReLU(),
        "flatten": Flatten(),
        "logits": Dense(64, 10, rng=rng),
        "softmax": Softmax(),
    }
    return Sequential(layers, input_shape=(6, 6, 3), name="little")


def draw(folder, classes=COLORS, count=8):
    """Draw images of each class in its color."""
    rng = np.random.default_rng(0)
    for name, color in classes.items():
        (folder / name).mkdir(parents=True)
        for n in range(count):
            pixels = rng.integers(0, 30, (9, 9, 3)) + color
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{n}.png")


def say(capsys, *arguments):
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 0, capsys.readouterr()
    return capsys.readouterr().out


def complain(capsys, *arguments):
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 2
    return capsys.readouterr().err.splitlines()[-1].removeprefix("npdeconv: ")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder, and beside it a folder of data."""
    monkeypatch.setitem(models._NETWORKS, "little", little)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path / "data"))
    draw(tmp_path / "data/pets/train")
    return tmp_path / "here"


TRAIN = (
    "train",
    "little",
    "--data",
    "pets",
    "--optimizer",
    "adam",
    "--learning-rate",
    0.01,
    "--batch-size",
    8,
)


def test_the_last_layer_follows_the_classes(here, tmp_path, capsys):
    draw(tmp_path / "data/pets/test")
    printed = say(capsys, *TRAIN, "--epochs", 12)
    assert "little: the last layer has 3 outputs instead of 10, one per class of pets\n" in printed
    assert "test: accuracy 100.00%" in printed
    config = json.loads((here / "runs/little/config.json").read_text())
    assert config["dataset"]["classes"] == list(COLORS)
    assert json.loads((here / "runs/little/data.json").read_text())["data"] == str(tmp_path / "data/pets")
    assert say(capsys, "classify", "runs/little", "--images", 8, "-k", 1).startswith("image 8: bee ")
    assert "logits       Dense" in say(capsys, "info", "runs/little")
    assert "classes: ant, bee, cat; data that fit: rps, folders of class" in say(
        capsys, "info", "runs/little"
    )
    assert "bee: activation" in say(capsys, "maximize", "runs/little", "--classes", "Bee", "--steps", 1)
    said = "little: --weights must name the file of weights to look into, or NETWORK its run, runs/little"
    assert complain(capsys, "look", "little") == said
    say(capsys, *TRAIN, "--epochs", 13, "--resume")
    assert History.read(here / "runs/little/history.csv").epochs == 13


def test_a_test_folder_of_other_names_is_refused_before_training(here, tmp_path, capsys):
    draw(tmp_path / "data/pets/test", {"wasp": GREEN, "ant": RED, "cat": BLUE})
    said = "little: expected only its own classes, got unknown ones in test: wasp; missing: bee"
    assert complain(capsys, *TRAIN) == said
    assert not (here / "runs").exists()


def test_a_test_folder_of_other_order_and_spelling_is_matched(here, tmp_path, capsys):
    draw(tmp_path / "data/pets/test", {"Bee": GREEN, "ant": RED, "cat": BLUE})  # capitals sort first
    printed = say(capsys, *TRAIN, "--epochs", 12, "--validation", "test")
    assert "test: accuracy 100.00%" in printed
    assert History.read(here / "runs/little/history.csv")["validation_accuracy"][-1] == 1
    assert say(capsys, "classify", "runs/little", "-k", 1, "--images", 0).startswith("image 0: bee ")


def test_a_run_meets_other_data(here, tmp_path, capsys):
    draw(tmp_path / "data/pets/test")
    say(capsys, *TRAIN, "--epochs", 12)
    draw(tmp_path / "data/others", {"cow": RED, "ant": GREEN, "dog": BLUE})
    for command in ("classify", "report", "look"):
        assert complain(capsys, command, "runs/little", "--data", "others") == (
            "little: expected only its own classes, got unknown ones in others: cow, dog; missing: bee, cat"
        )
    photos = tmp_path / "data/others/dog"
    lines = say(capsys, "classify", "runs/little", "--data", photos, "-k", 1, "--images", 7).splitlines()
    assert lines[0].startswith("image 7, 7: cat ")  # a folder of photos has no labels
    assert say(capsys, "classify", "runs/little", "--data", photos / "3.png", "-k", 1).startswith(
        "image 0, 3: cat"
    )
    say(capsys, "report", "runs/little", "--data", photos, "--page", "page.html")
    assert "Nobody has labeled these images." in (here / "page.html").read_text()


def test_class_folders_are_gray_for_a_gray_network(here, capsys, monkeypatch):
    def gray(*, rng, dtype=np.float32):
        layers = {"conv1": Conv2D(1, 2, 3, rng=rng), "flatten": Flatten(), "logits": Dense(32, 3, rng=rng)}
        return Sequential(layers, input_shape=(6, 6, 1), name="gray")

    monkeypatch.setitem(models._NETWORKS, "gray", gray)
    printed = say(capsys, "train", "gray", "--data", "pets/train", "--epochs", 1)
    assert "train has no test images of its own: these are the training images\n" in printed
    assert say(capsys, "classify", "runs/gray", "--images", 0).startswith("image 0: ")


def test_photos_are_nothing_to_learn_from(here, capsys):
    said = complain(capsys, "train", "little", "--data", "pets/train/ant")
    assert said == "train: expected images with labels, got the unlabeled ones of ant"
    assert not (here / "runs").exists()


def test_a_set_without_test_images_is_no_set_of_one_class(here, tmp_path, capsys):
    said = complain(capsys, *TRAIN)
    assert said == f"{tmp_path}/data/pets: expected a folder test beside train, there is none"


def test_info_lists_what_every_model_takes(capsys):
    lines = say(capsys, "info").splitlines()
    assert [line.split()[0] for line in lines] == ["model", *models.names()]
    assert (
        lines[2]
        == "deck_model3        28 x 28 x 1       10  mnist, strokes, folders of class folders, photos"
    )
    documented = Path(__file__).parents[2] / "docs/models.md"
    assert "\n".join(lines) in documented.read_text(encoding="utf-8")
