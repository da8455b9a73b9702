"""The commands from beginning to end, small."""

import csv
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import npdeconv
from npdeconv import cli, models, weights
from npdeconv.cli import commands, datasets, demo, top
from npdeconv.data import Dataset, load_strokes
from tests.tiny import assert_same_bits

COMMANDS = list(commands.COMMANDS)
TRAIN = ("train", "deck_model4", "--data", "strokes", "--batch-size", "50", "--workers", "2")


@pytest.fixture(scope="module", autouse=True)
def _few_strokes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "STROKES", {"train": (150, 0), "test": (60, 1)})
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of one epoch, not to be changed."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    assert cli.main([*TRAIN, "--run", str(folder), "--epochs", "1", "--snapshots", "1", "2"]) == 0
    return folder


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def say(capsys, *arguments):
    """Run a command that must succeed; return what it printed."""
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def check_png(path):
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG"
        assert min(image.size) > 100


def test_commands():
    assert {"demo", "train", "project", "info", "gradcheck"} <= set(COMMANDS)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_mentions_every_option(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"] if command is None else [command, "--help"])
    assert caught.value.code == 0
    out, err = capsys.readouterr()
    assert err == ""
    usage, _, body = out.partition("\n\n")
    if command is None:
        assert all(re.search(rf"^    {name}(  |\n) *\w", out, re.MULTILINE) for name in COMMANDS)
        return
    named = re.findall(r"(?<![a-z])--?[a-z][a-z-]*", usage)
    assert len(named) == len(set(named))
    for option in set(named) - {"-h"}:
        assert re.search(rf"^  {option}\b.*(  |\n {{20,}})[.\w]", body, re.MULTILINE), (
            f"{option} is not explained"
        )
    assert "None" not in out
    assert "SUPPRESS" not in out


OPTIONS = {
    "demo": "--out --count --epochs --seed --workers",
    "train": "--data --run --resume --epochs --batch-size --optimizer --learning-rate --weight-decay"
    " --decay-every --decay-factor --cosine --max-norm --shift --validation --patience --snapshots --seed"
    " --workers",
    "project": "--weights --data --split --layer --map --images --select --rule --out --workers",
    "info": "--weights --model --fold",
    "gradcheck": "--samples --seed",
}


@pytest.mark.parametrize("command", OPTIONS)
def test_the_options_are_the_documented_ones(command, capsys):
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    named = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert named >= set(OPTIONS[command].split())


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"npdeconv {npdeconv.__version__}\n"


def test_info(capsys):
    lines = say(capsys, "info", "deck_model3").splitlines()
    fitting = "mnist, strokes, folders of class folders, photos"
    assert lines[0] == f"deck_model3: input 28 x 28 x 1; classes: 10; data that fit: {fitting}"
    rows = {line.split()[0]: re.split(r"  +", line) for line in lines[2:]}
    assert list(rows) == [*models.deck_model3(rng=np.random.default_rng(0)).layers, "total"]
    assert rows["conv1"] == ["conv1", "Conv2D", "28 x 28 x 32", "320", "3x3"]
    assert rows["pool1"] == ["pool1", "MaxPool2D", "14 x 14 x 32", "0", "6x6"]
    assert rows["conv6"] == ["conv6", "Conv2D", "7 x 7 x 64", "36,928", "32x32"]
    assert rows["logits"] == ["logits", "Dense", "10", "330", "56x56"]
    assert rows["total"] == ["total", "239,562"]
    assert len({len(line) for line in lines[1:-1]}) == 1  # the columns are aligned


def test_gradcheck(capsys):
    out = say(capsys, "gradcheck", "deck_model4", "--samples", "1")
    for name in models.deck_model4(rng=np.random.default_rng(0)).parameters:
        assert name in out


def test_gradcheck_finds_a_wrong_gradient(capsys, monkeypatch):
    backward = npdeconv.layers.ReLU.backward

    def wrong(self, dy, context):
        dx, gradients = backward(self, dy, context)
        return dx * 1.01, gradients

    monkeypatch.setattr(npdeconv.layers.ReLU, "backward", wrong)
    assert cli.main(["gradcheck", "deck_model4", "--samples", "2"]) == 2
    assert "npdeconv: deck_model4: finite differences do not confirm the gradients" in capsys.readouterr().err


def test_train_records_a_run(trained):
    names = {str(path.relative_to(trained)) for path in trained.rglob("*") if path.is_file()}
    expected = {"config.json", "history.csv", "weights.npz", "checkpoint.npz", "snapshots/epoch_0001.npz"}
    expected |= {"data.json", ".lock"}
    assert names == expected
    config = json.loads((trained / "config.json").read_text())
    assert config["network"] == "deck_model4"
    assert config["dataset"]["name"] == "strokes"
    assert config["momentum"] == 0.9
    free = {"epochs": 1, "npdeconv": npdeconv.__version__, "steps_before": 0, "builder": None}
    assert config["free"] == free
    network = models.deck_model4(rng=np.random.default_rng(9))
    weights.load(network, trained / "weights.npz")
    snapshot = models.deck_model4(rng=np.random.default_rng(8))
    weights.load(snapshot, trained / "snapshots" / "epoch_0001.npz")
    assert_same_bits(snapshot.parameters, network.parameters)


def test_resume_goes_on_to_the_same_weights(run, tmp_path, capsys):
    out = say(capsys, *TRAIN, "--run", run, "--epochs", "2", "--resume", "--snapshots", "1", "2")
    test_line, where = out.splitlines()
    assert re.fullmatch(r"strokes: accuracy \d+\.\d\d%, cross-entropy \d\.\d{4} on 60 images", test_line)
    assert where == f"the run is in {run}"
    assert (run / "snapshots" / "epoch_0002.npz").exists()
    whole = tmp_path / "whole"
    assert out.splitlines()[0] == say(capsys, *TRAIN, "--run", whole, "--epochs", "2").splitlines()[0]
    ends = [models.deck_model4(rng=np.random.default_rng(seed)) for seed in (1, 2)]
    weights.load(ends[0], run / "weights.npz")
    weights.load(ends[1], whole / "weights.npz")
    assert_same_bits(ends[0].parameters, ends[1].parameters)


def test_the_folder_of_a_run_has_a_default(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = say(
        capsys,
        *TRAIN,
        "--epochs",
        "2",
        "--optimizer",
        "adam",
        "--shift",
        "2",
        "--validation",
        "0.2",
        "--patience",
        "1",
        "--decay-every",
        "1",
        "--seed",
        "3",
    )
    assert out.endswith("the run is in runs/deck_model4\n")
    config = json.loads((tmp_path / "runs" / "deck_model4" / "config.json").read_text())
    assert config["optimizer"] == "Adam"
    assert config["learning_rate"] == 0.001
    assert config["schedule"] == "StepDecay(1, 0.1)"
    assert config["augment"] != "None"
    assert config["patience"] == 1
    rates = [
        line.split(",")[5] for line in (tmp_path / "runs/deck_model4/history.csv").read_text().splitlines()
    ]
    assert [float(rate) for rate in rates[1:]] == pytest.approx([1e-3, 1e-4])


def test_train_follows_the_test_images_on_request(tmp_path, capsys):
    arguments = "--epochs 2 --validation test --cosine --augment flip --shift 1 --learning-rate 0.04"
    out = say(capsys, *TRAIN, "--run", tmp_path / "run", *arguments.split())
    with (tmp_path / "run/history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"accuracy {float(rows[-1]['validation_accuracy']):.2%}" in out
    # The middles of two epochs are at 45 and 135 degrees of the cosine.
    rates = [0.02 * (1 + 0.5**0.5), 0.02 * (1 - 0.5**0.5)]
    assert [float(row["learning_rate"]) for row in rows] == pytest.approx(rates)
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["schedule"] == "CosineDecay(2)"
    assert config["augment"] == "compose(flip(), shift(1, fill=0))"


def test_train_bounds_the_weights_of_the_dense_layer(tmp_path, capsys):
    say(capsys, *TRAIN, "--run", tmp_path / "run", "--epochs", "1", "--max-norm", "1.25")
    network = models.deck_model4(rng=np.random.default_rng(1))
    weights.load(network, tmp_path / "run/weights.npz")
    norms = np.linalg.norm(network["dense1"].weight, axis=0)
    assert norms.max() == pytest.approx(1.25, rel=1e-5)
    assert np.median(norms) == pytest.approx(1.25, rel=1e-5)  # He's weights have 1.41


@pytest.mark.parametrize(
    ("given", "constraint"), [((), "MaxNorm(3.0, 'dense1.weight')"), (("--max-norm", "0"), "None")]
)
def test_plotka_is_trained_as_its_author_did(given, constraint, tmp_path, capsys, monkeypatch):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (20, 32, 32, 3), np.uint8), rng.integers(0, 10, 20)
    dataset = Dataset(images, labels, tuple("abcdefghij"), "cifar10 train")
    monkeypatch.setattr(datasets, "load_cifar10", lambda split: dataset)
    say(capsys, "train", "plotka", "--data", "cifar10", "--run", tmp_path, "--epochs", "1", *given)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["constraint"] == constraint
    assert json.loads((tmp_path / "data.json").read_text()) == {"data": "cifar10"}


@pytest.mark.parametrize(
    ("optimizer", "kind"),
    [("sgd", "SGD"), ("adam", "Adam"), ("rmsprop", "RMSprop"), ("adadelta", "Adadelta")],
)
def test_every_optimizer_has_its_rate(optimizer, kind, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(datasets, "STROKES", {"train": (10, 0), "test": (10, 1)})
    say(capsys, *TRAIN, "--run", tmp_path, "--epochs", "1", "--optimizer", optimizer)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["optimizer"] == kind
    assert config["learning_rate"] == {"SGD": 0.05, "Adam": 1e-3, "RMSprop": 1e-3, "Adadelta": 1.0}[kind]


def test_project(trained, tmp_path, capsys):
    arguments = ("--layer", "relu2", "--map", "3", "5", "--images", "0", "7", "--out", tmp_path)
    lines = say(capsys, "project", trained, *arguments).splitlines()
    assert [line.split(":")[0] for line in lines[:4]] == [
        f"relu2 map {m}, image {n}" for m in (3, 5) for n in (0, 7)
    ]
    assert lines[4:] == [
        str(tmp_path / "relu2_deconv_map3-5_image0-7.png"),
        str(tmp_path / "relu2_deconv_map3-5_image0-7.npz"),
    ]
    check_png(tmp_path / "relu2_deconv_map3-5_image0-7.png")

    network = models.deck_model4(rng=np.random.default_rng(0))
    weights.load(network, trained / "weights.npz")
    dataset = load_strokes(60, 1)
    expected = npdeconv.visualize.project(network, dataset.images[[0, 7, 0, 7]], "relu2", [3, 3, 5, 5])
    with np.load(tmp_path / "relu2_deconv_map3-5_image0-7.npz", allow_pickle=False) as file:
        assert list(file) == [
            "feature_maps",
            "image_indices",
            "pixels",
            "activation",
            "position",
            "box",
            "silent",
        ]
        np.testing.assert_array_equal(file["feature_maps"], [3, 3, 5, 5])
        np.testing.assert_array_equal(file["image_indices"], [0, 7, 0, 7])
        for name, array in expected._asdict().items():
            np.testing.assert_array_equal(file[name], array)


def test_project_finds_the_strongest_images_itself(trained, tmp_path, capsys):
    say(capsys, "project", trained, "--layer", "pool2", "--rule", "gradient", "--out", tmp_path)
    check_png(tmp_path / "pool2_gradient.png")
    network = models.deck_model4(rng=np.random.default_rng(0))
    weights.load(network, trained / "weights.npz")
    maps = network[:"pool2"]((load_strokes(60, 1).images / 255).astype(np.float32))[..., :8]
    with np.load(tmp_path / "pool2_gradient.npz") as file:
        np.testing.assert_array_equal(file["feature_maps"], range(8))
        np.testing.assert_allclose(file["activation"], maps.max(axis=(0, 1, 2)), rtol=1e-5)
        alive = ~file["silent"]
        np.testing.assert_array_equal(
            file["image_indices"][alive], maps.max(axis=(1, 2)).argmax(axis=0)[alive]
        )


def test_project_one_position_of_given_weights(trained, tmp_path, capsys):
    select = ("--select", "2", "4", "--map", "0", "--images", "1")
    say(
        capsys,
        "project",
        "deck_model4",
        "--weights",
        trained / "weights.npz",
        "--data",
        "strokes",
        "--layer",
        "conv1",
        *select,
        "--out",
        tmp_path,
    )
    with np.load(tmp_path / "conv1_deconv_map0_image1_at2-4.npz") as file:
        np.testing.assert_array_equal(file["position"], [[2, 4]])
        np.testing.assert_array_equal(file["box"], [[1, 4, 3, 6]])


def test_project_keras_weights(trained, tmp_path, capsys):
    h5py = pytest.importorskip("h5py")
    with np.load(trained / "weights.npz") as arrays, h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = ["all"]
        group = file.create_group("all")
        names = {name: f"{name.replace('.weight', '/kernel').replace('.bias', '/bias')}:0" for name in arrays}
        group.attrs["weight_names"] = list(names.values())
        for name, array in arrays.items():
            group[names[name]] = array
    arguments = ("--data", "strokes", "--layer", "relu1", "--map", "1", "--images", "1")
    run_folder, keras = tmp_path / "1", tmp_path / "2"
    say(capsys, "project", trained, *arguments, "--out", run_folder)
    say(capsys, "project", "deck_model4", "--weights", tmp_path / "w.h5", *arguments, "--out", keras)
    with (
        np.load(run_folder / "relu1_deconv_map1_image1.npz") as file,
        np.load(keras / "relu1_deconv_map1_image1.npz") as other,
    ):
        assert_same_bits(dict(file), dict(other))


@pytest.mark.slow
def test_no_result_replaces_another(trained, tmp_path, capsys):
    commands = [
        ("project", "--layer", "relu2", "--map", "3"),
        ("project", "--layer", "relu2", "--map", "4"),
        ("project", "--layer", "relu2", "--map", "3", "--split", "train"),
        ("project", "--layer", "relu2", "--map", "3", "--images", "4"),
        ("project", "--layer", "relu2", "--map", "3", "--images", "4", "--select", "map"),
        ("project", "--layer", "relu2", "--map", "3", "--images", "4", "--select", "1", "2"),
        ("project", "--layer", "relu2", "--map", "3", "--images", "4", "--rule", "guided"),
        ("project", "--layer", "relu2", "--map", "3", "--images", *map(str, range(50))),
        ("occlude", "--layer", "relu2", "--map", "3", "--size", "14", "--stride", "14"),
        ("occlude", "--layer", "relu2", "--map", "3", "--size", "14", "--stride", "7"),
        ("occlude", "--layer", "relu2", "--map", "3", "--size", "14", "7", "--stride", "14"),
        ("occlude", "--layer", "relu2", "--map", "3", "--size", "14", "--at", "0", "0"),
        ("occlude", "--layer", "relu2", "--map", "3", "--size", "14", "--at", "0", "1"),
        ("top", "--layers", "relu2", "-k", "1"),
        ("top", "--layers", "relu2", "-k", "1", "--by", "mean"),
        ("top", "--layers", "relu2", "-k", "2"),
        ("evolve", "--layers", "relu2", "--map", "3"),
        ("evolve", "--layers", "relu2", "--map", "4"),
        ("evolve", "--layers", "relu2", "--map", "3", "--split", "test"),
        ("evolve", "--layers", "relu2", "--map", "3", "--image", "2"),
        ("evolve", "--layers", "relu2", "--map", "3", "--image", "2", "--split", "train"),
    ]
    for number, (command, *arguments) in enumerate(commands, 1):
        say(capsys, command, trained, *arguments, "--out", tmp_path)
        assert len(list(tmp_path.glob("*.npz"))) == number, (command, *arguments)
    before = sorted(tmp_path.iterdir())
    say(capsys, "project", trained, *commands[0][1:], "--out", tmp_path)  # replaces its own
    assert sorted(tmp_path.iterdir()) == before


def test_top_draws_whole_images_of_chosen_maps_and_prints_their_values(trained, tmp_path, capsys):
    arguments = ("--layers", "relu2", "--map", "5", "3", "-k", "2", "--by", "mean", "--select", "map")
    lines = say(capsys, "top", trained, *arguments, "--out", tmp_path).splitlines()
    network = models.deck_model4(rng=np.random.default_rng(0))
    weights.load(network, trained / "weights.npz")
    images = load_strokes(60, 1).images
    found = npdeconv.visualize.find_strongest(network, images, ["relu2"], k=2, by="mean")["relu2"]
    stem = "relu2_top2_mean_map5-3_whole_map"
    assert lines[2] == f"  {tmp_path / f'{stem}_1.png'}"
    for line, m in zip(lines[3:], (3, 5), strict=True):
        pairs = zip(found.image_indices[m], found.activations[m], strict=True)
        values = ", ".join(f"image {n} {value:.4g}" for n, value in pairs if n >= 0)
        assert line == f"relu2 map {m}: {values or 'dead'}"
    check_png(tmp_path / f"{stem}_1.png")
    with np.load(tmp_path / f"{stem}.npz") as file:
        assert file["projections"].shape == (2, 2, 28, 28, 1)
        np.testing.assert_array_equal(file["feature_maps"], [3, 5])


def test_top_draws_the_most_active_of_too_many_maps(trained, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(top, "PIXELS", 4 * 2 * 25)
    out = say(capsys, "top", trained, "--layers", "relu2", "-k", "2", "--out", tmp_path)
    assert "relu2: drawn are the 4 most active maps; --map chooses others" in out
    with np.load(tmp_path / "relu2_top2_maximum.npz") as file:
        strongest = np.argsort(-file["activations"][:, 0])[:4]
        np.testing.assert_array_equal(file["feature_maps"], np.sort(strongest))
        assert len(file["patches_pixels"]) == 4


def test_evolve_draws_the_whole_map_of_an_image_behind_it(trained, tmp_path, capsys):
    arguments = ("--layers", "relu2", "--map", "3", "--image", "7", "--select", "map", "--out", tmp_path)
    say(capsys, "evolve", trained, *arguments)
    check_png(tmp_path / "relu2_image7_map3_map_whole.png")
    with np.load(tmp_path / "relu2_image7_map3_map_whole.npz") as file:
        pixels = file["pixels"][-1, 0]
    network = models.deck_model4(rng=np.random.default_rng(0))
    weights.load(network, trained / "weights.npz")
    image = load_strokes(60, 1).images[7:8]
    np.testing.assert_array_equal(
        pixels, npdeconv.visualize.project(network, image, "relu2", 3, select="map").pixels[0]
    )


def test_evolve_searches_the_training_images_and_needs_no_final_weights(run, tmp_path, capsys):
    (run / "weights.npz").unlink()
    arguments = ("--layers", "relu2", "--map", "3", "--out", tmp_path / "out")
    first, line = say(capsys, "evolve", run, *arguments).splitlines()
    assert first == "searching the 150 training images of strokes at each snapshot"
    assert line.startswith("relu2, the strongest training image of strokes at each epoch: ")
    network = models.deck_model4(rng=np.random.default_rng(0))
    weights.load(network, run / "snapshots" / "epoch_0001.npz")
    maps = network[:"relu2"]((load_strokes(150, 0).images / 255).astype(np.float32))[..., 3]
    with np.load(tmp_path / "out" / "relu2_strongest_map3_train.npz") as file:
        np.testing.assert_array_equal(file["image_indices"], [[maps.max(axis=(1, 2)).argmax()]])
    line = say(capsys, "evolve", run, *arguments, "--image", "7")
    assert line.startswith("relu2, test image 7 of strokes: ")
    check_png(tmp_path / "out" / "relu2_image7_map3.png")


def test_a_run_finds_its_own_folder_of_data_again(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "my digits"
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in ("scissors", "rock", "paper"):
            (folder / split / name).mkdir(parents=True)
            pixels = rng.integers(0, 256, (30, 30, 3), np.uint8)
            Image.fromarray(pixels).save(folder / split / name / "1.png")

    def small(rng, dtype=np.float32):
        layers = npdeconv.layers
        return layers.Sequential(
            {
                "conv": layers.Conv2D(3, 2, 3, rng=rng, dtype=dtype),
                "relu": layers.ReLU(),
                "flatten": layers.Flatten(),
                "logits": layers.Dense(72, 3, rng=rng, dtype=dtype),
            },
            name="small",
            input_shape=(8, 8, 3),
        )

    monkeypatch.setattr(models, "names", lambda: ("small",))
    monkeypatch.setattr(models, "build", lambda name, rng, class_count=3: small(rng))
    monkeypatch.chdir(tmp_path)
    say(capsys, "train", "small", "--data", "my digits", "--run", "run", "--epochs", "1")
    assert json.loads((tmp_path / "run" / "data.json").read_text()) == {"data": str(folder)}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    out = say(capsys, "project", "../run", "--layer", "relu", "--map", "1", "--images", "2")
    assert "relu map 1, image 2" in out


def test_help_is_for_people(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        body = capsys.readouterr().out.partition("\n\n")[2].replace("[1.6", "")
        assert not re.search(r"[{}']|\[\]|\(\d+, ", re.sub(r"\{[A-Za-z_,]+\}|'s\b|s'(?= )", "", body))
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = capsys.readouterr().out
    assert "if not given: 0.05 for sgd, 0.001 for adam" in text
    assert "warp turns them by up to 20 degrees" in text
    assert "(default: 1 2 5 10 20 30 40 50 64)" in text


@pytest.fixture
def small_demo(monkeypatch):
    monkeypatch.setattr(demo, "load_strokes", lambda n, seed: load_strokes(min(n, 60), seed))
    return "demo", "--count", "60", "--epochs", "1", "--out"


def test_demo_draws_every_layer(small_demo, tmp_path, capsys, monkeypatch):
    reported = []
    monkeypatch.setattr(demo, "write_report", lambda *arguments, **_: reported.append(arguments))
    out = say(capsys, *small_demo, tmp_path)
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert len(pictures) == 1 + 7  # a ReLU after each of six convolutions and the hidden layer
    assert "curves.png" in pictures
    for name in pictures:
        check_png(tmp_path / name)
        assert str(tmp_path / name) in out
    ((folder, network, *_),) = reported
    saved = models.deck_model3(rng=np.random.default_rng(9))
    weights.load(saved, folder / "weights.npz")
    assert_same_bits(saved.parameters, network.parameters)


@pytest.mark.slow
def test_demo_ends_with_a_page(small_demo, tmp_path, capsys):
    say(capsys, *small_demo, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")


def test_a_process_of_its_own(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from npdeconv.cli import main; sys.exit(main())",
            "info",
            "deck_rps2",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert "480,451" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_has_seen_enough():
    command = (
        f"{sys.executable} -c 'from npdeconv.cli import main; raise SystemExit(main())' info deck_rps3 | true"
    )
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
