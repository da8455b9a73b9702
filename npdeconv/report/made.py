"""Images that were made to excite a layer's maps most, beside what excites them in the data."""

from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.downscaling import PICTURE_SIDE, shrink
from npdeconv.visualize import Strongest, maximize_activation

STEPS = 100  # of gradient ascent


@brief
class Made(NamedTuple):
    """Images that excite the middle units of U maps of a layer most.

    Attributes
    ----------
    feature_maps : int (U,), their numbers
    pixels : uint8 (U, PH, PW, C), what the units see, shrunk
    activation : float64 (U,)
    """

    feature_maps: Array
    pixels: Array
    activation: Array


def find_made(
    network: Sequential, layer: str, *, found: Strongest, maps: Array, k: int, workers: Workers
) -> Made | None:
    """Make images for the most active of some maps, at most `k`; None if all are dead, or for no size."""
    alive = maps[found.firing[maps] > 0]
    order = np.argsort(-found.activations[alive, 0], kind="stable")
    chosen = np.sort(alive[order[:k]])
    if network.input_shape is None or not len(chosen):
        return None
    result = maximize_activation(network, layer, chosen, steps=STEPS, workers=workers)
    top, bottom, left, right = np.maximum(result.box[0], 0)  # all units are in the middle of their maps
    return Made(chosen, shrink(result.pixels[:, top:bottom, left:right], PICTURE_SIDE), result.activation[-1])
