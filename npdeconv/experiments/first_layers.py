"""Renormalization, and a finer first layer: do they mend what the paper's figure 6 says they mend?

Zeiler & Fergus (arXiv:1311.2901), sections 3 and 4.1, renormalize filters and replace a first layer of
11x11 filters with stride 4 by one of 7x7 with stride 2. Small networks like AlexNet are trained with and
without each, and their filters measured.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv import initializers
from npdeconv._checks import not_negative, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Pair, Shape
from npdeconv.data import Dataset
from npdeconv.experiments.sampling import seed_list
from npdeconv.inference import evaluate
from npdeconv.layers import Dropout, Flatten, MaxPool2D, ReLU, Sequential, Softmax, Standardize
from npdeconv.models.stack import Stack
from npdeconv.optimizers import SGD, FilterRenormalization
from npdeconv.parallel import Workers
from npdeconv.training import fit
from npdeconv.visualize import FilterStatistics, filter_statistics

COARSE, FINE = (5, 2), (3, 1)
"""Size and stride of the first filters: the paper's 11x11/4 and 7x7/2, for 32 pixels instead of 224.

The strides 4 and 2 become 2 and 1. The filters keep about their ratio to the stride: 2.75 and 3.5 in the
paper, 2.5 and 3 here. The second layer has the other stride, as in the paper, so that both networks have
maps of one size from the second pooling on."""

RADIUS = 0.1  # the paper's, for inputs of about +-128
RATE, MOMENTUM, BATCH = 0.01, 0.9, 128  # the paper's
DEVIATION = 0.01  # of the first weights, the paper's; biases start at 0
FILTERS, UNITS = 32, 128


@brief
class FirstLayers(NamedTuple):
    """Numbers of V networks, trained from each of S seeds.

    Attributes
    ----------
    variants : tuple[str, ...], the first filters and their stride, and whether they are renormalized
    seeds : int (S,)
    accuracy : (S, V), on test images
    largest_rms : (S, V), of the first filters
    domination : (S, V), see `FilterStatistics`
    middle : (S, V), share of the first filters' power in middle frequencies, mean over the filters
    middle_noise : (V,), the same of white noise
    dead : (S, V), share of the first layer's maps that no test image excites
    aliasing : (S, V), share of the second layer's projections near the harmonics of half a cycle per pixel
    around_share : (S, V), what it would be at the mean power around these harmonics
    patch_share : (S, V), the same of the images' patches
    noise_share : (V,), the same of white noise

    Examples
    --------
    >>> digits = nd.data.load_strokes(60)
    >>> result = nd.experiments.compare_first_layers(digits[:40], digits[40:], seeds=[0], epochs=1)
    >>> result.variants
    ('5x5/2', '5x5/2 renormalized', '3x3/1', '3x3/1 renormalized')
    """

    variants: tuple[str, ...]
    seeds: Array
    accuracy: Array
    largest_rms: Array
    domination: Array
    middle: Array
    middle_noise: Array
    dead: Array
    aliasing: Array
    around_share: Array
    patch_share: Array
    noise_share: Array


def compare_first_layers(
    train: Dataset,
    test: Dataset,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    epochs: int = 10,
    radius: float = RADIUS,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> FirstLayers:
    """Train a small AlexNet with coarse and fine first layers, with and without renormalization.

    Pixels reach the network as in the paper, from about -128 to 128: their mean color is subtracted.

    Parameters
    ----------
    train, test : Dataset
        Images of at least 16x16 pixels. Maps and projections are those of `test`.
    seeds : sequence of ints
        Of the initial weights and the order of training; the images are the same for all.
    epochs : int
    radius : float
        Of the renormalization of all convolutions; the paper's unless given.
    folder : path, optional
        A folder of runs, one for each network. What is finished in it is not trained again, and what was
        killed continues.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show progress bars on stderr.

    Returns
    -------
    FirstLayers

    Raises
    ------
    TypeError, ValueError
        For no seed, images that are too small, and runs in the folder with other settings.

    Examples
    --------
    >>> digits = nd.data.load_strokes(60)
    >>> result = nd.experiments.compare_first_layers(digits[:40], digits[40:], seeds=[0], epochs=1)
    >>> result.domination.shape, bool((result.domination >= 1).all())
    ((1, 4), True)
    """
    positive_int(epochs, "compare_first_layers", "epochs")
    not_negative(radius, "compare_first_layers", "radius")
    draws = seed_list(seeds, "compare_first_layers")
    rows = []
    for seed in draws.tolist():
        row = []
        for name, first, renormalized in variants():
            rng = np.random.default_rng(seed)
            network = alexnet_like(first, train, rng)
            fit(
                network,
                train,
                SGD(RATE, momentum=MOMENTUM),
                epochs=epochs,
                batch_size=BATCH,
                rng=rng,
                constraint=FilterRenormalization(radius) if renormalized else None,
                run=None if folder is None else Path(folder) / f"{re.sub('[/ ]', '_', name)}_seed{seed}",
                resume=folder is not None,
                workers=workers,
                progress=progress,
            )
            row.append(_measure(network, test, workers))
        rows.append(row)
    return _table(rows, draws)


def variants() -> Iterator[tuple[str, Pair, bool]]:
    """Yield the name of each variant, its first filters' size and stride, and whether to renormalize.

    Examples
    --------
    >>> from npdeconv.experiments.first_layers import variants
    >>> [name for name, _, _ in variants()][::2]
    ['5x5/2', '3x3/1']
    """
    for (size, stride), renormalized in product((COARSE, FINE), (False, True)):
        yield f"{size}x{size}/{stride}" + " renormalized" * renormalized, (size, stride), renormalized


def alexnet_like(first: Pair, dataset: Dataset, rng: Generator) -> Sequential:
    """Return a small AlexNet, whose first filters have this size and stride.

    Examples
    --------
    >>> from npdeconv.experiments.first_layers import alexnet_like
    >>> net = alexnet_like((5, 2), nd.data.load_strokes(10), np.random.default_rng(0))
    >>> net["conv1"], net["conv2"].window.stride, nd.anatomy.map_count(net, "relu3", net.input_shape)
    (Conv2D(1, 32, (5, 5), stride=(2, 2), padding='same'), (1, 1), 64)
    """
    size, stride = first
    shape: Shape = dataset.images.shape[1:]
    mean = dataset.images.mean(axis=(0, 1, 2)) / 255
    net = Stack(f"alexnet_like_{size}x{size}_{stride}", shape, rng=rng)
    net.put(standardize=Standardize(mean.tolist(), [1 / 255] * shape[-1]))
    net.conv("conv1", FILTERS, size, stride=stride)
    net.put(relu1=ReLU(), pool1=MaxPool2D(3, stride=2))
    net.conv("conv2", 2 * FILTERS, 5, stride=COARSE[1] // stride)
    net.put(relu2=ReLU(), pool2=MaxPool2D(3, stride=2))
    net.conv("conv3", 2 * FILTERS, 3)
    net.put(relu3=ReLU(), flatten=Flatten(), dropout=Dropout(0.5))
    net.dense("dense1", UNITS)
    net.put(relu_dense1=ReLU())
    net.dense("logits", len(dataset.classes))
    net.put(softmax=Softmax())
    network = net.network()
    for array in network.parameters.values():
        if array.ndim > 1:
            array[...] = initializers.normal(array.shape, rng, deviation=DEVIATION)
    return network


class _Measured(NamedTuple):
    """What is measured of one network."""

    accuracy: float
    filters: FilterStatistics


def _measure(network: Sequential, test: Dataset, workers: Workers) -> _Measured:
    """Measure with one sampling for all, that of the coarse layer: the fine one may show it, too."""
    accuracy, _ = evaluate(network, test, workers=workers)
    return _Measured(
        accuracy,
        filter_statistics(network, test.images, "relu2", layers=["relu1"], stride=COARSE[1], workers=workers),
    )


def _table(rows: Sequence[Sequence[_Measured]], seeds: Array) -> FirstLayers:
    every = [[one.filters for one in row] for row in rows]
    grids = [[one.aliasing for one in row if one.aliasing is not None] for row in every]
    return FirstLayers(
        variants=tuple(name for name, _, _ in variants()),
        seeds=seeds,
        accuracy=np.array([[one.accuracy for one in row] for row in rows]),
        largest_rms=np.array([[one.rms.max() for one in row] for row in every]),
        domination=np.array([[one.domination for one in row] for row in every]),
        middle=np.array([[one.middle.mean() for one in row] for row in every]),
        middle_noise=np.array([one.middle_noise for one in every[0]]),
        dead=np.array([[one.dead[0].mean() for one in row] for row in every]),
        aliasing=np.array([[one.mean for one in row] for row in grids]),
        around_share=np.array([[one.around_mean for one in row] for row in grids]),
        patch_share=np.array([[one.patch_mean for one in row] for row in grids]),
        noise_share=np.array([one.noise_share for one in grids[0]]),
    )
