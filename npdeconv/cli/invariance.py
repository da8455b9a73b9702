"""`npdeconv invariance`: how far do features move when images are shifted, scaled or rotated?

The paper's figure 5: compares the features of each image with those of its transformed versions, in a
first and a last layer, and follows the probability of its class. Prints a table of means over the
images: distances as they are, and divided by the mean distance between different images, so that
layers can be compared. Writes a figure (.png), a table of all results (.csv) and the raw arrays (.npz).
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, get_args

import matplotlib.pyplot as plt
import numpy as np

from npdeconv import plot
from npdeconv._files import write_table
from npdeconv._types import Array
from npdeconv.cli.datasets import Choose, load_data
from npdeconv.cli.figures import Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import (
    add_network,
    add_results,
    at_least,
    class_numbers,
    evenly,
    given_or_first,
    share,
)
from npdeconv.cli.parser import Parser
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.visualize import Interpolation, Invariance, Surround, Transform, invariance
from npdeconv.visualize.transformed import UNITS

COLUMNS = ("transform", "amount", "layer", "image", "distance", "relative", "label", "probability")
PAPER_IMAGES = 5  # as many as the paper shows


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--images", f"; the first {PAPER_IMAGES} if not given")
    share(parser, "--count", ", at even distances, instead of --images", type=at_least(2))
    option = parser.add_argument
    option(
        "--transform", choices=get_args(Transform), nargs="+", default=get_args(Transform), help="one or more"
    )
    option(
        "--amounts",
        type=float,
        nargs="+",
        metavar="X",
        help="of one transform: pixels, factors or degrees; the paper's if not given, shifts in proportion to"
        " the height",
    )
    option(
        "--surround", choices=get_args(Surround), default="edge", help="what comes in from beyond the image"
    )
    option("--interpolation", choices=get_args(Interpolation), default="linear", help="between pixels")
    share(parser, "--layers", "; the first rectifier and the last hidden layer if not given")
    share(parser, "--classes", "; the true one of each image, in order, where the data set has no labels")
    add_results(parser, "invariance")


def run(options: argparse.Namespace) -> None:
    """Transform, measure, draw, and print the tables."""
    if options.amounts is not None and len(options.transform) > 1:
        raise ValueError("--amounts: expected one --transform beside it, since each has its own unit")
    if options.images is not None and options.count is not None:
        raise ValueError("--count: expected none beside --images, which says which images")
    out = Results(options)
    loaded = load_network(options)
    dataset = load_data(loaded, options.data, options.split, _chosen(options))
    labels, kind = _labels(options, dataset, loaded.network)
    results = [
        invariance(
            loaded.network,
            dataset.images,
            options.layers,
            transform=transform,
            amounts=options.amounts,
            fill=options.surround,
            interpolation=options.interpolation,
            labels=labels,
            workers=options.workers,
            progress=True,
        )
        for transform in options.transform
    ]
    what = f"{loaded.network.name} on {len(dataset.images)} images of {dataset.name}"
    which = f"{len(dataset.images)}images" if options.images is None else listed("images", options.images)
    transforms = "-".join(options.transform)
    stem = file_stem(
        "invariance", loaded.network.name, transforms, which, options.surround, split=options.split
    )
    arrays = {f"{one.transform}_{name}": value for one in results for name, value in _arrays(one).items()}
    paths = (
        out.figure(_draw(dataset.images, results, what, kind), stem),
        out.arrays(stem, arrays),
        write_table(out.place(f"{stem}.csv"), COLUMNS, _rows(results)),
    )
    print(what)
    for one in results:
        _print(one, kind)
    print(*paths, sep="\n")


def _chosen(options: argparse.Namespace) -> Choose:
    if options.images is None and options.count is not None:
        return evenly(options.count)
    return given_or_first("--images", options.images, PAPER_IMAGES)


def _labels(options: argparse.Namespace, dataset: Dataset, network: Sequential) -> tuple[Array | None, str]:
    """Return the classes to follow, None for the predicted ones, and what they are."""
    if options.classes is None:
        return dataset.labels, "predicted" if dataset.labels is None else "true"
    if dataset.labels is not None:
        raise ValueError(f"--classes: expected none, {dataset.name} has labels")
    if len(options.classes) != len(dataset.images):
        raise ValueError(
            f"--classes: expected one for each of {len(dataset.images)} images, got {len(options.classes)}"
        )
    return np.array(class_numbers("--classes", options.classes, network, len(dataset.classes))), "true"


def _draw(images: Array, results: Sequence[Invariance], what: str, kind: str) -> Array:
    shown = results[0]
    panels = len(shown.layers) + (1 if shown.probability is None else 2)
    size = (3 * panels, 2.9 * len(results) + 0.4)
    figure, axes = plt.subplots(len(results), panels, squeeze=False, figsize=size, layout="constrained")
    for row, one in zip(axes, results, strict=True):
        plot.invariance(images, one, row)
        if one.probability is not None:
            row[-1].set_title(f"probability of the {kind} class", fontsize="small")
    how = f"fill: {shown.fill}, interpolation: {shown.interpolation}"
    figure.suptitle(f"{plot.literal(what)}\n{how}", fontsize="medium")
    return axes


def _print(result: Invariance, kind: str) -> None:
    """Print the parameters, and the mean over the images at each amount."""
    amounts = result.amounts
    print(
        f"\n{result.transform}: {amounts.min():g} to {amounts.max():g} {UNITS[result.transform]} in"
        f" {len(amounts)} steps, fill {result.fill}, interpolation {result.interpolation}"
    )
    for name, between in zip(result.layers, result.between, strict=True):
        print(f"mean distance between {result.image_count} different images in {name}: {between:.4g}")
    titles = ["amount", *(f"{name} {what}" for name in result.layers for what in ("distance", "relative"))]
    titles += [] if result.probability is None else [f"probability ({kind})"]
    print(*(f"{title:>8}" for title in titles), sep="  ")
    for a, amount in enumerate(amounts):
        pairs = zip(result.distance[..., a].mean(axis=1), result.relative[..., a].mean(axis=1), strict=True)
        numbers = [f"{amount:g}", *(text for raw, share in pairs for text in (f"{raw:.4g}", f"{share:.3f}"))]
        numbers += [] if result.probability is None else [f"{result.probability[:, a].mean():.3f}"]
        print(
            *(f"{text:>{max(len(title), 8)}}" for text, title in zip(numbers, titles, strict=True)), sep="  "
        )


def _rows(results: Iterable[Invariance]) -> Iterable[Sequence[Any]]:
    for one in results:
        for (m, n, a), distance in np.ndenumerate(one.distance):
            followed: tuple[Any, Any] = ("", "")
            if one.labels is not None and one.probability is not None:
                followed = int(one.labels[n]), f"{one.probability[n, a]:.6f}"
            moved = f"{distance:.6g}", f"{one.relative[m, n, a]:.6f}"
            yield one.transform, f"{one.amounts[a]:g}", one.layers[m], n, *moved, *followed


def _arrays(result: Invariance) -> dict[str, Any]:
    return {name: value for name, value in result._asdict().items() if value is not None}
