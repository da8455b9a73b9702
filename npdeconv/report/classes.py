"""Class activation maps over images, and images made for each class."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.anatomy.roles import logits_layer
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.downscaling import PICTURE_SIDE, shrink
from npdeconv.visualize import class_activation_maps, has_class_maps, maximize_activation

TOP = 3  # class maps shown for an image
WANTED = 12  # with more classes, images are made only for the classes of the examples
STEPS = 100  # of gradient ascent


@brief
class ClassMaps(NamedTuple):
    """Class activation maps of N images, for K classes each.

    Attributes
    ----------
    image_indices : int (N,), in the data set
    labels : int (N,), true or predicted classes
    images : (N, H, W, C), shrunk
    likeliest : int (N, K), the most likely ones
    probability : (N, K)
    maps : (N, K, H, W), as large as the images, shrunk
    """

    image_indices: Array
    labels: Array
    images: Array
    likeliest: Array
    probability: Array
    maps: Array


@brief
class Wanted(NamedTuple):
    """Images that excite the logits of U classes most.

    Attributes
    ----------
    labels : int (U,)
    pixels : uint8 (U, H, W, C), shrunk
    activation : float64 (U,), the logits
    """

    labels: Array
    pixels: Array
    activation: Array


def find_class_maps(
    network: Sequential, dataset: Dataset, *, image_indices: Sequence[int], labels: Array, workers: Workers
) -> ClassMaps | None:
    """Return class activation maps of some images; None if the network has none, or there are no images."""
    if not image_indices or not has_class_maps(network):
        return None
    chosen = dataset[image_indices]
    result = class_activation_maps(network, chosen.images, k=TOP, workers=workers)
    return ClassMaps(
        image_indices=np.array(image_indices),
        labels=labels,
        images=shrink(chosen.images, PICTURE_SIDE),
        likeliest=result.labels,
        probability=result.probability,
        maps=shrink(result.upsampled[..., np.newaxis], PICTURE_SIDE)[..., 0],
    )


def find_wanted(network: Sequential, class_count: int, shown: Array, workers: Workers) -> Wanted | None:
    """Make an image for each class, or for the shown ones if there are many classes."""
    if network.input_shape is None:
        return None
    labels = np.arange(class_count) if class_count <= WANTED else np.unique(shown)
    if not len(labels):
        return None
    logits = logits_layer(network)
    result = maximize_activation(network, logits, labels, steps=STEPS, workers=workers)
    return Wanted(labels, shrink(result.pixels, PICTURE_SIDE), result.activation[-1])
