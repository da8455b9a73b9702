"""Class activation maps over images, and images made for each class."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.data import Dataset
from npdeconv.inference import below_softmax
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.downscaling import PICTURE_SIDE, shrink
from npdeconv.visualize import class_activation_maps, has_class_maps, maximize_activation

TOP = 3  # class maps shown for an image
WANTED = 12  # with more classes, images are made only for the classes of the examples
STEPS = 100  # of gradient ascent


@brief
class ClassMaps(NamedTuple):
    """Class activation maps of N images, for K classes each."""

    positions: Array  # int (N,): in the data set
    labels: Array  # int (N,): true or predicted classes
    images: Array  # (N, H, W, C), shrunk
    classes: Array  # int (N, K): the most likely ones
    probability: Array  # (N, K)
    maps: Array  # (N, K, H, W): as large as the images, shrunk


@brief
class Wanted(NamedTuple):
    """Images that excite the logits of U classes most."""

    classes: Array  # int (U,)
    pixels: Array  # uint8 (U, H, W, C), shrunk
    activation: Array  # float64 (U,): the logits


def find_class_maps(
    network: Sequential, dataset: Dataset, positions: Sequence[int], labels: Array, workers: Workers
) -> ClassMaps | None:
    """Return class activation maps of some images; None if the network has none, or there are no images."""
    if not positions or not has_class_maps(network):
        return None
    chosen = dataset[positions]
    result = class_activation_maps(network, chosen.images, top=TOP, workers=workers)
    return ClassMaps(
        positions=np.array(positions),
        labels=labels,
        images=shrink(chosen.images, PICTURE_SIDE),
        classes=result.classes,
        probability=result.probability,
        maps=shrink(result.upsampled[..., np.newaxis], PICTURE_SIDE)[..., 0],
    )


def find_wanted(network: Sequential, classes: int, shown: Array, workers: Workers) -> Wanted | None:
    """Make an image for each class, or for the shown ones if there are many classes."""
    if network.input_shape is None:
        return None
    labels = np.arange(classes) if classes <= WANTED else np.unique(shown)
    if not len(labels):
        return None
    logits = list(below_softmax(network).layers)[-1]
    result = maximize_activation(network, logits, labels, steps=STEPS, workers=workers, progress=False)
    return Wanted(labels, shrink(result.pixels, PICTURE_SIDE), result.activation[-1])
