"""The option --fool of `npdeconv maximize`: a wrong class by the smallest change of an image."""

import argparse

import numpy as np

from npdeconv import plot
from npdeconv._text import visible
from npdeconv._types import Array
from npdeconv.anatomy.roles import answer_shape
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem, image_name
from npdeconv.cli.networks import Loaded
from npdeconv.cli.options import class_numbers, number, only, share
from npdeconv.cli.parser import Parser
from npdeconv.inference import class_names
from npdeconv.visualize import fool

MARGIN = 0.1


def add(parser: Parser) -> None:
    """Declare the options."""
    group = parser.add_argument_group(
        "fool", "instead of starting from noise: reach a class from an image, by the smallest change"
    )
    group.add_argument("--fool", metavar="CLASS", help="the class to reach, by name or number")
    share(group, "--data", "; the run's if not given")
    share(group, "--split", default="test")
    share(group, "--image", "; with --fool", default=0)
    group.add_argument(
        "--margin",
        type=number,
        default=MARGIN,
        metavar="X",
        help="by how much its logit must exceed all others: the more, the surer the network is",
    )


def run(options: argparse.Namespace, loaded: Loaded, out: Results) -> None:
    """Fool, draw, and print both confidences, the size of the change and where the files are."""
    network = loaded.network
    dataset = load_data(loaded, options.data, options.split, only("--image", [options.image]))
    image = dataset.images[0]
    (outputs,) = answer_shape(network, image.shape)
    names = class_names(network, outputs)
    (label,) = class_numbers("--fool", [options.fool], network, outputs)
    result = fool(network, image, label=label, margin=options.margin)
    what = f"seen as {plot.literal(names[label])}" if result.reached else "not enough for another class"
    name = plot.literal(network.name)
    title = f"{image_name(dataset, options.image, 0)}, and the smallest change found for {name}:\n{what}"
    margin = None if options.margin == MARGIN else f"margin{options.margin:g}"
    stem = file_stem("fool", f"image{options.image}", f"class{label}", margin, split=options.split)
    paths = (
        out.figure(plot.fooling(result, classes=names, title=title), stem),
        out.arrays(stem, {"image": image, **result._asdict()}),
    )
    shown = tuple(map(visible, names))
    for when, probabilities in (
        ("before", result.before),
        ("after", result.after),
        ("after, as 8-bit pixels", result.rounded),
    ):
        print(f"{when}: {_seen(probabilities, label, shown)}")
    whole = float(np.linalg.norm(image / 255 if image.dtype == np.uint8 else image))
    print(
        f"change: Euclidean norm {result.norm:.4g} (the image's is {whole:.4g}; black to white is 1),"
        f" largest pixel {np.abs(result.change).max():.4g}"
    )
    if not result.reached:
        print(f"{shown[label]} was not reached")
    print(*paths, sep="\n")


def _seen(probabilities: Array, label: int, names: tuple[str, ...]) -> str:
    best = int(probabilities.argmax())
    also = "" if best == label else f", {names[label]} {probabilities[label]:.2%}"
    return f"most likely {names[best]} {probabilities[best]:.2%}{also}"
