"""`npdeconv filters` and `first-layers` from beginning to end, small."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli
from npdeconv.data import load_strokes
from npdeconv.experiments import compare_first_layers
from npdeconv.visualize import filter_statistics
from tests.cli.test_experiments import network  # noqa: F401 (a fixture)
from tests.tiny import tiny_dataset, tiny_network


def say(capsys, *arguments):
    capsys.readouterr()
    status = cli.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert status == 0, err
    return out


def test_what_is_printed_and_written_is_the_librarys(network, tmp_path, capsys):  # noqa: F811
    given = ("--period", 2, "-k", 2, "--count", 10, "--out", tmp_path, "--dpi", 20)
    out = say(capsys, "filters", *network, *given)
    wanted = filter_statistics(tiny_network(5), tiny_dataset(40, seed=2).images[::4], stride=2, k=2)
    assert f"domination {wanted.domination:.2f}" in out
    assert f"cycles per pixel): {wanted.middle.mean():.3f}, of white noise {wanted.middle_noise:.3f}" in out
    for name, dead in zip(wanted.layers, wanted.dead, strict=True):
        assert f"dead maps of {name}: {dead.sum()} of 4" in out
    grid = wanted.aliasing
    assert f"1/2: {grid.mean:.4f}, at the power around these {grid.around_mean:.4f}, of the image" in out
    with np.load(tmp_path / "filters_tiny.npz") as arrays:
        np.testing.assert_array_equal(arrays["rms"], wanted.rms)
        np.testing.assert_array_equal(arrays["dead_relu2"], wanted.dead[1])
        np.testing.assert_array_equal(arrays["aliasing_share"], grid.share)
    with Image.open(tmp_path / "filters_tiny.png") as image:
        image.load()


def test_without_data_only_filters_are_measured(network, tmp_path, capsys):  # noqa: F811
    out = say(capsys, "filters", *network[:3], "--out", tmp_path, "--dpi", 20)
    assert "domination" in out
    assert "dead" not in out
    assert "harmonics" not in out


def test_a_stride_of_one_is_said_to_skip_nothing(network, tmp_path, capsys):  # noqa: F811
    out = say(capsys, "filters", *network, "--out", tmp_path, "--dpi", 20)
    assert "the first layer skips no pixel, so there is no sampling to be seen (--period asks for one)" in out


FEW = ("--data", "strokes", "--count", 40, "--test-count", 20, "--seeds", 2, "--epochs", 1, "--workers", 1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of finished runs."""
    folder = tmp_path_factory.mktemp("first")
    assert cli.main(["first-layers", *map(str, FEW), "--out", str(folder)]) == 0
    return folder


def test_the_table_has_every_variant_and_seed(trained):
    (path,) = trained.glob("*.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["variant"], row["seed"]) for row in rows] == [
        (variant, str(seed))
        for seed in range(2)
        for variant in ("5x5/2", "5x5/2 renormalized", "3x3/1", "3x3/1 renormalized")
    ]
    result = compare_first_layers(load_strokes(40, 0), load_strokes(20, 1), seeds=[1], epochs=1, workers=1)
    for row, domination, share in zip(rows[4:], result.domination[0], result.aliasing[0], strict=True):
        assert row["domination"] == f"{domination:.6f}"
        assert row["aliasing"] == f"{share:.6f}"


def test_the_figure_is_drawn(trained):
    (path,) = trained.glob("*.png")
    with Image.open(path) as image:
        image.load()


def test_finished_runs_are_not_trained_again(trained, capsys):
    before = {path: path.stat().st_mtime_ns for path in trained.glob("runs/*/weights.npz")}
    assert len(before) == 8
    out = say(capsys, "first-layers", *FEW, "--out", trained)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert re.search(r"^5x5/2 renormalized +\d", out, re.MULTILINE)
    assert re.search(r"^white noise, 3x3/1 +0.444 ", out, re.MULTILINE)


def test_other_settings_in_the_same_folder_are_refused(trained, capsys):
    assert cli.main(["first-layers", *map(str, FEW), "--radius", "0.5", "--out", str(trained)]) == 2
    assert "5x5_2_renormalized_seed0" in capsys.readouterr().err
