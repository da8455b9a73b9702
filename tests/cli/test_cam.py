"""`npdeconv cam`, `maximize` and `localize` from beginning to end, small."""

import json

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from npdeconv.cli import datasets
from npdeconv.visualize import Regularizers, class_activation_maps, maximize_activation


@pytest.fixture(scope="module", autouse=True)
def _few_strokes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "STROKES", {"train": (150, 0), "test": (60, 1)})
        yield


def say(capsys, *arguments):
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def refuse(capsys, *arguments):
    assert cli.main([str(argument) for argument in arguments]) == 2
    return capsys.readouterr().err


@pytest.fixture
def digits_net(tmp_path):
    """Weights of an untrained network for digits."""
    network = models.deck_model4(rng=np.random.default_rng(5))
    weights.save(network, tmp_path / "digits.npz")
    return network, tmp_path / "digits.npz"


@pytest.fixture
def card(tmp_path):
    """A pretrained network of two layers and three classes, which subtracts means, and two photos."""
    rng = np.random.default_rng(0)
    layers = [
        {"type": "conv", "name": "conv", "kernel": 3, "stride": 2, "pad": 0, "in": 3, "out": 3},
        {"type": "relu", "name": "relu"},
        {"type": "global_avgpool", "name": "pool"},
    ]
    text = {
        "input_shape_hwc": [20, 20, 3],
        "channel_order": "RGB",
        "mean_rgb": [120, 110, 100],
        "preprocessing": "shorter side to 24, center crop 20x20, RGB 0..255, subtract mean_rgb per channel, "
        "no division",
        "class_names": ["cat", "giant panda", "dog"],
        "layers": layers,
    }
    path = tmp_path / "small.json"
    path.write_text(json.dumps(text))
    arrays = {
        "conv.weight": rng.standard_normal((3, 3, 3, 3), np.float32) / 99,
        "conv.bias": np.ones(3, "f4"),
    }
    np.savez(path.with_suffix(".npz"), **arrays)
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in "first", "second":
        Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)).save(photos / f"{name}.png")
    return path, photos


def test_class_maps_of_a_photo(card, tmp_path, capsys):
    path, photos = card
    out = tmp_path / "out"
    lines = say(capsys, "cam", path, "--data", photos, "--image", 1, "-k", 2, "--out", out).splitlines()
    assert lines[-2:] == [str(out / "cam_image1_top2.png"), str(out / "cam_image1_top2.npz")]
    pretrained = weights.load_card(path)
    with np.load(out / "cam_image1_top2.npz", allow_pickle=False) as arrays:
        expected = class_activation_maps(pretrained.on_pixels(), arrays["image"][None], k=2)
        np.testing.assert_array_equal(arrays["upsampled"], expected.upsampled[0])
        assert arrays["maps"].shape == (2, 9, 9)
        first = pretrained.classes[arrays["labels"][0]]
    assert lines[0].startswith(f"{first}: probability 0.")
    with Image.open(out / "cam_image1_top2.png") as image:
        assert min(image.size) > 100
    say(capsys, "cam", path, "--data", photos, "--classes", "DOG", 0, "--out", out)
    with np.load(out / "cam_image0_class2-0.npz") as arrays:
        assert arrays["labels"].tolist() == [2, 0]


def test_class_maps_that_can_not_be_are_refused(card, digits_net, tmp_path, capsys):
    out = tmp_path / "out"
    strokes = ("--weights", digits_net[1], "--data", "strokes", "--out", out)
    assert refuse(capsys, "cam", "deck_model4", *strokes) == (
        "npdeconv: class_activation_maps: expected a network that ends in global pooling"
        " and at most one dense layer, deck_model4 ends in 'flatten', 'dense1', 'relu_dense1', 'logits'\n"
    )
    path, photos = card
    photo = ("--data", photos, "--out", out)
    assert refuse(capsys, "cam", path, *photo, "--image", 2) == (
        "npdeconv: --image: photos has the images 0 to 1, got 2\n"
    )
    assert refuse(capsys, "cam", path, *photo, "--classes", 3) == (
        "npdeconv: --classes: no class '3'; the classes are cat, giant panda, dog\n"
    )
    assert not out.exists()


def test_maximized_maps_and_an_animation(digits_net, tmp_path, capsys):
    network, file = digits_net
    out = tmp_path / "out"
    flags = ("--layer", "relu2", "--map", 3, 5, "--select", "mean", "--steps", 6, "--decay", 0, "--seed", 2)
    animate = ("--animate", "gif", "--frames", 4)
    printed = say(capsys, "maximize", "deck_model4", "--weights", file, *flags, *animate, "--out", out)
    stem = "relu2_map3-5_mean_decay0_steps6_seed2"
    files = [out / f"{stem}{end}" for end in (".png", "_ascent.png", ".gif", ".npz")]
    assert printed.splitlines()[2:] == [str(name) for name in files]
    assert printed.startswith("relu2, map 3: activation ")
    expected = maximize_activation(
        network,
        "relu2",
        [3, 5],
        select="mean",
        steps=6,
        regularizers=Regularizers(decay=0),
        frames=4,
        rng=np.random.default_rng(2),
    )
    with np.load(files[3], allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["pixels"], expected.pixels)
        np.testing.assert_array_equal(arrays["frames"], expected.frames)
        assert arrays["frame_steps"].tolist() == [0, 2, 4, 6]
    with Image.open(files[2]) as movie:
        assert (movie.format, movie.n_frames, movie.size) == ("GIF", 4, (2 * 112 + 4, 112))
        movie.seek(3)
        shown = np.asarray(movie.convert("L"))[2::4, 2:112:4]
    np.testing.assert_allclose(shown, expected.pixels[0, ..., 0], atol=3)


def test_classes_are_named_and_an_apng_keeps_its_colors(card, tmp_path, capsys):
    path, _ = card
    out = tmp_path / "out"
    flags = ("--classes", "Giant_Panda", "0", "--steps", 3, "--animate", "apng", "--out", out)
    printed = say(capsys, "maximize", path, *flags)
    assert printed.startswith("pool, giant panda: activation ")
    assert "pool, cat: activation " in printed
    with np.load(out / "pool_classgiantpanda-0_steps3_seed0.npz") as arrays:
        assert arrays["feature_maps"].tolist() == [1, 0]
        pixels = arrays["pixels"]
    with Image.open(out / "pool_classgiantpanda-0_steps3_seed0.apng.png") as movie:
        assert (movie.format, movie.n_frames) == ("PNG", 4)
        movie.seek(3)
        shown = np.asarray(movie.convert("RGB"))
    np.testing.assert_array_equal(shown[:120:6, :120:6], pixels[0])


def test_requests_to_maximize_what_is_not_there(card, digits_net, tmp_path, capsys):
    path, _ = card
    refused = {
        (
            "--classes",
            "gaint panda",
        ): "--classes: no class 'gaint panda' (did you mean 'giant panda'?); the classes"
        " are cat, giant panda, dog",
        ("--classes", "3"): "--classes: no class '3'; the classes are cat, giant panda, dog",
        ("--layer", "conv", "--map", "9"): "--map: layer 'conv' has the maps 0 to 2, got 9",
        (
            "--layer",
            "conv",
            "--classes",
            "cat",
        ): "--classes: expected no --layer or --map beside it",
        ("--select", "all"): "--select: expected center, mean or two numbers, got 'all'",
        ("--layer", "conv9"): "no layer 'conv9'; the layers are standardize, conv, relu, pool",
        ("--decay", "1"): "Regularizers: decay must be at least 0 and below 1, got 1.0",
        ("--weights", "x.npz"): f"--weights: expected none, {path} has its own",
        ("--background", "2"): "maximize_activation: background must be from 0 to 1, got 2.0",
    }
    for flags, sentence in refused.items():
        assert refuse(capsys, "maximize", path, *flags, "--out", tmp_path / "o") == f"npdeconv: {sentence}\n"
    assert "the maps of layer 'conv' are 9x9, got (9, 0)" in refuse(
        capsys, "maximize", path, "--layer", "conv", "--select", 9, 0, "--out", tmp_path / "o"
    )
    assert not (tmp_path / "o").exists()


@pytest.mark.slow
def test_the_comparison_of_poolings(tmp_path, capsys):
    flags = (
        "--count",
        100,
        "--test-count",
        20,
        "--seeds",
        2,
        "--warm-up",
        0,
        "--epochs",
        1,
        "--out",
        tmp_path,
    )
    lines = say(capsys, "localize", *flags).splitlines()
    assert lines[0].startswith("objects fill 2")
    assert [line.split()[0] for line in lines[1:8]] == ["pooling", *["average"] * 3, *["max"] * 3]
    assert len({len(line) for line in lines[1:8]}) == 1  # the columns are aligned
    names = [f"localization_strokes{end}" for end in (".png", "_average.png", "_max.png", ".npz", ".csv")]
    assert lines[8:] == [str(tmp_path / name) for name in names]
    table = (tmp_path / "localization_strokes.csv").read_text().splitlines()
    assert table[0] == "pooling,map,seed,accuracy,energy inside,error at 20 %,best share,its error"
    assert len(table) == 1 + 2 * 2 * 3
    with np.load(tmp_path / "localization_strokes.npz", allow_pickle=False) as arrays:
        assert table[1].startswith(f"average,class map,0,{arrays['accuracy'][0, 0]:.6f}")
        assert f"{arrays['energy'][1, 1, 2]:.6f}" in table[-1]
