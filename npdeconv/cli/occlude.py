"""`npdeconv occlude`: how do the outputs change when a part of the image is hidden?

Slides an occluder over an image. For each of its places, maps the probability of the true class (of
the predicted one without a label), the most likely class and the activity of a feature map, beside
that map's projection. Writes a figure (.png) and the raw arrays (.npz). For the names of layers, see
`npdeconv info NETWORK`.
"""

import argparse
from typing import Any

import numpy as np

from npdeconv import plot
from npdeconv._text import visible
from npdeconv.anatomy import map_count
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, answers, file_stem, image_name, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, at_least, check_range, chosen_layer, only, share
from npdeconv.cli.parser import Parser
from npdeconv.inference import predict
from npdeconv.visualize import OccluderGrid, Occlusion, occlude, occluder_grid


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--image", default=0)
    share(parser, "--layer", "; the last one with feature maps if not given")
    share(parser, "--map", "; the strongest if not given")
    option = parser.add_argument
    pixels: dict[str, Any] = {"type": at_least(1), "metavar": "PIXELS"}
    option("--size", **pixels, nargs="+", help="side of the occluder, or height and width")
    option("--stride", **pixels, help="of the occluder, from one position to the next")
    option(
        "--at", type=int, nargs=2, metavar=("ROW", "COLUMN"), help="one position only: the upper left corner"
    )
    share(parser, "--fill", " a part of the image")
    option(
        "--log-odds", action="store_true", help="draw log-odds, which a confident network's probability hides"
    )
    add_results(parser, "occlusion")


def run(options: argparse.Namespace) -> None:
    """Occlude, draw, and print the results and where the files are."""
    if options.at is not None and options.stride is not None:
        raise ValueError("--stride: expected none beside --at, which is one place only")
    if options.size is not None and len(options.size) > 2:
        raise ValueError(f"--size: expected one or two numbers of pixels, got {len(options.size)}")
    out = Results(options)
    loaded = load_network(options)
    network = loaded.network
    dataset = load_data(loaded, options.data, options.split, only("--image", [options.image]))
    image, truth = dataset.images[0], None if dataset.labels is None else int(dataset.labels[0])
    layer = chosen_layer(options.layer, network, image.shape)
    maps = map_count(network, layer, image.shape)
    if options.map is not None:
        check_range("--map", options.map, maps, f"layer {layer!r} has the maps")
    size = options.size[0] if options.size is not None and len(options.size) == 1 else options.size
    grid = occluder_grid(image.shape, size, options.stride, corner=options.at)
    occluder = f"{options.fill} occluder of {grid.size[0]}x{grid.size[1]} pixels"
    print(f"places of the {occluder}: {grid.total:,}", flush=True)
    result = occlude(
        network,
        image,
        layer,
        options.map,
        label=int(predict(network, image[np.newaxis], workers=options.workers)[0].argmax())
        if truth is None
        else truth,
        size=grid.size,
        stride=options.stride,
        corner=options.at,
        fill=options.fill,
        workers=options.workers,
        progress=True,
    )
    stem = _stem(options, result, grid)
    axes = plot.occlusion(image, result, classes=dataset.classes, truth=truth, log_odds=options.log_odds)
    (answer,) = answers(network, dataset, [0], options.workers)
    title = f"{image_name(dataset, options.image, 0)}: {answer}\n{plot.literal(network.name)}, {occluder}"
    axes[0].figure.suptitle(title, fontsize="medium")
    paths = out.figure(axes, stem), out.arrays(stem, result._asdict())
    names = tuple(map(visible, dataset.classes))
    if truth is None:
        print(f"the image has no label: {names[result.label]} is the predicted class")
    if not result.clean_activity:
        which = "every map" if options.map is None else "it"
        print(
            f"{result.layer} map {result.feature_map} is silent: {which} is nowhere positive for this image,"
            " so hiding something can only wake it"
        )
    _report(result, names)
    print(*paths, sep="\n")


def _stem(options: argparse.Namespace, result: Occlusion, grid: OccluderGrid) -> str:
    height, width = grid.size
    return file_stem(
        f"{result.layer}_map{result.feature_map}_image{options.image}_{options.fill}_{height}x{width}",
        None if options.stride is None else f"stride{options.stride}",
        listed("at", options.at),
        "log_odds" if options.log_odds else None,
        split=options.split,
    )


def _report(result: Occlusion, classes: tuple[str, ...]) -> None:
    worst = result.worst
    row, column = (
        int(places.argmax()) for places in (result.rows == worst.top, result.columns == worst.left)
    )
    clean = (
        result.clean_probability,
        result.clean_log_odds,
        result.clean_most_likely,
        result.clean_largest_probability,
    )
    hidden = (result.probability, result.log_odds, result.most_likely, result.largest_probability)
    print(f"clean: {_seen(*clean, result.label, classes)}")
    probability, log_odds, most_likely, largest = (values[row, column].item() for values in hidden)
    seen = _seen(probability, log_odds, most_likely, largest, result.label, classes)
    print(f"rows {worst.top} to {worst.bottom - 1}, columns {worst.left} to {worst.right - 1} hidden: {seen}")
    if result.activity.size > 1:
        print(
            f"{result.layer} map {result.feature_map}: the projection's energy predicts the drop in activity"
            f" with a rank correlation of {result.agreement:.2f}"
        )


def _seen(
    probability: float,
    log_odds: float,
    most_likely: int,
    largest: float,
    label: int,
    classes: tuple[str, ...],
) -> str:
    said = f"probability of {classes[label]} {probability:.5f} (log-odds {log_odds:.2f}), most likely"
    return f"{said} {classes[most_likely]} ({largest:.5f})"
