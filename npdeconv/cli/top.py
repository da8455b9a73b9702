"""`npdeconv top`: the images that excite each feature map most."""

import argparse
from typing import Any, get_args

import numpy as np

from npdeconv import plot
from npdeconv.anatomy import shown_layers
from npdeconv.cli.figures import Results, add_out, file_stem
from npdeconv.cli.options import LAYERS_HELP, add_command, add_network, add_workers, at_least, load
from npdeconv.visualize import Ranking, Strongest, find_patches, find_strongest

MAPS_PER_FIGURE = 32


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "top",
        run,
        summary="find the images that excite each feature map most; draw their patches and projections",
        description="Finds, in one pass over a data set, the images that excite each feature map of some "
        "layers most, and writes for each layer figures (.png) of their patches beside their projections, "
        "and the raw arrays (.npz): image indices, positions, activations, firing rates, patches.",
    )
    add_network(parser)
    parser.add_argument("--layers", nargs="+", metavar="NAME", help=LAYERS_HELP)
    parser.add_argument("-k", type=at_least(1), default=9, metavar="N", help="images per map")
    parser.add_argument("--by", choices=get_args(Ranking), default="maximum", help="what to rank images by")
    add_out(parser, "top")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Search, crop, draw, and print what each layer holds."""
    out = Results(options)
    network, dataset = load(options)
    layers = options.layers or shown_layers(network)
    for layer in layers:
        _ = network[layer]  # or say which ones there are
    every = find_strongest(
        network, dataset.images, layers, k=options.k, by=options.by, workers=options.workers
    )
    for layer, found in every.items():
        stem = file_stem(layer, f"top{options.k}", options.by, split=options.split)
        patches = find_patches(network, dataset.images, layer, found=found, workers=options.workers)
        out.arrays(stem, found._asdict() | prefixed("patches", patches._asdict()))
        title = plot.literal(f"{network.name}, {layer}: what excites each map most in {dataset.name}")
        alive = np.flatnonzero(found.firing)
        say_what_is_dead(layer, found, len(dataset))
        for number, first in enumerate(range(0, len(alive), MAPS_PER_FIGURE), 1):
            shown = alive[first : first + MAPS_PER_FIGURE]
            ax = plot.strongest(patches, found, feature_maps=shown, title=title)
            print(f"  {out.figure(ax, f'{stem}_{number}')}")


def prefixed(prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """Put a word before every name."""
    return {f"{prefix}_{name}": array for name, array in arrays.items()}


def say_what_is_dead(layer: str, found: Strongest, images: int) -> None:
    """Print which maps of a layer fire on none of some images, and why that may be."""
    dead = np.flatnonzero(found.firing == 0)
    if not len(dead):
        print(f"{layer}: {len(found.firing)} maps, dead: none")
        return
    print(
        f"{layer}: {len(found.firing)} maps, dead, for they fire on none of the {images:,} images searched:"
        f" {', '.join(map(str, dead))} (no gradient reaches a map that never fires, so few come"
        " back; the network does without them)"
    )
