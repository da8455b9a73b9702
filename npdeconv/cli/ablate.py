"""`npdeconv ablate`: which layers does a network need?

Trains a small AlexNet from scratch, and variants of it with layers removed and resized, each to a
plateau, and prints training and test errors beside those of the paper's table 3 (arXiv:1311.2901).
On CIFAR-10 this takes hours; --quick takes about two minutes, for a glance. Every finished training
is kept in the folder: if the command is killed, the same command goes on. Writes a figure (.png), a
table (.csv) and the raw arrays (.npz).
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv import plot
from npdeconv._files import write_table
from npdeconv._text import visible
from npdeconv.cli.datasets import has_test_set, read_data
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.intervals import spread
from npdeconv.cli.networks import Loaded
from npdeconv.cli.options import add_results, share
from npdeconv.cli.parser import Parser
from npdeconv.data import Dataset
from npdeconv.experiments import VARIANTS, Ablation, Plateau, ablate, build_variant

COLUMNS = ("variant", "seed", "parameters", "training error", "test error", "epochs", "plateau", "seconds")
EPOCHS = 100
QUICK_COUNT, QUICK_TEST_COUNT, QUICK_EPOCHS = 400, 1000, 30
TEST_SHARE = 0.2


def add(parser: Parser) -> None:
    """Declare the options."""
    share(parser, "--data", default="cifar10")
    share(parser, "--count", " to train on, as many of each class; all if not given")
    parser.add_argument(
        "--variants",
        nargs="+",
        choices=VARIANTS,
        metavar="NAME",
        help=f"some of: {'; '.join(VARIANTS)} (each in quotes); all if not given",
    )
    share(parser, "--seeds", default=3)
    share(parser, "--epochs", f" at most, {EPOCHS} if not given")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"a miniature: {QUICK_COUNT} images to train on and {QUICK_TEST_COUNT:,} to test on,"
        f" {QUICK_EPOCHS} epochs at most",
    )
    add_results(parser, "ablation")


def run(options: argparse.Namespace) -> None:
    """Train, draw, and print the table."""
    out = Results(options)
    dataset, test = _load(options)
    print(f"{dataset!r} to train on, {test!r} to test on", flush=True)
    print(Plateau().sentence(), flush=True)
    result = ablate(
        dataset,
        test,
        variants=options.variants or tuple(VARIANTS),
        seeds=range(options.seeds),
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        folder=out.place("trainings"),
        workers=options.workers,
        progress=True,
    )
    stem = file_stem("ablation", Path(options.data).name, split="test")
    title = plot.literal(f"{len(dataset):,} images of {dataset.name}")
    paths = (
        out.figure(plot.ablation(result, title=title), stem),
        out.arrays(stem, result._asdict()),
        write_table(out.place(f"{stem}.csv"), COLUMNS, _rows(result)),
    )
    _print(result)
    print(*paths, sep="\n")


def _load(options: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """Load the images to train and to test on; a set without test images of its own is divided."""
    loaded = Loaded(build_variant("full", (32, 32, 3), 10, np.random.default_rng(0)))
    rng = np.random.default_rng(0)
    dataset = read_data(loaded, options.data, "train")
    if has_test_set(options.data):
        test = read_data(loaded, options.data, "test")
    else:
        divide = dataset.split if dataset.groups is None else dataset.split_groups
        dataset, test = divide(TEST_SHARE, rng)
        print(f"{visible(dataset.name)} has no test images of its own: {TEST_SHARE:.0%} are set aside")
    count = options.count or (QUICK_COUNT if options.quick else None)
    dataset = _some(dataset, count, rng)
    return dataset, _some(test, QUICK_TEST_COUNT if options.quick else None, rng)


def _some(dataset: Dataset, count: int | None, rng: np.random.Generator) -> Dataset:
    """Return so many random images, evenly over the classes, or all if there are no more."""
    if count is None or count >= len(dataset):
        return dataset
    return dataset.split(count / len(dataset), rng)[1]


def _rows(result: Ablation) -> Iterable[Sequence[Any]]:
    for s, v in np.ndindex(*result.test_error.shape):
        errors = (f"{error[s, v]:.6f}" for error in (result.train_error, result.test_error))
        ended = int(result.epochs[s, v]), bool(result.plateaued[s, v]), f"{result.seconds[s, v]:.1f}"
        yield result.variants[v], int(result.seeds[s]), int(result.parameters[v]), *errors, *ended


def _print(result: Ablation) -> None:
    """Print errors, and their change against the full network, beside those of the paper."""
    compared = "full" in result.variants
    print(f"{'':<28}{'':>11}{'training':>15}{'test':>15}{'change':>15}   paper: training, validation, change")
    for v, name in enumerate(result.variants):
        errors = (spread(table[:, v]) for table in (result.train_error, result.test_error))
        change = _points(result.change()[:, v]) if compared and name != "full" else ""
        paper = VARIANTS[name]
        theirs = f"{paper.paper_train:8.1f}%{paper.paper_test:8.1f}%"
        if name != "full":
            theirs += f"{paper.paper_test - paper.paper_full[1]:+8.1f}"
        print(
            f"{name:<28}{result.parameters[v]:>11,}" + "".join(f"{error:>15}" for error in errors),
            f"{change:>14}   {theirs}",
        )
    ended = int(result.plateaued.sum())
    print(
        f"{ended} of {result.plateaued.size} trainings ended at a plateau, the others at the limit of epochs"
    )
    print("mean and 95 % interval over seeds; change: percentage points more than the full network, by seed")


def _points(values: np.ndarray[Any, Any]) -> str:
    """Return a difference in percentage points."""
    text = spread(values).replace("%", "")
    return text if text.startswith("-") else f"+{text}"
