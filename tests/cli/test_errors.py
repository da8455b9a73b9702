"""Errors on the command line print one sentence to stderr, with status 2."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pooch
import pytest
from PIL import Image

import npdeconv
from npdeconv import cli, models, training, weights
from npdeconv.cli import datasets
from npdeconv.data import files
from npdeconv.data.dataset import Dataset
from npdeconv.layers import Dense, Flatten, Sequential, Softmax

WITH_WORKERS = ("demo", "train", "project", "occlude", "top", "look", "evolve", "report")
STROKES = {"name": "strokes", "images": (20_000, 28, 28, 1), "classes": list("0123456789")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a run, without any training."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    folder.mkdir()
    config = {"network": "deck_model4", "dataset": STROKES}
    (folder / "config.json").write_text(json.dumps(config))
    weights.save(models.deck_model4(rng=np.random.default_rng(0)), folder / "weights.npz")
    return folder


@pytest.fixture
def run(made, tmp_path, monkeypatch):
    """A run to be damaged; the tests write beside it."""
    monkeypatch.setattr(datasets, "STROKES", {"train": (20, 0), "test": (10, 1)})
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(made, tmp_path / "run")


def complain(capsys, *arguments):
    """Run a command that must fail; return the sentence."""
    before = capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 2, before
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("npdeconv: ")
    assert err.endswith("\n")
    lines = [line for line in err.splitlines() if not line.startswith("compiling kernels")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0].removeprefix("npdeconv: ")


def test_unknown_models(run, capsys):
    known = ", ".join(models.names())
    assert complain(capsys, "gradcheck", "resnet") == f"no network 'resnet'; the networks are {known}"
    assert complain(capsys, "train", "resnet") == (
        "resnet: expected the folder of a training run, a card (.json), a file of weights, an ONNX file, or"
        f" one of {known}"
    )


PROJECT = ("--layer", "relu2")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--layer", "relu9"), "no layer 'relu9'; the layers are conv1, relu1, conv2, "),
        ((*PROJECT, "--map", "32"), "--map: layer 'relu2' has the maps 0 to 31, got 32"),
        ((*PROJECT, "--map", "0", "-1"), "--map: layer 'relu2' has the maps 0 to 31, got -1"),
        ((*PROJECT, "--images", "10"), "--images: strokes has the images 0 to 9, got 10"),
        ((*PROJECT, "--images", "-1"), "--images: strokes has the images 0 to 9, got -1"),
        ((*PROJECT, "--select", "1", "x"), "--select: expected strongest, map or two numbers, got '1 x'"),
        (
            (*PROJECT, "--select", "1", "2", "3"),
            "--select: expected strongest, map or two numbers, got '1 2 3'",
        ),
        (
            (*PROJECT, "--select", "weakest"),
            "--select: expected strongest, map or two numbers, got 'weakest'",
        ),
        ((*PROJECT, "--select", "28", "0"), "--select: the maps of layer 'relu2' are 28x28, got 28 0"),
        ((*PROJECT, "--select", "-1", "0"), "--select: the maps of layer 'relu2' are 28x28, got -1 0"),
        ((*PROJECT, "--out", "run/weights.npz/a"), "run/weights.npz/a: expected a folder to write to, but "),
        (
            (*PROJECT, "--data", "nothing"),
            "--data: expected mnist, cifar10, rps, strokes (drawn, needs no files), ",
        ),
        ((*PROJECT, "--data", "."), "run: expected images (.png, .jpg, .jpeg), got a folder without any"),
        ((*PROJECT, "--weights", "missing.npz"), "missing.npz: there is no such file"),
    ],
)
def test_project(run, capsys, arguments, sentence):
    assert complain(capsys, "project", run, *arguments).startswith(sentence)
    assert not (run.parent / "projections").exists()


def test_networks_that_are_none(run, capsys):
    known = ", ".join(models.names())
    for source in ("resnet", run.parent):
        said = complain(capsys, "project", source, *PROJECT)
        assert said == (
            f"{source}: expected the folder of a training run, a card (.json), a file of weights,"
            f" an ONNX file, or one of {known}"
        )
    said = complain(capsys, "project", "deck_model3", *PROJECT)
    assert said == "deck_model3: --weights must name the file of weights to look into"
    for name in ("missing.npz", "missing.h5"):
        said = complain(capsys, "project", "deck_model3", *PROJECT, "--weights", name)
        assert said == f"{name}: there is no such file"
    said = complain(capsys, "project", "deck_model3", *PROJECT, "--weights", run / "weights.npz")
    assert said.startswith(
        f"{run}/weights.npz: expected the arrays of the network, but the file lacks conv5.bias"
    )


def test_runs_that_are_damaged(run, capsys):
    (run / "weights.npz").write_bytes(b"PK")
    said = complain(capsys, "project", run, *PROJECT)
    assert said.startswith(f"{run}/weights.npz: expected a whole .npz archive")
    (run / "weights.npz").unlink()
    assert complain(capsys, "project", run, *PROJECT) == f"{run}/weights.npz: there is no such file"
    for text in ("", "[]", "{}", '{"network": "deck_model4"}', "[" * 100_000):
        (run / "config.json").write_text(text)
        said = complain(capsys, "project", run, *PROJECT)
        assert said == f"{run}/config.json: expected the settings of a training run"
    unknown = {"network": "resnet", "dataset": STROKES}
    (run / "config.json").write_text(json.dumps(unknown))
    said = complain(capsys, "project", run, *PROJECT)
    assert said.startswith(f"{run}: its network 'resnet' is none of npdeconv's; if you trust the code")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--weight-decay", "1", "--optimizer", "adam"),
            "--weight-decay goes with --optimizer sgd, got adam",
        ),
        (("--patience", "2"), "--patience watches the validation loss, and needs --validation"),
        (
            ("--patience", "2", "--validation", "test"),
            "--patience chooses an epoch, and test images can't both choose and test",
        ),
        (
            ("--cosine", "--decay-every", "2"),
            "--cosine and --decay-every both set the learning rate; choose one of them",
        ),
        (
            ("--data", "nothing"),
            "--data: expected mnist, cifar10, rps, strokes (drawn, needs no files), a folder of ",
        ),
    ],
)
def test_train(run, capsys, arguments, sentence):
    said = complain(capsys, "train", "deck_model4", "--data", "strokes", "--run", "new", *arguments)
    assert said.startswith(sentence)
    assert not (run.parent / "new").exists()


def test_bounding_a_layer_that_is_not_there(run, capsys):
    said = complain(capsys, "train", "cam_net", "--data", "cifar10", "--max-norm", "2")
    assert said == "--max-norm bounds the layer dense1, which cam_net has not"


def test_data_that_does_not_fit(run, capsys):
    said = complain(capsys, "train", "deck_rps2", "--data", "strokes")
    assert said == "deck_rps2: expected images of shape (300, 300, 3), strokes has (28, 28, 1)"
    assert not (run.parent / "runs").exists()


def test_a_run_is_not_written_over(run, capsys):
    before = {path: path.read_bytes() for path in run.iterdir()}
    said = complain(capsys, "train", "deck_model4", "--data", "strokes", "--run", run)
    assert said == (
        f"{run}: holds a training run already; --resume goes on with it, --run chooses another folder"
    )
    assert {path: path.read_bytes() for path in run.iterdir()} == before
    said = complain(capsys, "train", "deck_model3", "--data", "strokes", "--run", run, "--resume")
    assert said.startswith(f"{run}/config.json: the run was made with network 'deck_model4', and can't be ")
    assert {path: path.read_bytes() for path in run.iterdir()} == before


def test_no_data_and_no_network(run, capsys, monkeypatch):
    asked = []

    def refuse(url, *_, **__):
        asked.append(url)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    monkeypatch.setattr(files, "CHECKOUT", run.parent / "installed")
    monkeypatch.setenv("NPDECONV_DATA", str(run.parent / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(run.parent / "cache"))
    for name, model in {"mnist": "deck_model4", "rps": "deck_rps2", "cifar10": "deck_rps2"}.items():
        said = complain(capsys, "train", model, "--data", name)
        assert said.startswith((f"{name}/", f"{name}: "))
        assert str(run.parent / "data") in said
        assert "could not download it (Connection refused)" in said
        assert "; put " in said
    assert len(asked) >= 2
    assert not (run.parent / "runs").exists()


def test_results_that_can_not_be_written(run, capsys):
    (run.parent / "projections").write_text("mine")
    said = complain(capsys, "project", run, *PROJECT, "--map", "0", "--images", "0")
    assert "projections" in said
    assert (run.parent / "projections").read_text() == "mine"


def test_images_that_do_not_fit(run, capsys, monkeypatch):
    monkeypatch.setattr(
        datasets,
        "load_strokes",
        lambda *_: Dataset(np.zeros((2, 28, 28, 3), np.uint8), np.zeros(2, int), ("a",), "colored"),
    )
    said = complain(capsys, "project", run, *PROJECT, "--map", "0", "--images", "0")
    assert said == "deck_model4: expected images of shape (28, 28, 1), colored has (28, 28, 3)"


def test_where_in_the_network_it_went_wrong(run, capsys, monkeypatch):
    def fail(*_, **__):
        error = ValueError("Conv2D: expected something else")
        error.add_note("in layer 'conv1'")
        raise error

    monkeypatch.setattr(training, "fit", fail)
    said = complain(capsys, "train", "deck_model4", "--data", "strokes", "--run", "new")
    assert said == "Conv2D: expected something else (in layer 'conv1')"


def test_an_interruption_has_its_own_status_and_says_how_to_go_on(made, run, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupt)
    assert cli.main(["train", "deck_model4", "--data", "strokes"]) == 130
    assert capsys.readouterr() == ("", "npdeconv: interrupted\n")
    (run.parent / "new").mkdir()

    def stop(*_, run, **__):
        shutil.copy(made / "config.json", run)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", stop)
    assert cli.main(["train", "deck_model4", "--data", "strokes", "--run", "new"]) == 130
    said = "npdeconv: interrupted (the same command with --resume goes on with the run in new)\n"
    assert capsys.readouterr().err == said
    (run.parent / "demo" / "run").mkdir(parents=True)
    assert cli.main(["demo", "--count", "20", "--out", "demo"]) == 130
    said = f"npdeconv: interrupted (the same command goes on with the run in {Path('demo') / 'run'})\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    "arguments", [("project", "run", *PROJECT, "--data", "mnist"), ("localize", "--digits", "mnist")]
)
def test_missing_data_name_those_that_need_no_files(run, arguments, capsys, monkeypatch):
    def offline(*_, **__):
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(files, "data_folders", list)
    monkeypatch.setattr(pooch, "retrieve", offline)
    said = complain(capsys, *arguments)
    assert said.startswith("mnist/t")
    assert said.endswith(" (--data strokes is drawn, and needs no files)")


@pytest.mark.parametrize("command", ["animate", "oath", "occlude", "textures"])
def test_a_network_without_feature_maps_needs_a_layer(run, command, capsys, monkeypatch):
    layers = {"flatten": Flatten(), "logits": Dense(784, 10, rng=np.random.default_rng(0))}
    dense = Sequential(layers | {"softmax": Softmax()}, input_shape=(28, 28, 1), name="dense")
    monkeypatch.setitem(models._NETWORKS, "dense", lambda *, rng, dtype=np.float32: dense)
    weights.save(dense, run.parent / "dense.npz")
    named = "dense", "--weights", "dense.npz", "--data", "strokes"
    said = complain(capsys, command, *named)
    assert said == "--layer: expected one, since dense has no feature maps"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "npdeconv: error: the following arguments are required: COMMAND"),
        (["trian"], "npdeconv: error: argument COMMAND: invalid choice: 'trian'"),
        (["project", "run"], "npdeconv project: error: the following arguments are required: --layer"),
        (
            ["train", "deck_model4", "--epochs", "x"],
            "argument --epochs: expected a whole number, at least 1, got 'x'",
        ),
        (
            ["train", "deck_model4", "--seed", "-1"],
            "argument --seed: expected a whole number, at least 0, got '-1'",
        ),
        (["train", "deck_model4", "--optimizer", "best"], "argument --optimizer: invalid choice: 'best'"),
        (["info", "deck_model4", "--x", "\x1b"], "npdeconv info: error: unrecognized arguments: --x \\x1b"),
    ],
)
def test_the_parser_refuses_with_the_usage(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    command = f" {arguments[0]}" if len(arguments) > 1 else ""
    assert err.startswith(f"usage: npdeconv{command} [-h]")
    assert message in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("command", "option", "values", "expected"),
    [
        ("train", "--epochs", ["0", "-1", "1.5"], "a whole number, at least 1"),
        ("train", "--batch-size", ["0"], "a whole number, at least 1"),
        ("train", "--learning-rate", ["-1", "nan", "inf", "x"], "a number that is not negative"),
        ("train", "--weight-decay", ["-1"], "a number that is not negative"),
        ("train", "--decay-factor", ["-1"], "a number that is not negative"),
        ("train", "--decay-every", ["0"], "a whole number, at least 1"),
        ("train", "--shift", ["-1"], "a whole number, at least 0"),
        ("train", "--validation", ["0", "1"], "a share above 0 and below 1, or test"),
        ("train", "--patience", ["0"], "a whole number, at least 1"),
        ("train", "--snapshots", ["0"], "a whole number, at least 1"),
        ("demo", "--count", ["0"], "a whole number, at least 1"),
        ("demo", "--epochs", ["0"], "a whole number, at least 1"),
        ("occlude", "--size", ["0"], "a whole number, at least 1"),
        ("occlude", "--stride", ["0"], "a whole number, at least 1"),
        ("top", "-k", ["0"], "a whole number, at least 1"),
        ("report", "--count", ["0"], "a whole number, at least 1"),
        ("gradcheck", "--samples", ["0"], "a whole number, at least 1"),
        *((command, "--workers", ["0"], "a whole number, at least 1") for command in WITH_WORKERS),
    ],
)
def test_numbers_are_checked_by_the_name_of_their_option(command, option, values, expected, capsys):
    for value in values:
        with pytest.raises(SystemExit) as caught:
            cli.main([command, "something", option, value] if command != "demo" else [command, option, value])
        assert caught.value.code == 2
        last = capsys.readouterr().err.splitlines()[-1]
        assert last == f"npdeconv {command}: error: argument {option}: expected {expected}, got {value!r}"


def test_a_test_set_that_does_not_fit_is_refused_before_training(run, capsys):
    for name in "ab":
        (run.parent / "two" / name).mkdir(parents=True)
        Image.new("RGB", (5, 5)).save(run.parent / "two" / name / "1.png")
    said = complain(capsys, "train", "deck_model4", "--data", "strokes", "--test", "two", "--run", "new")
    assert said.startswith("deck_model4: expected only its own classes, got unknown ones in two: a, b;")
    assert not (run.parent / "new").exists()


def test_runs_are_not_recorded_inside_files(run, capsys):
    said = complain(capsys, "train", "deck_model4", "--data", "strokes", "--run", run / "config.json" / "x")
    assert said.endswith(f"x: expected a folder to write to, but {run}/config.json is a file")


COMMANDS_WITH_FOLDERS = {
    "project": PROJECT,
    "occlude": PROJECT,
    "top": (),
    "look": (),
    "evolve": (),
    "report": (),
}


@pytest.mark.parametrize("command", COMMANDS_WITH_FOLDERS)
def test_results_need_a_folder_before_anything_is_computed(command, run, capsys, monkeypatch):
    (run / "snapshots").mkdir()
    shutil.copy(run / "weights.npz", run / "snapshots" / "epoch_0001.npz")
    (run.parent / "mine").write_text("mine")
    monkeypatch.setattr(npdeconv.layers.Sequential, "forward", None)  # nothing may be computed
    option, place = ("--page", "mine/page.html") if command == "report" else ("--out", "mine")
    extra = ("--map", "0") if command == "look" else ()
    said = complain(capsys, command, run, *COMMANDS_WITH_FOLDERS[command], *extra, option, place)
    assert said == "mine: expected a folder to write to, but mine is a file"
    assert (run.parent / "mine").read_text() == "mine"
    if os.geteuid() != 0:  # root may write everywhere
        (run.parent / "closed").mkdir(0o500)
        place = "closed/page.html" if command == "report" else "closed"
        said = complain(capsys, command, run, *COMMANDS_WITH_FOLDERS[command], *extra, option, place)
        assert said == "closed: expected a folder to write to, but closed can't be written to"


def test_report_keeps_what_is_not_its_own(run, capsys):
    (run.parent / "mine.html").write_text("<!doctype html>\n<title>mine</title>")
    said = complain(capsys, "report", run, "--page", "mine.html")
    assert said == "mine.html: expected a page of a run to replace, got another file; choose another name"
    assert (run.parent / "mine.html").read_text() == "<!doctype html>\n<title>mine</title>"
    (run / "report.html").write_text("mine")
    said = complain(capsys, "train", "deck_model4", "--data", "strokes", "--run", run, "--resume", "--watch")
    assert (
        said
        == f"{run}/report.html: expected a page of a run to replace, got another file; choose another name"
    )
    assert "expected a page of a run to replace, got another" in complain(capsys, "demo", "--out", run)
    assert (run / "report.html").read_text() == "mine"
    said = complain(capsys, "report", run, "--page", run)
    assert said == f"{run}: expected a file to write the page to, got a folder"


def test_only_runs_evolve(run, capsys):
    said = complain(capsys, "evolve", "deck_model4")
    assert said == "deck_model4: expected the folder of a training run, which keeps snapshots"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--layers", "relu1", "--map", "99"), "--map: layer 'relu1' has the maps 0 to 31, got 99"),
        (("--image", "10"), "--image: strokes has the images 0 to 9, got 10"),
        (("--layers", "relu9"), "no layer 'relu9'; the layers are conv1, "),
    ],
)
def test_evolve(run, capsys, arguments, sentence):
    (run / "snapshots").mkdir()
    shutil.copy(run / "weights.npz", run / "snapshots" / "epoch_0001.npz")
    assert complain(capsys, "evolve", run, *arguments).startswith(sentence)
    assert not (run.parent / "evolution").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--at", "1", "1", "--stride", "3"), "--stride: expected none beside --at, which is one place only"),
        (("--size", "1", "2", "3"), "--size: expected one or two numbers of pixels, got 3"),
        (("--map", "32"), "--map: layer 'relu2' has the maps 0 to 31, got 32"),
        (("--layer", "relu9"), "no layer 'relu9'; the layers are conv1, "),
        (("--image", "10"), "--image: strokes has the images 0 to 9, got 10"),
        (("--size", "29"), "occlude: an occluder of 29x29 does not fit into an image of 28x28"),
    ],
)
def test_occlude(run, capsys, arguments, sentence):
    assert complain(capsys, "occlude", run, *PROJECT, *arguments).startswith(sentence)
    assert not (run.parent / "occlusion").exists()


def test_recorded_data_that_is_damaged(run, capsys):
    for text in ("", "[]", "{}"):
        (run / "data.json").write_text(text)
        said = complain(capsys, "project", run, *PROJECT)
        assert said == f"{run}/data.json: expected what --data said, as a training run records it"


def test_a_process_of_its_own(tmp_path):
    code = "import sys; from npdeconv.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "project", "nowhere", *PROJECT]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(
        "npdeconv: nowhere: expected the folder of a training run, a card (.json), "
    )
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "usage", "sentence"),
    [
        (("trian", "deck_model3"), "npdeconv", r"invalid choice: 'trian' .* \(did you mean 'train'\?\)$"),
        (("train", "deck_model3", "--epohcs", "3"), "npdeconv train", r"unrecognized arguments: --epohcs 3"),
        (("train", "m", "--epohcs=3"), "npdeconv train", r"--epohcs=3 \(did you mean '--epochs'\?\)$"),
        (("train", "m", "--optimizer", "adm"), "npdeconv train", r"'adm' .* \(did you mean 'adam'\?\)$"),
        (("train", "m", "--xyz"), "npdeconv train", r"unrecognized arguments: --xyz$"),
        (("info", "a", "b"), "npdeconv info", r"unrecognized arguments: b$"),
    ],
)
def test_arguments_that_are_nearly_right(capsys, arguments, usage, sentence):
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    assert stopped.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith(f"usage: {usage} [-h]")
    assert re.search(sentence, err.rstrip())


def test_a_model_that_is_nearly_right(capsys):
    for command in ("train", "classify"):
        said = complain(capsys, command, "deck_modell3")
        assert said.endswith(" (did you mean 'deck_model3'?)")
    said = complain(capsys, "train", "deck_model3", "--data", "mnits")
    assert said.endswith("there is no folder 'mnits' (did you mean 'mnist'?)")
