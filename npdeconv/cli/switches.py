"""`npdeconv switches`: how much of a projection comes from its unit, and how much from the switches?

Projects units by every rule, and random values of the same energy at the same places in the layer's other
maps. Prints how alike the pictures are, as means over all images in which the unit is not silent. Writes a
figure (.png) for each unit and the raw arrays (.npz).
"""

import argparse
from typing import Any, get_args

import numpy as np

from npdeconv import plot
from npdeconv._progress import progress_bar
from npdeconv._types import Array, Rule
from npdeconv.anatomy import map_count
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.intervals import spread
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, check_range, first, share
from npdeconv.cli.parser import Parser
from npdeconv.visualize import StartComparison, compare_starts, find_strongest, most_active

COLUMNS = ("rule", 10), ("random values", 16), ("to centers", 16), ("image", 16), ("random, image", 16)
MAPS = 8


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--layer", required=True)
    share(parser, "--map", f"; the {MAPS} strongest if not given", nargs="+")
    share(parser, "--count", ", the first of the set", default=100)
    share(parser, "--draws", ": sets of random values", default=5)
    share(parser, "--seed")
    add_results(parser, "switches")


def run(options: argparse.Namespace) -> None:
    """Project, draw, and print the table."""
    out = Results(options)
    loaded = load_network(options)
    network = loaded.network
    dataset = load_data(loaded, options.data, options.split, first(options.count))
    images = dataset.images
    count = map_count(network, options.layer, images.shape[1:])
    check_range("--map", options.map or (), count, f"layer {options.layer!r} has the maps")
    found = find_strongest(network, images, [options.layer], k=1, workers=options.workers)[options.layer]
    maps = np.array(options.map) if options.map is not None else most_active(found, MAPS)
    results, paths = [], []
    for m in progress_bar(maps.tolist(), unit="map", delay=2, leave=False):
        result = compare_starts(
            network,
            images,
            options.layer,
            m,
            rules=get_args(Rule),
            draws=options.draws,
            rng=np.random.default_rng((options.seed, m)),
            workers=options.workers,
        )
        results.append(result)
        shown = max(int(found.image_indices[m, 0]), 0)
        title = plot.literal(f"{network.name} on {dataset.name}: {options.layer} map {m}, image {shown}")
        stem = file_stem("switches", network.name, options.layer, f"map{m}", split=options.split)
        axes = plot.starts(images[shown], result, image_index=shown, title=title)
        paths.append(out.figure(axes, stem))
    arrays = _numbers(results)
    stem = file_stem("switches", network.name, options.layer, split=options.split)
    paths.append(out.arrays(stem, {"feature_maps": maps, "rules": get_args(Rule), **arrays}))
    _print(options.layer, maps, arrays)
    print(*paths, sep="\n")


def _numbers(results: list[StartComparison]) -> dict[str, Array]:
    """Return the correlations of M maps: means over the random values (M, R, N)."""
    silent = np.stack([result.unit.silent for result in results])
    averaged = {
        "random values": [result.to_random.mean(axis=2) for result in results],
        "to centers": [result.to_centered.mean(axis=2) for result in results],
        "image": [result.to_image for result in results],
        "random, image": [result.random_to_image.mean(axis=2) for result in results],
    }
    return {"silent": silent, **{name: np.stack(values) for name, values in averaged.items()}}


def _print(layer: str, maps: Array, arrays: dict[str, Array]) -> None:
    """Print means over all maps and images, with intervals over the images."""
    silent = arrays["silent"]
    print(f"{layer}, maps {' '.join(map(str, maps))}: silent in {silent.sum():,} of {silent.size:,} pictures")
    if silent.all():
        print("nothing to compare")
        return
    print("correlation of the unit's picture with that of random values, with switches and to centers,")
    print("and of both with the image; mean, and 95 % interval over images:")
    print("".join(f"{name:<{width}}" for name, width in COLUMNS).rstrip())
    for r, rule in enumerate(get_args(Rule)):
        cells: list[Any] = [_spread(arrays[name][:, r], silent) for name, _ in COLUMNS[1:]]
        widths = [width for _, width in COLUMNS]
        print(
            "".join(f"{cell:<{width}}" for cell, width in zip([rule, *cells], widths, strict=True)).rstrip()
        )


def _spread(values: Array, silent: Array) -> str:
    """Return the mean over images of the means over maps (M, N) that fire, and half its interval."""
    firing = (~silent).sum(axis=0)
    sums = np.where(silent, 0, values).sum(axis=0)
    means = sums[firing > 0] / firing[firing > 0]
    return spread(means, ".2f")
