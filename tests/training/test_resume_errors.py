"""A run that can't be resumed is refused with one sentence, and not changed."""

import shutil

import numpy as np
import pytest

from npdeconv.layers import Dropout, Sequential
from npdeconv.optimizers import SGD, Adam, FilterRenormalization
from tests.tiny import assert_same_bits, copy_of, tiny_dataset, tiny_network
from tests.training.test_resume import files_in, run_to


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run of two epochs, to be copied."""
    folder = tmp_path_factory.mktemp("stopped") / "run"
    run_to(folder, epochs=2)
    return folder


@pytest.fixture
def run(stopped, tmp_path):
    return shutil.copytree(stopped, tmp_path / "run")


def refuse(run, match, error=ValueError, *, network=None, optimizer=None, **settings):
    """Check that a resumption fails in one line that names a file, and changes nothing."""
    network = tiny_network(seed=5) if network is None else network
    optimizer = Adam(0.02) if optimizer is None else optimizer
    files, before = files_in(run), copy_of(network.parameters)
    with pytest.raises(error, match=match) as caught:
        run_to(run, network=network, optimizer=optimizer, resume=True, **settings)
    assert type(caught.value) is error
    assert str(run) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files_in(run) == files
    assert_same_bits(network.parameters, before)
    assert optimizer.steps == 0
    assert all((array == 0).all() for array in optimizer.state.values())


def with_other_layer():
    layers = dict(tiny_network().layers) | {"dropout": Dropout(0.5)}
    return Sequential(layers, input_shape=(8, 8, 1), name="tiny")


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"batch_size": 25}, r"batch_size 24, and can't be resumed with 25"),
        ({"validation": 0.3}, r"validation '0\.2', and can't be resumed with '0\.3'"),
        ({"validation": tiny_dataset()}, r"validation '0\.2', and can't be resumed with \"<Dataset 'halves'"),
        ({"patience": 3}, r"patience 2, and can't be resumed with 3"),
        ({"schedule": None}, r"schedule \"ReduceOnPlateau\(1, 0\.5, 'validation_loss'\)\", and"),
        ({"constraint": FilterRenormalization(0.2)}, r"constraint 'FilterRenormalization\(0\.3\)', and"),
        ({"augment": None}, r"augment 'shift', and can't be resumed with 'None'"),
        ({"optimizer": Adam(0.01)}, r"learning_rate 0\.02, and can't be resumed with 0\.01"),
        ({"optimizer": SGD(0.02)}, r"optimizer 'Adam', and can't be resumed with 'SGD'"),
        (
            {"network": tiny_network(width=5)},
            r"layers\.conv1 \"Conv2D\(1, 4, .*\", and can't be resumed with \"Conv2D\(1, 5, ",
        ),
        ({"network": with_other_layer()}, r"layers\.dropout 'Dropout\(0\.2\)', and can't be resumed with"),
        ({"dataset": tiny_dataset(81)}, r"dataset\.images \[80, 8, 8, 1\], and can't be resumed with \[81"),
    ],
)
def test_other_settings(run, settings, what):
    refuse(run, rf"config\.json: the run was made with {what}", **settings)


@pytest.mark.parametrize("content", [b"", b"garbage", b"{", b"\xff\xfe", b"[" * 100_000])
def test_settings_that_are_no_json(run, content):
    (run / "config.json").write_bytes(content)
    refuse(run, r"config\.json: expected the settings of a run as JSON, but ")


@pytest.mark.parametrize("content", ["[]", "3", "null"])
def test_settings_that_are_no_dictionary(run, content):
    (run / "config.json").write_text(content)
    refuse(run, r"config\.json: expected the settings of a run, got ")


def test_settings_of_something_else(run):
    (run / "config.json").write_text('{"layers": 5}')
    refuse(run, r"config\.json: the run was made with \w+ None, and can't be resumed with ")


def test_checkpoints_cut_short(run):
    whole = (run / "checkpoint.npz").read_bytes()
    for length in [*range(0, len(whole), 997), len(whole) - 1]:
        (run / "checkpoint.npz").write_bytes(whole[:length])
        refuse(run, r"checkpoint\.npz: expected a whole \.npz archive, got a file that can't be read as one")


def change_checkpoint(run, **changes):
    with np.load(run / "checkpoint.npz") as file:
        arrays = dict(file) | changes
    np.savez(run / "checkpoint.npz", **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"counts": np.array([{}] * 6, dtype=object)},
            "expected counts to hold numbers, got pickled objects",
        ),
        (
            {"counts": np.array([1, 0, 0, 0, 0, 0])},
            r"expected the place of a run, got \[1, 0, 0, 0, 0, 0\]",
        ),
        ({"counts": np.array([-1, 3, 0, 0, 0, 0])}, r"expected the place of a run, got \[-1, 3,"),
        ({"counts": np.full(6, np.nan)}, r"expected the place of a run, got \[nan, nan,"),
        ({"counts": np.ones(5, int)}, r"expected counts of shape \(6,\), got \(5,\)"),
        ({"sums": np.array([np.nan, 0])}, r"expected the place of a run, got .* and \[nan, 0\.0\]"),
        ({"sums": None}, r"expected the arrays of the network, but the file lacks sums"),
        (
            {"optimizer/logits.bias/mean": np.zeros(3, int)},
            r"expected optimizer/logits\.bias/mean to hold floats",
        ),
        (
            {"best/logits.bias": np.full(3, 1e300)},
            r"expected best/logits\.bias to fit into float32, got values",
        ),
        (
            {"parameters/logits.bias": np.zeros(4)},
            r"expected parameters/logits\.bias of shape \(3,\), got \(4,\)",
        ),
    ],
)
def test_checkpoints_with_wrong_content(run, changes, message):
    change_checkpoint(run, **changes)
    refuse(run, rf"checkpoint\.npz: {message}")


def test_histories_that_do_not_belong_to_the_checkpoint(run):
    whole = (run / "history.csv").read_text()
    header, first, _ = whole.splitlines()
    (run / "history.csv").write_text(f"{header}\n{first}\n")
    refuse(run, r"history\.csv: expected the 2 epochs of the checkpoint, got 1$")
    (run / "history.csv").write_text("garbage\n1\n")
    refuse(run, r"history\.csv: expected a history with one row of numbers per epoch, but ")
    (run / "history.csv").unlink()
    refuse(run, r"history\.csv: there is no such file$", FileNotFoundError)
    (run / "history.csv").write_text(whole)
    run_to(run, resume=True)


def test_impossible_histories(run):
    header, *rows = (run / "history.csv").read_text().splitlines()
    for lines, message in (
        ([rows[0].replace("1.0", "7.0", 1), rows[1]], r"row 1 is of epoch 7"),
        (
            [*rows, rows[1].replace("2.0", "3.0", 1), rows[1].replace("2.0", "4.0", 1)],
            r"expected the 2 epochs",
        ),
        (
            [",".join([*row.split(",")[:3], "nan", "nan", *row.split(",")[5:]]) for row in rows],
            r"each epoch$",
        ),
    ):
        (run / "history.csv").write_text("\n".join([header, *lines]) + "\n")
        refuse(run, rf"history\.csv: .*{message}")


def counts(**changes):
    """The counts after 2 epochs of 3 steps: 64 of 80 images to train on, 24 per batch."""
    return np.array(
        list(({"seed": 1, "epoch": 3, "index": 0, "correct": 0, "count": 0, "steps": 6} | changes).values())
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"epoch": 2},
            "as many of the optimizer's steps as the run has had, got step 0 of 3 in epoch 2, .* 6 steps",
        ),
        ({"steps": 7}, "as many of the optimizer's steps as the run has had"),
        (
            {"index": 1, "count": 24, "correct": 25, "steps": 7},
            "no more right answers than images, .* 25 of 24",
        ),
        ({"index": 1, "count": 25, "steps": 7}, "as many images as steps make, got .* 0 of 25 images right"),
        ({"correct": 5}, "no more right answers than images"),
        ({"index": 3, "count": 72, "steps": 9}, "a step of the epoch, got step 3 of 3 in epoch 3"),
    ],
)
def test_impossible_checkpoints(run, changes, message):
    change_checkpoint(run, counts=counts(**changes))
    refuse(run, rf"checkpoint\.npz: expected {message}")


@pytest.mark.parametrize("sums", [[-1.0, 0], [0, -1.0]])
def test_impossible_sums(run, sums):
    change_checkpoint(run, sums=np.array(sums))
    refuse(
        run,
        r"checkpoint\.npz: expected sums that are not negative, got .* a loss of -?[01]\.0 and -?[01]\.0 s",
    )


def test_a_run_with_a_used_optimizer_can_be_resumed(tmp_path):
    optimizer = Adam(0.02)
    run_to(tmp_path / "before", optimizer=optimizer, epochs=1)
    run_to(tmp_path / "run", optimizer=optimizer, epochs=1)
    *_, history = run_to(tmp_path / "run", epochs=2, resume=True)
    assert history.epochs == 2
    run_to(tmp_path / "run", epochs=3, resume=True)
    change_checkpoint(tmp_path / "run", counts=counts(epoch=4, steps=9))
    refuse(tmp_path / "run", "as many of the optimizer's steps")
