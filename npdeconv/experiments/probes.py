"""How well does a linear classifier read the classes from each layer?

Zeiler & Fergus, arXiv:1311.2901, section 5.3 and table 7: with features learned on ImageNet,
classifiers on higher layers are better.
"""

import copy
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv import initializers
from npdeconv._checks import random_generator, some_names
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array, Generator
from npdeconv.anatomy.roles import telling_layers
from npdeconv.data import Dataset
from npdeconv.experiments.classifiers import Kind, score_classifiers
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.experiments.sampling import make_plan, seed_list
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize import layer_features, pixel_features

LIMIT = 4096  # features per image and layer
PIXELS = "pixels"


@brief
class Probes(NamedTuple):
    """Accuracies on the test images of a linear classifier after each of L layers.

    Attributes
    ----------
    layers : tuple[str, ...], the first is "pixels", the network's input
    dimensions : int (L,), features given to the classifier
    per_class : int (K,), training images of each class
    seeds : int (S,), each draws other training images
    accuracy : (S, K, L), the mean over the classes

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(60)
    >>> result = nd.experiments.linear_probes(net, digits, ["relu4"], per_class=[1], seeds=[0, 1], limit=500)
    >>> result.layers, result.accuracy.shape
    (('pixels', 'relu4'), (2, 1, 2))
    """

    layers: tuple[str, ...]
    dimensions: Array
    per_class: Array
    seeds: Array
    accuracy: Array


def linear_probes(
    network: Sequential,
    dataset: Dataset,
    layers: Sequence[str] | None = None,
    *,
    per_class: Sequence[int] = (30,),
    test: Dataset | None = None,
    test_per_class: int | None = None,
    seeds: Sequence[int] = range(5),
    kind: Kind = "softmax",
    limit: int | None = LIMIT,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Probes:
    """Fit a linear classifier on the pixels, and on the features of each layer.

    Parameters
    ----------
    network : Sequential
    dataset : Dataset
        The images to draw from; their classes need not be those of the network.
    layers : sequence of str, optional
        All layers but dropout, flattening and softmax unless given.
    per_class, test, test_per_class, seeds, kind, workers, progress
        As for `transfer`.
    limit : int, optional
        Largest number of features of each layer; maps are averaged over the finest grid that stays
        within it, so that all layers cost about the same. None for all features.
    folder : str or Path, optional
        Where the accuracies of each finished layer are kept as a file, and found again.

    Returns
    -------
    Probes

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that do not fit, and classes with fewer than `per_class` images.

    Notes
    -----
    The control for what was learned is the same network with random weights: `untrained`.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(60)
    >>> result = nd.experiments.linear_probes(net, digits, ["relu1", "relu4"], per_class=[1], limit=500)
    >>> result.layers, result.accuracy.shape
    (('pixels', 'relu1', 'relu4'), (5, 1, 3))
    """
    who = "linear_probes"
    plan = make_plan(dataset, test, per_class, test_per_class, who)
    draws = seed_list(seeds, who)
    names = telling_layers(network) if layers is None else some_names(layers, who, "layers")
    used, few = plan.needed(draws.tolist())

    @cache
    def features() -> dict[str, Array]:
        pixels = {PIXELS: pixel_features(used.images, limit=limit)}
        return pixels | layer_features(network, used.images, names, limit=limit, workers=workers)

    def probe(layer: str) -> dict[str, Array]:
        rows = features()[layer]
        accuracy = np.array(score_classifiers(rows, used, few, kind, workers))
        return {"accuracy": accuracy, "dimension": np.array(rows.shape[1])}

    asked = kind, limit, draws, plan.per_class, plan.tests, plan.test_per_class
    made = fingerprint(network, used.images, used.labels, *asked)
    shapes = {"accuracy": (len(few),), "dimension": ()}
    bar = progress_bar((PIXELS, *names), unit="layer", delay=2, leave=False, shown=progress)
    found = [kept(folder, f"{layer}_{made}", shapes, partial(probe, layer)) for layer in bar]
    return Probes(
        layers=(PIXELS, *names),
        dimensions=np.array([one["dimension"] for one in found]),
        per_class=np.array(plan.per_class),
        seeds=draws,
        accuracy=np.array([one["accuracy"] for one in found]).T.reshape(len(draws), len(plan.per_class), -1),
    )


def untrained(network: Sequential, rng: Generator) -> Sequential:
    """Return a copy with new random weights and zero biases.

    Raises
    ------
    TypeError
        If `rng` is no numpy.random.Generator.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> other = nd.experiments.untrained(net, np.random.default_rng(1))
    >>> list(other.layers) == list(net.layers), bool((other["conv1"].weight == net["conv1"].weight).any())
    (True, False)
    """
    random_generator(rng, "untrained")
    blank = copy.deepcopy(network)
    for name, array in blank.parameters.items():
        if name.endswith(".weight") and array.ndim > 1:
            array[...] = initializers.he_normal(array.shape, rng, array.dtype)
        else:  # as a new `Scale` and a new `PReLU` have them
            array[...] = {"weight": 1, "slope": 0.25}.get(name.rpartition(".")[2], 0)
    return blank
