"""Average or max pooling: which class activation maps localize objects better?

After Zhou et al. (arXiv:1512.04150, section 3.2): a network learns the classes of digits, not their
places; then boxes are made from its maps, and from backpropagation's saliency.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from scipy.ndimage import gaussian_filter

from npdeconv import models
from npdeconv._repr import brief
from npdeconv._types import Array, Shape
from npdeconv.data import Dataset, Planted, plant
from npdeconv.experiments.finished_seeds import fingerprint, kept
from npdeconv.inference import predict
from npdeconv.layers import Sequential
from npdeconv.models.cam import Pool
from npdeconv.models.own import Builder
from npdeconv.optimizers import Adam
from npdeconv.parallel import Workers
from npdeconv.training import fit
from npdeconv.visualize import (
    class_activation_maps,
    energy_inside,
    has_class_maps,
    object_boxes,
    overlap,
    saliency,
)

POOLS = get_args(Pool)
MAPS = "class map", "saliency", "smoothed saliency"
SHARE = 0.2  # of a map's maximum: the threshold for boxes, as in the paper
SHARES = np.arange(0.05, 0.95, 0.05)  # candidates for the best threshold
OVERLAP = 0.5  # a box is right with at least this overlap
SMOOTHING = 2.0  # pixels, of saliency
BATCH, RATE = 32, 1e-3


@brief
class Localization(NamedTuple):
    """Results of S seeds, P poolings and M kinds of maps.

    Attributes
    ----------
    pools : tuple[str, ...]
    map_kinds : tuple[str, ...]
    seeds : int (S,)
    accuracy : (S, P), of the classes
    energy : (S, P, M), share of a map's energy in the object's box, mean over the images
    error : (S, P, M), share of boxes, at 20 % of the maximum, that overlap by less than half
    best_share : (S, P, M), of the maximum, chosen on other images
    best_error : (S, P, M), the error at the best share instead of 20 %
    area : float, the objects' mean share of the pictures: the energy of a constant map

    Examples
    --------
    >>> digits = nd.data.load_strokes(30)
    >>> few = {"pools": ["average"], "seeds": [0], "warm_up": 0, "epochs": 1, "examples": 1}
    >>> result = nd.experiments.compare_poolings(digits[:20], digits[20:], **few).localization
    >>> result.pools, result.map_kinds, result.error.shape
    (('average',), ('class map', 'saliency', 'smoothed saliency'), (1, 1, 3))
    """

    pools: tuple[str, ...]
    map_kinds: tuple[str, ...]
    seeds: Array
    accuracy: Array
    energy: Array
    error: Array
    best_share: Array
    best_error: Array
    area: float


@brief
class LocalizationExample(NamedTuple):
    """The maps of one network for a few pictures.

    Attributes
    ----------
    pool : str
    pictures : Planted
    maps : (M, N, H, W)
    boxes : int (M, N, 4), found in the maps, at 20 % of the maximum

    Examples
    --------
    >>> digits = nd.data.load_strokes(30)
    >>> few = {"pools": ["max"], "seeds": [0], "warm_up": 0, "epochs": 1, "examples": 2}
    >>> (example,) = nd.experiments.compare_poolings(digits[:20], digits[20:], **few).examples
    >>> example.pool, example.maps.shape, example.boxes.shape
    ('max', (3, 2, 40, 40), (3, 2, 4))
    """

    pool: str
    pictures: Planted
    maps: Array
    boxes: Array


@brief
class PoolingComparison(NamedTuple):
    """How well the maps of networks with average and with max pooling know where objects are.

    Attributes
    ----------
    localization : Localization
    examples : tuple of P LocalizationExample, one for each pooling

    Examples
    --------
    >>> digits = nd.data.load_strokes(30)
    >>> few = {"pools": ["average"], "seeds": [0], "warm_up": 0, "epochs": 1, "examples": 1}
    >>> localization, examples = nd.experiments.compare_poolings(digits[:20], digits[20:], **few)
    >>> localization.accuracy.shape, len(examples)
    ((1, 1), 1)
    """

    localization: Localization
    examples: tuple[LocalizationExample, ...]


def compare_poolings(
    digits: Dataset,
    test: Dataset,
    *,
    build: Builder = models.cam_net,
    pools: Sequence[Pool] = POOLS,
    seeds: Sequence[int] = (0, 1, 2),
    warm_up: int = 2,
    epochs: int = 3,
    examples: int = 4,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> PoolingComparison:
    """Train a network with average and with max pooling, and compare how well their maps find the digits.

    Parameters
    ----------
    digits, test : Dataset
        Gray digits, white on black, which `plant` hides in pictures. The first half of `test` serves
        only to choose the best thresholds.
    build : callable
        Called with ``pool``, ``input_shape``, ``class_count`` and ``rng``; returns a network with class
        activation maps, such as `npdeconv.models.cam_net`, `cam_residual` and `cam_inception`.
    pools : sequence of "average" and "max"
    seeds : sequence of ints
        Of the initial weights and the order of training; the pictures are the same for all.
    warm_up : int
        Epochs on plain digits before those on pictures, since clutter would slow the beginning.
    epochs : int
        Epochs on pictures.
    examples : int
        How many test pictures to return with their maps and boxes, by the first seed's networks.
    folder : str or Path, optional
        Where each finished network is kept as a file, and found again.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show progress bars on stderr.

    Returns
    -------
    PoolingComparison

    Raises
    ------
    TypeError, ValueError
        For digits that can't be planted, unknown poolings, fewer than two test images, no seed, and a
        network without class activation maps.

    Notes
    -----
    All maps are of the true class, so errors are errors of place alone. Saliency responds to edges and
    falls into many parts; smoothing by a Gaussian of two pixels joins them.

    Examples
    --------
    >>> digits = nd.data.load_strokes(30)
    >>> few = {"seeds": [0], "warm_up": 0, "epochs": 1, "examples": 1}
    >>> result = nd.experiments.compare_poolings(digits[:20], digits[20:], **few)
    >>> result.localization.pools, result.localization.energy.shape
    (('average', 'max'), (1, 2, 3))
    """
    half = len(test) // 2
    if half < 1 or not len(seeds):
        raise ValueError(
            f"compare_poolings: expected at least two test images and one seed, got {len(test)} images"
            f" and {len(seeds)} seeds"
        )
    training, choosing, testing = (
        plant(part, seed=number) for number, part in enumerate((digits, test[:half], test[half:]), 1)
    )
    stages = (digits, warm_up), (training.dataset, epochs)
    few = Planted(testing.dataset[:examples], testing.boxes[:examples])

    def measure(pool: Pool, seed: int) -> dict[str, Array]:
        trained = _train(build, pool, stages, seed, workers, progress)
        return _measure(trained, choosing, testing, workers) | {"maps": _maps(trained, few, workers)}

    height, width = testing.dataset.images.shape[1:3]
    made = ""
    if folder is not None:  # only then is there a name to give
        shape, count, rng = digits.images.shape[1:], len(digits.classes), np.random.default_rng(0)
        begun = build(pool=POOLS[0], input_shape=shape, class_count=count, rng=rng)
        used = digits.images, digits.labels, test.images, test.labels
        made = fingerprint(begun, *used, warm_up, epochs)
    shapes: dict[str, Shape] = dict.fromkeys(("energy", "error", "best_share", "best_error"), (len(MAPS),))
    shapes |= {"accuracy": (), "maps": (len(MAPS), len(few.boxes), height, width)}
    rows = [
        [kept(folder, f"{pool}_{made}_seed{seed}", shapes, partial(measure, pool, seed)) for pool in pools]
        for seed in seeds
    ]
    area = (testing.boxes[:, 1::2] - testing.boxes[:, ::2]).prod(axis=1).mean() / (height * width)
    numbers = {
        key: np.array([[row[key] for row in of_seed] for of_seed in rows]) for key in shapes if key != "maps"
    }
    localization = Localization(tuple(pools), MAPS, np.array(seeds), area=float(area), **numbers)
    shown = [
        LocalizationExample(pool, few, maps, np.stack([object_boxes(scenes, SHARE) for scenes in maps]))
        for pool, maps in zip(pools, (row["maps"] for row in rows[0]), strict=True)
    ]
    return PoolingComparison(localization, tuple(shown))


def _train(
    build: Builder,
    pool: Pool,
    stages: Sequence[tuple[Dataset, int]],
    seed: int,
    workers: Workers,
    progress: bool,
) -> Sequential:
    """Train on plain digits, then with the resulting weights on pictures."""
    parameters: Mapping[str, Array] = {}
    for dataset, epochs in stages:
        rng = np.random.default_rng(seed)
        shape, class_count = dataset.images.shape[1:], len(dataset.classes)
        network = build(pool=pool, input_shape=shape, class_count=class_count, rng=rng)
        for name, array in parameters.items():
            network.parameters[name][...] = array
        parameters = network.parameters
        if not has_class_maps(network):
            raise ValueError(
                f"compare_poolings: expected a network with class activation maps, got {network.name}"
            )
        if epochs:
            optimizer = Adam(RATE)
            fit(
                network,
                dataset,
                optimizer,
                epochs=epochs,
                batch_size=BATCH,
                rng=rng,
                workers=workers,
                progress=progress,
            )
    return network


def _measure(network: Sequential, choosing: Planted, testing: Planted, workers: Workers) -> dict[str, Array]:
    """Return the accuracy, and for each kind of map the energy, error, best share and best error."""
    tried, maps = (_maps(network, pictures, workers) for pictures in (choosing, testing))
    answers = predict(network, testing.dataset.images, workers=workers).argmax(axis=1)
    errors = [[_error(scenes, choosing.boxes, share) for share in SHARES] for scenes in tried]
    best = SHARES[np.argmin(errors, axis=1)]
    return {
        "accuracy": (answers == testing.dataset.labels_for("compare_poolings")).mean(),
        "energy": np.array([energy_inside(scenes, testing.boxes).mean() for scenes in maps]),
        "error": np.array([_error(scenes, testing.boxes, SHARE) for scenes in maps]),
        "best_share": best,
        "best_error": np.array(
            [_error(scenes, testing.boxes, share) for scenes, share in zip(maps, best, strict=True)]
        ),
    }


def _maps(network: Sequential, pictures: Planted, workers: Workers) -> Array:
    """Return the maps of the true classes (M, N, H, W)."""
    images, labels = pictures.dataset.images, pictures.dataset.labels_for("compare_poolings")
    own = class_activation_maps(network, images, labels=labels[:, np.newaxis], workers=workers).upsampled[
        :, 0
    ]
    edges = saliency(network, images, labels=labels, workers=workers).maps
    return np.stack([own, edges, gaussian_filter(edges, (0, SMOOTHING, SMOOTHING))])


def _error(maps: Array, boxes: Array, share: float) -> float:
    return float((overlap(object_boxes(maps, share), boxes) < OVERLAP).mean())
