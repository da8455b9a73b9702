"""The images as points in the space of the last hidden layer."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import last_hidden
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.downscaling import shrink
from npdeconv.report.sprites import as_shown, sheet
from npdeconv.visualize import Agreement, embed, label_agreement

IMAGES = 300  # more points could not be told apart
SIDE = 32  # pixels of their pictures
NEIGHBORS = 5
LIMIT = 4096  # features of an image
TSNE_LEAST = 100  # t-SNE says little about fewer images


@brief
class Scatter(NamedTuple):
    """Some of the searched images (N), as the last hidden layer sees them.

    Attributes
    ----------
    layer : str
    image_indices : int (N,), in the whole data set
    labels : int (N,), true or predicted classes
    images : (N, H, W, C), shrunk
    points : Mapping[str, array], by method, (N, 2)
    axes : Mapping[str, tuple[str, str]], what the first and the second axis are, by method
    neighbors : int (N, k), by features, the nearest first
    pixel_neighbors : int (N, k), by pixels
    agreement : Agreement or None, none where nobody has labeled the images
    pixel_agreement : Agreement or None
    """

    layer: str
    image_indices: Array
    labels: Array
    images: Array
    points: Mapping[str, Array]
    axes: Mapping[str, tuple[str, str]]
    neighbors: Array
    pixel_neighbors: Array
    agreement: Agreement | None
    pixel_agreement: Agreement | None


def find_scatter(
    network: Sequential, searched: Dataset, image_indices: Array, named: Array, workers: Workers
) -> Scatter | None:
    """Embed some of the searched images; None if there are too few, or no hidden layer.

    `named` are their classes, true or predicted.
    """
    count = min(IMAGES, len(searched))
    try:
        layer = last_hidden(network)
    except ValueError:
        return None
    if count <= NEIGHBORS:
        return None
    chosen = np.arange(count) * len(searched) // count
    some = searched[chosen]
    truth = some.labels
    tsne = count >= TSNE_LEAST and find_spec("sklearn") is not None
    result = embed(network, some.images, layer, k=NEIGHBORS, limit=LIMIT, tsne=tsne, workers=workers)
    points = {"principal components": result.pca.points}
    axes = {"principal components": _components(result.pca.explained)}
    if result.tsne is not None:
        points["t-SNE"] = result.tsne
        axes["t-SNE"] = ("t-SNE: neighborhoods have a meaning, distances and directions do not", "")
    return Scatter(
        layer=layer,
        image_indices=image_indices[chosen],
        labels=named[chosen],
        images=shrink(some.images, SIDE),
        points=points,
        axes=axes,
        neighbors=result.neighbors.image_indices,
        pixel_neighbors=result.pixel_neighbors.image_indices,
        agreement=None if truth is None else label_agreement(result.neighbors, truth),
        pixel_agreement=None if truth is None else label_agreement(result.pixel_neighbors, truth),
    )


def _components(explained: Array) -> tuple[str, str]:
    """Name two principal components with their shares of the variance; there may be fewer than two."""
    shares = [*(f": {share:.0%} of the variance" for share in explained), "", ""]
    return f"first principal component{shares[0]}", f"second principal component{shares[1]}"


def scatter_payload(scatter: Scatter | None) -> dict[str, Any] | None:
    """Return the scatter as JSON values."""
    if scatter is None:
        return None
    return {
        "layer": scatter.layer,
        "imageIndices": scatter.image_indices.tolist(),
        "labels": scatter.labels.tolist(),
        "seen": sheet(as_shown(scatter.images)[None]),
        "points": {method: _in_unit_square(points) for method, points in scatter.points.items()},
        "axes": scatter.axes,
        "neighbors": scatter.neighbors.tolist(),
        "pixelNeighbors": scatter.pixel_neighbors.tolist(),
    }


def _in_unit_square(points: Array) -> list[list[float]]:
    """Scale both axes alike, so that the points fill a square, and let the second axis point down."""
    flipped = points * [1, -1]
    low, high = flipped.min(axis=0), flipped.max(axis=0)
    size = (high - low).max() or 1
    return np.round(0.5 + (flipped - (low + high) / 2) / size, 4).tolist()
