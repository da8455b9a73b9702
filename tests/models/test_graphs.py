"""What surrounds a network that branches: other classes, cards, files, runs."""

import re

import numpy as np
import pytest

from npdeconv import cli, models, optimizers, training, weights
from npdeconv.data import Dataset
from npdeconv.layers import Graph
from tests.graphs import residual


def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(
        rng.integers(0, 256, (6, 9, 8, 2), np.uint8), np.array([0, 1, 2, 3, 0, 1]), tuple("abcd"), "few"
    )


def fit(network, path, **options):
    return training.fit(
        network, dataset(), optimizers.SGD(0.1), epochs=1, batch_size=4, rng=np.random.default_rng(0),
        run=path, **options,
    )  # fmt: skip


def test_other_classes():
    net = residual(np.float32)
    other = models.with_classes(net, 7, np.random.default_rng(0))
    assert isinstance(other, Graph)
    assert other.output_shape((9, 8, 2)) == (7,)
    assert other.inputs == net.inputs
    assert other.classes is None
    assert other["conv1"] is net["conv1"]


def test_saved_and_loaded(tmp_path):
    net, other = residual(np.float32), residual(np.float32)
    for array in net.parameters.values():
        array += 1
    weights.save(net, tmp_path / "net.npz")
    weights.load(other, tmp_path / "net.npz")
    for name, array in net.parameters.items():
        np.testing.assert_array_equal(other.parameters[name], array)


def test_a_run_is_continued_by_a_network_that_branches_alike(tmp_path):
    fit(residual(np.float32), tmp_path / "run")
    fit(residual(np.float32), tmp_path / "run", resume=True)
    net = residual(np.float32)
    moved = Graph(
        net.layers, inputs={**net.inputs, "add1": ("conv2", "relu1")}, input_shape=(9, 8, 2), name=net.name
    )
    with pytest.raises(ValueError, match=re.escape("the run was made with inputs.add1")):
        fit(moved, tmp_path / "run", resume=True)


def test_info_says_who_reads_whom(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(models, "_OWN", {})
    (tmp_path / "mine.py").write_text(
        "from tests.graphs import residual\ndef mine(*, rng, dtype='float32'):\n    return residual(dtype)\n"
    )
    cli.main(["info", f"{tmp_path / 'mine.py'}:mine"])
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["add2"].endswith("13x13  reads conv4, short2")
    assert lines["short2"].endswith("reads relu2")
    assert "reads" not in lines["relu4"]
