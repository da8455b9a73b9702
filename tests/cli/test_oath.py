"""`npdeconv oath`: the table, the files, and what a killed run leaves."""

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from npdeconv.data import load_strokes


@pytest.fixture
def here(tmp_path, monkeypatch):
    pytest.importorskip("skimage")
    monkeypatch.chdir(tmp_path)
    weights.save(models.deck_model4(rng=np.random.default_rng(0)), tmp_path / "w.npz")
    return tmp_path


GIVEN = ["oath", "deck_model4", "--data", "strokes", "--images", "3", "7", "--seeds", "2"]
SAVED = ["--weights", "w.npz"]
METHODS = ["--methods", "guided", "image"]


def test_one_table_and_a_sentence_for_each_method(here, capsys):
    given = [*GIVEN, *SAVED, *METHODS, "--layer", "relu3", "--layers", "conv3", "conv1", "--dpi", "30"]
    assert cli.main(given) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("rank similarity of maps of relu3, to those with new weights down to a layer:")
    assert lines[1] == "in brackets: silent maps of 4, which are left out"
    assert lines[2].split() == ["guided", "image"]
    assert [line.split()[0] for line in lines[3:5]] == ["conv3", "conv1"]
    assert lines[3].endswith("1.00 ± 0.00")
    assert lines[6].startswith("another image")
    assert (
        "image: its similarity stays 1.00 whatever is randomized: it says nothing about the weights" in lines
    )
    names = [line.rpartition("/")[2] for line in lines if line.startswith("oath/")]
    stem = "oath_deck_model4_relu3_cascading_images3-7"
    assert names == [f"{stem}_maps.png", f"{stem}_rank.png", f"{stem}.npz", f"{stem}.csv"]
    rows = (here / f"oath/{stem}.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 2 * 2 * 2
    assert rows[0] == "method,layer,seed,image,rank,rank_absolute,ssim,hog"
    assert rows[-1].startswith("image,conv1,1,7,1.000000,1.000000,1.000000,")

    # Another seed is added to those that are kept.
    kept = {path.name: path.stat().st_mtime_ns for path in (here / "oath/seeds").iterdir()}
    assert len(kept) == 2
    given[given.index("--seeds") + 1] = "3"
    assert cli.main(given) == 0
    after = {path.name: path.stat().st_mtime_ns for path in (here / "oath/seeds").iterdir()}
    assert len(after) == 3
    assert kept.items() <= after.items()


def test_a_set_of_less_than_ten_images_is_explained_whole(here, capsys):
    for number, image in enumerate(load_strokes(3).images):
        Image.fromarray(image[..., 0]).save(here / f"{number}.png")
    given = ["oath", "deck_model4", *SAVED, "--data", ".", "--seeds", "2", "--methods", "gradient"]
    assert cli.main([*given, "--layer", "relu3", "--layers", "conv3", "--dpi", "30"]) == 0
    assert "mean over 3 images" in capsys.readouterr().out
    rows = (here / "oath/oath_deck_model4_relu3_cascading.csv").read_text().splitlines()
    assert [row.split(",")[3] for row in rows[1:]] == ["0", "1", "2"] * 2


def test_permuted_labels_in_one_table(here, capsys):
    assert cli.main([*GIVEN, *METHODS, "--labels", "12"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "trained 2 times on 12 images, each to above 95 % as taught:"
    assert lines[2].startswith("  permuted labels: at least ")
    assert lines[-3] == ("  image: permuted labels 1.00 ± 0.00; true labels, other weights 1.00 ± 0.00")
    stem = "oath/oath_deck_model4_labels12_images3-7"
    assert lines[-2:] == [f"{stem}.npz", f"{stem}.csv"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([*SAVED, "--map", "64"], "--map: layer 'relu4' has the maps 0 to 63, got 64"),
        (
            [*SAVED, "--layers", "logits"],
            "randomization: expected layers with weights that 'relu4' depends on",
        ),
        (
            [*SAVED, "--explained", "predicted"],
            "randomization: expected explained='original' for layer 'relu4'",
        ),
        (["--labels", "12", "--layer", "relu4"], "--layer: expected none beside --labels, which explains"),
    ],
)
def test_what_is_asked_in_vain(more, said, here, capsys):
    assert cli.main([*GIVEN, *METHODS, *more]) == 2
    assert f"npdeconv: {said}" in capsys.readouterr().err  # a slow machine shows a bar before it
