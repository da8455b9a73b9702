"""`npdeconv classify`: print the most likely classes of images.

Prints the most likely classes of each image, with their probabilities.
"""

import argparse

import numpy as np

from npdeconv._text import visible
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.datasets import load_data
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, only, share
from npdeconv.cli.parser import Parser
from npdeconv.inference import predict


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--images", "; 0 to 19 if not given")
    share(parser, "-k", " of the likeliest classes", default=5)
    share(parser, "--workers")


def run(options: argparse.Namespace) -> None:
    """Classify, and print a line per image."""
    first, given = (lambda count, name: range(min(20, count))), options.images
    loaded = load_network(options)
    network = loaded.network
    dataset = load_data(
        loaded, options.data, options.split, first if given is None else only("--images", given)
    )
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
