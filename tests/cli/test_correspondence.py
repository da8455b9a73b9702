"""`npdeconv correspondence`: its table, its files, boxes from a table, and its errors."""

import csv

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from npdeconv.cli import correspondence
from npdeconv.data import Preprocessing, load_part_boxes
from npdeconv.data.part_boxes import fit_box
from npdeconv.layers import Conv2D, Dense, Flatten, GlobalMaxPool, ReLU, Sequential
from npdeconv.visualize import Box

QUICK = ("--draws", "2", "--dpi", "20", "--layers", "conv", "relu")


def small(*, rng, dtype=np.float32, side=28, channels=1):
    layers = {"conv": Conv2D(channels, 3, 3, stride=2, rng=rng), "relu": ReLU(), "pool": GlobalMaxPool()}
    layers |= {"flatten": Flatten(), "logits": Dense(3, 10, rng=rng)}
    return Sequential(layers, input_shape=(side, side, channels), name="small")


@pytest.fixture
def network(tmp_path, monkeypatch):
    monkeypatch.setitem(models._NETWORKS, "small", small)
    weights.save(small(rng=np.random.default_rng(0)), tmp_path / "w.npz")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(correspondence, "DIGITS", 600)
    return ("correspondence", "small", "--weights", "w.npz", "--data")


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_digits_print_a_table_and_draw(network, tmp_path, capsys):
    assert cli.main([*network, "strokes", "--count", "20", "--part", "end", *QUICK, "--aligned"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "small, strokes: 4 groups of 5 images, hidden by gray; 2 random boxes of the same size in the box of"
        " the object, at one place in a group"
    )
    assert lines[3].startswith("conv  ")
    assert lines[4].startswith("relu (rectified)  ")
    stem = tmp_path / "correspondence" / "correspondence_small_end_gray_aligned"
    assert [line.rpartition(".")[2] for line in lines[-3:]] == ["png", "npz", "csv"]
    with np.load(f"{stem}.npz") as found:
        assert found["distance"].shape == (2, 1, 4, 5)
        assert found["random_distance"].shape == (2, 1, 2, 4, 5)
        assert found["boxes"].shape == (1, 20, 4)
        for row, mean in zip(
            rows(stem.with_suffix(".csv")), found["distance"].mean(axis=(1, 2, 3)), strict=True
        ):
            assert float(row["mean"]) == pytest.approx(mean, abs=1e-6)
            assert float(row["difference"]) < 1  # a number, also if negative
            assert float(row["sum"]) == pytest.approx(20 * mean, abs=1e-4)
    with Image.open(f"{stem}.png") as picture:
        assert np.asarray(picture).std() > 5


def test_one_draw_has_no_spread(network, tmp_path, capsys):
    quick = ("--count", "10", "--part", "end", "--draws", "1", "--dpi", "20", "--layers", "conv")
    assert cli.main([*network, "strokes", *quick]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "nan" not in printed.out


def test_groups_are_of_one_class():
    labels = np.array([0, 1, 0, 1, 1, 0, 2])
    assert correspondence._grouped(labels, np.array([0, 1, 2, 3, 4, 6]), 2) == [0, 2, 1, 3]


@pytest.fixture
def photos(tmp_path):
    """Photos twice as wide as high; a bright patch at another place in each, and its box in a table."""
    folder = tmp_path / "faces"
    folder.mkdir()
    lines = ["image,part,top,left,height,width"]
    for n, (top, left) in enumerate(((10, 60), (40, 80), (24, 100))):
        pixels = np.full((80, 160, 3), 30, np.uint8)
        pixels[top : top + 20, left : left + 10] = 250
        Image.fromarray(pixels).save(folder / f"{n}.png")
        lines += [f"{n}.png,nose,{top},{left},20,10", f"{n}.png,object,0,40,80,80"]
    table = tmp_path / "boxes.csv"
    table.write_text("\n".join(lines))
    return folder, table


def test_boxes_of_a_table_come_where_the_pixels_come(photos):
    for preprocessing in (
        Preprocessing(40, shorter_side=40),
        Preprocessing((40, 40)),
        Preprocessing((80, 160)),
    ):
        dataset, parts = load_part_boxes(photos[1], photos[0], preprocessing)
        assert dataset.groups == ("0", "1", "2")
        for image, (top, bottom, left, right) in zip(dataset.images, parts["nose"], strict=True):
            assert image[top:bottom, left:right].mean() > 200
            outside = image.copy()
            outside[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1] = 30
            assert np.abs(outside.astype(int) - 30).max() < 25


def test_boxes_are_clipped_to_what_is_cut_out():
    assert fit_box(Box(0, 10, 30, 60), (80, 160), Preprocessing(80, shorter_side=80)) == Box(0, 10, 0, 20)


def test_photos_with_a_table(network, photos, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(
        models._NETWORKS, "small", lambda *, rng, dtype=np.float32: small(rng=rng, side=40, channels=3)
    )
    weights.save(small(rng=np.random.default_rng(0), side=40, channels=3), tmp_path / "w.npz")
    assert cli.main([*network, str(photos[0]), "--parts", str(photos[1]), *QUICK]) == 0
    printed = capsys.readouterr().out
    assert (
        "small, faces: 1 group of 3 images, hidden by gray; 2 random boxes of the same size in the box"
        in printed
    )
    assert "standard deviation over images" in printed
    with np.load(tmp_path / "correspondence" / "correspondence_small_nose_gray.npz") as found:
        _, _, left, right = found["random_boxes"].reshape(-1, 4).T
        assert (left >= 10).all()
        assert (right <= 30).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("mnist",), "--data: expected strokes, whose parts are known, or --parts, a table of boxes"),
        (
            ("strokes", "--part", "lop"),
            "--part: no part 'lop' (did you mean 'loop'?); the parts are start, end, ",
        ),
        (
            ("strokes", "--part", "loop", "--classes", "1"),
            "--part: expected 5 digits of one class with loop, there are fewer among 600",
        ),
        (("strokes", "--classes", "x"), "strokes: no class 'x'"),
        (("faces", "--parts", "no.csv"), "no.csv: there is no such file"),
    ],
)
def test_what_does_not_fit_is_said(given, said, network, capsys):
    assert cli.main([*network, *given]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"npdeconv: {said}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("nose,10,60,20,10", "nose,10,60,x,10"), "expected a table with the columns image, part, top, left"),
        (
            ("height", "heigth"),
            "expected a table with the columns image, part, top, left, height, width, got",
        ),
        (("0.png,object", "0.png,nose"), "expected a table with the columns .* nose of 0.png twice"),
        (("0.png,object", "0.png,hat"), "expected every part in every image, 0.png has no object"),
        (("nose,10,60", "nose,10,160"), "expected boxes inside what the network sees, nose of 0.png is not"),
        (("2.png", "9.png"), "expected the photo .*9.png, there is no such file"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change, said, photos):
    photos[1].write_text(photos[1].read_text().replace(*change))
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        load_part_boxes(photos[1], photos[0], Preprocessing(40))


def test_a_table_without_rows_is_refused(photos):
    photos[1].write_text("image,part,top,left,height,width\n")
    with pytest.raises(ValueError, match="expected boxes of parts, got none"):
        load_part_boxes(photos[1], photos[0], Preprocessing(40))
