"""`npdeconv relevance`, and what `npdeconv maximize` says and does with --fool, small."""

import csv
import sys

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from npdeconv.cli import datasets
from npdeconv.data import load_strokes
from npdeconv.layers import Conv2D, Dense, GlobalAveragePool, ReLU, Sequential, Sigmoid
from npdeconv.visualize import fool, infidelity, insertion_deletion, judge_relevance, project

FEW = ("--step", "98", "--changes", "4", "--stride", "10", "--dpi", "10")


@pytest.fixture(scope="module", autouse=True)
def _few_strokes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "STROKES", {"train": (10, 0), "test": (6, 1)})
        yield


@pytest.fixture
def digits(tmp_path):
    """An untrained network, and how a command names it with its data."""
    network = models.deck_model4(rng=np.random.default_rng(5))
    weights.save(network, tmp_path / "digits.npz")
    return network, ("deck_model4", "--weights", tmp_path / "digits.npz", "--data", "strokes")


def call(capsys, status, *arguments):
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == status
    return capsys.readouterr()[status > 0]


def test_relevance_prints_one_table_and_writes_what_the_library_finds(digits, tmp_path, capsys):
    net, named = digits
    said = call(capsys, 0, "relevance", *named, "--count", 3, *FEW, "--out", tmp_path / "out")
    assert (
        "insertion and deletion: 98 pixels a step, blank is 0 (black 0, white 1), blur 11x11 sigma 5" in said
    )
    assert "infidelity: 4 squares of 6 pixels, best scale of each map taken out" in said
    rows = [line.split()[0] for line in said.splitlines() if " to " in line and "(" in line][-7:]
    assert rows == ["deconv", "gradient", "guided", "linear", "occlusion", "random", "edges"]
    images = load_strokes(6, 1).images[:3]
    labels = net(images / np.float32(255)).argmax(axis=1)
    maps = project(net, images, "logits", labels).pixels
    with np.load(tmp_path / "out/relevance_deck_model4_logits_3images_seed0.npz") as found:
        np.testing.assert_array_equal(found["feature_maps"], labels)
        expected = insertion_deletion(net, images, "logits", labels, maps=maps, step=98)
        np.testing.assert_array_equal(found["deconv_deletion"], expected.deletion_area)
        far = infidelity(net, images, "logits", labels, maps=maps, draws=4)
        np.testing.assert_array_equal(found["deconv_infidelity"], far.infidelity)
        agreement = found["random_agreement"]
    with (tmp_path / "out/relevance_deck_model4_logits_3images_seed0.csv").open() as file:
        table = [row for row in csv.DictReader(file) if row["map"] == "random"]
    np.testing.assert_allclose([float(row["agreement"]) for row in table], agreement, rtol=1e-5)


def test_relevance_keeps_each_finished_kind_of_map(digits, tmp_path, capsys, monkeypatch):
    net, named = digits
    question = ("relevance", *named, "--count", 2, *FEW, "--out", tmp_path / "out")
    command, judged = sys.modules["npdeconv.cli.relevance"], []

    def killed_at_the_third(*given, **more):
        if len(judged) == 2:
            raise KeyboardInterrupt
        judged.append(judge_relevance(*given, **more))
        return judged[-1]

    monkeypatch.setattr(command, "judge_relevance", killed_at_the_third)
    assert cli.main([str(argument) for argument in question]) != 0
    assert len(list((tmp_path / "out/maps").iterdir())) == 2
    monkeypatch.setattr(
        command,
        "judge_relevance",
        lambda *given, **more: judged.append(None) or judge_relevance(*given, **more),
    )
    resumed = call(capsys, 0, *question)
    assert len(judged) == 7
    again = call(capsys, 0, *question)
    assert (again, len(judged)) == (resumed, 7)
    monkeypatch.setattr(command, "judge_relevance", judge_relevance)
    whole = call(capsys, 0, *question[:-1], tmp_path / "whole")
    assert whole.replace("/whole/", "/out/") == resumed
    net["conv1"].weight[0, 0, 0, 0] += 1  # another network: none of the files is its own
    weights.save(net, tmp_path / "digits.npz")
    call(capsys, 0, *question)
    assert len(list((tmp_path / "out/maps").iterdir())) == 14


def test_relevance_of_a_yes_or_no_network_asks_for_the_answer(tmp_path, capsys, monkeypatch):
    rng = np.random.default_rng(0)
    layers = {"conv": Conv2D(1, 4, 5, stride=4, rng=rng), "relu": ReLU(), "pool": GlobalAveragePool()}
    layers |= {"logit": Dense(4, 1, rng=rng), "answer": Sigmoid()}
    net = Sequential(layers, input_shape=(20, 20, 1), name="yes_or_no")
    monkeypatch.setitem(models._NETWORKS, "yes_or_no", lambda *, rng, dtype=np.float32: net)
    pixels = rng.integers(0, 256, (40, 20), np.uint8)
    for name, half in (("a", pixels[:20]), ("b", pixels[20:])):
        Image.fromarray(half).save(tmp_path / f"{name}.png")
    probability = net(pixels.reshape(2, 20, 20, 1) / np.float32(255))[:, 0]
    wanted = np.where(probability > 0.5, probability, 1 - probability)
    weights.save(net, tmp_path / "w.npz")
    photos = "--weights", tmp_path / "w.npz", "--data", tmp_path
    call(capsys, 0, "relevance", "yes_or_no", *photos, *FEW, "--out", tmp_path / "out")
    with np.load(tmp_path / "out/relevance_yes_or_no_two_classes_2images_seed0.npz") as found:
        np.testing.assert_allclose(found["deconv_deletion_curve"][:, 0], wanted, rtol=1e-5)
        np.testing.assert_array_equal(found["feature_maps"], probability > 0.5)


def test_relevance_of_a_map_leaves_out_images_on_which_it_is_silent(digits, tmp_path, capsys):
    net, named = digits
    images = load_strokes(6, 1).images
    firing = np.array([(net[:"relu4"](images / np.float32(255))[..., m].max() > 0) for m in range(64)])
    asked = int(np.flatnonzero(firing)[0])
    net["conv4"].bias[asked + 1] = -100
    weights.save(net, tmp_path / "digits.npz")
    question = ("relevance", *named, "--layer", "relu4", *FEW, "--count", 2, "--out", tmp_path / "out")
    call(capsys, 0, *question, "--map", asked)
    assert (tmp_path / f"out/relevance_deck_model4_relu4_map{asked}_2images_seed0.npz").exists()
    message = f"--map: expected one that fires on some image, relu4 map {asked + 1} is silent on all"
    assert message in call(capsys, 2, *question, "--map", asked + 1)
    assert "--layer: expected it with --map, or neither" in call(capsys, 2, *question)


def test_maximize_says_what_its_images_are_taken_for(digits, tmp_path, capsys):
    net, (*named, _, _) = digits
    said = call(capsys, 0, "maximize", *named, "--classes", 3, "--steps", 5, "--out", tmp_path, "--dpi", 10)
    with np.load(tmp_path / "logits_class3_steps5_seed0.npz") as found:
        (row,) = net(found["pixels"] / np.float32(255))
    assert f"in the end; seen as {row.argmax()} ({row.max():.1%})" in said


def test_fool_reaches_the_class_and_says_by_how_much(digits, tmp_path, capsys):
    net, named = digits
    image = load_strokes(6, 1).images[2]
    before = net(image[np.newaxis] / np.float32(255))[0]
    target = int(np.argsort(before)[5])
    arguments = "maximize", *named, "--fool", target, "--image", 2, "--out", tmp_path, "--dpi", 10
    said = call(capsys, 0, *arguments)
    expected = fool(net, image, label=target)
    assert f"before: most likely {before.argmax()} {before.max():.2%}, {target} {before[target]:.2%}" in said
    assert f"after: most likely {target} {expected.after[target]:.2%}" in said
    assert f"change: Euclidean norm {expected.norm:.4g} " in said
    with np.load(tmp_path / f"fool_image2_class{target}.npz") as found:
        np.testing.assert_array_equal(found["change"], expected.change)
    refused = call(capsys, 2, *arguments, "--classes", 1)
    assert "--fool: expected no --classes, --layer or --map beside it" in refused
