"""`npdeconv first-layers`: do renormalization and finer first filters mend what the paper says?

Trains small networks like AlexNet on CIFAR-10, with coarse and fine first layers, with and without
renormalization of filters, and measures their filters as `npdeconv filters` does. Each network is a run
in the folder of results: if the command is stopped, the same command continues. Prints means over the
seeds, and writes a figure (.png), a table of all results (.csv) and the raw arrays (.npz).
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from npdeconv import plot
from npdeconv._files import write_table
from npdeconv.cli.datasets import STROKES, Split, naming_strokes
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.intervals import spread
from npdeconv.cli.options import add_results, at_least, number, share
from npdeconv.cli.parser import Parser
from npdeconv.data import Dataset, load_cifar10, load_mnist, load_strokes
from npdeconv.experiments import FirstLayers, compare_first_layers
from npdeconv.experiments.first_layers import RADIUS

MEASURES = (
    "accuracy",
    "largest_rms",
    "domination",
    "middle",
    "dead",
    "aliasing",
    "around_share",
    "patch_share",
)
CONTROLS = {"middle": "middle_noise", "aliasing": "noise_share"}


def add(parser: Parser) -> None:
    """Declare the options."""
    share(parser, "--data", "; here one of these names but rps", default="cifar10")
    share(parser, "--count", " to train on", type=at_least(10), default=50_000)
    share(parser, "--test-count", ", also measured on", default=9_800)
    share(parser, "--seeds", default=3)
    share(parser, "--epochs", default=70)
    parser.add_argument(
        "--radius",
        type=number,
        default=RADIUS,
        metavar="X",
        help="root mean square that renormalized filters may have",
    )
    add_results(parser, "first_layers")


def run(options: argparse.Namespace) -> None:
    """Train, measure, and print the table."""
    out = Results(options)
    train = _load(options.data, "train", options.count)
    test = _load(options.data, "test", options.test_count)
    try:
        result = compare_first_layers(
            train,
            test,
            seeds=range(options.seeds),
            epochs=options.epochs,
            radius=options.radius,
            folder=out.place("runs"),
            workers=options.workers,
            progress=True,
        )
    except KeyboardInterrupt as error:
        error.add_note(f"the same command goes on with the runs in {options.out / 'runs'}")
        raise
    stem = file_stem("first_layers", train.name.replace(" ", "_"), f"{options.epochs}epochs", split="test")
    print(
        f"{len(train):,} images of {train.name}, {options.epochs} epochs, {options.seeds} seeds; measured on"
        f" {len(test):,} of {test.name}; radius {options.radius:g} for pixels of about -128 to 128"
    )
    _print(result)
    title = plot.literal(f"{len(train):,} images of {train.name}, {options.epochs} epochs")
    print(
        out.figure(plot.first_layers(result, title=title), stem),
        out.arrays(stem, result._asdict()),
        write_table(out.place(f"{stem}.csv"), ("variant", "seed", *MEASURES), _rows(result)),
        sep="\n",
    )


def _load(data: str, split: Split, count: int) -> Dataset:
    loaders = {"cifar10": load_cifar10, "mnist": load_mnist}
    if data == "strokes":
        return load_strokes(count, STROKES[split][1])
    if data not in loaders:
        raise ValueError(f"--data: expected cifar10, mnist or strokes, got {data!r}")
    with naming_strokes():
        return loaders[data](split)[:count]


def _print(result: FirstLayers) -> None:
    """Print a row for each variant: means over seeds, with half their 95 % intervals."""
    print(f"{'':<20}" + "".join(f"{name.replace('_', ' '):>16}" for name in MEASURES))
    for v, variant in enumerate(result.variants):
        print(
            f"{variant:<20}"
            + "".join(f"{spread(getattr(result, name)[:, v], '.3f'):>16}" for name in MEASURES)
        )
    for v in range(0, len(result.variants), 2):
        noise = {name: f"{getattr(result, control)[v]:.3f}" for name, control in CONTROLS.items()}
        print(
            f"{'white noise, ' + result.variants[v]:<20}"
            + "".join(f"{noise.get(m, ''):>16}" for m in MEASURES)
        )


def _rows(result: FirstLayers) -> Iterable[Sequence[Any]]:
    for s, v in np.ndindex(*result.accuracy.shape):
        numbers = (f"{getattr(result, name)[s, v]:.6f}" for name in MEASURES)
        yield result.variants[v], int(result.seeds[s]), *numbers
