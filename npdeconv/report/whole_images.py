"""Whole images, and the places of their patches."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Pair, Shape
from npdeconv.anatomy.maps import fields
from npdeconv.layers import Sequential
from npdeconv.report.downscaling import PICTURE_SIDE, shrink
from npdeconv.report.sprites import as_shown, sheet

PIXELS = 1_500_000  # of all images: the more there are, the smaller they are shown
LEAST = 32  # pixels: images are not shrunk below this side
COLUMNS = 40  # of the sheet


@brief
class Scenes(NamedTuple):
    """The S images that patches are cut from.

    Attributes
    ----------
    image_indices : int (S,), in the data set, ascending
    images : (S, H, W, C), shrunk
    size : Pair, height and width before shrinking
    """

    image_indices: Array
    images: Array
    size: Pair


def find_scenes(images: Array, used: Iterable[Array]) -> Scenes:
    """Collect those of the images (N, H, W, C) whose indices occur in arrays; -1 is no image."""
    indices = np.unique(np.concatenate([named.ravel() for named in used]))
    indices = indices[indices >= 0]
    side = int(np.sqrt(PIXELS / max(len(indices), 1)))
    shrunk = shrink(images[indices], min(max(side, LEAST), PICTURE_SIDE))
    return Scenes(indices, shrunk, images.shape[1:3])


def find_fields(network: Sequential, layer: str, input_shape: Shape, *, positions: Array) -> Array:
    """Return the receptive fields of units at positions (F, k, 2): top, bottom, left, right, int (F, k, 4).

    Fields are clipped at the edge of the image. For no unit, at -1, they are zeros.
    """
    seen = fields(network[:layer], input_shape, positions.reshape(-1, 2))
    seen[:, ::2] = np.maximum(seen[:, ::2], 0)
    seen[:, 1::2] = np.minimum(seen[:, 1::2], input_shape[:2])
    return np.where(positions[..., :1] < 0, 0, seen.reshape(*positions.shape[:2], 4))


def scenes_payload(scenes: Scenes) -> dict[str, Any]:
    """Return the images as JSON values."""
    tiles = as_shown(scenes.images)
    missing = COLUMNS * max(1, -(-len(tiles) // COLUMNS)) - len(tiles)  # a picture has at least one row
    tiles = np.concatenate([tiles, np.zeros((missing, *tiles.shape[1:]), tiles.dtype)])
    return {
        "imageIndices": scenes.image_indices.tolist(),
        "columns": COLUMNS,
        "full": scenes.size,
        **sheet(tiles.reshape(-1, COLUMNS, *tiles.shape[1:])),
    }
