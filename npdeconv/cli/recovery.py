"""`npdeconv recovery`: do pictures of a class show the class, or the image?

The experiments of Nie, Zhang & Patel (arXiv:1805.07039) on three networks of MNIST's size, with random
weights and trained: how much is the picture of the most likely class like the image, like that of another
class, like that of a changed image of another class, and like that of random logits? Prints one table, and
writes it for each image (.csv) and the raw arrays (.npz). Each finished seed is kept, and found again.
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from npdeconv._files import write_table
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.intervals import spread
from npdeconv.cli.localize import add_digits, load_digits
from npdeconv.cli.options import add_results, share
from npdeconv.cli.parser import Parser
from npdeconv.experiments import Recovery, recovery

COLUMNS = ("network", "weights", "rule", "seed", "image")


def add(parser: Parser) -> None:
    """Declare the options."""
    add_digits(parser)
    share(parser, "--count", " to train on", default=5000)
    share(parser, "--test-count", ", which are drawn", default=100)
    share(parser, "--seeds", default=3)
    share(parser, "--epochs", default=2)
    add_results(parser, "recovery")


def run(options: argparse.Namespace) -> None:
    """Train, measure, and print the table."""
    out = Results(options)
    digits, test = load_digits(options.digits, options.count, options.test_count)
    result = recovery(
        digits,
        test,
        seeds=range(options.seeds),
        epochs=options.epochs,
        folder=out.place("seeds"),
        workers=options.workers,
        progress=True,
    )
    stem = file_stem("recovery", options.digits, split="test")
    paths = (
        out.arrays(stem, result._asdict()),
        write_table(out.place(f"{stem}.csv"), (*COLUMNS, *result.compared), _rows(result)),
    )
    print(f"{len(digits):,} images of {options.digits}, epochs: {options.epochs}; {len(test)} are drawn")
    print(*_table(result), *paths, sep="\n")


def _table(result: Recovery) -> Iterable[str]:
    """Return the lines of the table: means over images and seeds, with intervals over the seeds."""
    yield "correlation of the picture of the most likely class with the image, and with other pictures;"
    yield "mean over images and seeds ± half the 95 % interval over seeds:"
    yield f"{'network, weights, rule':<34}" + "".join(f"{name:>18}" for name in result.compared)
    for a, w in np.ndindex(result.accuracy.shape[1:]):
        network = f"{result.architectures[a]}, {result.weights[w]}"
        for r, rule in enumerate(result.rules):
            cells = (spread(values, ".2f") for values in result.correlation[:, a, w, r].mean(axis=-1).T)
            yield f"{f'{network}, {rule}':<34}" + "".join(f"{cell:>18}" for cell in cells)
        flipped, size = result.flipped[:, a, w], result.size[:, a, w]
        length = f"{size[flipped].mean():.1%} of its length" if flipped.any() else "nothing"
        yield (
            f"  right: {spread(result.accuracy[:, a, w])} of the images; another class for"
            f" {flipped.mean():.1%}, changed by {length} on average;"
            f" blank pictures: {result.blank[:, a, w].sum()}"
        )


def _rows(result: Recovery) -> Iterable[Sequence[Any]]:
    for s, a, w, r, n in np.ndindex(result.blank.shape):
        alike = (round(float(value), 6) for value in result.correlation[s, a, w, r, :, n])
        which = result.architectures[a], result.weights[w], result.rules[r]
        yield *which, int(result.seeds[s]), n, *alike
