"""Commands that are given weights from PyTorch."""

import json

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from tests.torch_files import torch_zip
from tests.weights.test_cards import CARD, network_of_card


def as_torch(network):
    """Return a network's parameters in PyTorch's names and layout; a flattening must be of (7, 7, C)."""
    tensors = {}
    for name, array in network.parameters.items():
        if array.ndim == 4:
            array = array.transpose(3, 2, 0, 1)
        elif array.ndim == 2 and name == "dense1.weight":
            array = array.reshape(7, 7, -1, array.shape[1]).transpose(3, 2, 0, 1).reshape(array.shape[1], -1)
        elif array.ndim == 2:
            array = array.T
        tensors[name] = array
    return tensors


def classify(capsys, *arguments):
    assert cli.main(["classify", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_state_dictionary_is_as_good_as_our_file(tmp_path, capsys):
    network = models.build("deck_model4", rng=np.random.default_rng(7))
    weights.save(network, tmp_path / "w.npz")
    torch_zip(tmp_path / "w.pth", as_torch(network))
    said = [
        classify(capsys, "deck_model4", "--data", "strokes", "--weights", tmp_path / name, "--images", 0, 1)
        for name in ("w.npz", "w.pth")
    ]
    assert said[0] == said[1]
    assert said[0].startswith("image 0: ")


def test_normalizations_are_folded_when_told(tmp_path, capsys):
    """The normalization halves; so do the weights of the plain file."""
    network = models.build("deck_model4", rng=np.random.default_rng(7))
    whole = {}
    for name, array in as_torch(network).items():
        whole[name] = array
        if name == "conv1.bias":
            zeros = np.zeros_like(array)
            whole |= {"norm.running_mean": zeros, "norm.running_var": zeros + np.float32(4 - 1e-5)}
    torch_zip(tmp_path / "norm.pth", whole)
    for name in "conv1.weight", "conv1.bias":
        network.parameters[name][...] /= 2
    weights.save(network, tmp_path / "plain.npz")
    arguments = ("deck_model4", "--data", "strokes", "--images", 0, 1, "--weights")
    plain = classify(capsys, *arguments, tmp_path / "plain.npz")
    assert classify(capsys, *arguments, tmp_path / "norm.pth", "--fold") == plain
    for more, said in [
        ([tmp_path / "norm.pth"], "expected fold=True (--fold) if the batch normalization"),
        ([tmp_path / "plain.npz", "--fold"], "expected a file of PyTorch or Keras to fold, got one for load"),
    ]:
        assert cli.main(["classify", *map(str, (*arguments, *more))]) == 2
        assert said in capsys.readouterr().err
    assert cli.main(["info", "deck_model4", "--fold"]) == 2
    assert "--fold: says how to read the file that --weights names" in capsys.readouterr().err


def test_torchvisions_networks_take_photos(tmp_path, capsys):
    """All weights are 0, except one that makes class 7 likely."""
    network = models.squeezenet(variant="torchvision", rng=np.random.default_rng(0))
    tensors = {}
    for layer, modules in weights.PUBLISHED["squeezenet"].names(network).items():
        several = (modules,) if isinstance(modules, str) else modules
        filters = network.parameters[f"{layer}.weight"]
        for module in several:
            size = 1 if module.endswith("1x1") else filters.shape[0]
            shape = (filters.shape[3] // len(several), filters.shape[2], size, size)
            tensors |= {f"{module}.weight": np.zeros(shape, np.float32)}
            tensors |= {f"{module}.bias": np.zeros(shape[0], np.float32)}
    tensors["classifier.1.bias"][7] = np.log(999)
    torch_zip(tmp_path / "squeezenet1_0.pth", tensors)
    Image.new("RGB", (300, 250)).save(tmp_path / "photo.png")
    arguments = ("squeezenet", "--weights", tmp_path / "squeezenet1_0.pth")
    said = classify(capsys, *arguments, "--data", tmp_path / "photo.png", "-k", 1)
    assert said == "image 0, photo: cock 50.0%\n"
    assert cli.main(["classify", *map(str, arguments)]) == 2
    assert capsys.readouterr().err.endswith("a photo, or a folder of photos, to look at with squeezenet\n")


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_missing_files(tmp_path, capsys, name):
    arguments = ["classify", "deck_model4", "--data", "strokes", "--weights", str(tmp_path / name)]
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err == f"npdeconv: {tmp_path / name}: there is no such file\n"


def test_a_pretrained_network_has_a_report_too(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights.save(network_of_card(), tmp_path / "small.npz")
    (tmp_path / "small.json").write_text(json.dumps(CARD))
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for n in range(4):
        Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8)).save(tmp_path / "photos" / f"{n}.png")
    assert cli.main(["report", "small.json", "--data", "photos"]) == 0
    assert capsys.readouterr().out.startswith("small_report.html (")
    page = (tmp_path / "small_report.html").read_text()
    assert "small" in page
    assert "run small" not in page
