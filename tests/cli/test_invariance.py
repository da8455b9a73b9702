"""`npdeconv invariance` from beginning to end, small."""

import csv

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli
from npdeconv.visualize import invariance
from tests.cli.test_experiments import network  # noqa: F401 (a fixture)
from tests.tiny import tiny_dataset, tiny_network

TEST = tiny_dataset(40, seed=2)


@pytest.fixture
def run(network, tmp_path, capsys):  # noqa: F811
    """Run the command; return the status, what it printed, and its complaint."""

    def run(*arguments):
        given = (*network, *map(str, arguments), "--out", str(tmp_path / "out"), "--dpi", "20")
        status = cli.main(["invariance", *given])
        return status, *capsys.readouterr()

    return run


def test_the_table_is_the_librarys_with_its_parameters(run, tmp_path):
    options = ("--transform", "rotation", "--amounts", 0, 90, "--fill", "black", "--count", 4)
    status, out, err = run(*options)
    assert status == 0, err
    chosen = TEST[[0, 10, 20, 30]]
    wanted = invariance(
        tiny_network(5),
        chosen.images,
        transform="rotation",
        amounts=[0, 90],
        fill="black",
        labels=chosen.labels,
    )
    assert "rotation: 0 to 90 degrees in 2 steps, fill black, interpolation linear" in out
    row = next(line.split() for line in out.splitlines() if line.startswith("      90"))
    numbers = [number for m in range(2) for number in (wanted.distance[m, :, 1], wanted.relative[m, :, 1])]
    numbers.append(wanted.probability[:, 1])
    np.testing.assert_allclose([float(text) for text in row[1:]], [n.mean() for n in numbers], rtol=2e-3)
    (picture,) = (tmp_path / "out").glob("*.png")
    with Image.open(picture) as image:
        image.load()
    with picture.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 4 * 2
    assert rows[1]["relative"] == f"{wanted.relative[0, 0, 1]:.6f}"
    with np.load(picture.with_suffix(".npz")) as arrays:
        np.testing.assert_array_equal(arrays["rotation_distance"], wanted.distance)


def test_all_transforms_of_the_first_five_images_if_nothing_is_said(run):
    status, out, _ = run()
    assert status == 0
    assert "tiny on 5 images of" in out
    for line in ("shift: -2 to 2 pixels", "scale: 1 to 1.8 times", "rotation: 0 to 350 degrees"):
        assert line in out
    assert "probability (true)" in out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--amounts", "1"), "--amounts: expected one --transform beside it, since each has its own unit"),
        (("--count", "3", "--images", "1", "2"), "--count: expected none beside --images, which says which"),
        (("--classes", "left"), "--classes: expected none, halves has labels"),
        (("--images", "40", "41"), "--images: halves has the images 0 to 39, got 40"),
    ],
)
def test_what_does_not_fit_is_named(run, given, said):
    status, _, err = run(*given)
    assert status == 2
    assert err.startswith(f"npdeconv: {said}")


def test_photos_without_labels_follow_the_classes_that_are_named(run, tmp_path):
    for n, pixels in enumerate(TEST.images[:2]):
        Image.fromarray(pixels[..., 0].repeat(20, axis=0).repeat(20, axis=1)).save(tmp_path / f"{n}.png")
    given = ("--data", tmp_path, "--transform", "shift", "--amounts", 0, 1)
    status, out, err = run(*given)
    assert status == 0, err
    assert "probability (predicted)" in out
    status, out, err = run(*given, "--classes", "0", "2")
    assert status == 0, err
    assert "probability (true)" in out
    assert run(*given, "--classes", "0")[2].endswith(
        "npdeconv: --classes: expected one for each of 2 images, got 1\n"
    )
