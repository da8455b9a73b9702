"""Commands given class folders of any name, a console that takes nothing, and other formats of figures."""

import json
import os
import sys

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli

NAMES = ("A$$AP", "$$", "US$ and CA$", "\x1b[2Jred\nblue", "_hidden", "\udcff")
COMMANDS = {
    "classify": (),
    "look": ("--layer", "relu"),
    "project": ("--layer", "relu"),
    "top": ("--layers", "relu"),
    "occlude": ("--layer", "relu", "--size", "4"),
    "cam": (),
    "maximize": ("--steps", "1"),
    "embed": ("-k", "1", "--count", "6"),
    "transfer": (
        "--per-class",
        "1",
        "--seeds",
        "1",
        "--scratch-seeds",
        "1",
        "--scratch-steps",
        "1",
        "--shift",
        "0",
    ),
    "probe": ("--per-class", "1", "--seeds", "1"),
    "report": (),
}
WITHOUT_DATA = ("maximize",)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The card of an untrained network, and class folders named like its classes."""
    if sys.platform == "win32":
        pytest.skip("needs file names of any letters")
    place, rng = tmp_path_factory.mktemp("names"), np.random.default_rng(0)
    layers = [
        {"type": "conv", "name": "conv", "kernel": 3, "stride": 1, "pad": 0, "in": 3, "out": len(NAMES)},
        {"type": "relu", "name": "relu"},
        {"type": "global_avgpool", "name": "pool"},
    ]
    card = {
        "input_shape_hwc": [8, 8, 3],
        "channel_order": "RGB",
        "mean_rgb": [120, 110, 100],
        "preprocessing": "shorter side to 8, center crop 8x8, RGB 0..255, subtract mean_rgb per channel, "
        "no division",
        "class_names": NAMES,
        "layers": layers,
    }
    (place / "any$$.json").write_text(json.dumps(card))
    arrays = {"conv.weight": rng.standard_normal((3, 3, 3, len(NAMES)), np.float32) / 99}
    np.savez(place / "any$$.npz", **arrays, **{"conv.bias": np.ones(len(NAMES), "f4")})
    for name in NAMES:
        folder = place / "data $_$" / name
        folder.mkdir(parents=True)
        for number in range(3):
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).save(folder / f"{number}.png")
    return place / "any$$.json", place / "data $_$"


def arguments(command, places, tmp_path):
    card, data = places
    out = tmp_path / ("page.html" if command == "report" else "out")
    shown = () if command in WITHOUT_DATA else ("--data", data)
    where = () if command == "classify" else ("--page" if command == "report" else "--out", out)
    return [str(part) for part in (command, card, *shown, *COMMANDS[command], *where)]


@pytest.mark.parametrize("command", COMMANDS)
def test_names_do_not_move_the_cursor_and_end_no_command(command, places, tmp_path, capsys):
    assert cli.main(arguments(command, places, tmp_path)) == 0
    out, _ = capsys.readouterr()
    assert "\x1b" not in out
    assert "red\nblue" not in out
    if command in ("classify", "cam", "maximize"):
        assert r"\x1b[2Jred\nblue" in out
        assert r"\udcff" in out


def results(place):
    return sorted(path.name for path in place.rglob("*") if path.is_file())


DRAWING = [command for command in COMMANDS if command not in ("classify", "report")]


class Refusing:
    """A console that fails when results are printed."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        if not text.startswith(("searching", "places", "no ")) and text.strip():
            raise OSError(28, "No space left on device")
        return len(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)


@pytest.mark.parametrize("command", [command for command in DRAWING if command not in ("look", "top")])
def test_results_are_saved_before_they_are_told(command, places, tmp_path, capsys, monkeypatch):
    (tmp_path / "told").mkdir()
    (tmp_path / "silent").mkdir()
    assert cli.main(arguments(command, places, tmp_path / "told")) == 0
    monkeypatch.setattr(sys, "stdout", Refusing(sys.stdout))
    assert cli.main(arguments(command, places, tmp_path / "silent")) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert results(tmp_path / "silent") == results(tmp_path / "told") != []


@pytest.mark.parametrize("command", DRAWING)
def test_figures_have_the_format_and_resolution_that_were_asked_for(command, places, tmp_path, capsys):
    given = arguments(command, places, tmp_path)
    for kind, start in (("pdf", b"%PDF"), ("svg", b"<?xml")):
        assert cli.main([*given, "--format", kind]) == 0
        figures = list((tmp_path / "out").glob(f"*.{kind}"))
        assert figures
        assert not list((tmp_path / "out").glob("*.png"))
        assert all(path.read_bytes().startswith(start) for path in figures)
    assert cli.main([*given, "--dpi", "50"]) == 0
    for path in (tmp_path / "out").glob("*.png"):
        with Image.open(path) as picture:
            assert picture.info["dpi"] == pytest.approx((50, 50), abs=0.1)


def test_the_same_figure_is_the_same_file(places, tmp_path, capsys):
    given = [*arguments("cam", places, tmp_path), "--format", "pdf"]
    assert cli.main(given) == 0
    (path,) = (tmp_path / "out").glob("*.pdf")
    first = path.read_bytes()
    assert cli.main(given) == 0
    assert path.read_bytes() == first


@pytest.mark.parametrize("command", [*DRAWING, "ablate", "demo", "evolve", "localize", "retrain"])
def test_places_that_can_not_be_written_are_found_before_anything_is_loaded(command, tmp_path, capsys):
    (tmp_path / "mine").write_text("mine")
    needed = {
        "evolve": ["nowhere"],
        "retrain": ["nowhere", "--class", "a", "--photos", "x", "--control", "y"],
    }
    more = ("--layer", "relu") if command in ("project", "occlude") else ()
    network = needed.get(command, [] if command in ("ablate", "demo", "localize") else ["nowhere"])
    assert cli.main([command, *network, *more, "--out", str(tmp_path / "mine" / "here")]) == 2
    said = f"npdeconv: {tmp_path}/mine/here: expected a folder to write to, but {tmp_path}/mine is a file"
    assert capsys.readouterr().err.startswith(said.replace("/", os.sep))
