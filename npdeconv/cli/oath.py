"""`npdeconv oath`: do the pictures of a network depend on its weights?

Gives layers new random weights, from the explained layer down, and measures how alike the maps of a
unit stay, by every rule of projection, occlusion and class maps (Adebayo et al., "Sanity checks for
saliency maps"); with --labels, trains on permuted labels instead. Prints a table and what it means.
Writes the maps of one image (.png), the measures (.png, .csv) and the raw arrays (.npz). Each finished
seed is kept, and found again. Needs scikit-image: pip install npdeconv[retraining].
"""

import argparse
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from npdeconv import initializers, plot
from npdeconv._files import write_table
from npdeconv.anatomy import map_count
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.oath_labels import SOME_IMAGES, run_labels
from npdeconv.cli.oath_table import rows_of, table
from npdeconv.cli.options import (
    add_network,
    add_results,
    at_least,
    check_range,
    chosen_layer,
    given_or_first,
    share,
)
from npdeconv.cli.parser import Parser
from npdeconv.experiments import randomization, randomized_maps
from npdeconv.experiments.explanations import METHODS
from npdeconv.experiments.randomization_plan import Explained, Order
from npdeconv.experiments.randomization_result import MEASURES
from npdeconv.visualize.scikit_image import check_scikit_image

COLUMNS = ("method", "layer", "seed", "image", *MEASURES)
INITIALIZERS = {"truncated": initializers.truncated_normal, "he": initializers.he_normal}
DRAWN = 8  # randomized layers in the picture, at most


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--images", f"; the first of them is drawn; the first {SOME_IMAGES} if not given")
    share(parser, "--layer", " to explain, or that of the logits; the last feature maps if not given")
    share(parser, "--map", " or class; each image's strongest, or predicted one, if not given")
    share(parser, "--layers", " to randomize; all with weights, from the explained one down, if not given")
    option = parser.add_argument
    option("--methods", nargs="+", choices=METHODS, metavar="NAME", help=f"of {', '.join(METHODS)}")
    option(
        "--order",
        choices=get_args(Order),
        default="cascading",
        help="the layers above the named one become random, too, or that one alone",
    )
    option(
        "--explained",
        choices=get_args(Explained),
        default="original",
        help="after randomizing, the original class, or the one predicted then",
    )
    option("--measure", choices=MEASURES, default="rank", help="of the table; files hold all")
    option(
        "--initializer",
        choices=INITIALIZERS,
        default="truncated",
        help="of new weights: normal with deviation 0.01, cut at twice that, or as layers begin",
    )
    share(parser, "--seeds", ", each with new weights", default=5)
    option(
        "--labels",
        type=at_least(1),
        metavar="N",
        help="instead, train NETWORK's layers on N images, at most 5,000, with true and with permuted labels",
    )
    share(parser, "--epochs", " of --labels, at most", default=200)
    share(
        parser, "--learning-rate", " of --labels; a lower one helps where a seed does not learn", default=1e-3
    )
    add_results(parser, "oath")


def run(options: argparse.Namespace) -> None:
    """Randomize, measure, draw, and print the table."""
    check_scikit_image()
    if options.labels is not None:
        run_labels(options)
        return
    out = Results(options)
    loaded = load_network(options)
    network = loaded.network
    choose = given_or_first("--images", options.images, SOME_IMAGES)
    images = load_data(loaded, options.data, options.split, choose).images
    layer = chosen_layer(options.layer, network, images.shape[1:])
    if options.map is not None:
        maps = map_count(network, layer, images.shape[1:])
        check_range("--map", options.map, maps, f"layer {layer!r} has the maps")
    shared: dict[str, Any] = {
        "order": options.order,
        "methods": options.methods,
        "explained": options.explained,
        "initializer": INITIALIZERS[options.initializer],
        "workers": options.workers,
    }
    result = randomization(
        network,
        images,
        layer,
        options.map,
        layers=options.layers,
        seeds=range(options.seeds),
        folder=out.place("seeds"),
        progress=True,
        **shared,
    )
    shown = _drawn(result.layers)
    pictures = randomized_maps(network, images[0], layer, options.map, layers=shown, **shared)
    stem = _stem(options, network.name, layer)
    rows = rows_of(result, dict(enumerate(result.layers)), options.images or range(len(images)))
    title = f"{plot.literal(network.name)}: {plot.literal(layer)}"
    drawn = plot.randomized_maps(pictures)
    drawn[0, 0].figure.suptitle(f"{title} map {pictures.feature_map}, seed 0", fontsize="medium")
    measured = plot.randomization(result, options.measure)
    measured[0].figure.suptitle(title, fontsize="medium")
    paths = (
        out.figure(drawn, f"{stem}_maps"),
        out.figure(measured, f"{stem}_{options.measure}"),
        out.arrays(stem, result._asdict()),
        write_table(out.place(f"{stem}.csv"), COLUMNS, rows),
    )
    print(*table(result, options.measure), "", *result.sentences(options.measure), sep="\n")
    print(*paths, sep="\n")


def _drawn(layers: Sequence[str]) -> list[str]:
    """Return at most `DRAWN` layers, from the first to the last at even distances."""
    places = np.unique(np.linspace(0, len(layers) - 1, min(len(layers), DRAWN)).round().astype(int))
    return [layers[place] for place in places]


def _stem(options: argparse.Namespace, name: str, layer: str) -> str:
    return file_stem(
        f"oath_{name}_{layer}",
        None if options.map is None else f"map{options.map}",
        options.order,
        None if options.explained == "original" else options.explained,
        None if options.initializer == "truncated" else options.initializer,
        listed("images", options.images),
        split=options.split,
    )
