"""How does a layer arrange images? Features in the plane, and the nearest neighbors of each image."""

from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from npdeconv._checks import describe, image_batch, not_negative, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import last_hidden
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize.features import as_rows, layer_features, pixel_features
from npdeconv.visualize.neighbors import Neighbors, nearest_neighbors

TSNE_DIMENSIONS = 50  # principal components that t-SNE reads, as in its authors' experiments
FEWEST = 4  # images for t-SNE, whose perplexity is at least 1 and a third of the others' number
PERPLEXITY = 30.0


@brief
class Pca(NamedTuple):
    """The K principal components of N vectors, the one with the largest variance first.

    Attributes
    ----------
    points : (N, K), coordinates along the directions, centered
    directions : (K, D), of length 1; the largest entry of each is positive
    mean : (D,)
    explained : (K,), share of the variance; 0 where there is none at all

    Examples
    --------
    >>> result = nd.visualize.pca(np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]), components=1)
    >>> abs(result.points).round(3).ravel().tolist(), result.explained.round(3).tolist()
    ([2.828, 0.0, 2.828], [1.0])
    """

    points: Array
    directions: Array
    mean: Array
    explained: Array


@brief
class Embedding(NamedTuple):
    """A layer's features of N images, in the plane, and their nearest neighbors.

    Attributes
    ----------
    layer : str
    features : (N, D)
    pca : Pca, of the features, 2 components
    tsne : (N, 2) or None, of the features
    neighbors : Neighbors, of all images, in feature space
    pixel_neighbors : Neighbors, in pixel space

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> result = nd.visualize.embed(net, nd.data.load_strokes(20).images, k=3)
    >>> result.layer, result.features.shape, result.pca.points.shape, result.neighbors.image_indices.shape
    ('relu_dense1', (20, 64), (20, 2), (20, 3))
    """

    layer: str
    features: Array
    pca: Pca
    tsne: Array | None
    neighbors: Neighbors
    pixel_neighbors: Neighbors


@finite_answers
def embed(
    network: Sequential,
    images: Array,
    layer: str | None = None,
    *,
    k: int = 5,
    limit: int | None = None,
    tsne: bool = False,
    perplexity: float = PERPLEXITY,
    workers: Workers = None,
) -> Embedding:
    """Compare images as a layer sees them with the images as pixels.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        As for `layer_features`.
    layer : str, optional
        Name of a layer of any kind; the last hidden one (`last_hidden`) unless given.
    k : int
        Neighbors per image, in feature space and in pixel space.
    limit : int, optional
        The most features and pixels per image, see `layer_features`.
    tsne : bool
        Whether to embed by t-SNE too, which needs scikit-learn and takes most of the time.
    perplexity : float
        See `embed_tsne`; lowered to the largest value that the number of images allows.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Returns
    -------
    Embedding

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        As `layer_features` and `nearest_neighbors` do.
    ImportError
        If t-SNE is wanted and scikit-learn is missing.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> result = nd.visualize.embed(net, nd.data.load_strokes(20).images, "relu4", k=3)
    >>> result.features.shape, result.pca.points.shape
    ((20, 12544), (20, 2))
    """
    image_batch(images, "embed")
    for least, method in ((3, "a plane"), (FEWEST, "t-SNE"))[: 1 + tsne]:
        if len(images) < least:
            raise ValueError(f"embed: expected at least {least} images for {method}, got {len(images)}")
    name = last_hidden(network) if layer is None else layer
    rows = layer_features(network, images, [name], limit=limit, workers=workers)[name]
    pixels = pixel_features(images, limit=limit)
    allowed = min(perplexity, (len(images) - 1) / 3)
    return Embedding(
        layer=name,
        features=rows,
        pca=pca(rows),
        tsne=embed_tsne(rows, perplexity=allowed) if tsne else None,
        neighbors=nearest_neighbors(rows, k, workers=workers),
        pixel_neighbors=nearest_neighbors(pixels, k, workers=workers),
    )


def pca(vectors: Array, components: int = 2) -> Pca:
    """Project vectors on the directions along which they differ most.

    Parameters
    ----------
    vectors : (N, ...)
        Features, or images, which are read as vectors of pixels.
    components : int
        K, at most min(N, D).

    Returns
    -------
    Pca

    Raises
    ------
    TypeError, ValueError
        For vectors that are no finite numbers, and more components than there are.

    Notes
    -----
    By singular value decomposition in float64. The sign of a direction is arbitrary: its largest entry
    is made positive, so that the same vectors give the same picture.

    Examples
    --------
    >>> result = nd.visualize.pca(np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0], [2.0, 1.0], [2.0, -1.0]]))
    >>> abs(result.directions).round(3).tolist(), result.explained.round(3).tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [0.8, 0.2])
    """
    rows = as_rows(vectors, "pca").astype(np.float64)
    count = positive_int(components, "pca", "components")
    if count > min(rows.shape):
        raise ValueError(
            f"pca: expected at most {min(rows.shape)} components of {describe(vectors)}, got {count}"
        )
    mean = rows.mean(axis=0)
    left, sizes, directions = np.linalg.svd(rows - mean, full_matrices=False)
    largest = np.abs(directions[:count]).argmax(axis=1)
    signs = np.sign(directions[np.arange(count), largest])
    variances, total = sizes[:count] ** 2, (sizes**2).sum()
    return Pca(
        points=left[:, :count] * sizes[:count] * signs,
        directions=directions[:count] * signs[:, np.newaxis],
        mean=mean,
        explained=variances / total if total else np.zeros(count),
    )


def embed_tsne(vectors: Array, *, perplexity: float = PERPLEXITY) -> Array:
    """Embed vectors in the plane so that neighbors stay neighbors (van der Maaten & Hinton, 2008).

    Distances between groups, and the sizes of groups, mean little in the picture.

    Parameters
    ----------
    vectors : (N, ...)
    perplexity : float
        About how many neighbors of a vector count; at least 1 and below N.

    Returns
    -------
    float32 (N, 2)
        Deterministic: it starts from the first two principal components.

    Raises
    ------
    ImportError
        If scikit-learn is missing.
    TypeError, ValueError
        For vectors that are no finite numbers, and a perplexity out of range.

    Notes
    -----
    scikit-learn's Barnes-Hut approximation, of the first 50 principal components.

    Examples
    --------
    >>> vectors = np.random.default_rng(0).random((20, 5))
    >>> nd.visualize.embed_tsne(vectors, perplexity=5).shape
    (20, 2)
    """
    rows = as_rows(vectors, "embed_tsne")
    if not 1 <= not_negative(perplexity, "embed_tsne", "perplexity") < len(rows):
        raise ValueError(
            f"embed_tsne: expected a perplexity from 1 to below the {len(rows)} vectors, got {perplexity}"
        )
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise ImportError(
            "t-SNE needs scikit-learn, which is not installed: pip install 'npdeconv[embedding]'"
        ) from None
    reduced = pca(rows, min(TSNE_DIMENSIONS, *rows.shape)).points
    start = reduced[:, :2] if reduced.shape[1] > 1 else np.pad(reduced, ((0, 0), (0, 1)))
    spread = start[:, 0].std()
    start = start / spread * 1e-4 if spread else start  # the scale of scikit-learn's own start
    method = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=0)
    with threadpool_limits(1, user_api="openmp"):  # several threads are slower on a busy machine
        return method.fit_transform(reduced.astype(np.float32))
