"""`npdeconv train` from pretrained weights, on classes of one's own."""

import json
from pathlib import Path

import numpy as np
import pytest

import npdeconv as nd
from npdeconv import models, weights
from npdeconv.data import as_input, load_folder
from tests.cli.test_folders import complain, draw, little, say

COLORS = {"apple": (200, 0, 0), "lime": (0, 200, 0), "plum": (60, 0, 160)}
CLASSES = tuple(f"thing{n}" for n in range(10))
CARD = {
    "input_shape_hwc": [6, 6, 3],
    "channel_order": "RGB",
    "mean_rgb": [0.5, 0.4, 0.3],
    "std_rgb": [0.25, 0.25, 0.25],
    "preprocessing": "stretched to 6x6, / 255",
    "class_names": CLASSES,
    "layers": [
        {"type": "conv", "name": "conv1", "kernel": 3, "stride": 1, "pad": 0, "in": 3, "out": 4},
        {"type": "relu", "name": "relu1"},
        {"type": "flatten", "name": "flatten"},
        {"type": "dense", "name": "logits", "out": 10},
        {"type": "softmax", "name": "softmax"},
    ],
}
WAYS = {
    "npz": ("little", "--weights", "card.npz"),
    "card": ("card.json",),
    "onnx": ("net.onnx", "--input-mean", "0.5", "0.4", "0.3", "--input-std", "0.25"),
    "onnx with a card": ("card.onnx",),
}
TRAIN = ("--data", "fruit", "--optimizer", "adam", "--learning-rate", 0.02, "--batch-size", 8, "--epochs", 15)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with pretrained weights in several files, and one with fruit in three colors."""
    monkeypatch.setitem(models._NETWORKS, "little", little)
    monkeypatch.chdir(tmp_path)
    for part in ("train", "test"):
        draw(Path("fruit", part), COLORS)
    network = little(rng=np.random.default_rng(7))
    weights.save(network, "card.npz")
    Path("card.json").write_text(json.dumps(CARD))
    return tmp_path


@pytest.mark.parametrize("way", WAYS)
def test_own_classes_are_learned_from_any_pretrained_weights(way, here, capsys):
    if "onnx" in way:
        pytest.importorskip("onnx")
        for name in ("net", "card"):
            weights.save_onnx(little(rng=np.random.default_rng(7)), f"{name}.onnx")
    printed = say(capsys, "train", *WAYS[way], *TRAIN, "--freeze", "relu1", "--run", "run")
    assert ": the last layer is new, with 3 outputs instead of 10, one per class of fruit\n" in printed
    assert "test: accuracy 100.00%" in printed
    run = nd.load_run("run")
    start = little(rng=np.random.default_rng(7)).parameters
    assert run.network.classes == tuple(COLORS)
    assert ("standardize" in run.network.layers) == (way != "npz")
    for name in ("conv1.weight", "conv1.bias"):
        assert run.network.parameters[name].tobytes() == start[name].tobytes()
    assert run.network.parameters["logits.weight"].shape == (64, 3)
    with np.load("run/weights.npz") as file:
        assert file["logits.weight"].tobytes() == run.network.parameters["logits.weight"].tobytes()
    lines = say(capsys, "classify", "run", "--data", "fruit", "-k", 1).splitlines()
    assert [line.split(": ")[1].split()[0] for line in lines[::8]] == list(COLORS)
    say(capsys, "train", *WAYS[way], *TRAIN[:-1], 16, "--freeze", "relu1", "--run", "run", "--resume")
    assert nd.load_run("run").history.epochs == 16


def test_a_run_goes_on_with_its_own_classes_and_gets_a_new_layer_for_others(here, capsys):
    say(capsys, "train", "card.json", *TRAIN, "--run", "first")
    first = nd.load_run("first").network.parameters
    draw(Path("paint"), {"red": (200, 0, 0), "blue": (0, 0, 200), "gray": (99, 99, 99)})
    still = ("--learning-rate", 0, "--epochs", 1)
    printed = say(capsys, "train", "first", "--data", "fruit", *still, "--run", "same")
    assert "the last layer" not in printed
    for name, array in nd.load_run("same").network.parameters.items():
        assert array.tobytes() == first[name].tobytes()
    printed = say(capsys, "train", "first", "--data", "paint", *still, "--run", "other")
    assert ": the last layer is new, with 3 outputs, one per class of paint\n" in printed
    other = nd.load_run("other").network
    assert other.classes == ("blue", "gray", "red")
    assert "standardize" in other.layers  # as the card says
    assert other.parameters["conv1.weight"].tobytes() == first["conv1.weight"].tobytes()
    assert other.parameters["logits.weight"].tobytes() != first["logits.weight"].tobytes()


def test_the_learning_rate_is_gentler_from_pretrained_weights(here, capsys):
    for way, rate in (("little",), 0.05), (WAYS["npz"], pytest.approx(0.005)):
        say(capsys, "train", *way, "--data", "fruit", "--epochs", 1, "--run", f"run{len(way)}")
        config = json.loads(Path(f"run{len(way)}/config.json").read_text())
        assert config["learning_rate"] == rate


def test_what_is_missing_or_damaged_is_named(here, capsys):
    said = complain(capsys, "train", "card.json", *TRAIN, "--freeze", "relu7")
    assert said.startswith("no layer 'relu7'; the layers are standardize, conv1, ")
    assert complain(capsys, "train", "card.npz", "--weights", "x.npz", *TRAIN) == (
        "--weights: expected none, card.npz has its own"
    )
    assert complain(capsys, "train", "little", "--fold", *TRAIN).startswith(
        "--fold: says how to read the file"
    )
    assert not Path("runs").exists()
    say(capsys, "train", "card.json", *TRAIN[:-1], 1, "--run", "run")
    Path("card.json").rename("moved.json")
    assert complain(capsys, "classify", "run", "--data", "fruit") == (
        f"{here}/card.json: there is no such file"
    )
    Path("run/start.json").write_text('{"file": 3}')
    assert complain(capsys, "classify", "run", "--data", "fruit") == (
        "run/start.json: expected the file that a training run started from"
    )


def test_a_published_network_keeps_its_preparation_of_images(real_data, here, capsys):
    file = next(real_data.glob("resnet/resnet20*.th"))
    layers = weights.load_published("resnet20", file).on_pixels()
    draw(Path("big"), COLORS)
    *_, last = (name for name in layers.layers if "relu" in name)
    given = ("--weights", file, "--data", "big", "--epochs", 1, "--run", "run")
    say(capsys, "train", "resnet20", *given, "--freeze", last)
    images = as_input(load_folder("big", size=32).images[:3])
    run = nd.load_run("run").network
    np.testing.assert_array_equal(run[:last](images), layers[:last](images))
    assert run.classes == tuple(COLORS)
