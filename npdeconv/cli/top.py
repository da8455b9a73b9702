"""`npdeconv top`: the images that excite each feature map most.

Searches a data set for the strongest images of each feature map of some layers. Writes figures (.png)
of their patches and projections for each layer, and the raw arrays (.npz): images, positions,
activations, firing rates, patches, projections. With --whole, draws whole images instead, with a box
around what the unit sees and the activation in white, and whole projections beneath.
"""

import argparse
from collections.abc import Sequence
from math import prod
from typing import Any, get_args

import numpy as np

from npdeconv import plot
from npdeconv._types import Array
from npdeconv.anatomy import map_count, patch_size, shown_layers
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import VERDICTS, Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import (
    LAYERS_HELP,
    add_network,
    add_results,
    add_whole,
    check_range,
    check_whole,
    share,
)
from npdeconv.cli.parser import Parser
from npdeconv.data import Dataset
from npdeconv.experiments import judge_projections
from npdeconv.layers import Sequential
from npdeconv.visualize import (
    Ranking,
    Strongest,
    affordable_maps,
    find_patches,
    find_strongest,
    most_active,
    top_images,
)

MAPS_PER_FIGURE = 32
PIXELS = 3_000_000  # of all patches of the maps that are drawn if none are chosen: seconds, 36 MB in color
WHOLE_MAPS = 8  # drawn of each layer if none are chosen, and per figure: each takes two rows


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--layers", LAYERS_HELP)
    share(
        parser,
        "--map",
        f"; the most active ones if not given: those that are quickly drawn, with --whole {WHOLE_MAPS}",
        nargs="+",
    )
    share(parser, "-k", " of the strongest images of each map", default=9)
    parser.add_argument("--by", choices=get_args(Ranking), default="maximum", help="what to rank images by")
    add_whole(parser, "images and projections")
    share(parser, "--verdict", "; of each map's strongest image")
    add_results(parser, "top")


def run(options: argparse.Namespace) -> None:
    """Search, crop, draw, and print where the files are and which maps are dead."""
    check_whole(options)
    out = Results(options)
    loaded = load_network(options)
    network, dataset = loaded.network, load_data(loaded, options.data, options.split)
    layers = options.layers or shown_layers(network)
    for layer in layers:
        count = map_count(network, layer, dataset.images.shape[1:])
        check_range("--map", options.map or (), count, f"layer {layer!r} has the maps")
    most = WHOLE_MAPS if options.whole else _affordable(options, network, layers, dataset)
    print(f"searching {len(dataset):,} images", flush=True)
    every = find_strongest(
        network, dataset.images, layers, k=options.k, by=options.by, workers=options.workers
    )
    for layer, found in every.items():
        alive = np.flatnonzero(found.firing)
        maps = (
            np.intersect1d(alive, most_active(found, most)) if options.map is None else np.unique(options.map)
        )
        say_what_is_dead(layer, found, len(dataset))
        if options.map is None and len(maps) < len(alive):
            print(f"{layer}: drawn are the {len(maps)} most active maps; --map chooses others")
        _draw(options, network, dataset, layer, found, maps, out)
        for m in maps if options.map is not None else ():
            _say_values(layer, found, m)


def _verdict(
    options: argparse.Namespace,
    network: Sequential,
    dataset: Dataset,
    layer: str,
    found: Strongest,
    maps: Array,
    out: Results,
) -> tuple[dict[str, Any], str]:
    """Judge the strongest projection of each of some maps that fires: arrays, and a line for the title."""
    alive = maps[found.firing[maps] > 0]
    if not options.verdict or not len(alive):
        return {}, ""
    verdict = judge_projections(
        network,
        dataset.images[found.image_indices[alive, 0]],
        layer,
        alive,
        select=options.select[0],
        rng=np.random.default_rng(0),
        folder=out.place(VERDICTS),
        workers=options.workers,
    )
    for place, m in enumerate(alive):
        print(f"  map {m}: {verdict.sentence(place)}")
    return prefixed("verdict", verdict._asdict()), f"\nmedian over maps: {verdict.median()}"


def _affordable(
    options: argparse.Namespace, network: Sequential, layers: Sequence[str], dataset: Dataset
) -> int:
    """Return how many maps of each layer may be cropped, projected and drawn within seconds."""
    shape = dataset.images.shape[1:]
    counts = [map_count(network, layer, shape) for layer in layers]
    costs = [options.k * prod(patch_size(network, layer, shape)) for layer in layers]
    return max(counts) if np.dot(counts, costs) <= PIXELS else affordable_maps(counts, costs, PIXELS)


def _draw(
    options: argparse.Namespace,
    network: Sequential,
    dataset: Dataset,
    layer: str,
    found: Strongest,
    maps: Array,
    out: Results,
) -> None:
    """Write the patches, or whole images, of some maps as arrays and figures."""
    stem, settings = _stem(options, layer), {"found": found, "feature_maps": maps, "workers": options.workers}
    what, most = "what excites each map most", MAPS_PER_FIGURE
    if options.whole:
        select, most = options.select[0], WHOLE_MAPS
        result: Any = top_images(network, dataset.images, layer, select=select, **settings)
        what = "each map, projected whole," if select == "map" else "the strongest unit of each map,"
        arrays = result._asdict()
    else:
        result = find_patches(network, dataset.images, layer, **settings)
        arrays = {"feature_maps": maps} | found._asdict() | prefixed("patches", result._asdict())
    judged, said = _verdict(options, network, dataset, layer, found, maps, out)
    out.arrays(stem, arrays | judged)
    title = plot.literal(f"{network.name}, {layer}: {what} in {dataset.name}") + said
    for number, first in enumerate(range(0, len(maps), most), 1):
        shown = np.s_[first : first + most]
        part = type(result)(*(array[shown] for array in result))
        if options.whole:
            ax = plot.top_images(part, title=title)
        else:
            ax = plot.strongest(part, found, feature_maps=maps[shown], title=title)
        print(f"  {out.figure(ax, f'{stem}_{number}')}", flush=True)


def _stem(options: argparse.Namespace, layer: str) -> str:
    drawn = {("map",): "whole_map"}.get(tuple(options.select), "whole" if options.whole else None)
    maps = listed("map", options.map)
    return file_stem(layer, f"top{options.k}", options.by, maps, drawn, split=options.split)


def _say_values(layer: str, found: Strongest, feature_map: int) -> None:
    """Print the images and activations of a map."""
    pairs = zip(found.image_indices[feature_map].tolist(), found.activations[feature_map], strict=True)
    values = ", ".join(f"image {n} {value:.4g}" for n, value in pairs if n >= 0)
    print(f"{layer} map {feature_map}: {values or 'dead'}")


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
