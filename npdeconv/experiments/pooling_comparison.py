"""Average or max pooling: whose class activation maps know better where the object is?

After Zhou et al. (arXiv:1512.04150, section 3.2): a network learns to name digits, never where they
are; then its maps are asked for boxes. Backpropagation's saliency is asked, too.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.ndimage import gaussian_filter

from npdeconv import models
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.data import Dataset, Planted, plant
from npdeconv.inference import predict
from npdeconv.layers import Sequential
from npdeconv.optimizers import Adam
from npdeconv.parallel import Workers
from npdeconv.training import fit
from npdeconv.visualize import class_activation_maps, energy_inside, object_boxes, overlap, saliency

Pooling: TypeAlias = Literal["average", "max"]

POOLS: tuple[Pooling, ...] = ("average", "max")
MAPS = "class map", "saliency", "smoothed saliency"
SHARE = 0.2  # of a map's maximum: what is above it may be boxed, as in the paper
SHARES = np.arange(0.05, 0.95, 0.05)  # among which the best one is chosen
OVERLAP = 0.5  # from here on, a box is right
SMOOTHING = 2.0  # pixels, of saliency
BATCH, RATE = 32, 1e-3


@brief
class Localization(NamedTuple):
    """What S seeds brought, with P poolings and M kinds of maps.

    Attributes
    ----------
    pools : tuple[str, ...]
    map_kinds : tuple[str, ...]
    seeds : int (S,)
    accuracy : (S, P), of the classes
    energy : (S, P, M), share of a map's energy in the object's box, mean over the images
    error : (S, P, M), share of boxes, at 20 % of the maximum, that overlap by less than half
    best_share : (S, P, M), of the maximum, chosen on other images
    best_error : (S, P, M), with that one instead of 20 %
    area : float, the objects' mean share of the pictures: the energy that any even map has
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
    """What one network makes of a few pictures.

    Attributes
    ----------
    pool : str
    pictures : Planted
    maps : (M, N, H, W)
    boxes : int (M, N, 4), found in the maps, at 20 % of the maximum
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
    """

    localization: Localization
    examples: tuple[LocalizationExample, ...]


def compare_poolings(
    digits: Dataset,
    test: Dataset,
    *,
    pools: Sequence[Pooling] = POOLS,
    seeds: Sequence[int] = (0, 1, 2),
    warm_up: int = 2,
    epochs: int = 3,
    examples: int = 4,
    workers: Workers = None,
    progress: bool = False,
) -> PoolingComparison:
    """Train `cam_net` with average and with max pooling, and ask both where the digits are.

    Parameters
    ----------
    digits, test : Dataset
        Gray digits, white on black, which `plant` hides in pictures. Of `test`, the first half only
        serves to choose the best thresholds.
    pools : sequence of "average" and "max"
    seeds : sequence of ints
        Of the initial weights and the order of training; the pictures are the same for all.
    warm_up : int
        Epochs on the plain digits before those on pictures: much clutter would slow the beginning.
    epochs : int
        On pictures.
    examples : int
        How many test pictures to return with what is found in them, of the first seed's networks.
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
        For digits that can't be planted, unknown poolings, fewer than two test images, and no seed.

    Notes
    -----
    All maps are those of the true class, so that errors are of place alone. Saliency is a thing of
    edges and falls into many parts; smoothed by a Gaussian of two pixels, it competes on better terms.
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
    rows, shown = [], []
    for seed in seeds:
        row = []
        for pool in pools:
            network = _train(pool, stages, seed, workers, progress)
            row.append(_judge(network, choosing, testing, workers))
            if seed == seeds[0]:
                shown.append(_example(network, pool, testing, examples, workers))
        rows.append(row)
    accuracy, energy, error, best_share, best_error = (
        np.array([[judged[n] for judged in row] for row in rows]) for n in range(5)
    )
    height, width = testing.dataset.images.shape[1:3]
    area = (testing.boxes[:, 1::2] - testing.boxes[:, ::2]).prod(axis=1).mean() / (height * width)
    localization = Localization(
        tuple(pools), MAPS, np.array(seeds), accuracy, energy, error, best_share, best_error, float(area)
    )
    return PoolingComparison(localization, tuple(shown))


def _train(
    pool: Pooling, stages: Sequence[tuple[Dataset, int]], seed: int, workers: Workers, progress: bool
) -> Sequential:
    """Train on plain digits, then with the same weights on pictures, for some epochs each."""
    parameters: Mapping[str, Array] = {}
    for dataset, epochs in stages:
        rng = np.random.default_rng(seed)
        shape, class_count = dataset.images.shape[1:], len(dataset.classes)
        network = models.cam_net(pool=pool, input_shape=shape, class_count=class_count, rng=rng)
        for name, array in parameters.items():
            network.parameters[name][...] = array
        parameters = network.parameters
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


def _judge(
    network: Sequential, choosing: Planted, testing: Planted, workers: Workers
) -> tuple[float, Array, Array, Array, Array]:
    """Return accuracy, and by kind of map energy, error, best share and the error with it."""
    tried, maps = (_maps(network, pictures, workers) for pictures in (choosing, testing))
    answers = predict(network, testing.dataset.images, workers=workers).argmax(axis=1)
    errors = [[_error(scenes, choosing.boxes, share) for share in SHARES] for scenes in tried]
    best = SHARES[np.argmin(errors, axis=1)]
    return (
        float((answers == testing.dataset.labels_for("compare_poolings")).mean()),
        np.array([energy_inside(scenes, testing.boxes).mean() for scenes in maps]),
        np.array([_error(scenes, testing.boxes, SHARE) for scenes in maps]),
        best,
        np.array([_error(scenes, testing.boxes, share) for scenes, share in zip(maps, best, strict=True)]),
    )


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


def _example(
    network: Sequential, pool: str, testing: Planted, count: int, workers: Workers
) -> LocalizationExample:
    few = Planted(testing.dataset[:count], testing.boxes[:count])
    maps = _maps(network, few, workers)
    return LocalizationExample(pool, few, maps, np.stack([object_boxes(scenes, SHARE) for scenes in maps]))
