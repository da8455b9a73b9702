"""The loop over the steps of training: progress, validation, stopping, checkpoints."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from tqdm import tqdm

from npdeconv import models
from npdeconv._checks import positive_int
from npdeconv._progress import progress_bar
from npdeconv._types import Array, Generator
from npdeconv._version import __version__
from npdeconv.data import Augmentation, Dataset
from npdeconv.finite import ruined_parameter
from npdeconv.inference import evaluate, match
from npdeconv.layers import Sequential
from npdeconv.optimizers import Optimizer
from npdeconv.parallel import Workers
from npdeconv.training.history import History
from npdeconv.training.loop import Constraint, Job, Place, Step, generator, live, new_seed
from npdeconv.training.run import Reached, Run, Totals
from npdeconv.training.settings import Schedule, settings_of

Callback: TypeAlias = Callable[[Sequential, History], object]
"""Called after each epoch; training stops if it returns True. See `npdeconv.callbacks`."""

CHECKPOINT_SECONDS = 60.0


def fit(
    network: Sequential,
    dataset: Dataset,
    optimizer: Optimizer,
    *,
    epochs: int,
    batch_size: int = 128,
    rng: Generator,
    validation: Dataset | float | None = None,
    schedule: Schedule | None = None,
    augment: Augmentation | None = None,
    constraint: Constraint | None = None,
    frozen: Sequence[str] = (),
    patience: int | None = None,
    callbacks: Sequence[Callback] = (),
    run: str | Path | None = None,
    resume: bool = False,
    workers: Workers = None,
    progress: bool = False,
) -> History:
    """Train a network, in place, and return the history of its epochs.

    Parameters
    ----------
    network, dataset, optimizer, batch_size, rng, augment, constraint, frozen, workers
        As for `train`.
    epochs : int
        Epochs in all, including those before a resumption.
    validation : Dataset or float, optional
        Evaluated after each epoch; its classes are matched by name. A number sets that share of
        `dataset` aside at random, evenly over the classes. If `dataset` has groups (images that
        are near copies), whole groups are set aside.
    schedule : callable, optional
        Sets the learning rate of each epoch, see `npdeconv.optimizers.StepDecay`.
    patience : int, optional
        Number of epochs without a better validation loss after which training stops, and returns
        to the weights of the best epoch.
    callbacks : sequence of callables
        Called with the network and the history after each epoch; returning True stops.
    run : path, optional
        Folder to record the run in, see `npdeconv.training.run`; a checkpoint is written after
        each epoch, and every minute within one.
    resume : bool
        Continue the run in the folder, if there is one: it ends in the same weights as if it
        had never stopped. The seed of the run is used, not `rng`.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    History

    Raises
    ------
    FloatingPointError
        If the loss becomes NaN or infinite, see `train`.
    ValueError
        If a data set has no labels, or does not fit, see `npdeconv.inference.match`.
    FileExistsError
        If the folder `run` holds a run and `resume` is False.
    ValueError
        If the folder `run` holds a run with other settings.
    BlockingIOError
        If another process is training in that folder.

    Examples
    --------
    >>> digits, rng = nd.data.load_strokes(200), np.random.default_rng(0)
    >>> net = nd.experiments.small_network((28, 28, 1), 10, rng)
    >>> adam = nd.optimizers.Adam(0.003)
    >>> history = nd.training.fit(net, digits, adam, epochs=3, batch_size=20, rng=rng, validation=0.2)
    >>> history["loss"][-1] < history["loss"][0], len(history["validation_accuracy"])
    (True, 3)
    """
    positive_int(epochs, "fit", "epochs")
    batch_size = positive_int(batch_size, "fit", "batch_size")
    _check_patience(patience, validation)
    if resume and run is None:
        raise ValueError("fit: resume needs a run folder to resume from")
    if isinstance(workers, int):
        positive_int(workers, "fit", "workers")
    dataset = match(network, dataset)
    dataset.labels_for("fit")
    trained = live(network, frozen)
    loop = _Loop(network, optimizer, schedule, patience, tuple(callbacks), Reached(new_seed(rng)))
    if run is not None:
        config = settings_of(
            network, dataset, optimizer, batch_size, validation, schedule, augment, constraint, patience
        )
        config |= {"frozen": list(frozen)} if frozen else {}
        config["free"] = {
            "epochs": epochs,
            "npdeconv": __version__,
            "steps_before": optimizer.steps,
            "builder": models.source(network.name),
        }
        loop.record = Run(Path(run), config, resume=resume)
    with loop.record or nullcontext():
        dataset = loop.restore(dataset, validation)
        network.classes = dataset.classes
        job = Job(network, dataset, optimizer, batch_size, augment, constraint, trained)
        loop.run_through(job, epochs, workers, progress)
    return loop.history


@dataclass
class _Loop:
    """The state of `fit` between two steps."""

    network: Sequential
    optimizer: Optimizer
    schedule: Schedule | None
    patience: int | None
    callbacks: tuple[Callback, ...]
    reached: Reached
    history: History = field(default_factory=History)
    validation: Dataset | None = None
    record: Run | None = None
    best: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.patience is not None:
            self.best = {name: array.copy() for name, array in self.network.parameters.items()}

    def restore(self, dataset: Dataset, validation: Dataset | float | None) -> Dataset:
        """Restore the run's checkpoint, if there is one; return the images to train on."""
        checkpoint = None
        if self.record is not None:
            checkpoint = self.record.read(self.network, self.optimizer, self.best)
        if checkpoint is not None:
            self.reached, self.history = checkpoint.reached, checkpoint.history
        if isinstance(validation, Dataset):
            named = validation.relabeled(dataset.classes, self.network.name)
            self.validation = match(self.network, named)
            self.validation.labels_for("validation")
        elif validation is not None:
            split = dataset.split if dataset.groups is None else dataset.split_groups
            dataset, self.validation = split(validation, generator(self.reached.seed, 0))
        if self.record is not None:
            if checkpoint is not None:
                self.record.restore(checkpoint, self.network, self.optimizer, self.best, len(dataset))
            self.record.begin()  # after all checks, so that wrong arguments leave no folder
        return dataset

    def run_through(self, job: Job, epochs: int, workers: Workers, show: bool) -> None:
        base_rate = self.optimizer.learning_rate
        start = self.reached.place
        steps = -(-len(job.dataset) // job.batch_size)
        done = (start.epoch - 1) * steps + start.index
        bar = progress_bar(total=epochs * steps, initial=done, unit="step", shown=show)
        try:
            if not self._stalled():
                self._run_steps(job, epochs, workers, bar, base_rate)
        finally:
            bar.close()
            self.optimizer.learning_rate = base_rate
        for name, array in self.best.items():
            self.network.parameters[name][...] = array

    def _run_steps(self, job: Job, epochs: int, workers: Workers, bar: "tqdm[Any]", base_rate: float) -> None:
        self._set_rate(base_rate)
        saved = clock = time.perf_counter()
        for step in job.run(epochs, self.reached.seed, self.reached.place, workers):
            now = time.perf_counter()
            totals = self.reached.totals.plus(step, now - clock)
            clock = now
            self.reached = Reached(self.reached.seed, Place(step.epoch, step.index), totals)
            bar.set_description(f"epoch {step.epoch}/{epochs}", refresh=False)
            bar.set_postfix(
                loss=f"{totals.loss / totals.count:.4f}",
                accuracy=f"{totals.correct / totals.count:.4f}",
                refresh=False,
            )
            bar.update()
            if step.index == step.steps:
                self._check_finite()  # before a NaN overwrites the weights on disk
                stop = self._end_epoch(step, workers)
                self._save()
                self._set_rate(base_rate)
                saved = clock = time.perf_counter()
                if stop or self._stalled():
                    return
            elif now - saved > CHECKPOINT_SECONDS:
                self._check_finite()
                self._save()
                saved = time.perf_counter()

    def _end_epoch(self, step: Step, workers: Workers) -> bool:
        """Validate, record the epoch, keep the best weights; return whether a callback stops training."""
        started = time.perf_counter()
        accuracy, loss = np.nan, np.nan
        if self.validation is not None:
            try:
                accuracy, loss = evaluate(self.network, self.validation, workers=workers)
            except FloatingPointError as error:
                raise FloatingPointError(
                    f"training stopped after epoch {step.epoch}, in validation: {error}"
                ) from None
        totals = self.reached.totals
        self.history.append(
            epoch=step.epoch,
            loss=totals.loss / totals.count,
            accuracy=totals.correct / totals.count,
            validation_loss=loss,
            validation_accuracy=accuracy,
            learning_rate=self.optimizer.learning_rate,
            seconds=totals.seconds + time.perf_counter() - started,
        )
        self.reached = Reached(self.reached.seed, Place(step.epoch + 1, 0), Totals())
        if self.best and not self._epochs_since_best():
            for name, array in self.network.parameters.items():
                self.best[name][...] = array
        if self.record is not None:
            self.record.save_epoch(self.history, self.network, self.best)
        answers = [callback(self.network, self.history) for callback in self.callbacks]
        return True in answers

    def _stalled(self) -> bool:
        return bool(self.patience and self.history.epochs and self._epochs_since_best() >= self.patience)

    def _epochs_since_best(self) -> int:
        losses = self.history["validation_loss"]
        return len(losses) - 1 - int(np.argmin(losses))

    def _set_rate(self, base: float) -> None:
        if self.schedule is not None:
            self.optimizer.learning_rate = base * self.schedule(self.history)

    def _save(self) -> None:
        if self.record is not None:
            self.record.save(self.reached, self.network, self.optimizer, self.best)

    def _check_finite(self) -> None:
        name, place = ruined_parameter(self.network), self.reached.place
        if name is not None:
            raise FloatingPointError(
                f"training stopped: {name} was no longer finite in epoch {place.epoch}, step {place.index}"
            )


def _check_patience(patience: int | None, validation: Dataset | float | None) -> None:
    if patience is not None:
        positive_int(patience, "fit", "patience")
        if validation is None:
            raise ValueError("fit: patience watches the validation loss, and needs validation")
