"""Small pictures of arrays as PNGs inside a page: images and maps side by side, and curves."""

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

Array = np.ndarray[Any, Any]
Picture = tuple[str, tuple[int, int], str]  # data URI; width and height to show it at; caption

TILES = 8  # side by side; of more, the first are shown
SIDE = 96  # pixels of a tile's longer side, on the screen
GAP = 4
VIVID = 0.99  # share of the nonzero pixels that are shown at their true contrast
RED, PAPER = (214, 39, 40), 235
WIDTH, HEIGHT, MARGIN = 320, 96, 6  # of curves
POINTS = 2000  # of a curve; of more, some are left out
COLORS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#17becf"]


def sheet(tiles: Array, signed: bool) -> Picture:
    """Lay out images (N, H, W, C) in a row, all on one scale; what is not finite becomes red."""
    shown, (height, width, channels) = tiles[:TILES], tiles.shape[1:]
    sentences = [f"{_some(len(shown), len(tiles))}{height} x {width} pixels"]
    if channels not in (1, 3):
        shown = (shown.astype(np.float64) / channels).sum(axis=3, keepdims=True)
        sentences.append(f"the mean of {channels} channels")
    gray, scale = _scaled(shown, signed)
    finite = np.all(np.isfinite(shown), axis=3)
    colors = np.where(finite[..., np.newaxis], gray, np.array(RED, np.uint8))
    sentences += [scale] * bool(scale) + ["red is not finite"] * (not finite.all())
    small = [_shrunk(tile) for tile in colors]
    zoom = max(SIDE // max(small[0].shape[:2]), 1)
    gap = -(-GAP // zoom)
    row = np.full((small[0].shape[0], len(small) * (small[0].shape[1] + gap) - gap, 3), PAPER, np.uint8)
    for n, tile in enumerate(small):
        left = n * (tile.shape[1] + gap)
        row[:, left : left + tile.shape[1]] = tile
    return _png(_image(row)), (zoom * row.shape[1], zoom * row.shape[0]), "; ".join(sentences)


def curves(lines: Array, axis: str) -> Picture:
    """Draw lines (N, L) over their index, on one scale; what is not finite leaves a gap."""
    from PIL import ImageDraw

    chosen = np.unique(np.linspace(0, lines.shape[1] - 1, POINTS).astype(int))
    shown = lines[: len(COLORS), chosen].astype(np.float64)
    finite = shown[np.isfinite(shown)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    picture = _image(np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
    pen = ImageDraw.Draw(picture)
    x = MARGIN + chosen * (WIDTH - 2 * MARGIN) / max(lines.shape[1] - 1, 1)
    share = _shares(shown, low, high)
    y = HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)
    for heights, color in reversed(list(zip(y, COLORS, strict=False))):  # the first on top
        for part in np.split(np.arange(len(x)), np.flatnonzero(~np.isfinite(heights))):
            points = [(x[n], heights[n]) for n in part if np.isfinite(heights[n])]
            pen.line(points, fill=color, width=1)
            if len(points) == 1:
                pen.ellipse([points[0][0] - 2, points[0][1] - 2, points[0][0] + 2, points[0][1] + 2], color)
    some = _some(len(shown), len(lines), "curve")
    along = f"along {axis}, " if axis else ""
    sentence = f"{some}{along}0 to {lines.shape[1] - 1}; bottom {low:.4g}, top {high:.4g}"
    return _png(picture), (WIDTH, HEIGHT), sentence


def _some(shown: int, total: int, unit: str = "picture") -> str:
    if shown < total:
        return f"the first {shown} of {total} {unit}s, "
    return f"{total} {unit}s, " if total > 1 else ""


def _scaled(pixels: Array, signed: bool) -> tuple[Array, str]:
    """Return uint8 pixels, and what black and white mean."""
    if pixels.dtype == np.uint8:
        return pixels, ""
    if pixels.dtype.kind == "b":
        return np.where(pixels, np.uint8(255), np.uint8(0)), "white is true"
    finite = pixels[np.isfinite(pixels)].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low == high:
        return np.full(pixels.shape, 128, np.uint8), f"all are {low:.4g}"
    if signed or low < 0:
        high = float(np.quantile(np.abs(finite[finite != 0]), VIVID, method="higher"))
        low, words = -high, f"mid-gray is 0, white {high:.2g} and more, black {-high:.2g} and less"
    else:
        words = f"black is {low:.4g}, white {high:.4g}"
    shares = _shares(np.where(np.isfinite(pixels), pixels, low), low, high)
    return np.round(255 * np.clip(shares, 0, 1)).astype(np.uint8), words


def _shares(values: Array, low: float, high: float) -> Array:
    """Return where values lie from low, 0, to high, 1; their difference may be too large for a float."""
    scale = max(abs(low), abs(high)) or 1
    return (values / scale - low / scale) / ((high / scale - low / scale) or 1)


def _shrunk(tile: Array) -> Array:
    height, width = tile.shape[:2]
    longer = max(height, width)
    if longer <= SIDE:
        return tile
    size = max(width * SIDE // longer, 1), max(height * SIDE // longer, 1)
    return np.asarray(_image(tile).resize(size, 4))  # 4: the mean of each box


def _image(pixels: Array) -> "Image":
    from PIL.Image import frombytes  # not above: it takes long to load

    size = pixels.shape[1], pixels.shape[0]
    return frombytes("RGB", size, np.ascontiguousarray(pixels).tobytes())


def _png(picture: "Image") -> str:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
