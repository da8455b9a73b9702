"""Which images are similar to a network? Nearest neighbors, and how often they share the class."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.parallel import Workers, map_shards, slices
from npdeconv.visualize.features import as_rows

QUERIES_AT_ONCE = 128
COLUMNS_AT_ONCE = 1024  # of the features, turned to float64


@brief
class Neighbors(NamedTuple):
    """The k nearest neighbors of each of Q vectors, the nearest first.

    Attributes
    ----------
    queries : int (Q,), indices of the vectors
    image_indices : int (Q, k)
    distances : float64 (Q, k), Euclidean

    Examples
    --------
    >>> result = nd.visualize.nearest_neighbors(np.array([[0.0], [1.0], [10.0]]), k=2)
    >>> result.image_indices.tolist(), result.distances.tolist()
    ([[1, 2], [0, 2], [1, 0]], [[1.0, 10.0], [1.0, 9.0], [9.0, 10.0]])
    """

    queries: Array
    image_indices: Array
    distances: Array


@brief
class Agreement(NamedTuple):
    """How often neighbors share the label; all are shares of the queries.

    Attributes
    ----------
    by_rank : (k,), share of the queries that have the label of their nearest, second nearest, ... neighbor
    vote : float, share with the label of most of their neighbors; the nearest one's breaks ties
    by_class : (classes,), mean share of neighbors with the query's label; NaN for a class without queries
    chance : float, expected share if neighbors were drawn at random

    Examples
    --------
    >>> neighbors = nd.visualize.nearest_neighbors(np.array([[0.0], [1.0], [10.0], [11.0]]), k=1)
    >>> nd.visualize.label_agreement(neighbors, np.array([0, 0, 1, 0])).by_rank.tolist()
    [0.5]
    """

    by_rank: Array
    vote: float
    by_class: Array
    chance: float


def nearest_neighbors(
    features: Array,
    k: int = 5,
    *,
    queries: Sequence[int] | Array | None = None,
    workers: Workers = None,
) -> Neighbors:
    """Find the nearest neighbors of vectors among all the others, exactly.

    Parameters
    ----------
    features : (N, ...)
        One vector per image, such as `layer_features` gives for a layer; images themselves are read as
        vectors of pixels.
    k : int
        How many neighbors.
    queries : sequence of int, optional
        Indices of the vectors to find neighbors of; all unless given.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    Neighbors
        No vector is its own neighbor. At equal distances (to rounding), the first vectors win.

    Raises
    ------
    IndexError
        If there is no such query.
    TypeError, ValueError
        For features that are no finite numbers, and fewer than k + 1 vectors.

    Examples
    --------
    >>> features = np.array([[0.0], [1.0], [10.0], [12.0]])
    >>> nd.visualize.nearest_neighbors(features, k=1).image_indices.ravel()
    array([1, 0, 3, 2])
    """
    who = "nearest_neighbors"
    rows = as_rows(features, who)
    positive_int(k, who, "k")
    if len(rows) <= k:
        raise ValueError(f"{who}: expected more than {k} vectors to find {k} neighbors, got {len(rows)}")
    chosen = np.arange(len(rows)) if queries is None else np.asarray(queries)
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise TypeError(f"{who}: queries must be integers, got {describe(queries)}")
    wrong = chosen[(chosen < 0) | (chosen >= len(rows))]
    if wrong.size:
        raise IndexError(f"{who}: there are the vectors 0 to {len(rows) - 1}, got {wrong[0]}")
    center = rows.mean(axis=0, dtype=np.float64)  # distances lose fewer digits between centered vectors
    squares = sum((part**2).sum(axis=1) for part in _columns(rows, center))
    task = partial(_nearest, rows, center, squares, k)
    cuts = slices(len(chosen), QUERIES_AT_ONCE)
    return Neighbors(chosen, *map_shards(task, chosen, cuts=cuts, workers=workers))


def label_agreement(neighbors: Neighbors, labels: Array) -> Agreement:
    """Return how often neighbors share the label.

    Parameters
    ----------
    neighbors : Neighbors
    labels : int (N,)
        Of all vectors, queried or not.

    Raises
    ------
    TypeError, ValueError
        For labels that are no integers, or too few.

    Examples
    --------
    >>> neighbors = nd.visualize.nearest_neighbors(np.array([[0.0], [1.0], [10.0], [11.0]]), k=1)
    >>> agreement = nd.visualize.label_agreement(neighbors, np.array([0, 0, 1, 1]))
    >>> agreement.by_rank.tolist(), round(agreement.chance, 3)
    ([1.0], 0.333)
    """
    who = "label_agreement"
    if not isinstance(labels, np.ndarray) or labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise TypeError(f"{who}: expected integer labels of shape (N,), got {describe(labels)}")
    if not len(neighbors.queries):
        raise ValueError(f"{who}: expected the neighbors of at least one vector")
    last = int(max(neighbors.queries.max(), neighbors.image_indices.max()))
    if len(labels) <= last:
        raise ValueError(f"{who}: expected labels of at least {last + 1} vectors, got {len(labels)}")
    own, theirs = labels[neighbors.queries], labels[neighbors.image_indices]
    same = own[:, np.newaxis] == theirs
    votes = (theirs[:, :, np.newaxis] == theirs[:, np.newaxis, :]).sum(axis=2)  # for each neighbor's label
    elected = np.take_along_axis(theirs, votes.argmax(axis=1)[:, np.newaxis], axis=1)[:, 0]
    counts = np.bincount(labels)
    queried = np.bincount(own, minlength=len(counts))
    with np.errstate(invalid="ignore"):
        by_class = np.bincount(own, same.mean(axis=1), len(counts)) / queried
    chance = (counts[own] - 1).mean() / (len(labels) - 1)
    return Agreement(same.mean(axis=0), float((elected == own).mean()), by_class, float(chance))


def _nearest(rows: Array, center: Array, squares: Array, k: int, queries: Array) -> tuple[Array, Array]:
    """Return indices and distances (q, k) of some queries' neighbors."""
    products = sum(part[queries] @ part.T for part in _columns(rows, center))
    distances = np.maximum(squares[queries, np.newaxis] - 2 * products + squares, 0)
    distances[np.arange(len(queries)), queries] = np.inf
    farthest = np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
    tied = distances == farthest
    room = k - (distances < farthest).sum(axis=1, keepdims=True)  # for the first of those as far as the last
    chosen = (distances < farthest) | (tied & (tied.cumsum(axis=1) <= room))
    image_indices = np.nonzero(chosen)[1].reshape(len(queries), k)
    found = np.take_along_axis(distances, image_indices, axis=1)
    order = np.argsort(found, axis=1, kind="stable")
    return np.take_along_axis(image_indices, order, axis=1), np.sqrt(np.take_along_axis(found, order, axis=1))


def _columns(rows: Array, center: Array) -> Iterator[Array]:
    """Yield blocks of columns, centered and in float64: a copy of all might not fit into memory."""
    for cut in slices(rows.shape[1], COLUMNS_AT_ONCE):
        yield rows[:, cut] - center[cut]
