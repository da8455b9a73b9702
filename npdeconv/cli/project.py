"""`npdeconv project`: which pixels made a feature map fire?"""

import argparse
from pathlib import Path
from typing import Any, get_args

import numpy as np

from npdeconv import plot
from npdeconv._files import write_arrays
from npdeconv._types import Array, Rule
from npdeconv.cli.figures import save_figure
from npdeconv.cli.options import add_command, add_network, add_workers, load_data, load_network
from npdeconv.visualize import Select, find_strongest, project


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "project",
        run,
        summary="project feature maps back to pixels, as a figure and as arrays",
        description="Projects feature maps of a trained network back to the pixels of images, and writes a "
        "figure (.png) and the raw arrays (.npz). For the names of layers, see `npdeconv info MODEL`; "
        "feature maps and images count from 0.",
    )
    option = parser.add_argument
    add_network(parser)
    option("--layer", required=True, metavar="NAME", help="such as relu2")
    option("--map", type=int, nargs="+", dest="maps", metavar="N", help="feature maps, 0 to 7 if not given")
    option(
        "--images",
        type=int,
        nargs="+",
        metavar="N",
        help="positions in the data set; if not given, the image that excites the map most",
    )
    option(
        "--select",
        nargs="+",
        default=["strongest"],
        metavar="WHAT",
        help="strongest (the map's largest activation), map (all of it), or ROW COLUMN of one",
    )
    option("--rule", choices=get_args(Rule), default="deconv", help="how to pass each ReLU on the way down")
    option("--out", type=Path, default=Path("projections"), metavar="DIR", help="folder to write to")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Project, draw, and print where the files are."""
    network, trained_on = load_network(options.network, options.weights)
    dataset = load_data(options.data or trained_on or "mnist", options.split, network)
    count = network[: options.layer].output_shape(dataset.images.shape[1:])[-1]
    chosen = np.arange(min(8, count)) if options.maps is None else np.array(options.maps)
    _check_range(chosen, count, f"--map: layer {options.layer!r} has the maps")
    if options.images is None:
        best = find_strongest(network, dataset.images, [options.layer], k=1, workers=options.workers)
        # A dead map has no strongest image: any will show that it is silent.
        maps, positions = chosen, np.maximum(best[options.layer].images[chosen, 0], 0)
    else:
        _check_range(np.array(options.images), len(dataset), f"--images: {dataset.name} has the images")
        maps, positions = np.repeat(chosen, len(options.images)), np.tile(options.images, len(chosen))
    images = dataset.images[positions]
    result = project(
        network,
        images,
        options.layer,
        maps,
        select=_select(options.select),
        rule=options.rule,
        workers=options.workers,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    stem = options.out / f"{options.layer}_{options.rule}"
    titles = [f"map {m}\nimage {n}" for m, n in zip(maps, positions, strict=True)]
    figure = save_figure(plot.projections(images, result, titles=titles), stem.with_suffix(".png"))
    arrays = stem.with_suffix(".npz")
    write_arrays(arrays, {"maps": maps, "images": positions, **result._asdict()})
    for m, n, value, silent in zip(maps, positions, result.activation, result.silent, strict=True):
        print(f"{options.layer} map {m}, image {n}: " + ("silent" if silent else f"activation {value:.4g}"))
    print(figure, arrays, sep="\n")


def _select(words: list[str]) -> Select:
    if len(words) == 1:
        return words[0]  # type: ignore[return-value]  # project says which words it knows
    try:
        row, column = (int(word) for word in words)
    except ValueError:
        raise ValueError(
            f"--select: expected strongest, map or two numbers, got {' '.join(words)!r}"
        ) from None
    return row, column


def _check_range(values: Array, count: int, has: str) -> None:
    wrong = values[(values < 0) | (values >= count)]
    if wrong.size:
        raise IndexError(f"{has} 0 to {count - 1}, got {wrong[0]}")
