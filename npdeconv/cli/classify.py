"""`npdeconv classify`: what a network takes images for."""

import argparse
from typing import Any

import numpy as np

from npdeconv._text import visible
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.options import add_command, add_network, add_workers, at_least, load, only
from npdeconv.inference import predict


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "classify",
        run,
        summary="print the most likely classes of images",
        description="Prints for each image the classes that a network finds most likely, with their "
        "probabilities. Images count from 0.",
    )
    add_network(parser)
    option = parser.add_argument
    option(
        "--images",
        type=int,
        nargs="+",
        metavar="N",
        help="which images of the data set, 0 to 19 if not given",
    )
    option("-k", type=at_least(1), default=5, metavar="N", help="classes per image")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Classify, and print a line per image."""
    first, given = (lambda count, name: range(min(20, count))), options.images
    network, dataset = load(options, first if given is None else only("--images", given))
    outputs = answer_shape(network, dataset.images.shape[1:])
    if len(outputs) != 1:
        raise ValueError(f"{network.name}: expected a network with classes, got outputs of shape {outputs}")
    probabilities = predict(network, dataset.images, workers=options.workers)
    numbers = range(len(dataset)) if given is None else given
    groups = [""] * len(dataset) if dataset.groups is None else [f", {group}" for group in dataset.groups]
    for number, group, row in zip(numbers, groups, probabilities, strict=True):
        best = np.argsort(-row, kind="stable")[: options.k]
        found = "; ".join(f"{dataset.classes[label]} {row[label]:.1%}" for label in best)
        print(visible(f"image {number}{group}: {found}"))
