"""A training run as a folder: everything needed to look at it, and to go on with it.

::

    config.json     the settings
    history.csv     one row per epoch
    weights.npz     the weights worth keeping: the best (with early stopping) or the latest
    checkpoint.npz  parameters, optimizer state, seed and position: where `fit(resume=True)` goes on
    snapshots/      epoch_NNNN.npz, the weights after chosen epochs
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npdeconv import _files, weights
from npdeconv._types import Array
from npdeconv.layers import Sequential
from npdeconv.optimizers import Optimizer
from npdeconv.training.history import History
from npdeconv.training.steps import Position, Step


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the steps of an epoch that is under way."""

    loss: float = 0.0
    correct: int = 0
    count: int = 0
    seconds: float = 0.0

    def plus(self, step: Step, seconds: float) -> "Totals":
        """Add a step."""
        return Totals(
            self.loss + step.loss * step.count,
            self.correct + step.correct,
            self.count + step.count,
            self.seconds + seconds,
        )


class Progress(NamedTuple):
    """How far a run has come."""

    seed: int
    position: Position = Position()
    totals: Totals = Totals()


class Run:
    """The folder of a run.

    Parameters
    ----------
    path : Path
        Made by `begin` if it does not exist; nothing is written before.
    config : dict
        The settings, of JSON types. Those under "free" may change when a run is continued.
    resume : bool
        Whether to go on with the run that the folder holds, if it holds one.

    Raises
    ------
    FileExistsError, NotADirectoryError
        If the folder holds a run and `resume` is False, or is no folder.
    ValueError
        If the run in the folder was made with other settings.
    """

    def __init__(self, path: Path, config: Mapping[str, Any], *, resume: bool) -> None:
        self.path = path
        self._checkpoint = path / "checkpoint.npz"
        self._config = json.loads(json.dumps(config))  # tuples become lists, as they are in the file
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(f"{path}: expected a folder to record the run in, got a file")
        if (path / "config.json").exists():
            if not resume:
                raise FileExistsError(
                    f"{path}: holds a training run already; resume it, or choose another folder"
                )
            _compare_settings(path / "config.json", self._config)

    def begin(self) -> None:
        """Make the folder and write the settings."""
        self.path.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._config, indent=2) + "\n"
        _files.replace(self.path / "config.json", lambda file: file.write(text.encode()))

    def restore(
        self, network: Sequential, optimizer: Optimizer, best: dict[str, Array]
    ) -> tuple[Progress, History] | None:
        """Bring network, optimizer and best weights to the last checkpoint; None if there is none.

        Files that are damaged or do not belong together change nothing: FileNotFoundError, ValueError.
        """
        if not self._checkpoint.exists():
            return None
        optimizer.prepare(network.parameters)
        live = _arrays(network, optimizer, best)
        shapes = {name: array.shape for name, array in live.items()}
        stored = _files.read_arrays(self._checkpoint, shapes | {"counts": (6,), "sums": (2,)})
        progress, steps = _read_progress(self._checkpoint, stored["counts"], stored["sums"])
        history = self._read_history(progress.position.epoch - 1)
        weights.assign(live, stored, self._checkpoint)
        optimizer.steps = steps
        return progress, history

    def _read_history(self, epochs: int) -> History:
        if not epochs:
            return History()
        path = self.path / "history.csv"
        history = History.read(path)
        if history.epochs < epochs:
            raise ValueError(f"{path}: expected the {epochs} epochs of the checkpoint, got {history.epochs}")
        # The history is written before the checkpoint, so it may be an epoch ahead.
        history.truncate(epochs)
        return history

    def save(
        self, progress: Progress, network: Sequential, optimizer: Optimizer, best: dict[str, Array]
    ) -> None:
        """Write the checkpoint, whole or not at all."""
        totals = progress.totals
        place = progress.position
        counts = [progress.seed, place.epoch, place.index, totals.correct, totals.count, optimizer.steps]
        sums = [totals.loss, totals.seconds]
        arrays = _arrays(network, optimizer, best)
        _files.write_arrays(self._checkpoint, arrays | {"counts": np.array(counts), "sums": np.array(sums)})

    def save_epoch(self, history: History, network: Sequential, best: dict[str, Array]) -> None:
        """Write the history and the weights worth keeping."""
        history.write(self.path / "history.csv")
        _files.write_arrays(self.path / "weights.npz", best or network.parameters)


def _arrays(network: Sequential, optimizer: Optimizer, best: dict[str, Array]) -> dict[str, Array]:
    groups = {"parameters": network.parameters, "optimizer": optimizer.state, "best": best}
    return {f"{group}/{name}": array for group, arrays in groups.items() for name, array in arrays.items()}


def _read_progress(path: Path, counts: Array, sums: Array) -> tuple[Progress, int]:
    """Return the progress and the optimizer's steps, as `Run.save` wrote them."""
    whole = counts.dtype.kind == "i" and sums.dtype.kind == "f" and counts.min() >= 0 and counts[1] >= 1
    if not whole or not np.isfinite(sums).all():
        raise ValueError(f"{path}: expected the position of a run, got {counts.tolist()} and {sums.tolist()}")
    seed, epoch, index, correct, count, steps = counts.tolist()
    loss, seconds = sums.tolist()
    return Progress(seed, Position(epoch, index), Totals(loss, correct, count, seconds)), steps


def _compare_settings(path: Path, config: Mapping[str, Any]) -> None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected the settings of a run as JSON, but {error}") from None
    if not isinstance(stored, dict):
        raise ValueError(f"{path}: expected the settings of a run, got {type(stored).__name__}")
    for name, was, wanted in _differences(stored | {"free": None}, {**config, "free": None}):
        raise ValueError(
            f"{path}: the run was made with {name} {was!r}, and can't be resumed with {wanted!r}"
        )


def _differences(stored: Any, wanted: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (name, stored, wanted) of each setting that differs, such as layers.conv1."""
    if isinstance(stored, dict) and isinstance(wanted, dict):
        for key in wanted | stored:
            yield from _differences(stored.get(key), wanted.get(key), f"{name}.{key}".lstrip("."))
    elif stored != wanted:
        yield name, stored, wanted
