"""`npdeconv look` from beginning to end, small."""

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from npdeconv.cli import datasets, look
from npdeconv.data import Dataset, load_strokes
from npdeconv.training import predict
from npdeconv.visualize import confusion, feature_maps, find_strongest, project, project_layers

OF_NETWORK = {"filters", "filters_relu2", "confusion", "mistakes"}


def figures(number, unit):
    """The names of all figures of an image."""
    return OF_NETWORK | {
        f"{name}_image{number}" for name in ("layers", "maps_relu1", "maps_relu2", f"rules_{unit}")
    }


@pytest.fixture(scope="module", autouse=True)
def _few_strokes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "STROKES", {"train": (64, 0), "test": (50, 1)})
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of one epoch."""
    folder = tmp_path_factory.mktemp("look") / "run"
    train = ("train", "deck_model2", "--data", "strokes", "--epochs", "1", "--workers", "2")
    assert cli.main([*train, "--run", str(folder)]) == 0
    return folder


def network_of(run):
    network = models.deck_model2(rng=np.random.default_rng(0))
    weights.load(network, run / "weights.npz")
    return network


def test_every_figure_and_the_raw_arrays(run, tmp_path, capsys):
    folder = tmp_path / "new" / "look"
    assert cli.main(["look", str(run), "--image", "7", "--out", str(folder), "--workers", "2"]) == 0
    network, digits = network_of(run), load_strokes(50, 1)
    unit = f"relu2_map{project_layers(network, digits.images[7], ['relu2']).feature_maps[0]}"
    assert {file.stem for file in folder.glob("*.png")} == figures(7, unit) | {"curves"}
    printed = capsys.readouterr().out.splitlines()
    for file in folder.iterdir():
        assert str(file) in printed
    for file in folder.glob("*.png"):
        with Image.open(file) as image:
            image.load()
            assert min(image.size) > 100
    with np.load(folder / f"look_{unit}_image7.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["image"], digits.images[7])
        np.testing.assert_array_equal(arrays["mistakes_confusion"], confusion(network, digits))
        maps = feature_maps(network, digits.images[7], "relu2").maps
        np.testing.assert_array_equal(arrays["maps_relu2"], maps)
        strongest = project_layers(network, digits.images[7], ["relu1", "relu2"])
        assert arrays["layers_layers"].tolist() == ["relu1", "relu2"]
        np.testing.assert_array_equal(arrays["layers_pixels"], strongest.projection.pixels)
        assert arrays["top_layers"].tolist() == ["relu2"] * 3
        assert arrays["rules_names"][1] == "gradient"
        np.testing.assert_array_equal(arrays["rules_pixels"][0], strongest.projection.pixels[-1])
        assert arrays["rules_correlation"].shape == (8, 8)
        np.testing.assert_array_equal(arrays["filters"][4, 0, 2, 0], network["conv1"].weight[0, 2, 0, 4])
        assert arrays["filters_relu2"].shape == (64, 5, 5, 1)


def test_a_flawless_network_has_no_mistakes_to_draw(run, tmp_path, capsys, monkeypatch):
    digits = load_strokes(50, 1)
    answers = predict(network_of(run), digits.images).argmax(axis=1)
    agreed = Dataset(digits.images, answers, digits.classes, "agreed")
    monkeypatch.setattr(look, "load_data", lambda *_: agreed)
    weights_file = str(run / "weights.npz")
    assert cli.main(["look", "deck_model2", "--weights", weights_file, "--out", str(tmp_path)]) == 0
    assert "no mistakes to draw" in capsys.readouterr().out
    strongest = project_layers(network_of(run), digits.images[0], ["relu2"]).feature_maps[0]
    expected = figures(0, f"relu2_map{strongest}") - {"mistakes"}
    assert {file.stem for file in tmp_path.glob("*.png")} == expected


def test_the_unit_whose_rules_are_compared_can_be_chosen(run, tmp_path):
    unit = ("--layer", "relu1", "--map", "3")
    assert cli.main(["look", str(run), "--image", "7", *unit, "--out", str(tmp_path)]) == 0
    with np.load(tmp_path / "look_relu1_map3_image7.npz") as arrays:
        image = load_strokes(50, 1).images[7:8]
        expected = project(network_of(run), image, "relu1", 3).pixels[0]
        np.testing.assert_array_equal(arrays["rules_pixels"][0], expected)
    assert (tmp_path / "rules_relu1_map3_image7.png").exists()


def test_of_many_maps_some_are_drawn_and_kept_and_no_large_matrix(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(look, "MOST", 5)
    monkeypatch.setattr(look, "PIXELS", 4 * 5 * 5)  # of relu2's field
    monkeypatch.setattr(look, "CONFUSION_CLASSES", 9)
    assert cli.main(["look", str(run), "--image", "7", "--out", str(tmp_path)]) == 0
    assert "no confusion matrix: 10 classes are more than 9" in capsys.readouterr().out
    assert not (tmp_path / "confusion.png").exists()
    (file,) = tmp_path.glob("*.npz")
    images = load_strokes(50, 1).images
    every = feature_maps(network_of(run), images[7], "relu2").maps
    found = find_strongest(network_of(run), images, ["relu2"], k=1)["relu2"]
    with np.load(file) as arrays:
        assert "mistakes_confusion" not in arrays
        numbers = arrays["maps_relu2_feature_maps"]
        np.testing.assert_array_equal(arrays["maps_relu2"], every[numbers])
        largest = every.max(axis=(1, 2))
        assert len(numbers) == 5
        assert largest[numbers].min() >= np.delete(largest, numbers).max()
        maps = arrays["filters_relu2_feature_maps"]
        assert arrays["filters_relu2"].shape == (4, 5, 5, 1)
        assert found.activations[maps].min() >= np.delete(found.activations, maps).max()
        np.testing.assert_array_equal(arrays["filters_relu2_image_indices"], found.image_indices[maps, 0])


def test_whole_maps_of_the_layers(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(look, "find_strongest", lambda *args, **settings: {})  # what is searched is not whole
    assert cli.main(["look", str(run), "--image", "4", "--select", "map", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert str(tmp_path / "whole_map_layers_image4.png") in out
    image = load_strokes(50, 1).images[4]
    expected = project_layers(network_of(run), image, select="map")
    with np.load(next(tmp_path.glob("*.npz"))) as file:
        np.testing.assert_array_equal(file["layers_pixels"], expected.projection.pixels)
    whole = project(network_of(run), image[np.newaxis], "relu1", expected.feature_maps[0], select="map")
    np.testing.assert_array_equal(whole.pixels[0], expected.projection.pixels[0])


def test_first_filters_of_several_networks_side_by_side(run, tmp_path, capsys):
    network = models.deck_model2(rng=np.random.default_rng(7))
    other, out = run / "snapshots" / "epoch_0077.npz", tmp_path / "out"
    other.parent.mkdir(exist_ok=True)
    weights.save(network, other)
    assert cli.main(["look", str(run), "--beside", str(other), str(run), "--out", str(out)]) == 0
    assert capsys.readouterr().out.split() == [str(out / f"filters_beside.{kind}") for kind in ("png", "npz")]
    with np.load(out / "filters_beside.npz") as file:
        np.testing.assert_array_equal(file["filters_1"], network["conv1"].weight.transpose(3, 0, 1, 2))
        own = network_of(run)["conv1"].weight.transpose(3, 0, 1, 2)
        np.testing.assert_array_equal(file["filters_0"], own)
        np.testing.assert_array_equal(file["filters_2"], own)


def test_errors_are_one_sentence(run, tmp_path, capsys):
    out = tmp_path / "look"
    assert cli.main(["look", str(run), "--image", "50", "--out", str(out)]) == 2
    assert capsys.readouterr().err == "npdeconv: --image: strokes has the images 0 to 49, got 50\n"
    assert cli.main(["look", str(run), "--image", "-1", "--out", str(out)]) == 2
    assert "has the images 0 to 49, got -1" in capsys.readouterr().err
    assert cli.main(["look", str(run), "--layer", "relu1", "--map", "99", "--out", str(out)]) == 2
    assert "npdeconv: --map: layer 'relu1' has the maps 0 to " in capsys.readouterr().err
    assert cli.main(["look", "deck_model2"]) == 2
    assert "--weights must name" in capsys.readouterr().err
    assert not out.exists()
    history = (run / "history.csv").read_bytes()
    try:
        (run / "history.csv").write_text("what,is,this\n1,2,3\n")
        assert cli.main(["look", str(run), "--out", str(out)]) == 2
    finally:
        (run / "history.csv").write_bytes(history)
    assert "history.csv: expected a history" in capsys.readouterr().err
