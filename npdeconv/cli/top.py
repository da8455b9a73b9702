"""`npdeconv top`: the images that excite each feature map most.

Searches a data set for the strongest images of each feature map of some layers. Writes figures (.png)
of their patches and projections for each layer, and the raw arrays (.npz): images, positions,
activations, firing rates, patches, projections.
"""

import argparse
from typing import Any, get_args

import numpy as np

from npdeconv import plot
from npdeconv._types import Array
from npdeconv.anatomy import shown_layers
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import LAYERS_HELP, add_network, add_results, share
from npdeconv.cli.parser import Parser
from npdeconv.experiments import Verdict, judge_projections
from npdeconv.layers import Sequential
from npdeconv.visualize import Ranking, Strongest, find_patches, find_strongest

MAPS_PER_FIGURE = 32


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--layers", LAYERS_HELP)
    share(parser, "-k", " of the strongest images of each map", default=9)
    parser.add_argument("--by", choices=get_args(Ranking), default="maximum", help="what to rank images by")
    share(parser, "--verdict", "; of each map's strongest image")
    add_results(parser, "top")


def run(options: argparse.Namespace) -> None:
    """Search, crop, draw, and print where the files are and which maps are dead."""
    out = Results(options)
    loaded = load_network(options)
    network, dataset = loaded.network, load_data(loaded, options.data, options.split)
    layers = options.layers or shown_layers(network)
    for layer in layers:
        _ = network[layer]  # raises a KeyError that lists the layers
    every = find_strongest(
        network, dataset.images, layers, k=options.k, by=options.by, workers=options.workers
    )
    for layer, found in every.items():
        stem = file_stem(layer, f"top{options.k}", options.by, split=options.split)
        patches = find_patches(network, dataset.images, layer, found=found, workers=options.workers)
        arrays = found._asdict() | prefixed("patches", patches._asdict())
        title = plot.literal(f"{network.name}, {layer}: what excites each map most in {dataset.name}")
        alive = np.flatnonzero(found.firing)
        say_what_is_dead(layer, found, len(dataset))
        if options.verdict and len(alive):
            verdict = _judge(network, dataset.images, layer, alive, found, options.workers)
            arrays |= prefixed("verdict", verdict._asdict())
            title += f"\nmedian over maps: {verdict.median()}"
            for place, m in enumerate(alive):
                print(f"  map {m}: {verdict.sentence(place)}")
        out.arrays(stem, arrays)
        for number, first in enumerate(range(0, len(alive), MAPS_PER_FIGURE), 1):
            shown = alive[first : first + MAPS_PER_FIGURE]
            ax = plot.strongest(patches, found, feature_maps=shown, title=title)
            print(f"  {out.figure(ax, f'{stem}_{number}')}")


def _judge(
    network: Sequential, images: Array, layer: str, alive: Array, found: Strongest, workers: int | None
) -> Verdict:
    """Judge the strongest projection of each map that fires."""
    strongest = images[found.image_indices[alive, 0]]
    return judge_projections(network, strongest, layer, alive, rng=np.random.default_rng(0), workers=workers)


def prefixed(prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """Put a word before every name."""
    return {f"{prefix}_{name}": array for name, array in arrays.items()}


def say_what_is_dead(layer: str, found: Strongest, images: int) -> None:
    """Print which maps of a layer fire on none of some images, and why they stay dead."""
    dead = np.flatnonzero(found.firing == 0)
    if not len(dead):
        print(f"{layer}: {len(found.firing)} maps, dead: none")
        return
    which = f"{'map' if len(dead) == 1 else 'maps'} {', '.join(map(str, dead))}"
    print(
        f"{layer}: {len(found.firing)} maps, {len(dead)} of them dead, for they fire on none of the"
        f" {images:,} images searched: {which} (no gradient reaches a map that never fires, so few come back;"
        " the network does without them)"
    )
