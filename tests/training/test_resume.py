"""A run stopped at any step is resumed to the same bits."""

import numpy as np
import pytest

from npdeconv.callbacks import Snapshots
from npdeconv.data import shift
from npdeconv.optimizers import SGD, Adam, FilterRenormalization, ReduceOnPlateau, StepDecay
from npdeconv.training import fit, fitting
from npdeconv.training.run import Run
from tests.tiny import assert_same_bits, copy_of, tiny_dataset, tiny_network


class StopError(Exception):
    """Ends a run in these tests."""


class StopAt:
    """An augmentation by shifts that stops the run at one of its calls; one call is one step."""

    def __init__(self, call):
        self.call, self.calls, self.shift = call, 0, shift(1)

    def __call__(self, images, rng):
        self.calls += 1
        if self.calls == self.call:
            raise StopError
        return self.shift(images, rng)

    def __repr__(self):
        return "shift"


def run_to(folder, stop_at=0, *, network=None, optimizer=None, dataset=None, rng_seed=0, **settings):
    """Run 4 epochs of 3 steps with every random and adaptive part of training."""
    settings = {
        "epochs": 4,
        "batch_size": 24,
        "validation": 0.2,
        "patience": 2,
        "schedule": ReduceOnPlateau(1, 0.5),
        "constraint": FilterRenormalization(0.3),
        "augment": StopAt(stop_at),
        "workers": 1,
        "progress": False,
    } | settings
    network = tiny_network() if network is None else network
    optimizer = Adam(0.02) if optimizer is None else optimizer
    dataset = tiny_dataset(80) if dataset is None else dataset
    rng = np.random.default_rng(rng_seed)
    history = fit(network, dataset, optimizer, rng=rng, run=folder, **settings)
    return network, optimizer, history


def assert_same_end(got, expected):
    (network, optimizer, history), (other_network, other_optimizer, other_history) = got, expected
    assert_same_bits(network.parameters, other_network.parameters)
    assert_same_bits(optimizer.state, other_optimizer.state)
    assert optimizer.steps == other_optimizer.steps
    assert optimizer.learning_rate == other_optimizer.learning_rate
    for column in set(history) - {"seconds"}:
        assert repr(history[column]) == repr(other_history[column]), column


def files_in(folder):
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"]
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return run_to(tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture
def every_step(monkeypatch):
    monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", -1.0)


@pytest.mark.parametrize("step", range(2, 13))
def test_stopped_at_any_step(tmp_path, uninterrupted, every_step, step):
    with pytest.raises(StopError):
        run_to(tmp_path, step)
    again = run_to(tmp_path, network=tiny_network(seed=9), rng_seed=77, resume=True, workers=2)
    assert_same_end(again, uninterrupted)


def test_stopped_between_checkpoints(tmp_path, uninterrupted):
    with pytest.raises(StopError):
        run_to(tmp_path, 8)  # the checkpoint is the one after epoch 2, that is, step 6
    resumed = StopAt(0)
    again = run_to(tmp_path, network=tiny_network(seed=9), resume=True, augment=resumed)
    assert resumed.calls == 6
    assert_same_end(again, uninterrupted)


def test_stopped_again_and_again(tmp_path, uninterrupted, every_step):
    for call in (2, 3, 4):
        with pytest.raises(StopError):
            run_to(tmp_path, call, resume=True)
    assert_same_end(run_to(tmp_path, resume=True), uninterrupted)


def test_stopped_before_the_first_checkpoint(tmp_path, uninterrupted):
    with pytest.raises(StopError):
        run_to(tmp_path, 1)
    assert list(files_in(tmp_path)) == ["config.json"]
    assert_same_end(run_to(tmp_path, resume=True), uninterrupted)


def test_stopped_between_history_and_checkpoint(tmp_path, uninterrupted, monkeypatch):
    save, saves = Run.save, []

    def fail_at_second(self, *arguments):
        saves.append(arguments)
        if len(saves) == 2:
            raise StopError
        save(self, *arguments)

    monkeypatch.setattr(Run, "save", fail_at_second)
    with pytest.raises(StopError):
        run_to(tmp_path)
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 3  # header, two epochs
    monkeypatch.setattr(Run, "save", save)
    assert_same_end(run_to(tmp_path, resume=True), uninterrupted)
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["1.0", "2.0", "3.0", "4.0"]


def test_more_epochs_than_were_asked_for_at_first(tmp_path, uninterrupted):
    settings = {"patience": None, "schedule": StepDecay(2)}
    whole = run_to(tmp_path / "whole", **settings)
    run_to(tmp_path / "parts", epochs=2, **settings)
    assert_same_end(run_to(tmp_path / "parts", resume=True, **settings), whole)
    assert '"epochs": 4' in (tmp_path / "parts" / "config.json").read_text()


def test_a_run_that_ended_is_not_trained_further(tmp_path, uninterrupted):
    run_to(tmp_path)
    resumed = StopAt(1)
    assert_same_end(run_to(tmp_path, network=tiny_network(9), resume=True, augment=resumed), uninterrupted)
    assert resumed.calls == 0


def test_patience_counts_across_a_stop(tmp_path):
    settings = {"optimizer": SGD(0.0), "schedule": None, "epochs": 9}
    with pytest.raises(StopError):
        run_to(tmp_path, 5, **settings)
    _, _, history = run_to(tmp_path, resume=True, **settings)
    assert history.epochs == 3


def test_functions_without_a_repr_can_be_resumed(tmp_path):
    def make():
        return {"schedule": lambda history: 0.5, "augment": shift(1), "constraint": lambda parameters: None}

    run_to(tmp_path, epochs=1, **make())
    _, _, history = run_to(tmp_path, epochs=2, resume=True, **make())
    assert history.epochs == 2


def test_a_folder_that_holds_a_run_is_not_written_over(tmp_path):
    run_to(tmp_path, epochs=1, callbacks=[Snapshots(tmp_path / "snapshots")])
    before, network = files_in(tmp_path), tiny_network(seed=5)
    weights = copy_of(network.parameters)
    with pytest.raises(
        FileExistsError, match=r": holds a training run already; resume it, or choose another"
    ):
        run_to(tmp_path, network=network)
    assert files_in(tmp_path) == before
    assert_same_bits(network.parameters, weights)


def test_a_run_needs_a_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(
        NotADirectoryError, match=r"file: expected a folder to record the run in, got a file$"
    ):
        run_to(tmp_path / "file")
    assert files_in(tmp_path) == {"file": b"mine"}
