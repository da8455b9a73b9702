"""Whole images, and the places of their patches."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from npdeconv._types import Array, Box, Pair, Shape
from npdeconv.layers import Sequential
from npdeconv.report.downscaling import PICTURE_SIDE, shrink
from npdeconv.report.sprites import as_shown, sheet

PIXELS = 1_500_000  # of all images: the more there are, the smaller they are shown
LEAST = 32  # pixels: images are not shrunk below this side
COLUMNS = 40  # of the sheet


class Scenes(NamedTuple):
    """The S images that patches are cut from."""

    positions: Array  # int (S,): in the data set, ascending
    images: Array  # (S, H, W, C), shrunk
    size: Pair  # height and width before shrinking


def find_scenes(images: Array, used: Iterable[Array]) -> Scenes:
    """Collect those of the images (N, H, W, C) whose positions occur in arrays; -1 is no image."""
    positions = np.unique(np.concatenate([named.ravel() for named in used]))
    positions = positions[positions >= 0]
    side = int(np.sqrt(PIXELS / max(len(positions), 1)))
    shrunk = shrink(images[positions], min(max(side, LEAST), PICTURE_SIDE))
    return Scenes(positions, shrunk, images.shape[1:3])


def find_fields(network: Sequential, layer: str, input_shape: Shape, positions: Array) -> Array:
    """Return the receptive fields of units at positions (F, k, 2): top, bottom, left, right, int (F, k, 4).

    Fields are clipped at the edge of the image. For no unit, at -1, they are zeros.
    """
    height, width = input_shape[:2]
    fields = np.zeros((*positions.shape[:2], 4), int)
    for h, w in np.unique(positions[positions[..., 0] >= 0], axis=0).tolist():
        field = network[:layer].receptive_field(Box(h, h + 1, w, w + 1), input_shape)
        clipped = max(field.top, 0), min(field.bottom, height), max(field.left, 0), min(field.right, width)
        fields[(positions == (h, w)).all(axis=-1)] = clipped
    return fields


def scenes_payload(scenes: Scenes) -> dict[str, Any]:
    """Return the images as JSON values."""
    tiles = as_shown(scenes.images)
    missing = COLUMNS * max(1, -(-len(tiles) // COLUMNS)) - len(tiles)  # a picture has at least one row
    tiles = np.concatenate([tiles, np.zeros((missing, *tiles.shape[1:]), tiles.dtype)])
    return {
        "positions": scenes.positions.tolist(),
        "columns": COLUMNS,
        "full": scenes.size,
        **sheet(tiles.reshape(-1, COLUMNS, *tiles.shape[1:])),
    }
