"""Which layers does a network need? Variants trained from scratch, with layers removed and resized.

Zeiler & Fergus, arXiv:1311.2901, section 4.1 and table 3.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from npdeconv import _files
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.data import Dataset
from npdeconv.experiments.plateau import Plateau
from npdeconv.experiments.sampling import seed_list
from npdeconv.experiments.variants import VARIANTS, build_variant
from npdeconv.inference import evaluate, match
from npdeconv.layers import Sequential
from npdeconv.optimizers import Adam
from npdeconv.parallel import Workers
from npdeconv.training import History, fit


@brief
class Ablation(NamedTuple):
    """Errors of networks with layers removed and resized; S seeds, V variants.

    Attributes
    ----------
    variants : tuple[str, ...], names in `VARIANTS`
    parameters : int (V,), weights and biases of each variant
    seeds : int (S,)
    train_error : (S, V), share of wrong answers on the images trained on, without dropout
    test_error : (S, V), the same on the test images
    epochs : int (S, V), epochs trained
    plateaued : bool (S, V), whether training ended by the rule; if not, it ended at the limit of epochs
    seconds : (S, V), of training

    Examples
    --------
    >>> error, whole = np.array([[0.2, 0.3]]), np.ones((1, 2), int)
    >>> seeds, variants = np.array([0]), ("full", "no fc7")
    >>> result = nd.experiments.Ablation(variants, whole[0], seeds, error, error, whole, whole > 0, error)
    >>> result.change().round(2)
    array([[0. , 0.1]])
    """

    variants: tuple[str, ...]
    parameters: Array
    seeds: Array
    train_error: Array
    test_error: Array
    epochs: Array
    plateaued: Array
    seconds: Array

    def change(self) -> Array:
        """Return each test error minus that of the full network with the same seed, (S, V)."""
        if "full" not in self.variants:
            raise ValueError("Ablation: expected the variant 'full' to compare with, got others alone")
        return self.test_error - self.test_error[:, [self.variants.index("full")]]


def ablate(
    dataset: Dataset,
    test: Dataset,
    *,
    variants: Sequence[str] = tuple(VARIANTS),
    seeds: Sequence[int] = range(3),
    epochs: int = 100,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    plateau: Plateau = Plateau(),  # noqa: B008 - it never changes
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Ablation:
    """Train variants of a network from scratch, each to a plateau, and test them.

    A seed sets the initial weights, the images set aside for validation, and the order of images;
    the last two are the same for all variants.

    Parameters
    ----------
    dataset : Dataset
        To train on; a part is set aside for validation, see `Plateau`.
    test : Dataset
        Used once, after each training.
    variants : sequence of str
        Names in `VARIANTS`.
    seeds : sequence of int
    epochs : int
        The most epochs of a training.
    batch_size, learning_rate
        Of Adam.
    plateau : Plateau
        When the learning rate falls, and when training ends.
    folder : path, optional
        Keeps one file for each finished training, and a run for the one in progress: if the process is
        killed, another call with the same arguments goes on with it, to the same bits.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.
    progress : bool
        Show a bar of the trainings on stderr.

    Returns
    -------
    Ablation

    Raises
    ------
    KeyError
        If there is no such variant.
    TypeError, ValueError
        For data that do not fit, and a folder with trainings of other settings.

    Examples
    --------
    >>> digits, test = nd.data.load_strokes(20), nd.data.load_strokes(20, seed=1)
    >>> result = nd.experiments.ablate(digits, test, variants=["full", "no fc7"], seeds=[0], epochs=1)
    >>> result.parameters.tolist(), result.epochs.tolist()
    ([392290, 129634], [[1, 1]])
    """
    numbers = seed_list(seeds, "ablate")
    if isinstance(variants, str) or not variants or len(set(variants)) < len(variants):
        raise ValueError(f"ablate: expected variants, each once, got {variants!r}")
    study = _Study(dataset, test, epochs, batch_size, learning_rate, plateau, folder, workers)
    for variant in variants:
        study.check(variant)
    work = [(seed, variant) for seed in numbers.tolist() for variant in variants]
    with progress_bar(work, unit="training", shown=progress) as bar:
        rows = [study.row(seed, variant, bar) for seed, variant in bar]
    columns = {name: [getattr(row, name) for row in rows] for name in _Row._fields}
    tables = {name: np.array(column).reshape(len(numbers), -1) for name, column in columns.items()}
    return Ablation(tuple(variants), tables.pop("parameters")[0], numbers, **tables)


class _Row(NamedTuple):
    """What is kept of a training."""

    parameters: int
    train_error: float
    test_error: float
    epochs: int
    plateaued: bool
    seconds: float


@dataclass
class _Study:
    """What all trainings of an ablation share."""

    dataset: Dataset
    test: Dataset
    epochs: int
    batch_size: int
    learning_rate: float
    plateau: Plateau
    folder: str | Path | None
    workers: Workers

    def check(self, variant: str) -> None:
        """Raise now what would be raised after hours."""
        network = self._build(variant, 0)
        for images in (self.dataset, self.test):
            match(network, images).labels_for("ablate")

    def row(self, seed: int, variant: str, bar: "tqdm[Any]") -> _Row:
        """Return the result of a training: that in the folder, or a new one."""
        bar.set_description(f"{variant}, seed {seed}")
        if self.folder is None:
            return self._train(seed, variant, bar, None)
        stem = f"{re.sub('[^a-z0-9]+', '_', variant)}_seed{seed}"
        path = Path(self.folder) / f"{stem}.json"
        if path.exists():
            return self._read(path)
        row = self._train(seed, variant, bar, Path(self.folder) / "runs" / stem)
        text = json.dumps({"settings": self._settings(), **row._asdict()}, indent=2) + "\n"
        _files.replace(path, lambda file: file.write(text.encode()))
        return row

    def _build(self, variant: str, seed: int) -> Sequential:
        count, shape = len(self.dataset.classes), self.dataset.images.shape[1:]
        network = build_variant(variant, shape, count, np.random.default_rng([seed, 0]))
        network.classes = self.dataset.classes
        return network

    def _train(self, seed: int, variant: str, bar: "tqdm[Any]", run: Path | None) -> _Row:
        network = self._build(variant, seed)
        rest, aside = self.plateau.split(self.dataset, np.random.default_rng([seed, 1]))

        def show(network: Sequential, history: History) -> None:
            bar.set_postfix(epoch=history.epochs, validation=f"{history['validation_accuracy'][-1]:.1%}")

        history = fit(
            network,
            rest,
            Adam(self.learning_rate),
            epochs=self.epochs,
            batch_size=self.batch_size,
            rng=np.random.default_rng([seed, 2]),
            validation=aside,
            schedule=self.plateau.schedule(),
            patience=self.plateau.stop_after,
            callbacks=[show],
            run=run,
            resume=run is not None,
            workers=self.workers,
        )
        train, test = (evaluate(network, images, workers=self.workers) for images in (rest, self.test))
        return _Row(
            sum(array.size for array in network.parameters.values()),
            1 - train.accuracy,
            1 - test.accuracy,
            history.epochs,
            self.plateau.reached(history),
            sum(history["seconds"]),
        )

    def _settings(self) -> dict[str, Any]:
        images = {f"{part} images": list(images.images.shape) for part, images in self._sets().items()}
        names = {f"{part} set": images.name for part, images in self._sets().items()}
        rule = {"epochs": self.epochs, "plateau": list(self.plateau)}
        return {**names, **images, "batch": self.batch_size, "rate": self.learning_rate, **rule}

    def _sets(self) -> dict[str, Dataset]:
        return {"training": self.dataset, "test": self.test}

    def _read(self, path: Path) -> _Row:
        with _files.naming(path, "result of a training"):
            content = json.loads(path.read_text(encoding="utf-8"))
            stored = content.pop("settings")
            row = _Row(**content)
        for name, wanted in self._settings().items():
            if stored.get(name) != wanted:
                raise ValueError(
                    f"{path}: the training was made with {name} {stored.get(name)}, and can't stand beside"
                    f" others with {wanted}; choose another folder"
                )
        return row
