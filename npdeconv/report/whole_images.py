"""Whole images, and where in them the patches lie that are cut from them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Pair, Shape
from npdeconv.anatomy.maps import fields
from npdeconv.layers import Sequential
from npdeconv.report.downscaling import PICTURE_SIDE, shrink
from npdeconv.report.sprites import as_shown, sheet

PIXELS = 1_500_000  # of all images: many are shown smaller
LEAST = 32  # pixels: no image is made smaller than that
COLUMNS = 40  # of the sheet


@brief
class Scenes(NamedTuple):
    """The S images that any patch is cut from.

    Attributes
    ----------
    image_indices : int (S,), in the data set, ascending
    images : (S, H, W, C), shrunk
    size : Pair, height and width before
    """

    image_indices: Array
    images: Array
    size: Pair


def find_scenes(images: Array, used: Iterable[Array]) -> Scenes:
    """Collect the images, of all (N, H, W, C), that are named by arrays of indices; -1 names none."""
    indices = np.unique(np.concatenate([named.ravel() for named in used]))
    indices = indices[indices >= 0]
    side = int(np.sqrt(PIXELS / max(len(indices), 1)))
    shrunk = shrink(images[indices], min(max(side, LEAST), PICTURE_SIDE))
    return Scenes(indices, shrunk, images.shape[1:3])


def find_fields(network: Sequential, layer: str, input_shape: Shape, *, positions: Array) -> Array:
    """Return what units of a layer at positions (F, k, 2) see: top, bottom, left, right, int (F, k, 4).

    It ends at the edge of the image. Of no unit, at -1, it is nothing.
    """
    seen = fields(network[:layer], input_shape, positions.reshape(-1, 2))
    seen[:, ::2] = np.maximum(seen[:, ::2], 0)
    seen[:, 1::2] = np.minimum(seen[:, 1::2], input_shape[:2])
    return np.where(positions[..., :1] < 0, 0, seen.reshape(*positions.shape[:2], 4))


def scenes_payload(scenes: Scenes) -> dict[str, Any]:
    """Return what JavaScript reads."""
    tiles = as_shown(scenes.images)
    missing = COLUMNS * max(1, -(-len(tiles) // COLUMNS)) - len(tiles)  # a picture has one row at least
    tiles = np.concatenate([tiles, np.zeros((missing, *tiles.shape[1:]), tiles.dtype)])
    return {
        "imageIndices": scenes.image_indices.tolist(),
        "columns": COLUMNS,
        "full": scenes.size,
        **sheet(tiles.reshape(-1, COLUMNS, *tiles.shape[1:])),
    }
