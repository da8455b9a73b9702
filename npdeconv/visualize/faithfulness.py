"""How far is a map of relevance from a linear account of the network? Yeh et al., arXiv:1901.09392."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from npdeconv._checks import (
    describe,
    fraction,
    image_batch,
    not_negative,
    one_for_each,
    one_of,
    positive_int,
    random_generator,
)
from npdeconv._repr import brief
from npdeconv._types import Array, Generator
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool
from npdeconv.visualize.asked import Asked, checked_relevance
from npdeconv.visualize.insertion import checked_blank

Explainer: TypeAlias = Callable[[Array, Array], Array]
"""Takes N images, and the map or class of each, and returns maps of relevance (N, H, W) or (N, H, W, C)."""

Perturbation: TypeAlias = Literal["square", "noise"]
"""What is subtracted from an image: what makes a square of it blank, or noise at all pixels."""


@brief
class Infidelity(NamedTuple):
    """How far the maps of N images are from what changes of their pixels do.

    Attributes
    ----------
    infidelity : float64 (N,), mean of (I . scale * map - (f(x) - f(x - I)))^2 over the draws of I
    scale : float64 (N,), the best factor of each map, or 1
    power : float64 (N,), mean of (f(x) - f(x - I))^2: the infidelity of a map of zeros

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> zeros = np.zeros((2, 28, 28))
    >>> result = nd.visualize.infidelity(net, digits.images, "logits", digits.labels, maps=zeros)
    >>> bool((result.infidelity == result.power).all())
    True
    """

    infidelity: Array
    scale: Array
    power: Array


@finite_answers
def infidelity(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    maps: Array,
    perturbations: Perturbation | Array = "square",
    draws: int = 100,
    size: float = 0.2,
    blank: float | Sequence[float] | Array = 0.0,
    scaled: bool = True,
    rng: Generator | None = None,
    workers: Workers = None,
) -> Infidelity:
    """Measure how far maps of relevance are from what random changes of the pixels do.

    A change I is subtracted from the image x, and the activation f of the class or unit falls by
    f(x) - f(x - I). The map predicts that it falls by the sum of the map's products with I.

    Parameters
    ----------
    network, images, layer, feature_map
        As for `insertion_deletion`. f is the logit of a class, or the activation of the unit that is
        strongest in the image.
    maps : (N, H, W) or (N, H, W, C)
        The relevance of each pixel, signed; without channels, the same for all of them.
    perturbations : "square", "noise" or array (N, D, H, W, C)
        What to subtract from the images, or what to draw for it: what makes a square at a random place
        blank, or normally distributed noise.
    draws : int
        How many changes to draw for each image.
    size : float
        The square's side as a share of the image's shorter side, or the noise's standard deviation.
    blank : float or sequence of C floats
        What the square shows, as for `insertion_deletion`.
    scaled : bool
        Multiply each map with the factor that makes its infidelity least, so that its unit does not
        count; otherwise take it as it is.
    rng : numpy.random.Generator, optional
        Draws the changes, the same for all maps; seed 0 unless given.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.

    Returns
    -------
    Infidelity

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        As `insertion_deletion` does.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> maps = nd.visualize.project(net, digits.images, "logits", 3, rule="gradient").pixels
    >>> result = nd.visualize.infidelity(net, digits.images, "logits", 3, maps=maps, draws=20)
    >>> bool((result.infidelity <= result.power).all())
    True
    """
    asked = Asked(network, images, layer, feature_map, who="infidelity")
    relevance = checked_relevance(maps, images, "infidelity")
    if isinstance(perturbations, str):
        one_of(perturbations, get_args(Perturbation), "infidelity", "perturbations")
        rng = np.random.default_rng(0) if rng is None else random_generator(rng, "infidelity")
        count = positive_int(draws, "infidelity", "draws")
        nothing = checked_blank(blank, images.shape[3], "infidelity")
        drawn = _draw(asked.images, perturbations, count, size, nothing, rng)
    else:
        drawn = [_checked(perturbations, images)[n] for n in range(len(images))]
    with pool(workers) as parallel_map:
        task = partial(_compare, asked, relevance, scaled)
        found = list(parallel_map(task, enumerate(drawn)))
    return Infidelity(*np.array(found, np.float64).reshape(len(images), 3).T)


def _compare(asked: Asked, relevance: Array, scaled: bool, item: tuple[int, Array]) -> tuple[float, ...]:
    n, taken = item
    axes = (1, 2) if relevance.ndim == 3 else (1, 2, 3)
    of_pixels = taken.sum(axis=3, dtype=np.float64) if relevance.ndim == 3 else taken
    predicted = (of_pixels * relevance[n].astype(np.float64)).sum(axis=axes)
    image = asked.images[n]
    fall = asked.clean[n] - asked.activation((image - taken).astype(image.dtype), n)
    power = np.square(predicted).mean()
    scale = (predicted * fall).mean() / power if scaled and power else 1.0
    return np.square(scale * predicted - fall).mean(), scale, np.square(fall).mean()


def _draw(
    x: Array, kind: Perturbation, draws: int, size: float, nothing: Array, rng: Generator
) -> list[Array]:
    """Return what is taken from each image: (D, H, W, C) each."""
    count, height, width, _ = x.shape
    if kind == "noise":
        spread = not_negative(size, "infidelity", "size")
        return [spread * rng.standard_normal((draws, *x.shape[1:]), x.dtype) for _ in range(count)]
    side = max(1, round(fraction(size, "infidelity", "size") * min(height, width)))
    taken = np.zeros((count, draws, *x.shape[1:]), x.dtype)
    for n in range(count):
        corners = rng.integers((height - side + 1, width - side + 1), size=(draws, 2))
        for one, (row, column) in zip(taken[n], corners, strict=True):
            square = np.s_[row : row + side, column : column + side]
            one[square] = x[n][square] - nothing
    return list(taken)


def _checked(perturbations: Array, images: Array) -> Array:
    if not isinstance(perturbations, np.ndarray) or perturbations.dtype.kind != "f":
        raise TypeError(f"infidelity: expected perturbations as an array, got {describe(perturbations)}")
    shape = perturbations.shape
    if len(shape) != 5 or (*shape[:1], *shape[2:]) != images.shape or not shape[1]:
        raise ValueError(
            "infidelity: expected perturbations of shape (N, D, H, W, C) for images of shape"
            f" {images.shape}, got {shape}"
        )
    return perturbations


def max_sensitivity(
    images: Array,
    feature_map: int | Sequence[int] | Array,
    *,
    explain: Explainer,
    radius: float = 0.02,
    draws: int = 10,
    rng: Generator | None = None,
) -> Array:
    """Return how much maps of relevance change if the pixels hardly do.

    Parameters
    ----------
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as a network takes them.
    feature_map : int or sequence of N ints
        The class or map of each image, for `explain`.
    explain : callable
        Takes images and their maps' numbers, and returns maps of relevance. It is called once for the
        images and once for each draw.
    radius : float
        Each pixel of each channel is moved by a uniformly distributed number from -radius to radius;
        black to white is 1 for a network that takes pixels.
    draws : int
    rng : numpy.random.Generator, optional
        Seed 0 unless given.

    Returns
    -------
    float64 (N,)
        The largest norm of a change of the map, divided by the norm of the map; where the map is 0
        everywhere, 1, or 0 if it never changes.

    Examples
    --------
    >>> images = nd.data.load_strokes(2).images
    >>> copy = lambda images, feature_map: images[..., 0]  # moves by as much as the image
    >>> nd.visualize.max_sensitivity(images, 0, explain=copy).round(2).tolist()
    [0.04, 0.05]
    """
    image_batch(images, "max_sensitivity")
    x = as_input(images, images.dtype if images.dtype.kind == "f" else np.float32)
    reach = not_negative(radius, "max_sensitivity", "radius")
    rng = np.random.default_rng(0) if rng is None else random_generator(rng, "max_sensitivity")
    numbers = one_for_each(feature_map, len(images), "max_sensitivity", "feature_map")
    still = checked_relevance(explain(x, numbers), images, "max_sensitivity").astype(np.float64)
    largest, norm = np.zeros(len(x)), _norms(still)
    for _ in range(positive_int(draws, "max_sensitivity", "draws")):
        moved = x + rng.uniform(-reach, reach, x.shape).astype(x.dtype)
        found = checked_relevance(explain(moved, numbers), images, "max_sensitivity")
        largest = np.maximum(largest, _norms(found - still))
    return largest / np.where(norm > 0, norm, np.where(largest > 0, largest, 1))


def _norms(maps: Array) -> Array:
    return np.sqrt(np.square(maps).sum(axis=tuple(range(1, maps.ndim))))
