"""Pictures in motion, as files."""

from pathlib import Path
from typing import IO, Literal, TypeAlias

import numpy as np
from PIL import Image

from npdeconv import _files
from npdeconv._types import Array
from npdeconv.plot import montage

Format: TypeAlias = Literal["gif", "apng"]

SIDE = 112  # pixels: smaller pictures are enlarged to at least this
SECONDS, REST = 4.0, 1.5  # of the motion, and of the last frame


def save_animation(frames: Array, path: Path, kind: Format, columns: int = 5) -> Path:
    """Write frames (K, N, H, W, C), uint8, as an animation of N pictures in rows; whole or not at all.

    An APNG keeps all colors, a GIF 256; viewers without APNG show its first frame.
    """
    enlarged = -(-SIDE // frames.shape[2])
    large = frames.repeat(enlarged, axis=2).repeat(enlarged, axis=3)
    sheets = [_sheet(pictures, min(columns, len(pictures))) for pictures in large]
    duration = [round(1000 * SECONDS / len(sheets))] * (len(sheets) - 1) + [round(1000 * REST)]

    def write(file: IO[bytes]) -> None:
        first, *rest = sheets
        kind_of_file = {"gif": "GIF", "apng": "PNG"}[kind]
        first.save(file, kind_of_file, save_all=True, append_images=rest, duration=duration, loop=0)

    _files.replace(path, write)
    return path


def _sheet(pictures: Array, columns: int) -> Image.Image:
    pixels = np.rint(255 * montage(pictures / 255, columns, gap=4)).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
