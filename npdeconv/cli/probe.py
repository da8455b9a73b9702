"""`npdeconv probe`: how well can a linear classifier read the classes from each layer?

Fits a linear classifier to the pixels and to the frozen features of each layer, from some images of
each class, and tests it. Writes a figure (.png), a table of all accuracies (.csv) and the raw arrays
(.npz); accuracies are means over the classes. Test images are the data set's own, or else all that
were not used for training. Each finished layer is kept, and found again.
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from npdeconv import plot
from npdeconv._files import write_table
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import share
from npdeconv.cli.parser import Parser
from npdeconv.cli.top import prefixed
from npdeconv.cli.transfer import DRAWS, add_few, load_few, over_draws
from npdeconv.experiments import Probes, linear_probes, untrained

COLUMNS = ("network", "layer", "features", "images per class", "seed", "accuracy")


def add(parser: Parser) -> None:
    """Declare the options."""
    add_few(parser)
    share(parser, "--layers", "; all except dropout, flattening and softmax if not given")
    share(parser, "--per-class", "; several numbers, one after another", nargs="+", default=(30,))
    parser.add_argument(
        "--untrained", action="store_true", help="probe the same network with random weights, too"
    )


def run(options: argparse.Namespace) -> None:
    """Load, probe, draw, and print the table."""
    out = Results(options)
    loaded = load_network(options)
    dataset, test = load_few(loaded, options.data, options.classes)
    networks = {"trained": loaded.network}
    if options.untrained:
        networks["random weights"] = untrained(loaded.network, np.random.default_rng(0))
    results = {
        name: linear_probes(
            network,
            dataset,
            options.layers,
            per_class=options.per_class,
            test=test,
            test_per_class=options.test_per_class,
            seeds=range(options.seeds),
            kind=options.kind,
            limit=options.limit,
            folder=out.place("layers"),
            workers=options.workers,
            progress=True,
        )
        for name, network in networks.items()
    }
    stem = file_stem("probes", loaded.network.name, options.kind, split="test")
    classes = len(dataset.classes)
    name = plot.literal(f"{loaded.network.name} on {dataset.name}")
    counts = " and ".join(map(str, results["trained"].per_class))
    title = f"{name}: {classes} classes, {counts} images of each"
    axes = plot.probes(results["trained"], results.get("random weights"), chance=1 / classes, title=title)
    arrays = {"layers": np.array(results["trained"].layers), "dimensions": results["trained"].dimensions}
    for kind, result in results.items():
        arrays |= prefixed(kind.replace(" ", "_"), {"seeds": result.seeds, "accuracy": result.accuracy})
    paths = (
        out.figure(axes, stem),
        out.arrays(stem, arrays),
        write_table(out.place(f"{stem}.csv"), COLUMNS, _rows(results)),
    )
    _print(results)
    print(*paths, sep="\n")


def _rows(results: dict[str, Probes]) -> Iterable[Sequence[Any]]:
    for name, result in results.items():
        for (s, k, n), accuracy in np.ndenumerate(result.accuracy):
            features, count, seed = int(result.dimensions[n]), int(result.per_class[k]), int(result.seeds[s])
            yield name, result.layers[n], features, count, seed, f"{accuracy:.6f}"


def _print(results: dict[str, Probes]) -> None:
    first = results["trained"]
    print(DRAWS)
    names = [f"{name}, {count}" for name in results for count in first.per_class]
    print(f"{'layer, images per class':<28}{'features':>10}" + "".join(f"{name:>24}" for name in names))
    for n, layer in enumerate(first.layers):
        columns = [
            result.accuracy[:, k, n] for result in results.values() for k in range(len(first.per_class))
        ]
        cells = "".join(f"{over_draws(values):>24}" for values in columns)
        print(f"{layer:<28}{first.dimensions[n]:>10}{cells}")
