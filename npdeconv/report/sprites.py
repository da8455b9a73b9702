"""Many small pictures as one PNG inside the page."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from npdeconv._types import Array
from npdeconv.visualize import display

COLOR_STEP = 8  # of 256


def sheet(tiles: Array, inside: Array | None = None) -> dict[str, Any]:
    """Lay tiles out in rows and columns, and return the picture and the size of its tiles.

    Parameters
    ----------
    tiles : uint8 (R, K, H, W, C)
        K tiles in each of R rows. Unless C is 1 or 3, the mean of the channels is shown.
    inside : bool (R, K, H, W), optional
        Other pixels become transparent.

    Returns
    -------
    dict
        `uri` of the PNG, `width` and `height` of one tile.
    """
    rows, columns, height, width = tiles.shape[:4]
    if tiles.shape[4] not in (1, 3):
        tiles = tiles.mean(axis=4, keepdims=True).round().astype(np.uint8)
    if inside is not None and not inside.all():
        opaque = np.where(inside[..., None], np.uint8(255), np.uint8(0))
        tiles = np.concatenate([tiles * inside[..., None], opaque], axis=4)
    # A row of pixels crosses all tiles of a row.
    picture = tiles.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, tiles.shape[4])
    return {"uri": png(picture), "width": width, "height": height}


def png(picture: Array) -> str:
    """Return a data URI of a uint8 picture (H, W, C); the last of 2 or 4 channels is opacity."""
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[picture.shape[2]]
    size = picture.shape[1], picture.shape[0]
    file = io.BytesIO()
    Image.frombytes(mode, size, np.ascontiguousarray(picture).tobytes()).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def as_bytes(pixels: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Show signed pixels as uint8, 128 for zero, on one scale along `axes`; return them and the scales.

    A scale is the absolute value shown as white, or black if negative.
    """
    limits = np.abs(pixels).max(axis=axes, keepdims=True, initial=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(limits > 0, pixels / limits, 0)
    return np.round(display(relative, limit=1) * 255).astype(np.uint8), limits.squeeze(axes)


def coarsen(shown: Array) -> Array:
    """Round colors (..., 3) to 32 steps around mid-gray; gray pictures (..., 1) stay as they are.

    Projections in color are noisy: rounding halves the size of their PNG, and is hardly visible.
    """
    if shown.shape[-1] != 3:
        return shown
    steps = np.round((shown.astype(np.float32) - 128) / COLOR_STEP)
    return np.clip(128 + COLOR_STEP * steps, 0, 255).astype(np.uint8)


def as_shown(images: Array) -> Array:
    """Return uint8 images as they are, and floats from 0 to 1 as uint8."""
    if images.dtype == np.uint8:
        return images
    return np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
