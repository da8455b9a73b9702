"""Does a picture of a network depend on what it was taught? The same images with permuted labels.

Adebayo et al., "Sanity checks for saliency maps" (arXiv:1810.03292), section 3.3.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv._checks import image_batch, one_of, positive_int
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array, Shape
from npdeconv.anatomy.roles import logits_layer
from npdeconv.data import Dataset
from npdeconv.experiments.explanations import strongest_maps
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.experiments.intervals import Interval
from npdeconv.experiments.probes import untrained
from npdeconv.experiments.randomization_plan import Explained, Plan, make_plan
from npdeconv.experiments.randomization_result import MEASURES, Measure, interval_of
from npdeconv.experiments.sampling import seed_list
from npdeconv.inference import evaluate, match
from npdeconv.layers import Sequential
from npdeconv.optimizers import Adam
from npdeconv.parallel import Workers
from npdeconv.training import fit
from npdeconv.visualize import compare_maps
from npdeconv.visualize.scikit_image import check_scikit_image

LEVEL = 0.95  # training accuracy that every network must exceed
MOST = 5000  # images that the labels are permuted of
TAUGHT = "permuted labels", "true labels, other weights"
"""What a network of true labels is compared with; the second tells what to expect without permuting."""


@brief
class RandomizedLabels(NamedTuple):
    """How alike the maps of trained networks are, for S seeds, R methods and N images.

    Attributes
    ----------
    explained : str, "original" or "predicted": the class explained of the networks compared with
    methods : tuple[str, ...]
    seeds : int (S,)
    accuracy : (S, 3), on the training images: with true labels, and the two of `TAUGHT`
    epochs : int (S, 3), until that accuracy was above 0.95
    similarity : (S, R, 2, N, 4), as of `Randomization`, with the two of `TAUGHT`

    Examples
    --------
    >>> digits = nd.data.load_strokes(12)
    >>> net = nd.experiments.small_network((28, 28, 1), 10, np.random.default_rng(0))
    >>> few = {"methods": ["gradient"], "seeds": [0, 1]}
    >>> result = nd.experiments.randomized_labels(net, digits, digits.images[:2], **few)
    >>> bool((result.accuracy > 0.95).all()), result.interval("rank").mean.shape
    (True, (1, 2))
    """

    explained: str
    methods: tuple[str, ...]
    seeds: Array
    accuracy: Array
    epochs: Array
    similarity: Array

    def interval(self, measure: Measure = "rank") -> Interval:
        """Return the mean similarity over images, and its interval over seeds: arrays (R, 2)."""
        one_of(measure, MEASURES, "RandomizedLabels", "measure")
        return interval_of(self.similarity[..., MEASURES.index(measure)])

    def silent(self) -> Array:
        """Return how many of the S * N maps have nothing to compare, int (R, 2)."""
        counts: Array = np.isnan(self.similarity[..., 0]).sum(axis=(0, 3))
        return counts


def randomized_labels(
    network: Sequential,
    dataset: Dataset,
    images: Array,
    *,
    methods: Sequence[str] | None = None,
    explained: Explained = "original",
    seeds: Sequence[int] = range(5),
    epochs: int = 200,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> RandomizedLabels:
    """Compare the maps of networks trained on true and on permuted labels of the same images.

    Each seed trains three networks from new weights: one with the true labels, one with permuted ones,
    and another one with the true ones. Each is trained, by Adam, until it reads above 95 % of its training
    images as it was taught. The maps explain the class that the first network predicts.

    Parameters
    ----------
    network : Sequential
        Says what the layers are; its weights are not used. It ends in classes.
    dataset : Dataset
        The images to train on, at most 5,000.
    images : (N, H, W, C)
        The images to explain, the same for all networks.
    methods : sequence of str, optional
        As for `randomization`.
    explained : "original" or "predicted"
        With "predicted", every network explains the class that it predicts itself.
    seeds : sequence of int
        At least two.
    epochs : int
        At most so many passes over the images.
    batch_size : int
    learning_rate : float
    folder : Path, optional
        Where the trained networks of each finished seed are kept, and found again.
    workers, progress
        As for `randomization`.

    Returns
    -------
    RandomizedLabels

    Raises
    ------
    ImportError
        If scikit-image is missing.
    TypeError, ValueError
        For more than 5,000 images, fewer than two seeds, images that do not fit, and networks that do not
        learn their labels in so many epochs.

    Examples
    --------
    >>> digits = nd.data.load_strokes(12)
    >>> net = nd.experiments.small_network((28, 28, 1), 10, np.random.default_rng(0))
    >>> few = {"methods": ["gradient"], "seeds": [0, 1]}
    >>> result = nd.experiments.randomized_labels(net, digits, digits.images[:2], **few)
    >>> result.similarity.shape
    (2, 1, 2, 2, 4)
    """
    check_scikit_image()
    image_batch(images, "randomized_labels")
    draws = seed_list(seeds, "randomized_labels")
    if len(draws) < 2:
        raise ValueError(f"randomized_labels: expected at least two seeds, got {len(draws)}")
    dataset = match(network, dataset)
    truth = dataset.labels_for("randomized_labels")
    if len(dataset) > MOST:
        raise ValueError(f"randomized_labels: expected at most {MOST:,} images, got {len(dataset):,}")
    most = positive_int(epochs, "randomized_labels", "epochs")
    plan = make_plan(
        network,
        images,
        logits_layer(network),
        None,
        order="cascading",
        layers=None,
        methods=methods,
        explained=explained,
        workers=workers,
    )
    shapes = _shapes(network)
    settings = ("labels", dataset.images, truth, most, batch_size, learning_rate)
    name = fingerprint(untrained(network, np.random.default_rng(0)), *settings)
    schooling = _Schooling(network, dataset, most, batch_size, learning_rate, workers)
    found = []
    bar = progress_bar(draws.tolist(), unit="seed", leave=False, shown=progress)
    for seed in bar:
        taught = kept(folder, f"labels_{name}_seed{seed}", shapes, partial(schooling.teach, seed))
        found.append((taught["accuracy"], taught["epochs"], _compare(plan, taught)))
    accuracy, trained, similarity = (np.array(part) for part in zip(*found, strict=True))
    return RandomizedLabels(
        explained=explained,
        methods=plan.methods,
        seeds=draws,
        accuracy=accuracy,
        epochs=trained,
        similarity=similarity,
    )


class _Schooling(NamedTuple):
    """How the networks are trained."""

    network: Sequential
    dataset: Dataset
    epochs: int
    batch_size: int
    learning_rate: float
    workers: Workers

    def teach(self, seed: int) -> dict[str, Array]:
        """Train the three networks of a seed, and return their parameters, accuracies and epochs."""
        found: dict[str, Array] = {}
        accuracy, epochs = [], []
        for number, rng in enumerate(np.random.default_rng(seed).spawn(3)):
            labels = self.dataset.labels_for("randomized_labels")
            labels = rng.permutation(labels) if number == 1 else labels
            lesson = Dataset(self.dataset.images, labels, self.dataset.classes, self.dataset.name)
            network, took = self._train(lesson, rng)
            accuracy.append(evaluate(network, lesson, workers=self.workers).accuracy)
            epochs.append(took)
            found |= {f"{number}.{name}": array for name, array in network.parameters.items()}
        return {**found, "accuracy": np.array(accuracy), "epochs": np.array(epochs)}

    def _train(self, lesson: Dataset, rng: np.random.Generator) -> tuple[Sequential, int]:
        network = untrained(self.network, rng)

        def is_learned(network: Sequential, history: Mapping[str, list[float]]) -> bool:
            # The accuracy of an epoch lags behind; the whole set is read only once it comes near.
            near = history["accuracy"][-1] > LEVEL - 0.05
            return near and evaluate(network, lesson, workers=self.workers).accuracy > LEVEL

        history = fit(
            network,
            lesson,
            Adam(self.learning_rate),
            epochs=self.epochs,
            batch_size=self.batch_size,
            rng=rng,
            callbacks=[is_learned],
            workers=self.workers,
        )
        if not is_learned(network, history):
            raise ValueError(
                f"randomized_labels: expected above {LEVEL:.0%} of the training images read as taught after"
                f" {self.epochs} epochs, got {history['accuracy'][-1]:.1%}; more epochs, fewer images or a"
                " lower learning rate help"
            )
        return network, history.epochs


def _shapes(network: Sequential) -> dict[str, Shape]:
    shapes = {
        f"{number}.{name}": array.shape for number in range(3) for name, array in network.parameters.items()
    }
    return {**shapes, "accuracy": (3,), "epochs": (3,)}


def _compare(plan: Plan, taught: Mapping[str, Array]) -> Array:
    """Return the similarities (R, 2, N, 4) of the first network's maps to those of the others."""
    first, *others = (_restored(plan.network, taught, number) for number in range(3))
    maps = strongest_maps(first, plan.images, plan.layer, workers=plan.workers)
    plan = plan._replace(network=first, maps=maps)
    found = np.empty((len(plan.methods), 2, len(plan.images), len(MEASURES)))
    for row, method in enumerate(plan.methods):
        own = plan.explain(first, method)
        for place, other in enumerate(others):
            theirs = plan.explain(other, method)
            found[row, place] = [compare_maps(*pair) for pair in zip(own, theirs, strict=True)]
    return found


def _restored(network: Sequential, taught: Mapping[str, Array], number: int) -> Sequential:
    restored = untrained(network, np.random.default_rng(0))
    for name, array in restored.parameters.items():
        array[...] = taught[f"{number}.{name}"]
    return restored
