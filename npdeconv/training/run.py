"""A training run as a folder: everything needed to look at it, and to resume it.

::

    config.json     the settings
    history.csv     one row per epoch
    weights.npz     the best weights (with early stopping) or the latest
    checkpoint.npz  parameters, optimizer state, seed and place, from which `fit(resume=True)` continues
    snapshots/      epoch_NNNN.npz, the weights after chosen epochs
    holder.json     the process that is training in the folder (.lock keeps others out)
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
from npdeconv.training.lock import FolderLock
from npdeconv.training.loop import Place, Step

OWN_FILES = (
    "config.json",
    "data.json",
    "history.csv",
    "start.json",
    "weights.npz",
    "checkpoint.npz",
    "holder.json",
)
"""Files that only the process with the lock writes."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the finished steps of the current epoch."""

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


class Reached(NamedTuple):
    """How far a run has come."""

    seed: int
    place: Place = Place()
    totals: Totals = Totals()


class Checkpoint(NamedTuple):
    """The checkpoint of a run, as read from its folder."""

    path: Path
    reached: Reached
    steps: int  # of the optimizer
    history: History  # up to the checkpoint's epoch
    arrays: Mapping[str, Array]

    def check(self, image_count: int, batch_size: int, steps_before: int) -> None:
        """Check that a run on `image_count` images can have reached this checkpoint.

        Parameters
        ----------
        image_count, batch_size : int
        steps_before : int
            Steps of the optimizer when the run began.
        """
        _, place, totals = self.reached
        epoch, index = place.epoch, place.index
        per_epoch = -(-image_count // batch_size)
        expected = {
            "a step of the epoch": index < per_epoch,
            "as many images as steps make": totals.count == index * batch_size,
            "no more right answers than images": totals.correct <= totals.count,
            "sums that are not negative": totals.loss >= 0 and totals.seconds >= 0,
            "as many of the optimizer's steps as the run has had": self.steps
            == steps_before + (epoch - 1) * per_epoch + index,
        }
        for what, holds in expected.items():
            if not holds:
                raise ValueError(
                    f"{self.path}: expected {what}, got step {index} of {per_epoch} in epoch {epoch},"
                    f" {totals.correct} of {totals.count} images right, {self.steps} steps of the optimizer,"
                    f" a loss of {totals.loss} and {totals.seconds} seconds in all"
                )


class Run:
    """The folder of a run; a `with` statement keeps other processes out.

    Parameters
    ----------
    path : Path
        Made by `begin` if it does not exist; nothing is written before.
    config : dict
        The settings, of JSON types. Those under "free" may change when a run is resumed.
    resume : bool
        Whether to continue the run in the folder, if there is one.

    Raises
    ------
    FileExistsError, NotADirectoryError
        If the folder holds a run and `resume` is False, or is no folder.
    BlockingIOError
        If another process is training in it.
    ValueError
        If the run in the folder was made with other settings.
    """

    def __init__(self, path: Path, config: Mapping[str, Any], *, resume: bool) -> None:
        self.path = path
        self._checkpoint = path / "checkpoint.npz"
        self._settings = path / "config.json"
        self._lock = FolderLock(path)
        self._config = json.loads(json.dumps(config))  # tuples become lists, as they are in the file
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(f"{path}: expected a folder to record the run in, got a file")
        self._resumed = self._settings.exists()
        if self._resumed:
            if not resume:
                raise self._exists()
            stored = _compare_settings(self._settings, self._config)
            self._config["free"] |= {"steps_before": _steps_before(stored)}

    def __enter__(self) -> "Run":
        if self._resumed:
            self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def begin(self) -> None:
        """Make the folder and write the settings."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        if self._settings.exists() and not self._resumed:
            raise self._exists()  # another process began a run after the check in __init__
        for names in OWN_FILES:
            _files.remove_orphans(self.path, names)
        _files.remove_orphans(self.path / "snapshots", "epoch_*.npz")
        text = json.dumps(self._config, indent=2) + "\n"
        _files.replace(self._settings, lambda file: file.write(text.encode()))

    def _exists(self) -> FileExistsError:
        return FileExistsError(
            f"{self.path}: holds a training run already; resume it, or choose another folder"
        )

    def read(self, network: Sequential, optimizer: Optimizer, best: dict[str, Array]) -> Checkpoint | None:
        """Read the last checkpoint and the history up to it; None if there is none.

        Raises FileNotFoundError or ValueError for files that are missing, damaged or inconsistent.
        """
        if not self._resumed or not self._checkpoint.exists():
            return None
        optimizer.prepare(network.parameters)
        shapes = {name: array.shape for name, array in _arrays(network, optimizer, best).items()}
        stored = _files.read_arrays(self._checkpoint, shapes | {"counts": (6,), "sums": (2,)})
        reached, steps = _read_reached(self._checkpoint, stored["counts"], stored["sums"])
        history = self._read_history(reached.place.epoch - 1)
        return Checkpoint(self._checkpoint, reached, steps, history, stored)

    def restore(
        self,
        checkpoint: Checkpoint,
        network: Sequential,
        optimizer: Optimizer,
        best: dict[str, Array],
        image_count: int,
    ) -> None:
        """Set network, optimizer and best weights to a checkpoint; an impossible one changes nothing."""
        checkpoint.check(image_count, self._config["batch_size"], self._config["free"]["steps_before"])
        weights.assign(_arrays(network, optimizer, best), checkpoint.arrays, checkpoint.path)
        optimizer.steps = checkpoint.steps

    def _read_history(self, epochs: int) -> History:
        if not epochs:
            return History()
        path = self.path / "history.csv"
        history = History.read(path)
        # The history is written before the checkpoint, so it may be an epoch ahead.
        if history.epochs not in (epochs, epochs + 1):
            raise ValueError(f"{path}: expected the {epochs} epochs of the checkpoint, got {history.epochs}")
        history.truncate(epochs)
        validated = not np.isnan(history["validation_loss"]).any()
        if validated != (self._config["validation"] != "None"):
            raise ValueError(f"{path}: expected a validation after {'each' if not validated else 'no'} epoch")
        return history

    def save(
        self, reached: Reached, network: Sequential, optimizer: Optimizer, best: dict[str, Array]
    ) -> None:
        """Write the checkpoint, whole or not at all."""
        totals = reached.totals
        place = reached.place
        counts = [reached.seed, place.epoch, place.index, totals.correct, totals.count, optimizer.steps]
        sums = [totals.loss, totals.seconds]
        arrays = _arrays(network, optimizer, best)
        _files.write_arrays(self._checkpoint, arrays | {"counts": np.array(counts), "sums": np.array(sums)})

    def save_epoch(self, history: History, network: Sequential, best: dict[str, Array]) -> None:
        """Write the history, and the best or the latest weights."""
        history.write(self.path / "history.csv")
        _files.write_arrays(self.path / "weights.npz", best or network.parameters)


def _arrays(network: Sequential, optimizer: Optimizer, best: dict[str, Array]) -> dict[str, Array]:
    groups = {"parameters": network.parameters, "optimizer": optimizer.state, "best": best}
    return {f"{group}/{name}": array for group, arrays in groups.items() for name, array in arrays.items()}


def _read_reached(path: Path, counts: Array, sums: Array) -> tuple[Reached, int]:
    """Return how far a run had come and the optimizer's steps, as `Run.save` wrote them."""
    whole = counts.dtype.kind == "i" and sums.dtype.kind == "f" and counts.min() >= 0 and counts[1] >= 1
    if not whole or not np.isfinite(sums).all():
        raise ValueError(f"{path}: expected the place of a run, got {counts.tolist()} and {sums.tolist()}")
    seed, epoch, index, correct, count, steps = counts.tolist()
    loss, seconds = sums.tolist()
    return Reached(seed, Place(epoch, index), Totals(loss, correct, count, seconds)), steps


def _compare_settings(path: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored settings; ValueError if they differ from `config`."""
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
    return stored


def _steps_before(settings: Mapping[str, Any]) -> int:
    """Return the steps of the optimizer when the run began."""
    free = settings.get("free")
    steps = free.get("steps_before", 0) if isinstance(free, dict) else 0
    return steps if isinstance(steps, int) else 0


def _differences(stored: Any, wanted: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (name, stored, wanted) for each setting that differs; a name is like layers.conv1."""
    if isinstance(stored, dict) and isinstance(wanted, dict):
        for key in wanted | stored:
            yield from _differences(stored.get(key), wanted.get(key), f"{name}.{key}".lstrip("."))
    elif stored != wanted:
        yield name, stored, wanted
