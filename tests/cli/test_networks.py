"""Every command takes every way of naming a network, and finds the same one."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, parallel, weights
from npdeconv.cli import transfer
from npdeconv.cli.commands import COMMANDS
from npdeconv.cli.datasets import read_data
from npdeconv.cli.networks import load_network
from npdeconv.data import load_folder
from npdeconv.layers import Conv2D, GlobalAveragePool, ReLU, Sequential
from tests.blocks import blocks
from tests.keras_files import layer, write_h5
from tests.torch_files import torch_zip

CLASSES = ("ant", "bee", "cat")
SIDE = 32
CARD = {
    "input_shape_hwc": [SIDE, SIDE, 3],
    "channel_order": "RGB",
    "mean_rgb": None,
    "preprocessing": f"shorter side to {SIDE}, center crop {SIDE}x{SIDE}, / 255",
    "class_names": CLASSES,
    "layers": [
        {"type": "conv", "name": "conv", "kernel": 3, "stride": 1, "pad": 0, "in": 3, "out": 3},
        {"type": "relu", "name": "relu"},
        {"type": "global_avgpool", "name": "pool"},
    ],
}


def little(*, rng, dtype=np.float32):
    layers = {"conv": Conv2D(3, 3, 3, rng=rng), "relu": ReLU(), "pool": GlobalAveragePool()}
    return Sequential(layers, input_shape=(SIDE, SIDE, 3), name="little")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of data, and the same weights in files of every kind, as a run, and with a card."""
    h5py, save = pytest.importorskip("h5py"), pytest.importorskip("safetensors.numpy").save_file
    pytest.importorskip("onnx")
    place, rng = tmp_path_factory.mktemp("networks"), np.random.default_rng(4)
    for label, name in enumerate(CLASSES):
        (place / "pets" / name).mkdir(parents=True)
        for n in range(4):
            Image.fromarray(blocks(4 * label + n, size=SIDE)).save(place / f"pets/{name}/{n}.png")
    network = little(rng=rng)
    weight, bias = network.parameters.values()
    bias[...] = 0.5
    theirs = {"c.weight": np.ascontiguousarray(weight.transpose(3, 2, 0, 1)), "c.bias": bias}
    (place / "run/snapshots").mkdir(parents=True)
    for name in ("w.npz", "card.npz", "run/weights.npz", "run/snapshots/epoch_0001.npz"):
        weights.save(network, place / name)
    for name in ("w.onnx", "card.onnx"):
        weights.save_onnx(network, place / name)
    (place / "names.txt").write_text("\n".join(CLASSES))
    (place / "classes.csv").write_text("\n".join(("name", *CLASSES)))
    torch_zip(place / "w.pth", theirs)
    save({f"conv{name[1:]}": array for name, array in theirs.items()}, place / "w.safetensors")
    with h5py.File(place / "w.h5", "w") as file:
        described = layer(
            "Conv2D", "conv", [weight, bias], filters=3, batch_input_shape=[None, SIDE, SIDE, 3]
        )
        named = layer("Activation", "relu", activation="relu"), layer("GlobalAveragePooling2D", "pool")
        write_h5(file, [described, *named])
        with h5py.File(place / "alone.h5", "w") as alone:
            write_h5(alone, [described], config=False)
    shutil.copy(place / "w.h5", place / "card.h5")
    (place / "card.json").write_text(json.dumps(CARD))
    dataset = {"name": "pets", "images": [12, SIDE, SIDE, 3], "classes": CLASSES}
    (place / "run/config.json").write_text(json.dumps({"network": "little", "dataset": dataset}))
    (place / "run/data.json").write_text(json.dumps({"data": str(place / "pets")}))
    return place


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    monkeypatch.setitem(models._NETWORKS, "little", little)
    monkeypatch.chdir(made)
    return tmp_path


WAYS = {
    "run": ("run",),
    "run + weights": ("run", "--weights", "w.pth"),
    "model + npz": ("little", "--weights", "w.npz"),
    "model + keras": ("little", "--weights", "w.h5"),
    "model + torch": ("little", "--weights", "w.pth"),
    "model + safetensors": ("little", "--weights", "w.safetensors"),
    "card": ("card.json",),
    "weights of a card": ("card.npz",),
    "weights of a run": ("run/weights.npz",),
    "snapshot": ("run/snapshots/epoch_0001.npz",),
    "npz": ("w.npz", "--model", "little"),
    "keras": ("w.h5", "--model", "little"),
    "whole keras": ("w.h5", "--class-names", "classes.csv"),
    "whole keras + card": ("card.h5",),
    "torch": ("w.pth", "--model", "little"),
    "onnx": ("w.onnx", "--class-names", "classes.csv"),
    "onnx + card": ("card.onnx",),
}
PREPARED = (
    f"assumed RGB photos stretched to {SIDE}x{SIDE}, pixels divided by 255, mean 0, std 1, 3 names of classes"
)
ASSUMED = {
    "onnx": f"w.onnx: {PREPARED}\n",
    "onnx + card": "card.onnx: images as card.json says\n",
    "whole keras": f"w.h5: {PREPARED}\n",
    "whole keras + card": "card.h5: images as card.json says\n",
}
RUNS = ("run", "run + weights", "weights of a run", "snapshot")

FEW = ("--steps", "2", "--words", "6", "--repetitions", "2", "--epochs", "1")
TAKES = {  # all commands that take a network, and their other arguments
    "classify": (),
    "look": ("--layer", "relu"),
    "project": ("--layer", "relu"),
    "top": ("--layers", "relu"),
    "textures": ("--layer", "relu"),
    "animate": ("--layer", "relu"),
    "occlude": ("--layer", "relu", "--size", "16", "--stride", "16"),
    "invariance": ("--transform", "shift", "--amounts", "0", "4"),
    "filters": ("--period", "2", "--layer", "relu"),
    "cam": (),
    "oath": ("--layer", "relu", "--seeds", "2", "--images", "0", "5", "--methods", "deconv", "occlusion"),
    "relevance": ("--count", "2", "--step", "256", "--changes", "2", "--stride", "12"),
    "switches": ("--layer", "relu", "--map", "0", "--count", "3", "--draws", "1"),
    "maximize": ("--steps", "1"),
    "embed": ("-k", "1", "--count", "6", "--layer", "relu"),
    "transfer": ("--per-class", "1", "--seeds", "1", "--scratch-seeds", "0", "--layer", "relu"),
    "probe": ("--per-class", "1", "--seeds", "1", "--limit", "64"),
    "report": (),
    "evolve": ("--layers", "relu", "--split", "test"),
    "info": (),
    "retrain": ("--photos", "pets/ant", "--control", "pets/bee", "--class", "0", *FEW),
}
WITHOUT_DATA = ("maximize", "info", "retrain")
# These make their own; `correspondence` draws digits, see test_correspondence.py.
OTHERS = {
    "ablate",
    "break",
    "check",
    "correspondence",
    "demo",
    "explain",
    "first-layers",
    "gradcheck",
    "learn",
    "localize",
    "recovery",
    "train",
}


def test_no_command_is_forgotten():
    assert set(TAKES) | OTHERS == set(COMMANDS)


def arguments(command, way, out):
    where = {"classify": (), "info": (), "report": ("--page", out / "page.html")}.get(
        command, ("--out", out, "--dpi", "10")
    )
    shown = () if command in WITHOUT_DATA else ("--data", "pets")
    return [str(part) for part in (command, *WAYS[way], *TAKES[command], *shown, *where)]


def arrays_of(folder):
    """Return every array that a command wrote, by file and name, except the names of classes."""
    found = {}
    for path in folder.glob("*.npz"):
        with np.load(path) as file:
            found |= {name: file[name] for name in file.files}
    return found


QUICK = ("classify", "info")  # the others draw
OFTEN = ("torch", "onnx")
PAIRS = [
    pytest.param(command, way, marks=() if command in QUICK or way in OFTEN else pytest.mark.slow)
    for command in TAKES
    for way in WAYS
]


@pytest.fixture(scope="module")
def of_run():
    """What each command prints and writes for the run; every command runs once."""
    return {}


@pytest.mark.parametrize(("command", "way"), PAIRS)
def test_every_command_takes_every_way_of_naming_a_network(command, way, here, of_run, capsys):
    if command in ("oath", "retrain"):
        pytest.importorskip("skimage")
    status = cli.main(arguments(command, way, here / "out"))
    out, err = capsys.readouterr()
    assumed = ASSUMED.get(way, "")
    assert out.startswith(assumed)
    if command == "evolve" and way not in RUNS:
        named = WAYS[way][0]
        assert status == 2
        assert err == f"npdeconv: {named}: expected the folder of a training run, which keeps snapshots\n"
        return
    assert status == 0, err
    if command not in of_run:
        assert cli.main(arguments(command, "run", here / "run")) == 0
        of_run[command] = capsys.readouterr().out, arrays_of(here / "run")
    said, wanted = of_run[command]
    found = arrays_of(here / "out")
    assert command != "classify" or out == assumed + said
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)


SETTINGS = [
    ("--input-size", "32"),
    ("--input-mean", "0"),
    ("--input-std", "1"),
    ("--input-channels", "RGB"),
    ("--class-names", "classes.csv"),
]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("w.npz",), "w.npz: expected --model, which says what the layers are between these weights"),
        (("w.npz", "--weights", "w.pth"), "--weights: expected none, w.npz has its own"),
        (("card.json", "--weights", "w.pth"), "--weights: expected none, card.json has its own"),
        (("card.json", "--model", "little"), "--model: expected none, card.json says what its layers are"),
        (("card.json", "--fold"), "--fold: expected none, card.json says what its layers are"),
        (("little", "--model", "rps3"), "--model: expected none, little says what its layers are"),
        (("run", "--fold"), "--fold: says how to read the file that --weights names, and there is none"),
        (("little",), "little: --weights must name the file of weights to look into"),
        (("no.json",), "no.json: there is no such file"),
        (("no.pth",), "no.pth: expected the folder of a training run, a card (.json), a file of weights, "),
        (
            ("pets",),
            "pets: expected the folder of a training run, a card (.json), a file of weights, an ONNX file, ",
        ),
        (("no.onnx",), "no.onnx: there is no such file"),
        (("w.onnx", "--weights", "w.pth"), "--weights: expected none, w.onnx has layers and weights"),
        (("w.onnx", "--model", "little"), "--model: expected none, w.onnx has layers and weights"),
        (("w.h5", "--fold"), "--fold: expected none, w.h5 has layers and weights"),
        (("w.h5", "--weights", "w.pth"), "--weights: expected none, w.h5 has layers and weights"),
        (
            ("alone.h5",),
            "alone.h5: expected a file with its model (model.save), got weights alone, which load_keras reads"
            " into a network (on the command line, --model)",
        ),
        (("w.onnx", "--fold"), "--fold: expected none, w.onnx has layers and weights"),
        (("w.onnx", "--class-names", "no.csv"), "no.csv: there is no such file"),
        (
            ("w.onnx", "--class-names", "names.txt"),
            "names.txt: expected a first line with a column 'name', got 'ant'",
        ),
        (
            ("w.onnx", "--input-size", "8"),
            "w.onnx: expected images of 8x8, the file takes 'images' of shape (None, 3, 32, 32)",
        ),
        (
            ("card.onnx", "--input-std", "0.5"),
            "card.json: says how images are prepared; expected no other settings besides",
        ),
        (
            ("little", "--weights", "w.onnx"),
            "--weights: expected weights alone; w.onnx has layers, too, and can be NETWORK",
        ),
        *(
            (
                ("run", *option),
                f"{option[0]}: expected none, run is no ONNX file (.onnx), nor a Keras file with its model",
            )
            for option in SETTINGS
        ),
        (("w.npz", "--model", "litle"), "no network 'litle' (did you mean 'little'?); the networks are "),
    ],
)
def test_what_is_missing_or_given_in_vain_is_named(given, said, here, capsys):
    assert cli.main(["classify", *given, "--data", "pets"]) == 2
    assert capsys.readouterr().err.startswith(f"npdeconv: {said}")


@pytest.mark.parametrize("size", ["0", "8x", "x8", "8x0", "-8", "8.5", "8x8x3", "٨"])
def test_a_size_is_one_number_or_two(size, here, capsys):
    with pytest.raises(SystemExit):
        cli.main(["info", "w.onnx", f"--input-size={size}"])
    assert f"--input-size: expected N or HxW in pixels, such as 224 or 240x320, got '{size}'" in (
        capsys.readouterr().err
    )


def test_what_an_onnx_file_leaves_open_comes_from_options(here, capsys):
    onnx = pytest.importorskip("onnx")
    model = onnx.load_model("w.onnx")
    for dim, name in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], "hw", strict=True):
        dim.dim_param = name
    del model.graph.value_info[:]
    onnx.save_model(model, here / "open.onnx")
    given = ["info", str(here / "open.onnx")]
    assert cli.main(given) == 2
    assert "on the command line --input-size, says height and width" in capsys.readouterr().err
    prepared = ("--input-mean", "120", "110", "100", "--input-std", "60", "--input-channels", "BGR")
    assert cli.main([*given, "--input-size", "40x24", *prepared]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == (
        "open.onnx: assumed BGR photos stretched to 40x24, pixels as they are, 0 to 255, mean 120 110 100,"
        " std 60, classes without names"
    )
    assert second.startswith("open: input 40 x 24 x 3; ")


def test_info_prints_what_an_onnx_file_says(here, capsys):
    onnx = pytest.importorskip("onnx")
    model = onnx.load_model("w.onnx")
    model.graph.node[0].name = "/c/\x1b[31mConv"
    model.producer_name = "someone's exporter"
    onnx.save_model(model, here / "said.onnx")
    assert cli.main(["info", str(here / "said.onnx")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("said.onnx: assumed RGB photos stretched to 32x32")
    assert lines[2:5] == [
        "file: input 'images', NCHW, float32, any number at once",
        "file: producer someone's exporter",
        "file: graph little",
    ]
    assert [line.partition("  node ")[2] for line in lines[6:9]] == [
        "/c/\\x1b[31mConv",
        "relu",
        "pool/GlobalAveragePool",
    ]


def test_training_from_the_beginning_takes_no_onnx_settings(here, capsys):
    given = ["transfer", "little", "--pretrain", "ant", "--data", "pets", "--input-mean", "0.5"]
    assert cli.main(given) == 2
    assert "--input-mean: expected none, --pretrain trains NETWORK from the beginning" in (
        capsys.readouterr().err
    )


def test_files_of_weights_lie_where_data_lie(made, here, monkeypatch, capsys):
    monkeypatch.setenv("NPDECONV_DATA", str(made))
    monkeypatch.chdir(here)
    said = set()
    for way in ("model + torch", "npz", "card", "run + weights"):
        assert cli.main(["classify", *WAYS[way], "--data", "pets"]) == 0
        said.add(capsys.readouterr().out)
    assert len(said) == 1


SETS = ("mnist", "cifar10", "rps", "strokes", "caltech101", "photos", "cats")
LIGHT = ("photos", "cats")  # the others take seconds to read
FEATURES = ("transfer", "probe", "embed")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        pytest.param(command, name, marks=() if name in LIGHT and command in FEATURES else pytest.mark.slow)
        for command in TAKES
        if command not in (*WITHOUT_DATA, "evolve")  # which looks at the data of its run
        for name in SETS
        if name in LIGHT or command in (*FEATURES, "classify")
    ],
)
def test_every_data_set_resolves_by_its_name(command, name, made, here, real_data, monkeypatch, capsys):
    monkeypatch.setenv("NPDECONV_DATA", str(real_data))
    given = arguments(command, "card", here / "out")
    given[given.index("--data") + 1] = name
    more = {"classify": ("--images", "1"), "report": ("--count", "2")}.get(command, ())
    status = cli.main([*given, *more])
    said = capsys.readouterr().err
    if command in ("transfer", "probe") and name == "photos":
        assert "expected images with labels, got the unlabeled ones of photos" in said
    else:
        assert status == 0, said


def test_sets_that_would_fill_the_memory_are_thinned_out_evenly(made, here, monkeypatch, capsys):
    monkeypatch.setattr(transfer, "LARGEST", 6 * SIDE * SIDE * 3)
    given = arguments("transfer", "card", here / "out")
    assert cli.main(given) == 0
    assert "pets: took 6 of 12 images, at even distances, which fill" in capsys.readouterr().err
    monkeypatch.setattr(transfer, "LARGEST", 2**31)
    assert cli.main(given) == 0
    assert "took" not in capsys.readouterr().err


def large(folder):
    """Write photos twice as wide as high, of ants with a bright middle and of bees with a dark one."""
    for name, bright in (("ant", True), ("bee", False)):
        (folder / name).mkdir(parents=True)
        for n in range(4):
            pixels = np.full((16, 32, 3), 0 if bright else 255, np.uint8)
            pixels[:, 8:24] = 200 + n if bright else n
            Image.fromarray(pixels).save(folder / name / f"{n}.png")
    return folder


def test_photos_are_cut_out_as_the_card_says(made, here):
    """Stretched photos would show pixels from outside of the middle square."""
    folder = large(here / "photos")
    for way, shorter_side in {"card": SIDE, "run": None}.items():
        options = cli.commands.parser_of_all()[0].parse_args(["classify", WAYS[way][0]])
        seen = read_data(load_network(options), str(folder), "test").images
        np.testing.assert_array_equal(seen, load_folder(folder, SIDE, shorter_side).images)


def test_training_from_scratch_sees_what_frozen_features_see(made, here, monkeypatch):
    """The middle of the photos is loaded again, smaller, and not the whole."""
    monkeypatch.setattr(transfer, "SMALL_SIDE", 4)
    monkeypatch.setattr(transfer, "small_network", lambda shape, classes, rng: little_of(shape, classes, rng))
    seen = []
    monkeypatch.setattr(transfer, "Scratch", lambda build, images, **_: seen.append(images))
    folder = large(here / "photos")
    given = arguments("transfer", "card", here / "out")
    given[given.index("--scratch-seeds") + 1] = "1"
    cli.main([*given, "--data", str(folder)])
    (images,) = seen
    assert images.shape == (8, 4, 4, 3)
    assert images[:4].min() > 128
    assert images[4:].max() < 128


def little_of(shape, classes, rng):
    layers = {"conv": Conv2D(3, classes, 3, rng=rng), "pool": GlobalAveragePool()}
    return Sequential(layers, input_shape=shape)


def test_a_report_of_any_network_has_a_name_of_its_own(made, here, monkeypatch, capsys):
    for name in ("card.json", "card.npz", "w.pth", "pets"):
        (shutil.copytree if name == "pets" else shutil.copy)(made / name, here / name)
    monkeypatch.chdir(here)
    for way, page in {"card": "card_report.html", "torch": "w_report.html"}.items():
        assert cli.main(["report", *WAYS[way], "--data", "pets", "--count", "3"]) == 0
        assert capsys.readouterr().out.startswith(f"{page} (")
        assert (here / page).is_file()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(name, marks=() if name in ("cam", "occlude") else pytest.mark.slow)
        for name in TAKES
        if name != "look"  # its passes of single images take no workers
    ],
)
def test_every_command_heeds_the_number_of_workers(command, here, capsys, monkeypatch):
    if command in ("oath", "retrain"):
        pytest.importorskip("skimage")

    def ask():
        raise AssertionError("nobody was to ask how many cores there are")

    monkeypatch.setattr(parallel, "available_processors", ask)
    more = () if command == "info" else ("--workers", "2")
    assert cli.main([*arguments(command, "run", here / "out"), *more]) == 0, capsys.readouterr().err
