"""`npdeconv animate` from beginning to end, small."""

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from npdeconv.data import load_strokes
from npdeconv.visualize import feature_maps


@pytest.mark.parametrize(("kind", "ending"), [("gif", "gif"), ("apng", "apng.png")])
def test_a_frame_for_each_image_in_the_given_order(kind, ending, tmp_path, capsys):
    network = models.deck_model4(rng=np.random.default_rng(0))
    weights.save(network, tmp_path / "w.npz")
    given = ("deck_model4", "--weights", str(tmp_path / "w.npz"), "--data", "strokes", "--layer", "relu2")
    chosen = ("--map", "5", "3", "--images", "7", "0", "2", "--animate", kind, "--out", str(tmp_path))
    assert cli.main(["animate", *given, *chosen]) == 0
    stem = "activations_relu2_map5-3_image7-0-2"
    said = ["relu2: 2 of 32 maps over 3 images", *(f"{tmp_path / stem}.{e}" for e in (ending, "png", "npz"))]
    assert capsys.readouterr().out.splitlines() == said
    with Image.open(tmp_path / f"{stem}.{ending}") as picture:
        assert picture.n_frames == 3
        assert picture.size == (3 * 112 + 2 * 4, 112)
    images = load_strokes(1000, 1).images
    with np.load(tmp_path / f"{stem}.npz") as file:
        assert file["feature_maps"].tolist() == [5, 3]
        expected = [feature_maps(network, images[n], "relu2").maps[[5, 3]] for n in file["image_indices"]]
        np.testing.assert_array_equal(file["activations"], expected)
    assert cli.main(["animate", *given, "--map", "32", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "npdeconv: --map: layer 'relu2' has the maps 0 to 31, got 32\n"
