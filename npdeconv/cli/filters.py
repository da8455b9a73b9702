"""`npdeconv filters`: what do a network's filters tell?

Numbers for the paper's figure 6: whether a filter of the first convolution dominates, and how much of
the filters' spectral power is in middle frequencies; with --data, also how many maps of each layer are
dead, and how much of the second layer's projections lies near the harmonics of the first layer's
sampling. Each share is printed beside that of white noise. Writes a figure (.png) and the raw arrays
(.npz).
"""

import argparse
from typing import Any

import numpy as np

from npdeconv import plot
from npdeconv._types import Array
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, at_least, evenly, share
from npdeconv.cli.parser import Parser
from npdeconv.visualize import FilterStatistics, filter_statistics
from npdeconv.visualize.spectra import MIDDLE


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--count", " to look at, at even distances", default=500)
    share(
        parser,
        "--layer",
        "; the second one, whose projections are measured: the second rectifier if not given",
    )
    parser.add_argument(
        "--period",
        type=at_least(1),
        metavar="PIXELS",
        help="of the sampling whose harmonics are measured; the first layer's stride if not given",
    )
    share(parser, "-k", " of the strongest images of each map, to project", default=9)
    add_results(parser, "filters")


def run(options: argparse.Namespace) -> None:
    """Measure, draw, and print the numbers."""
    out = Results(options)
    loaded = load_network(options)
    name = options.data or loaded.trained_on
    images, shown = None, loaded.network.name
    if name is not None:
        dataset = load_data(loaded, name, options.split, evenly(options.count))
        images, shown = dataset.images, f"{shown} on {len(dataset.images):,} images of {dataset.name}"
    result = filter_statistics(
        loaded.network, images, options.layer, stride=options.period, k=options.k, workers=options.workers
    )
    stem = file_stem("filters", loaded.network.name, options.layer, split=options.split)
    paths = (
        out.figure(plot.filter_statistics(result, title=plot.literal(shown)), stem),
        out.arrays(stem, _arrays(result)),
    )
    print(shown)
    _print(result)
    print(*paths, sep="\n")


def _print(result: FilterStatistics) -> None:
    (height, width), (low, high) = result.size, MIDDLE
    print(
        f"{len(result.rms)} filters of {height}x{width} with stride {result.stride[0]}x{result.stride[1]}:"
        f" root mean square {result.rms.max():.4g} at most, median {np.median(result.rms):.4g},"
        f" domination {result.domination:.2f}"
    )
    share, noise = result.middle.mean(), result.middle_noise
    print(
        f"power in middle frequencies ({low:g} to {high:g} cycles per pixel): {share:.3f},"
        f" of white noise {noise:.3f}" + (f", ratio {share / noise:.2f}" if noise else "")
    )
    for name, dead in zip(result.layers, result.dead, strict=True):
        print(f"dead maps of {name}: {dead.sum()} of {len(dead)}")
    if result.aliasing is not None:
        found = result.aliasing
        print(
            f"power of {found.layer}'s projections near the harmonics of 1/{found.stride[0]}:"
            f" {found.mean:.4f}, at the power around these {found.around_mean:.4f},"
            f" of the image patches {found.patch_mean:.4f}, of white noise {found.noise_share:.4f}"
        )
    elif result.layers:
        print("the first layer skips no pixel, so there is no sampling to be seen (--period asks for one)")


def _arrays(result: FilterStatistics) -> dict[str, Any]:
    """Return all arrays by name: dead maps by layer, aliasing with its name before each."""
    found: dict[str, Array | Any] = result._asdict() | {
        f"dead_{name}": dead for name, dead in zip(result.layers, result.dead, strict=True)
    }
    if result.aliasing is not None:
        found |= {f"aliasing_{name}": value for name, value in result.aliasing._asdict().items()}
    return {name: value for name, value in found.items() if name not in ("dead", "aliasing")}
