"""`npdeconv embed`: which images are similar to a layer?

Compares images by a layer's features, and writes scatters of thumbnails (.png) along the features'
principal components and by t-SNE, with --grid also laid out in cells, a sheet of images with their
nearest neighbors in feature space and in pixel space, and the raw arrays (.npz). Prints how often
neighbors share the label, if there are labels.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv import plot
from npdeconv._text import visible
from npdeconv._types import Array
from npdeconv.anatomy import last_hidden
from npdeconv.cli.datasets import check_takes, read_data
from npdeconv.cli.figures import Results, file_stem
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, at_least, check_range, number, share
from npdeconv.cli.parser import Parser
from npdeconv.cli.top import prefixed
from npdeconv.data import Dataset
from npdeconv.visualize import Embedding, Neighbors, embed, grid_cells, label_agreement

ROWS = 8  # of the sheet, by default


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--layer", "; the last hidden one if not given")
    share(parser, "--count", " to compare, at even distances", type=at_least(2), default=1000)
    share(parser, "-k", " of the nearest neighbors of each image", default=5)
    option = parser.add_argument
    option(
        "--queries",
        type=int,
        nargs="+",
        metavar="N",
        help=f"which of the compared images to draw; one of each of {ROWS} classes if not given",
    )
    share(parser, "--limit", "; also limits the pixels; all if not given")
    option("--tsne", action="store_true", help="embed by t-SNE, too, which needs scikit-learn")
    option("--grid", action="store_true", help="also draw each embedding as a grid of thumbnails")
    option("--perplexity", type=number, default=30, metavar="X", help="of t-SNE: neighbors that count, about")
    add_results(parser, "embedding")


def run(options: argparse.Namespace) -> None:
    """Embed, draw, count, and print where the files are."""
    out = Results(options)
    loaded = load_network(options)
    network = loaded.network
    layer = options.layer or last_hidden(network)
    _ = network[layer]  # raises a KeyError that lists the layers
    dataset = read_data(loaded, options.data, options.split)
    check_takes(network, dataset)
    count = min(options.count, len(dataset))
    places = np.arange(count) * len(dataset) // count
    shown = dataset[places]
    queries = _first_of_classes(shown) if options.queries is None else np.array(options.queries)
    check_range("--queries", queries, count, "there are the compared images")
    result = embed(
        network,
        shown.images,
        layer,
        k=options.k,
        limit=options.limit,
        tsne=options.tsne,
        perplexity=options.perplexity,
        workers=options.workers,
    )
    stem = file_stem("embed", layer, split=options.split)
    what = f"{network.name}, {layer}, {len(shown):,} images of {shown.name}"
    paths = _draw(result, shown, queries, what, out, stem, options.grid)
    labels = {} if shown.labels is None else {"labels": shown.labels}
    paths.append(out.arrays(stem, {"image_indices": places, **labels, **_arrays(result)}))
    _print_agreement(result, shown)
    print(*paths, sep="\n")


def _draw(
    result: Embedding, shown: Dataset, queries: Array, what: str, out: Results, stem: str, grid: bool
) -> list[Path]:
    first, second = result.pca.explained
    scatters = {
        "pca": (result.pca.points, f"the first two principal components: {first:.0%} and {second:.0%}")
    }
    if result.tsne is not None:
        scatters["tsne"] = (result.tsne, "t-SNE: only neighborhoods mean something, no distances")
    paths = []
    for name, (points, how) in scatters.items():
        title = f"{plot.literal(what)}\n{how}"
        ax = plot.scatter(points, shown.images, shown.labels, shown.classes, title=title)
        paths.append(out.figure(ax, f"{stem}_{name}"))
        if grid:
            cells = grid_cells(points)
            how = f"{how}; each image in a cell of its own, moved as little as possible"
            title = f"{plot.literal(what)}\n{how}"
            ax = plot.thumbnails(cells, shown.images, shown.labels, shown.classes, title=title)
            paths.append(out.figure(ax, f"{stem}_{name}_grid"))
    k = result.neighbors.image_indices.shape[1]
    how = f"an image, its {k} nearest neighbors by {result.layer}, and by its pixels"
    how += "" if shown.labels is None else "; framed: another class"
    here, there = _only(result.neighbors, queries), _only(result.pixel_neighbors, queries)
    title = f"{plot.literal(what)}\n{how}"
    axes = plot.neighbors(shown.images, here, there, shown.labels, shown.classes, title=title)
    return [*paths, out.figure(axes, f"{stem}_neighbors")]


def _arrays(result: Embedding) -> dict[str, Any]:
    arrays = {"features": result.features, **prefixed("pca", result.pca._asdict())}
    arrays |= prefixed("neighbors", result.neighbors._asdict())
    arrays |= prefixed("pixel_neighbors", result.pixel_neighbors._asdict())
    return arrays if result.tsne is None else arrays | {"tsne": result.tsne}


def _print_agreement(result: Embedding, shown: Dataset) -> None:
    if shown.labels is None:
        print(f"{visible(shown.name)} has no labels to compare neighbors by")
        return
    chance = 0.0
    for found, space in ((result.neighbors, result.layer), (result.pixel_neighbors, "pixels")):
        agreement = label_agreement(found, shown.labels)
        nearest, mean, chance = agreement.by_rank[0], agreement.by_rank.mean(), agreement.chance
        print(
            f"by {space}: {nearest:.1%} of the nearest neighbors share the label, {mean:.1%} of the nearest"
            f" {len(agreement.by_rank)}; their vote is right for {agreement.vote:.1%}"
        )
    print(f"by chance: {chance:.1%}")


def _first_of_classes(shown: Dataset) -> Array:
    """Return the first image of each of some classes, evenly spaced among all classes.

    Without labels, each image counts as a class of its own.
    """
    of_class = np.arange(len(shown)) if shown.labels is None else shown.labels
    _, first = np.unique(of_class, return_index=True)
    rows = min(ROWS, len(first))
    return first[np.arange(rows) * len(first) // rows]


def _only(found: Neighbors, queries: Array) -> Neighbors:
    return Neighbors(found.queries[queries], found.image_indices[queries], found.distances[queries])
