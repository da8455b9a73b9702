"""Commands that are given the card of a pretrained network, and photos."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, weights
from npdeconv.cli import datasets, networks
from npdeconv.cli.datasets import STROKES
from npdeconv.data import Preprocessing

COLORS = {"tomato": (255, 0, 0), "sea water": (0, 0, 255)}


def write_card(folder, conv, **changes):
    """Write a network that finds tomatoes by red and the sea by blue, on pixels minus 100."""
    card = {
        "input_shape_hwc": [6, 6, 3],
        "channel_order": "RGB",
        "mean_rgb": [100.0, 100.0, 100.0],
        "preprocessing": "shorter side to 8, center crop 6x6, RGB 0..255, subtract mean_rgb, no division",
        "class_names": list(COLORS),
        "layers": [
            {
                "type": "conv",
                "name": "conv1",
                "kernel": 1,
                "stride": 1,
                "pad": 0,
                "in": conv.shape[2],
                "out": 2,
            },
            {"type": "relu", "name": "relu1"},
            {"type": "global_avgpool", "name": "gap"},
        ],
    }
    (folder / "colors.json").write_text(json.dumps(card | changes))
    np.savez(folder / "colors.npz", **{"conv1.weight": conv, "conv1.bias": np.zeros(2, np.float32)})
    return folder / "colors.json"


REDDISH_BLUISH = np.array([[1, 0], [0, 0], [0, 1]], np.float32).reshape(1, 1, 3, 2)


@pytest.fixture
def card(tmp_path):
    return write_card(tmp_path, REDDISH_BLUISH)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, color in {"a red one": (150, 0, 0), "blue": (0, 0, 120)}.items():
        Image.new("RGB", (20, 10), color).save(folder / f"{name}.png")
    return folder


def say(capsys, *arguments):
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def complain(capsys, *arguments):
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.removeprefix("npdeconv: ").rstrip()


def test_classify_photos(card, photos, capsys):
    lines = say(capsys, "classify", card, "--data", photos).splitlines()
    # The maps are 150 - 100 and 0 by hand, 0 and 120 - 100 for the other: far apart for a softmax.
    assert lines == [
        "image 0, a red one: tomato 100.0%; sea water 0.0%",
        "image 1, blue: sea water 100.0%; tomato 0.0%",
    ]
    assert say(capsys, "classify", card, "--data", photos, "--images", "1", "-k", "1") == (
        "image 1, blue: sea water 100.0%\n"
    )


def test_classify_reads_and_prepares_only_what_is_asked_for(card, photos, tmp_path, capsys, monkeypatch):
    arguments = "classify", card, "-k", "1", "--images", "1", "1", "--data"
    (photos / "a red one.png").write_bytes(b"damaged, and not asked for")
    assert say(capsys, *arguments, photos) == "image 1, blue: sea water 100.0%\n" * 2
    for name, color in {"1 sea": (0, 0, 200), "2 land": (200, 0, 0)}.items():
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.new("RGB", (9, 9), color).save(tmp_path / "set" / name / "x.png")
    (tmp_path / "set/1 sea/x.png").write_bytes(b"damaged, and not asked for")
    assert say(capsys, *arguments, tmp_path / "set") == "image 1: tomato 100.0%\n" * 2
    assert complain(capsys, "classify", card, "--images", "2", "--data", tmp_path / "set") == (
        "--images: set has the images 0 to 1, got 2"
    )
    fitted = []
    monkeypatch.setattr(
        Preprocessing, "fit", lambda self, images: fitted.append(len(images)) or fit(self, images)
    )
    monkeypatch.setitem(STROKES, "test", (3, 1))
    say(capsys, "classify", gray_card(tmp_path), "--data", "strokes", "--images", "2", "0")
    assert fitted == [2]


fit = Preprocessing.fit


@pytest.mark.parametrize(
    "command",
    [
        ("cam", "--image"),
        ("occlude", "--layer", "relu1", "--image"),
        ("project", "--layer", "relu1", "--images"),
    ],
)
def test_commands_about_single_images_read_no_others(card, photos, tmp_path, capsys, command):
    (photos / "a red one.png").write_bytes(b"damaged, and not asked for")
    name, *arguments = command
    said = say(capsys, name, card, "--data", photos, "--out", tmp_path / "out", *arguments, "1")
    assert {"cam": "sea water: probability 1.0000", "occlude": "clean: ", "project": "image 1: act"}[
        name
    ] in said
    with np.load(next((tmp_path / "out").glob("*.npz"))) as arrays:
        assert name != "cam" or arrays["image"][0, 0].tolist() == [0, 0, 120]


@pytest.mark.parametrize(
    ("beside", "inside", "said"),
    [
        (1, 2, "loaded 2 images in class folders, skipped 1 beside them"),
        (1, 1, "loaded 1 images in class folders, skipped 1 beside them"),
        (2, 1, "loaded 2 photos, skipped 1 in its folders"),
        (0, 2, None),
        (2, 0, None),
    ],
)
def test_a_folder_is_what_more_of_its_images_are(card, tmp_path, capsys, beside, inside, said):
    (tmp_path / "set/sea water").mkdir(parents=True)
    for number in range(beside):
        Image.new("RGB", (9, 9), (200, 0, 0)).save(tmp_path / f"set/overview{number}.jpg")
    for number in range(inside):
        Image.new("RGB", (9, 9), (0, 0, 200)).save(tmp_path / f"set/sea water/{number}.jpg")
    for stray in "._photo.jpg", "Thumbs.db", ".hidden.png", "sea water/._1.jpg", "__MACOSX/x.jpg":
        (tmp_path / "set" / stray).parent.mkdir(exist_ok=True)
        (tmp_path / "set" / stray).write_bytes(b"no image")
    assert cli.main(["classify", str(card), "--data", str(tmp_path / "set"), "-k", "1"]) == 0
    out, err = capsys.readouterr()
    expected = ["tomato"] * beside if beside > inside else ["sea water"] * inside
    assert [line.split(": ")[1] for line in out.splitlines()] == [f"{name} 100.0%" for name in expected]
    assert err == ("" if said is None else f"{tmp_path / 'set'}: {said}\n")


def test_pictures_in_other_formats_are_skipped_with_a_message(card, photos, tmp_path, capsys):
    (photos / "green.webp").write_bytes(b"")
    assert cli.main(["classify", str(card), "--data", str(photos)]) == 0
    said = "skipped pictures in other formats than PNG and JPEG (1), such as green.webp"
    assert capsys.readouterr().err == f"{photos}: {said}\n"
    (tmp_path / "set/tomato").mkdir(parents=True)
    for name in "1.GIF", "2.bmp", "3.png":
        Image.new("RGB", (9, 9), (200, 0, 0)).save(tmp_path / "set/tomato" / name)
    assert cli.main(["classify", str(card), "--data", str(tmp_path / "set")]) == 0
    assert "skipped pictures in other formats than PNG and JPEG (2), such as 1.GIF" in capsys.readouterr().err


def test_a_card_reads_the_part_of_a_set_that_is_asked_for(card, tmp_path, capsys):
    for part, color in {"train": (200, 0, 0), "test": (0, 0, 200)}.items():
        (tmp_path / "set" / part / "tomato").mkdir(parents=True)
        Image.new("RGB", (9, 9), color).save(tmp_path / "set" / part / "tomato" / "1.png")
    arguments = ("classify", card, "--data", tmp_path / "set", "-k", "1")
    assert say(capsys, *arguments) == "image 0: sea water 100.0%\n"
    assert say(capsys, *arguments, "--split", "train") == "image 0: tomato 100.0%\n"


def test_classify_one_photo_by_the_weights(card, photos, capsys):
    out = say(capsys, "classify", card.with_suffix(".npz"), "--data", photos / "blue.png", "-k", "1")
    assert out == "image 0, blue: sea water 100.0%\n"


def prepared(card, data):
    made = weights.load_card(card)
    loaded = networks.Loaded(made.on_pixels(), preprocessing=made.preprocessing)
    return loaded.network, datasets.load_data(loaded, str(data), "test")


def test_photos_have_no_labels(card, photos):
    network, dataset = prepared(card, photos)
    assert dataset.images.shape == (2, 6, 6, 3)
    assert dataset.images[:, 0, 0].tolist() == [[150, 0, 0], [0, 0, 120]]
    assert dataset.labels is None
    assert dataset.classes == tuple(COLORS)
    assert dataset.name == "photos"
    np.testing.assert_allclose(network(dataset.images / np.float32(255)), [[50, 0], [0, 20]], atol=1e-4)


@pytest.mark.parametrize(
    ("folders", "labels"),
    [
        (("Sea_Water", "Tomato"), [1, 0]),  # known in another spelling
        (("Tomato",), [0]),
        (("Sea_Water", "lemon"), None),  # lemon is no class of the network
    ],
)
def test_folders_named_like_the_classes_are_labels(card, tmp_path, folders, labels, capsys):
    for name in folders:  # all are red
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.new("RGB", (9, 9), (200, 0, 0)).save(tmp_path / "set" / name / "x.png")
    _, dataset = prepared(card, tmp_path / "set")
    assert (dataset.labels if labels is None else dataset.labels.tolist()) == labels
    assert dataset.classes == tuple(COLORS)
    said = capsys.readouterr().err
    assert said == "" if labels else "colors does not know all of its classes (not lemon); classes" in said


def gray_card(folder):
    gray = np.array([[1, -1]], np.float32).reshape(1, 1, 1, 2)
    layers = {"channel_order": "grey", "mean_rgb": None, "preprocessing": "/ 255"}
    return write_card(folder, gray, input_shape_hwc=[20, 20, 1], **layers)


def test_a_gray_network_and_a_named_set(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(STROKES, "test", (3, 1))
    lines = say(capsys, "classify", gray_card(tmp_path), "--data", "strokes", "-k", "1").splitlines()
    assert [line.partition(" 5")[0] for line in lines] == [f"image {n}: tomato" for n in range(3)]


def test_a_network_that_ends_in_maps(tmp_path, photos, capsys):
    layers = [{"type": "conv", "name": "conv1", "kernel": 1, "stride": 1, "pad": 0, "in": 3, "out": 2}]
    card = write_card(tmp_path, REDDISH_BLUISH, layers=layers, class_names=None)
    _, dataset = prepared(card, photos)
    assert dataset.classes == ()
    assert dataset.labels is None
    said = complain(capsys, "classify", card, "--data", photos)
    assert said == "colors: expected a network with classes, got outputs of shape (6, 6, 2)"


def test_look_at_a_network_that_ends_in_maps(tmp_path, photos, capsys):
    layers = [{"type": "conv", "name": "conv1", "kernel": 1, "stride": 1, "pad": 0, "in": 3, "out": 2}]
    card = write_card(tmp_path, REDDISH_BLUISH, layers=layers, class_names=None)
    printed = say(capsys, "look", card, "--data", photos, "--out", tmp_path / "out")
    assert "no mistakes to draw: colors ends in feature maps, and has no classes" in printed
    assert "report.html" not in complain(
        capsys, "report", card, "--data", photos, "--page", tmp_path / "r.html"
    )


def test_classes_without_names_are_numbers(tmp_path, photos):
    _, dataset = prepared(write_card(tmp_path, REDDISH_BLUISH, class_names=None), photos)
    assert dataset.classes == ("0", "1")


def test_project_look_and_top(card, photos, tmp_path, capsys):
    arguments = ("--data", photos, "--out", tmp_path / "out")
    say(capsys, "project", card, "--layer", "relu1", *arguments)
    say(capsys, "top", card, *arguments)
    say(capsys, "look", card, "--image", "1", *arguments)
    assert {"layers_image1.png", "relu1_deconv.npz"} <= {path.name for path in (tmp_path / "out").iterdir()}
    with np.load(tmp_path / "out/relu1_deconv.npz") as arrays:
        assert arrays["image_indices"].tolist() == [
            0,
            1,
        ]  # the red photo for the red map, the blue one for the other
        brightest = arrays["pixels"].reshape(2, -1, 3).max(axis=1)
    np.testing.assert_allclose(brightest, [[50 * 255, 0, 0], [0, 0, 20 * 255]], rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            (),
            "--data: expected mnist, cifar10, rps, strokes (drawn, needs no files), a folder of class ",
        ),
        (
            ("--data", "nothing"),
            "--data: expected mnist, cifar10, rps, strokes (drawn, needs no files), a folder of class ",
        ),
        (("--data", "photos", "--weights", "x.npz"), "--weights: expected none, colors.json has its own"),
        (("--data", "photos", "--images", "2"), "--images: photos has the images 0 to 1, got 2"),
    ],
)
def test_what_can_not_be(card, photos, tmp_path, capsys, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert complain(capsys, "classify", "colors.json", *arguments).startswith(sentence)


def test_a_card_that_is_missing(tmp_path, capsys):
    said = complain(capsys, "classify", tmp_path / "no.json", "--data", "photos")
    assert said == f"{tmp_path}/no.json: there is no such file"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("squeezenet_imagenet", 11), ("tiny_darknet_imagenet", 11)])
def test_real_networks_know_real_photos(real_data, name, least, capsys):
    lines = say(capsys, "classify", real_data / f"weights/{name}.json", "--data", "photos").splitlines()
    with (real_data / "photos/photos.csv").open(newline="") as file:
        wanted = {row["file"].rpartition(".")[0]: row["imagenet_class"] for row in csv.DictReader(file)}
    known = [
        line for line in lines if wanted[line.split(":")[0].split(", ")[1]].casefold() in line.casefold()
    ]
    assert len(lines) == 14
    assert len(known) >= least


def test_info_lists_the_layers_of_a_card(card, capsys):
    lines = say(capsys, "info", card).splitlines()
    assert lines[0].startswith("colors: input 6 x 6 x 3; classes: tomato, sea water; data that fit: ")
    assert [line.split()[0] for line in lines[2:-1]] == ["standardize", "conv1", "relu1", "gap"]


def test_look_calls_photos_by_their_names_and_finds_no_mistakes_in_them(card, photos, tmp_path, capsys):
    out = tmp_path / "out"
    printed = say(capsys, "look", card, "--data", photos, "--out", out)
    assert "no mistakes to draw: the photos have no labels" in printed
    assert not list(out.glob("confusion*"))
    assert list(out.glob("layers_image0.png"))


def test_occlude_calls_no_answer_true(card, photos, tmp_path, capsys):
    out = tmp_path / "out"
    flags = ("--layer", "relu1", "--image", "1", "--size", "3", "--out", out)
    printed = say(capsys, "occlude", card, "--data", photos, *flags)
    assert "the image has no label: sea water is the predicted class" in printed
    with np.load(next(out.glob("*.npz"))) as arrays:
        assert arrays["label"] == 1
    labeled = tmp_path / "set/tomato"
    labeled.mkdir(parents=True)
    for n in (0, 1):
        Image.new("RGB", (9, 9), (0, 0, 200)).save(labeled / f"{n}.png")
    printed = say(capsys, "occlude", card, "--data", labeled.parent, *flags)
    assert "nobody" not in printed
    assert re.search(
        r"clean: probability of tomato 0.00000 \(log-odds -[0-9.]+\), most likely sea water", printed
    )


def test_a_report_of_photos_says_predicted(card, photos, tmp_path, capsys):
    layers = [
        {"type": "conv", "name": "conv1", "kernel": 1, "stride": 1, "pad": 0, "in": 3, "out": 2},
        {"type": "relu", "name": "relu1"},
        {"type": "global_avgpool", "name": "gap"},
    ]
    card = write_card(tmp_path, REDDISH_BLUISH, layers=layers)
    say(capsys, "report", card, "--data", photos, "--page", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "Nobody has labeled these images." in page
    assert 'id="mistakes"' not in page


def test_embed_of_photos_says_nothing_of_shared_labels(card, photos, tmp_path, capsys):
    for n in range(3):
        Image.new("RGB", (9, 9), (0, 50 * n, 200)).save(photos / f"{n}.png")
    arguments = ("--data", photos, "--layer", "relu1", "-k", "1", "--out", tmp_path / "out")
    printed = say(capsys, "embed", card, *arguments)
    assert "photos has no labels to compare neighbors by" in printed
    with np.load(tmp_path / "out/embed_relu1.npz") as arrays:
        assert "labels" not in arrays.files
    assert complain(capsys, "transfer", card, *arguments[:4]) == (
        "transfer: expected images with labels, got the unlabeled ones of photos"
    )


def test_cards_lie_where_data_lie(card, photos, tmp_path, capsys, monkeypatch):
    (tmp_path / "weights").mkdir()
    for path in (card, card.with_suffix(".npz")):
        path.rename(tmp_path / "weights" / path.name)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path))
    for name in ("colors.json", "colors.npz", "weights/colors.json"):
        assert say(capsys, "classify", name, "--data", "photos").startswith("image 0, a red one: tomato")
        assert say(capsys, "info", name).startswith("colors: input 6 x 6 x 3")
    assert say(capsys, "maximize", "colors.json", "--classes", "Sea_Water", "--steps", "1", "--out", "out")
