"""`npdeconv cam`: which parts of an image speak for a class?

Draws class activation maps of the most likely classes over an image, and writes a figure (.png) and
the raw arrays (.npz). The network must end in global pooling and at most one dense layer, as cam_net,
SqueezeNet and Tiny Darknet do.
"""

import argparse
from collections.abc import Sequence

import numpy as np

from npdeconv import plot
from npdeconv._text import visible
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import VERDICTS, Results, answers, file_stem, image_name, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, class_numbers, only, share
from npdeconv.cli.parser import Parser
from npdeconv.cli.top import prefixed
from npdeconv.experiments import judge_class_maps
from npdeconv.plot.text import wrapped
from npdeconv.visualize import class_activation_maps

NUMBERS = 22  # characters of a line of the verdict above a map


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--image", default=0)
    share(parser, "-k", " of the likeliest classes", default=5)
    share(parser, "--classes", "; instead of the likeliest")
    share(parser, "--verdict")
    add_results(parser, "maps")


def run(options: argparse.Namespace) -> None:
    """Map, draw, and print the classes and where the files are."""
    out = Results(options)
    loaded = load_network(options)
    network = loaded.network
    dataset = load_data(loaded, options.data, options.split, only("--image", [options.image]))
    if options.classes is not None:
        options.classes = class_numbers("--classes", options.classes, network, len(dataset.classes))
    image = dataset.images[0]
    result = class_activation_maps(
        network, image[np.newaxis], labels=options.classes, k=options.k, workers=options.workers
    )
    axes = plot.class_activation(image, result, classes=dataset.classes)
    verdict = None
    if options.verdict:
        rng = np.random.default_rng(0)
        (verdict,) = judge_class_maps(
            network,
            image[np.newaxis],
            labels=result.labels,
            rng=rng,
            folder=out.place(VERDICTS),
            workers=options.workers,
        )
        for n, ax in enumerate(axes[1:]):
            ax.set_title(f"{ax.get_title()}\n{wrapped(verdict.numbers(n), NUMBERS)}", fontsize="small")
    (answer,) = answers(network, dataset, [0], options.workers)
    title = f"{image_name(dataset, options.image, 0)}: {answer}\nwhat {plot.literal(network.name)} sees where"
    axes[0].figure.suptitle(title, fontsize="medium")
    stem = _stem(options)
    arrays = {"image": image, **{key: array[0] for key, array in result._asdict().items()}}
    if verdict is not None:
        arrays |= prefixed("verdict", verdict._asdict())
    paths = out.figure(axes, stem), out.arrays(stem, arrays)
    numbers = zip(result.labels[0], result.probability[0], result.logit[0], strict=True)
    for n, (number, probability, logit) in enumerate(numbers):
        print(f"{visible(dataset.classes[number])}: probability {probability:.4f}, logit {logit:.4g}")
        if verdict is not None:
            print(f"  {verdict.sentence(n)}")
    print(*paths, sep="\n")


def _stem(options: argparse.Namespace) -> str:
    chosen: Sequence[int] | None = options.classes
    top = None if chosen is not None else f"top{options.k}"
    return file_stem(f"cam_image{options.image}", top, listed("class", chosen), split=options.split)
