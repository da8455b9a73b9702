"""`npdeconv transfer`: compare frozen features with training from scratch on few images.

Fits a linear classifier to a layer's frozen features of few images of each class, trains a network
from scratch on the same images, and tests both. Writes a figure (.png), a table of all accuracies
(.csv) and the raw arrays (.npz); accuracies are means over the classes. Test images are the data
set's own, or else all that were not used for training. Each finished training is kept, and found again.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any, get_args

import numpy as np

from npdeconv import models, plot, training
from npdeconv._files import write_table
from npdeconv._text import visible
from npdeconv._types import Array, Generator
from npdeconv.cli.datasets import Choose, check_takes, data_name, has_test_set, read_data
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.intervals import spread
from npdeconv.cli.networks import Loaded, load_network, refuse_of_files
from npdeconv.cli.options import add_network, add_results, at_least, evenly, share
from npdeconv.cli.parser import Parser
from npdeconv.data import Augmentation, Dataset, compose, flip, shift
from npdeconv.experiments import (
    Scratch,
    Transfer,
    only_classes,
    small_network,
    transfer,
)
from npdeconv.experiments.classifiers import Kind
from npdeconv.layers import Sequential
from npdeconv.optimizers import Adam

COLUMNS = ("method", "images per class", "seed", "accuracy")
DRAWS = "mean over draws of the accuracy, ± half its 95 % interval (standard deviation)"
LARGEST = 2**31  # bytes of a set's pixels
SMALL = "small"
SMALL_SIDE = 64  # pixels: larger images are loaded again at this size to train from scratch


def add(parser: Parser) -> None:
    """Declare the options."""
    add_few(parser)
    share(parser, "--layer", "; of the features; the last hidden one if not given")
    share(parser, "--per-class", "; several numbers, one after another", nargs="+", default=(1, 5, 15, 30))
    option = parser.add_argument
    option(
        "--pretrain",
        nargs="+",
        metavar="CLASS",
        help="first train NETWORK, a model's name, on these classes of the data set",
    )
    share(parser, "--epochs", " of --pretrain, by Adam", default=2)
    option(
        "--scratch",
        default=SMALL,
        metavar="MODEL",
        help=f"what to train from scratch: a model's name, or {SMALL}, four convolutions and a hidden layer "
        f"on images of at most {SMALL_SIDE}x{SMALL_SIDE}",
    )
    option("--scratch-seeds", type=at_least(0), default=3, metavar="N", help="trainings each; 0 for none")
    option("--scratch-steps", type=at_least(1), default=300, metavar="N", help="updates of such a training")
    option("--flip", action="store_true", help="mirror images left to right when training from scratch")
    share(parser, "--shift", " when training from scratch", default=2)


def add_few(parser: Parser) -> None:
    """Declare the options that transfer and probe share."""
    add_network(parser, split=False)
    share(parser, "--classes", "; of the data set; all if not given")
    parser.add_argument(
        "--test-per-class",
        type=at_least(1),
        default=50,
        metavar="N",
        help="test images of each class, at most, drawn anew by each seed",
    )
    share(parser, "--seeds", "; each with another draw of training images", default=5)
    parser.add_argument(
        "--kind", choices=get_args(Kind), default="softmax", help="of classifier; svm needs scikit-learn"
    )
    share(parser, "--limit", default=4096)
    add_results(parser, "transfer")


def run(options: argparse.Namespace) -> None:
    """Load, compare, draw, and print the table."""
    out = Results(options)
    loaded = load_network(options) if options.pretrain is None else _pretrain(options)
    dataset, test = load_few(loaded, options.data, options.classes)
    scratch = _scratch(options, loaded, dataset, test) if options.scratch_seeds else None
    result = transfer(
        loaded.network,
        dataset,
        options.layer,
        per_class=options.per_class,
        test=test,
        test_per_class=options.test_per_class,
        seeds=range(options.seeds),
        kind=options.kind,
        scratch=scratch,
        scratch_seeds=range(max(options.scratch_seeds, 1)),
        limit=options.limit,
        folder=out.place("seeds"),
        workers=options.workers,
        progress=True,
    )
    stem = file_stem("transfer", loaded.network.name, result.layer, options.kind, split="test")
    title = plot.literal(f"{loaded.network.name} on {dataset.name}: {len(dataset.classes)} classes")
    paths = (
        out.figure(plot.transfer(result, chance=1 / len(dataset.classes), title=title), stem),
        out.arrays(stem, {name: array for name, array in result._asdict().items() if name != "layer"}),
        write_table(out.place(f"{stem}.csv"), COLUMNS, _rows(result)),
    )
    _print(result)
    print(*paths, sep="\n")


def load_few(
    loaded: Loaded, data: str | None, classes: Sequence[str] | None
) -> tuple[Dataset, Dataset | None]:
    """Load the images to draw from, and the data set's own test images, if it has any."""
    choose = _affordable(loaded)
    sets = [read_data(loaded, data, "train", choose)]
    if has_test_set(data_name(loaded, data)):
        sets.append(read_data(loaded, data, "test", choose))
    for dataset in sets:
        check_takes(loaded.network, dataset)
    if classes is not None:
        sets = [only_classes(dataset, classes) for dataset in sets]
    return sets[0], sets[1] if len(sets) > 1 else None


def _affordable(loaded: Loaded) -> Choose:
    """Choose images at even distances, as many as fit into memory at the network's input size."""

    def choose(count: int, name: str) -> Sequence[int]:
        (height, width), channels = loaded.fitting().size, loaded.fitting().channel_count
        most = max(LARGEST // (height * width * channels), 1)
        if count <= most:
            return range(count)
        print(
            f"{visible(name)}: took {most:,} of {count:,} images, at even distances, which fill"
            f" {LARGEST / 2**30:g} GiB at {height}x{width}",
            file=sys.stderr,
        )
        return evenly(most)(count, name)

    return choose


def _pretrain(options: argparse.Namespace) -> Loaded:
    """Train a model on some classes."""
    if options.weights is not None:
        raise ValueError("--pretrain: expected no --weights, since NETWORK is trained from scratch")
    refuse_of_files(options, "--pretrain trains NETWORK from the beginning")
    rng = np.random.default_rng(0)
    network = models.build(options.network, rng=rng)
    dataset, test = load_few(Loaded(network), options.data, options.pretrain)
    network = models.with_classes(network, len(dataset.classes), rng)
    training.fit(
        network, dataset, Adam(1e-3), epochs=options.epochs, rng=rng, workers=options.workers, progress=True
    )
    if test is not None:
        accuracy, _ = training.evaluate(network, test, workers=options.workers)
        classes = visible(", ".join(dataset.classes))
        print(f"{network.name}, trained on {classes}: {accuracy:.2%} of their test images")
    return Loaded(network, options.data)


def _scratch(options: argparse.Namespace, loaded: Loaded, dataset: Dataset, test: Dataset | None) -> Scratch:
    """Return the network to train from scratch, and its images."""
    classes, shape = len(dataset.classes), dataset.images.shape[1:]
    if options.scratch == SMALL:
        shape = min(shape[0], SMALL_SIDE), min(shape[1], SMALL_SIDE), shape[2]
    else:
        shape = models.build(options.scratch, rng=np.random.default_rng(0)).input_shape or shape

    def build(rng: Generator) -> Sequential:
        if options.scratch == SMALL:
            return small_network(shape, classes, rng)
        return models.build(options.scratch, class_count=classes, rng=rng)

    varied: list[Augmentation] = [shift(options.shift)] if options.shift else []
    varied += [flip()] if options.flip else []
    images = None
    if shape != dataset.images.shape[1:]:
        network = build(np.random.default_rng(0))
        other = Loaded(network, loaded.trained_on, loaded.preprocessing and loaded.fitting(shape))
        sets = load_few(other, options.data, options.classes)
        images = np.concatenate([part.images for part in sets if part is not None])
    return Scratch(build, images, steps=options.scratch_steps, augment=compose(*varied) if varied else None)


def _methods(result: Transfer) -> Iterable[tuple[str, Array, Array]]:
    yield f"frozen {result.layer}", result.seeds, result.frozen
    yield "from scratch", result.scratch_seeds, result.scratch


def _rows(result: Transfer) -> Iterable[Sequence[Any]]:
    for method, seeds, accuracies in _methods(result):
        for (s, k), accuracy in np.ndenumerate(accuracies):
            yield method, int(result.per_class[k]), int(seeds[s]), f"{accuracy:.6f}"


def _print(result: Transfer) -> None:
    print(DRAWS)
    print(f"{'images per class':<28}" + "".join(f"{count:>24}" for count in result.per_class))
    for method, seeds, accuracies in _methods(result):
        if len(seeds):
            print(f"{method:<28}" + "".join(f"{over_draws(column):>24}" for column in accuracies.T))


def over_draws(values: Array) -> str:
    """Return a mean, half its 95 % interval and the standard deviation over draws as percentages."""
    deviation = f" ({100 * values.std(ddof=1):.1f})" if len(values) > 1 else ""
    return spread(values) + deviation
