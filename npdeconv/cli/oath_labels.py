"""The part of `npdeconv oath` that permutes labels instead of weights."""

import argparse
from collections.abc import Iterable, Sequence

import numpy as np

from npdeconv._files import write_table
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.oath_table import cell, rows_of
from npdeconv.cli.options import given_or_first
from npdeconv.experiments import RandomizedLabels, randomized_labels
from npdeconv.experiments.randomization_result import MEASURES
from npdeconv.experiments.randomized_labels import TAUGHT

COLUMNS = ("method", "compared with", "seed", "image", *MEASURES)
IN_VAIN = ("layer", "map", "layers")
SOME_IMAGES = 10  # explained, if none are chosen


def run_labels(options: argparse.Namespace) -> None:
    """Train with true and with permuted labels, compare, and print the table."""
    for name in IN_VAIN:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name}: expected none beside --labels, which explains the classes")
    out = Results(options)
    loaded = load_network(options, untrained=True)
    lessons = load_data(loaded, options.data, "train", lambda count, _: _some(count, options.labels))
    choose = given_or_first("--images", options.images, SOME_IMAGES)
    images = load_data(loaded, options.data, options.split, choose).images
    result = randomized_labels(
        loaded.network,
        lessons,
        images,
        methods=options.methods,
        explained=options.explained,
        seeds=range(options.seeds),
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        folder=out.place("seeds"),
        workers=options.workers,
        progress=True,
    )
    own = None if options.explained == "original" else options.explained
    stem = file_stem(
        f"oath_{loaded.network.name}_labels{options.labels}",
        own,
        listed("images", options.images),
        split=options.split,
    )
    names = dict(enumerate(TAUGHT))
    paths = (
        out.arrays(stem, result._asdict()),
        write_table(
            out.place(f"{stem}.csv"), COLUMNS, rows_of(result, names, options.images or range(len(images)))
        ),
    )
    print(*_table(result, options, len(lessons)), *paths, sep="\n")


def _some(count: int, wanted: int) -> Sequence[int]:
    """Return some images at random: a folder of class folders begins with one class alone."""
    return sorted(np.random.default_rng(0).permutation(count)[:wanted].tolist())


def _table(result: RandomizedLabels, options: argparse.Namespace, lessons: int) -> Iterable[str]:
    seeds, _, _, images, _ = result.similarity.shape
    accuracy, epochs = result.accuracy.min(axis=0), result.epochs.mean(axis=0)
    yield f"trained {seeds} times on {lessons} images, each to above 95 % as taught:"
    for name, least, took in zip(("true labels", *TAUGHT), accuracy, epochs, strict=True):
        yield f"  {name}: at least {least:.1%} after {took:.0f} epochs on average"
    shown = "the class that the first predicts" if result.explained == "original" else "what each predicts"
    yield (
        f"{options.measure} similarity of maps to those with true labels, of {shown}: mean over {images}"
        f" images and {seeds} seeds, ± half the 95 % interval over seeds; in brackets: silent maps of"
        f" {seeds * images}"
    )
    found, silent = result.interval(options.measure), result.silent()
    for row, method in enumerate(result.methods):
        cells = (
            f"{name} {cell(found.mean[row, place], found.half[row, place], silent[row, place])}"
            for place, name in enumerate(TAUGHT)
        )
        yield f"  {method}: {'; '.join(cells)}"
