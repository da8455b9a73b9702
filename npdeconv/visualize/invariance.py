"""How far do features move when the image is shifted, scaled or rotated?

Zeiler & Fergus, arXiv:1311.2901, section 4.1 and figure 5.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from functools import partial
from typing import NamedTuple

import numpy as np

from npdeconv._checks import check_indices, describe, image_batch, some_names
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy import Outputs, last_hidden, map_layers, shown_layers, two_classes
from npdeconv.anatomy.roles import answers
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool, progress_bars, slices
from npdeconv.visualize.feature_distances import Scene, evenly_spread, look, mean_between
from npdeconv.visualize.transformed import (
    Interpolation,
    Surround,
    Transform,
    check_words,
    checked_amounts,
    transform_image,
    usual_amounts,
)

SHARD_PIXELS = 2**19  # of the transformed images of one shard, all of one image
SHARD_SIZE = 32


@brief
class Invariance(NamedTuple):
    """Distances of the features of N images, in L layers, from their own under A amounts of a transform.

    Attributes
    ----------
    transform : str, "shift", "scale" or "rotation"
    fill : str, what came in from beyond the image
    interpolation : str
    amounts : float64 (A,), in pixels down, as factors, or in degrees counterclockwise
    layers : tuple[str, ...]
    distance : float64 (L, N, A), Euclidean, between the features with and without the transform
    relative : float64 (L, N, A), the same, divided by the mean distance between different images
    between : float64 (L,), mean distance between the features of different images
    image_count : int, how many of the images, spread evenly, `between` compares
    labels : int (N,), the classes whose probability is given; None for a network without classes
    probability : (N, A), of that class; None for a network without classes
    clean_probability : (N,), the same without the transform

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3, 0)
    >>> nd.visualize.invariance(net, digits.images, ["relu1"], transform="scale").amounts
    array([1. , 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8])
    """

    transform: Transform
    fill: Surround
    interpolation: Interpolation
    amounts: Array
    layers: tuple[str, ...]
    distance: Array
    relative: Array
    between: Array
    image_count: int
    labels: Array | None
    probability: Array | None
    clean_probability: Array | None


@finite_answers
def invariance(
    network: Sequential,
    images: Array,
    layers: Sequence[str] | None = None,
    *,
    transform: Transform = "shift",
    amounts: Sequence[float] | Array | None = None,
    fill: Surround = "edge",
    interpolation: Interpolation = "linear",
    labels: Array | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Invariance:
    """Measure how far features move when each image is shifted, scaled or rotated.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        At least two; uint8 pixels, or floats prepared as the network takes them.
    layers : sequence of str, optional
        Names of layers of any kind; the lowest rectifier and the last hidden layer unless given.
    transform : "shift", "scale" or "rotation"
        See `Transform`. Shifts are vertical, as in the paper.
    amounts : sequence of float, optional
        The paper's unless given, see `usual_amounts`.
    fill, interpolation
        See `transform_image`.
    labels : int (N,), optional
        The class of each image whose probability is followed; the predicted one unless given.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show a progress bar on stderr if it takes more than two seconds.

    Returns
    -------
    Invariance

    Raises
    ------
    KeyError
        If the network has no such layer.
    IndexError
        If the network has no such class.
    TypeError, ValueError
        For images that the network can't take, fewer than two, or all with the same features in some
        layer that a transform changes; for other words, amounts or labels.

    Notes
    -----
    The paper leaves open the fill, the interpolation, and what a distance is compared with. Distances of
    two layers have different scales, so that only `relative` can be compared: 1 is as far as another
    image. Where nothing moves, it is exactly 0, whatever the distance between images. Memory does not
    grow with the number of images or amounts, since both are processed in shards.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3, 0)
    >>> result = nd.visualize.invariance(net, digits.images, ["relu1"], amounts=[0, 1, 2])
    >>> result.distance.shape, bool((result.distance[..., 0] == 0).all())
    ((1, 3, 3), True)
    """
    who = "invariance"
    image_batch(images, who)
    if len(images) < 2:
        raise ValueError(f"{who}: expected at least two images, whose distance is the measure")
    check_words(transform, fill, interpolation, who)
    shape = images.shape[1:]
    chosen = usual_amounts(transform, shape) if amounts is None else checked_amounts(transform, amounts, who)
    names = _usual_layers(network, images) if layers is None else some_names(layers, who, "layers")
    network = two_classes(network)
    outputs = network.output_shape(shape)
    has_classes = len(outputs) == 1 and outputs != (1,)
    followed = _checked_labels(labels, len(images), outputs if has_classes else (0,))
    last = list(network.layers)[-1] if has_classes else None
    scene = Scene(
        Outputs(network, tuple(dict.fromkeys([*names, *([last] if last else [])]))),
        names,
        last,
        answers(network) is None,
        partial(transform_image, transform=transform, fill=fill, interpolation=interpolation),
    )
    size = min(max(1, SHARD_PIXELS // (shape[0] * shape[1])), SHARD_SIZE)
    cuts = slices(len(chosen), size)
    work = [(images[n], followed[n], chosen[cut]) for n in range(len(images)) for cut in cuts]
    with progress_bars() if progress else nullcontext(), pool(workers) as parallel_map:
        parts = list(parallel_map(partial(look, scene), work))
        compared = evenly_spread(network, images, names)
        between = mean_between(scene, images[compared], parallel_map)
    shaped = len(images), len(chosen)
    probability = np.concatenate([part.probability for part in parts])
    distance = np.concatenate([part.distance for part in parts], axis=1).reshape(len(names), *shaped)
    first = parts[:: len(cuts)]  # the first shard of each image
    return Invariance(
        transform=transform,
        fill=fill,
        interpolation=interpolation,
        amounts=chosen,
        layers=names,
        distance=distance,
        relative=_relative(names, distance, between),
        between=between,
        image_count=len(compared),
        labels=np.array([part.label for part in first]) if has_classes else None,
        probability=probability.reshape(shaped) if has_classes else None,
        clean_probability=np.array([part.clean for part in first]) if has_classes else None,
    )


def _relative(layers: Sequence[str], distance: Array, between: Array) -> Array:
    """Return distances divided by those between images; 0 where nothing moves."""
    for name, moved, apart in zip(layers, distance, between, strict=True):
        if apart == 0 and moved.any():
            raise ValueError(
                f"invariance: expected images that differ in layer {name!r}, got the same features for all"
            )
    return distance / np.where(between > 0, between, 1)[:, np.newaxis, np.newaxis]


def _usual_layers(network: Sequential, images: Array) -> tuple[str, ...]:
    names = [(map_layers(network, images.shape[1:]) or shown_layers(network))[0]]
    with suppress(ValueError):  # a network of one layer with weights has no hidden one
        names.append(last_hidden(network))
    return tuple(dict.fromkeys(names))


def _checked_labels(labels: Array | None, images: int, outputs: tuple[int, ...]) -> list[int]:
    """Return the label of each image, -1 for the predicted class."""
    if labels is None:
        return [-1] * images
    found = np.asarray(labels)
    if found.dtype.kind not in "iu" or found.shape != (images,):
        raise TypeError(
            f"invariance: labels must be one integer for each of {images} images, got {describe(labels)}"
        )
    if not outputs[0]:
        raise ValueError("invariance: expected no labels, since the network has no classes")
    check_indices(found, outputs[0], "invariance", "there are the classes")
    return found.astype(int).tolist()
