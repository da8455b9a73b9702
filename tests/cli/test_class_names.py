"""A run on CIFAR-10 knows the names of its classes, from batches.meta.txt."""

import numpy as np
import pytest

import npdeconv as nd
from npdeconv import models
from npdeconv.cli import figures
from tests.cli.test_folders import say

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Train a small network on a CIFAR-10 of two images of each class in each batch."""
    rng, folder = np.random.default_rng(0), tmp_path / "data" / "cifar10"
    folder.mkdir(parents=True)
    for name in (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"):
        records = rng.integers(0, 256, (20, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(20) % 10
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    monkeypatch.setenv("NPDECONV_DATA", str(tmp_path / "data"))
    monkeypatch.setitem(
        models._NETWORKS,
        "small",
        lambda *, rng, dtype=np.float32: nd.experiments.small_network((32, 32, 3), 10, rng),
    )
    monkeypatch.chdir(tmp_path)
    say(capsys, "train", "small", "--data", "cifar10", "--epochs", 1, "--run", "run")
    return "run"


def test_classify_project_and_the_page_name_the_classes(run, capsys, tmp_path, monkeypatch):
    assert nd.load_run(run).network.classes == NAMES
    lines = say(capsys, "classify", run, "-k", 10, "--images", 0, 1).splitlines()
    for line in lines[-2:]:
        assert sorted(word for word in line.replace(",", " ").split() if word in NAMES) == list(NAMES)
    seen, described = [], figures.answers

    def note(*arguments, **options):
        seen.extend(described(*arguments, **options))
        return described(*arguments, **options)

    monkeypatch.setattr("npdeconv.cli.project.answers", note)
    say(capsys, "project", run, "--layer", "relu1", "--map", 0, "--images", 8, "--dpi", 30)
    assert seen[0].startswith("label ship\npredicted ")
    assert seen[0].split()[3] in NAMES
    say(capsys, "report", run, "--page", "page.html")
    page = (tmp_path / "page.html").read_text()
    assert all(name in page for name in NAMES)
