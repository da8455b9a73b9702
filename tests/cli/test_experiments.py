"""`npdeconv embed`, `transfer` and `probe` from beginning to end, small."""

import csv
import sys

import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, weights
from npdeconv.cli import datasets, transfer
from npdeconv.data import Dataset, load_strokes
from npdeconv.experiments import linear_probes
from npdeconv.visualize import embed, label_agreement, nearest_neighbors
from tests.tiny import tiny_dataset, tiny_network


@pytest.fixture
def network(tmp_path, monkeypatch):
    """Name the tiny network's weights; make its images what --data strokes loads."""
    monkeypatch.setitem(models._NETWORKS, "tiny", lambda *, rng, dtype=np.float32: tiny_network(5))
    sets = {"train": tiny_dataset(60, seed=1), "test": tiny_dataset(40, seed=2)}
    monkeypatch.setattr(datasets, "load_strokes", lambda count, seed: sets["train" if count == 7 else "test"])
    monkeypatch.setattr(datasets, "STROKES", {"train": (7, 0), "test": (8, 0)})
    path = tmp_path / "weights.npz"
    weights.save(tiny_network(5), path)
    return "tiny", "--weights", str(path), "--data", "strokes"


@pytest.fixture
def run(network, tmp_path, capsys):
    """Run a command; return the folder and what it printed."""

    def run(command, *arguments):
        out = tmp_path / "out"
        assert cli.main([command, *network, *map(str, arguments), "--out", str(out)]) == 0
        return out, capsys.readouterr().out

    return run


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def check_pictures(folder, names):
    assert {file.name for file in folder.glob("*.png")} == set(names)
    for file in folder.glob("*.png"):
        with Image.open(file) as image:
            image.load()
            assert min(image.size) > 100


def test_embed_writes_scatters_neighbors_and_arrays(run):
    folder, printed = run("embed", "--count", "20", "-k", "3", "--queries", "4", "0")
    stem = "embed_relu2"
    check_pictures(folder, [f"{stem}_pca.png", f"{stem}_neighbors.png"])
    shown = tiny_dataset(40, seed=2)[::2]
    expected = embed(tiny_network(5), shown.images, k=3)
    with np.load(folder / f"{stem}.npz", allow_pickle=False) as arrays:
        assert arrays["image_indices"].tolist() == list(range(0, 40, 2))
        np.testing.assert_array_equal(arrays["features"], expected.features)
        np.testing.assert_array_equal(arrays["pca_points"], expected.pca.points)
        np.testing.assert_array_equal(arrays["neighbors_image_indices"], expected.neighbors.image_indices)
        np.testing.assert_array_equal(arrays["pixel_neighbors_distances"], expected.pixel_neighbors.distances)
        assert "tsne" not in arrays
    agreement = label_agreement(nearest_neighbors(shown.images, 3), shown.labels)
    assert f"by pixels: {agreement.by_rank[0]:.1%} of the nearest neighbors share the label" in printed
    assert f"vote is right for {agreement.vote:.1%}" in printed
    assert f"by chance: {agreement.chance:.1%}" in printed


def test_embed_by_tsne_if_there_is_scikit_learn(run, network, capsys, monkeypatch):
    pytest.importorskip("sklearn")
    folder, _ = run(
        "embed", "--layer", "relu1", "--count", "15", "--limit", "16", "--tsne", "--split", "train"
    )
    check_pictures(folder, [f"embed_relu1_train_{name}.png" for name in ("pca", "tsne", "neighbors")])
    with np.load(folder / "embed_relu1_train.npz") as arrays:
        assert arrays["features"].shape == (15, 16)
        assert arrays["tsne"].shape == (15, 2)
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    assert cli.main(["embed", *network, "--count", "15", "--tsne", "--out", str(folder)]) == 2
    assert capsys.readouterr().err.startswith("npdeconv: t-SNE needs scikit-learn, which is not installed")


def test_transfer_tests_on_the_test_set_and_writes_every_accuracy(run):
    options = ("--per-class", "2", "8", "--seeds", "3", "--scratch-seeds", "2", "--scratch-steps", "3")
    folder, printed = run("transfer", *options)
    stem = "transfer_tiny_relu2_softmax"
    check_pictures(folder, [f"{stem}.png"])
    with np.load(folder / f"{stem}.npz") as arrays:
        frozen, scratch = arrays["frozen"], arrays["scratch"]
    assert frozen.shape == (3, 2)
    assert scratch.shape == (2, 2)
    rows = table(folder / f"{stem}.csv")
    assert len(rows) == 10
    assert rows[1] == {
        "method": "frozen relu2", "images per class": "8", "seed": "0", "accuracy": f"{frozen[0, 1]:.6f}",
    }  # fmt: skip
    assert f"{frozen[:, 0].mean():.1%} ± " in printed
    assert {row["method"] for row in rows} == {"frozen relu2", "from scratch"}


def test_transfer_to_classes_that_a_model_was_not_trained_on(network, tmp_path, capsys):
    out = tmp_path / "out"
    moved = ("--pretrain", "left", "right", "--epochs", "1", "--classes", "bottom", "left")
    few = ("--per-class", "3", "--seeds", "2", "--scratch-seeds", "0", "--layer", "relu1")
    assert cli.main(["transfer", "tiny", "--data", "strokes", *moved, *few, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "tiny, trained on left, right: " in printed
    assert "from scratch" not in printed
    with np.load(out / "transfer_tiny_relu1_softmax.npz") as arrays:
        assert arrays["frozen"].shape == (2, 1)
        assert arrays["scratch"].shape == (0, 1)
    assert cli.main(["transfer", *network, *moved, *few, "--out", str(out)]) == 2
    assert "npdeconv: --pretrain: expected no --weights" in capsys.readouterr().err


def test_probe_asks_every_layer_and_the_control(run):
    folder, printed = run("probe", "--per-class", "5", "--seeds", "2", "--untrained")
    check_pictures(folder, ["probes_tiny_softmax.png"])
    sets = tiny_dataset(60, seed=1), tiny_dataset(40, seed=2)
    expected = linear_probes(tiny_network(5), sets[0], per_class=[5], test=sets[1], seeds=range(2))
    with np.load(folder / "probes_tiny_softmax.npz") as arrays:
        assert arrays["layers"].tolist() == list(expected.layers)
        np.testing.assert_array_equal(arrays["trained_accuracy"], expected.accuracy)
        assert arrays["random_weights_accuracy"].shape == expected.accuracy.shape
        assert not np.array_equal(arrays["random_weights_accuracy"], expected.accuracy)
    rows = table(folder / "probes_tiny_softmax.csv")
    assert len(rows) == 2 * 2 * len(expected.layers)
    assert rows[0]["network"] == "trained"
    assert rows[0]["layer"] == "pixels"
    assert "random weights" in printed


def test_photos_of_other_classes_are_drawn_from_a_folder_and_trained_on_smaller(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(models._NETWORKS, "tiny", lambda *, rng, dtype=np.float32: large_network())
    monkeypatch.setattr(transfer, "SMALL_SIDE", 16)
    rng = np.random.default_rng(0)
    for name, shade in (("dark", 40), ("light", 200)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for n in range(6):
            pixels = rng.integers(0, 50, (24, 30, 3), dtype=np.uint8) + np.uint8(shade)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{n}.png")
    path = tmp_path / "weights.npz"
    weights.save(large_network(), path)
    command = ["transfer", "tiny", "--weights", str(path), "--data", str(tmp_path / "photos"), "--flip"]
    few = ["--per-class", "1", "4", "--seeds", "2", "--scratch-seeds", "1", "--scratch-steps", "4"]
    assert cli.main([*command, *few, "--out", str(tmp_path / "out")]) == 0
    with np.load(tmp_path / "out" / "transfer_large_relu_softmax.npz") as arrays:
        assert arrays["frozen"].min() == 1  # brightness is easy to see
        assert arrays["scratch"].shape == (1, 2)


def large_network():
    """Return a network for 20x20x3 of three classes, one more than there are."""
    from npdeconv.layers import Conv2D, Dense, Flatten, ReLU, Sequential

    rng = np.random.default_rng(0)
    layers = {"conv": Conv2D(3, 4, 5, stride=5, rng=rng), "relu": ReLU(), "flatten": Flatten()}
    return Sequential(layers | {"logits": Dense(64, 3, rng=rng)}, input_shape=(20, 20, 3), name="large")


def test_errors_are_one_sentence(network, tmp_path, capsys):
    def complain(*arguments):
        out = tmp_path / "nothing"
        assert cli.main([*map(str, arguments), "--out", str(out)]) == 2
        assert not out.exists()
        captured = capsys.readouterr()
        assert captured.out == ""
        lines = [line for line in captured.err.splitlines() if not line.startswith("compiling kernels")]
        assert len(lines) == 1
        return lines[0].removeprefix("npdeconv: ")

    assert complain("embed", *network, "--layer", "relu9").startswith("no layer 'relu9'")
    assert complain("embed", *network, "--queries", "40") == (
        "--queries: there are the compared images 0 to 39, got 40"
    )
    assert complain("transfer", *network, "--classes", "top") == (
        "halves: no class 'top'; the classes are left, right, bottom"
    )
    card = tmp_path / "card.json"
    assert complain("probe", card, "--weights", "x.npz") == (f"--weights: expected none, {card} has its own")
    assert complain("probe", card).startswith(f"{card}: there is no such file")
    assert "expected images of shape (8, 8, 1), mnist has (28, 28, 1)" in complain_about_size(
        complain, network
    )


def complain_about_size(complain, network):
    digits = load_strokes(20, 0)
    named = Dataset(digits.images, digits.labels, digits.classes, "mnist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "load_mnist", lambda split: named)
        return complain("transfer", *network[:3], "--data", "mnist")
