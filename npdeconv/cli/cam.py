"""`npdeconv cam`: where in an image is what speaks for a class?"""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from npdeconv import plot
from npdeconv._text import visible
from npdeconv.cli.figures import Results, add_out, answers, file_stem, image_name, listed
from npdeconv.cli.options import (
    add_command,
    add_network,
    add_workers,
    at_least,
    class_numbers,
    load,
    only,
)
from npdeconv.visualize import class_activation_maps


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "cam",
        run,
        summary="draw class activation maps: where in an image is what speaks for a class?",
        description="Draws the maps of the classes that a network finds most likely over an image, and "
        "writes a figure (.png) and the raw arrays (.npz). It is for networks that end in global pooling and "
        "at most one dense layer, such as cam_net, SqueezeNet and Tiny Darknet. Images and classes count "
        "from 0.",
    )
    add_network(parser)
    option = parser.add_argument
    option("--image", type=int, default=0, metavar="N", help="which image of the data set, counted from 0")
    option("--top", type=at_least(1), default=5, metavar="N", help="how many of the most likely classes")
    option("--classes", nargs="+", metavar="CLASS", help="these, by name or number, not the most likely ones")
    add_out(parser, "maps")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Map, draw, and print the classes and where the files are."""
    out = Results(options)
    network, dataset = load(options, only("--image", [options.image]))
    if options.classes is not None:
        options.classes = class_numbers("--classes", options.classes, network, len(dataset.classes))
    image = dataset.images[0]
    result = class_activation_maps(network, image[np.newaxis], labels=options.classes, k=options.top)
    axes = plot.class_activation(image, result, classes=dataset.classes)
    (answer,) = answers(network, dataset, [0])
    title = f"{image_name(dataset, options.image, 0)}: {answer}\nwhat {plot.literal(network.name)} sees where"
    axes[0].figure.suptitle(title, fontsize="medium")
    stem = _stem(options)
    arrays = {"image": image, **{key: array[0] for key, array in result._asdict().items()}}
    paths = out.figure(axes, stem), out.arrays(stem, arrays)
    for number, probability, logit in zip(
        result.labels[0], result.probability[0], result.logit[0], strict=True
    ):
        print(f"{visible(dataset.classes[number])}: probability {probability:.4f}, logit {logit:.4g}")
    print(*paths, sep="\n")


def _stem(options: argparse.Namespace) -> str:
    chosen: Sequence[int] | None = options.classes
    top = None if chosen is not None else f"top{options.top}"
    return file_stem(f"cam_image{options.image}", top, listed("class", chosen), split=options.split)
