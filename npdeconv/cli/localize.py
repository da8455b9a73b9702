"""`npdeconv localize`: do class activation maps know where the object is, with average and max pooling?

Trains cam_net, or a network that branches, with average and with max pooling to name digits that are
planted in cluttered pictures, and compares how well their class activation maps, and saliency, find
them. Writes figures (.png), a table of all results (.csv) and the raw arrays (.npz). Each finished
network's results are kept, and found again.
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from npdeconv import models, plot
from npdeconv._files import write_table
from npdeconv.cli.datasets import naming_strokes
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.intervals import spread
from npdeconv.cli.options import add_results, at_least, share
from npdeconv.cli.parser import Parser
from npdeconv.data import Dataset, load_mnist, load_strokes
from npdeconv.experiments import Localization, compare_poolings

NETWORKS = "cam_net", "cam_residual", "cam_inception"
COLUMNS = ("pooling", "map", "seed", "accuracy", "energy inside", "error at 20 %", "best share", "its error")


def add(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument("--network", choices=NETWORKS, default="cam_net", help="the last two branch")
    add_digits(parser)
    share(parser, "--count", " to train on", type=at_least(100), default=3000)
    share(parser, "--test-count", ": half to choose thresholds, half to test", type=at_least(2), default=1000)
    share(parser, "--seeds", default=3)
    parser.add_argument(
        "--warm-up", type=at_least(0), default=2, metavar="N", help="epochs on plain digits before"
    )
    share(parser, "--epochs", default=3)
    add_results(parser, "localization")


def run(options: argparse.Namespace) -> None:
    """Train, measure, draw, and print the table."""
    out = Results(options)
    digits, test = load_digits(options.digits, options.count, options.test_count)
    result, examples = compare_poolings(
        digits,
        test,
        build=getattr(models, options.network),
        seeds=range(options.seeds),
        warm_up=options.warm_up,
        epochs=options.epochs,
        folder=out.place("seeds"),
        workers=options.workers,
        progress=True,
    )
    own = None if options.network == "cam_net" else options.network
    stem = file_stem("localization", own, options.digits, split="test")
    axes = plot.localization(result)
    axes[0].figure.suptitle(f"{options.network} on cluttered {options.digits}", fontsize="medium")
    paths = [out.figure(axes, stem)]
    paths += [
        out.figure(plot.localization_examples(example), f"{stem}_{example.pool}") for example in examples
    ]
    paths += [
        out.arrays(stem, result._asdict()),
        write_table(out.place(f"{stem}.csv"), COLUMNS, _rows(result)),
    ]
    _print(result)
    print(*paths, sep="\n")


def add_digits(parser: Parser) -> None:
    """Declare --digits."""
    known = "strokes", "mnist"
    parser.add_argument("--digits", choices=known, default=known[0], help="what to learn; strokes are drawn")


def load_digits(data: str, images: int, test: int) -> tuple[Dataset, Dataset]:
    """Load digits to train on, and to test on."""
    if data == "strokes":
        return load_strokes(images, 0), load_strokes(test, 1)
    with naming_strokes():
        return load_mnist("train")[:images], load_mnist("test")[:test]


def _print(result: Localization) -> None:
    print(f"objects fill {result.area:.1%} of the pictures")
    columns = ("accuracy", 15), ("energy inside", 16), ("error at 20 %", 16), ("at best share", 22)
    print(f"{'pooling':<9}{'map':<19}" + "".join(f"{name:>{width}}" for name, width in columns))
    for p, pool in enumerate(result.pools):
        for m, kind in enumerate(result.map_kinds):
            accuracy = spread(result.accuracy[:, p])
            energy, error, best = (
                spread(values[:, p, m]) for values in (result.energy, result.error, result.best_error)
            )
            share = f"({result.best_share[:, p, m].mean():.0%})"
            print(f"{pool:<9}{kind:<19}{accuracy:>15}{energy:>16}{error:>16}{best:>16}{share:>6}")


def _rows(result: Localization) -> Iterable[Sequence[Any]]:
    numbers = result.energy, result.error, result.best_share, result.best_error
    for s, p, m in np.ndindex(*result.energy.shape):
        row = (f"{values[s, p, m]:.6f}" for values in numbers)
        yield result.pools[p], result.map_kinds[m], int(result.seeds[s]), f"{result.accuracy[s, p]:.6f}", *row
