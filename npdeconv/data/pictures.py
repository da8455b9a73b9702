"""PNG and JPEG files: the pixels that people see, and what reading them may cost."""

import io
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Condition
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms

from npdeconv._checks import describe
from npdeconv.data.system_files import entries

SUFFIXES = (".png", ".jpg", ".jpeg")
UNREAD = (".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jfif", ".jpe", ".jp2")
"""Endings of pictures that are passed over."""

Color = tuple[int, int, int]
WHITE: Color = (255, 255, 255)

LARGEST = 2**30
"""Bytes that pictures may take while they are read, all those together that are read at a time."""

_VANISHED = "{}: nothing of it can be seen, for it is drawn on transparency in the background's own color, {}"

REDUCED_ABOVE = 2**24
"""Pixels of a JPEG file from which on it is decoded at a smaller size, where that is enough."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its orientation in EXIF. (`ImageOps.exif_transpose` also writes EXIF
anew, and fails where that is damaged.)"""


def pictures_in(folder: Path) -> list[Path]:
    """List the pictures in a folder, in the order of their names; which they are, their endings tell."""
    return [entry for entry in entries(folder) if entry.suffix.lower() in SUFFIXES and entry.is_file()]


def unread_in(folder: Path) -> list[Path]:
    """List the pictures in a folder, and in its folders, that are of another kind and passed over."""
    own = entries(folder)
    inside = [file for entry in own if entry.is_dir() for file in entries(entry)]
    return [file for file in (*own, *inside) if file.suffix.lower() in UNREAD]


@contextmanager
def unwarned() -> Iterator[None]:
    """Keep Pillow from warning: of damaged EXIF data, say, which does not concern the pixels.

    To be entered in the main thread, around all calls of `opened`: filters are global.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


@contextmanager
def opened(path: Path, background: Color = WHITE, least: int | None = None) -> Iterator[Image.Image]:
    """Read a PNG or JPEG file as people see it.

    That is upright, as its EXIF orientation says; in the colors of sRGB, as its color profile says;
    of an animation or a series the first picture; and what is transparent lets a background
    show through. Of 16 bits the upper 8 are kept.

    Parameters
    ----------
    path : path
    background : (red, green, blue)
        What transparent pictures lie on.
    least : int, optional
        A shorter side that is large enough: JPEG files of more than `REDUCED_ABOVE` pixels are then
        decoded at a half, a quarter or an eighth, as long as that leaves at least twice as much.

    Yields
    ------
    PIL.Image.Image
        Of mode RGB. Other threads wait as long as all pictures together would take more than `LARGEST`.

    Warns
    -----
    UserWarning
        If what a picture shows between its transparent parts has the color of the background.

    Raises
    ------
    ValueError
        If the file is no such image, is damaged, or reading it would take more than `LARGEST` bytes or
        give more pixels than Pillow's ``Image.MAX_IMAGE_PIXELS``.
    """
    with path.open("rb") as file:
        try:
            with Image.open(file, formats=("PNG", "JPEG")) as image:
                whole = image.width * image.height
                if least is not None and whole > REDUCED_ABOVE:
                    image.draft(None, (2 * least, 2 * least))  # does nothing to a PNG
                # Closed before the memory is given back: that is what frees it.
                with (
                    _memory.lent(_cost(image, whole)),
                    closing(image),
                    closing(_as_seen(image, background, path)) as picture,
                ):
                    yield picture
        except Exception as error:  # a damaged file makes Pillow raise almost anything
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(
                f"{path}: expected a PNG or JPEG image, got one that cannot be read ({reason})"
            ) from error


def check_background(value: Any, who: str) -> Color:
    """Return the color of a background as (red, green, blue)."""
    is_color = isinstance(value, tuple | list) and len(value) == 3
    if not is_color or not all(type(part) is int and 0 <= part <= 255 for part in value):
        raise ValueError(
            f"{who}: background must be (red, green, blue), each from 0 to 255, got {describe(value)}"
        )
    red, green, blue = value
    return red, green, blue


def _cost(image: Image.Image, whole: int) -> int:
    """Return the bytes that reading takes at most, unless they are too many."""
    width, height = image.size
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > limit:
        raise ValueError(f"{width}x{height} pixels, more than the limit of {limit}")
    is_plain = "icc_profile" not in image.info and not image.has_transparency_data
    # Pillow keeps 4 bytes per pixel and a pointer per row (turned, a column is a row): once as decoded,
    # once turned or scaled, and up to three times for profile, background and the two together.
    copies = (2 if is_plain else 5) * (4 * width * height + 8 * (width + height))
    # A scaled side takes a filter of 6 numbers per pixel; a progressive JPEG, all coefficients at once.
    filters = 48 * (width + height)
    coefficients = 6 * whole if image.info.get("progressive") else 0
    cost = copies + filters + coefficients
    if cost > LARGEST:
        raise ValueError(f"reading its {width}x{height} pixels takes {cost} bytes, the limit is {LARGEST}")
    return cost


class _Memory:
    """Bytes that threads borrow: each waits until what it needs is there."""

    def __init__(self, size: int) -> None:
        self.free = size
        self.changed = Condition()

    @contextmanager
    def lent(self, size: int) -> Iterator[None]:
        with self.changed:
            self.changed.wait_for(lambda: self.free >= size)
            self.free -= size
        try:
            yield
        finally:
            with self.changed:
                self.free += size
                self.changed.notify_all()


_memory = _Memory(LARGEST)


def _as_seen(image: Image.Image, background: Color, path: Path) -> Image.Image:
    if getattr(image, "default_image", False):  # an animated PNG whose first picture is for old viewers
        image.seek(1)
    tiles = getattr(image, "tile", None)
    depth = tiles[0][3] if tiles else None  # Pillow's word for the bits of a pixel in the file
    image.load()
    turn = _TURNS.get(_orientation(image))
    opacity = _opacity(image, depth)
    image = _in_srgb(image)
    if opacity is not None:
        image = Image.composite(image, Image.new("RGB", image.size, background), opacity)
        if np.ptp(opacity.getextrema()) and image.getextrema() == tuple((part, part) for part in background):
            warnings.warn(_VANISHED.format(path, background), stacklevel=2)
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> Any:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged EXIF data say nothing
        return None


def _opacity(image: Image.Image, depth: Any) -> Image.Image | None:
    """Return how opaque each pixel is (mode L), or None where all are."""
    if not image.has_transparency_data:
        return None
    key: Any = image.info.get("transparency")
    if image.mode.startswith("I"):  # one gray of 65536 is transparent
        return Image.fromarray(np.where(np.asarray(image) == key, 0, 255).astype(np.uint8))
    # Pillow compares this color as it is in the file with pixels that it made 8 bits large.
    if depth in ("L;2", "L;4"):
        image.info["transparency"] = key * {"L;2": 85, "L;4": 17}[depth]
    elif depth == "RGB;16B":
        image.info["transparency"] = tuple(part >> 8 for part in key)
    return image.convert("RGBA").getchannel("A")


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the colors without their opacity, in mode RGB."""
    if image.mode.startswith("I"):  # 16 bits of gray: keep the upper 8, as Pillow does for colors
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    profile, gamma = image.info.get("icc_profile"), image.info.get("gamma")
    plain = {"LA": "L", "P": "RGB", "PA": "RGB", "RGBA": "RGB", "1": "L"}.get(image.mode, image.mode)
    image.info.pop("transparency", None)  # else Pillow would look for another color to stand for it
    colors = image if image.mode == plain else image.convert(plain)
    if profile:
        try:
            source, target = ImageCms.getOpenProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            colors = ImageCms.profileToProfile(colors, source, target, outputMode="RGB") or colors
        except ImageCms.PyCMSError:  # damaged, or of other colors: viewers pass it over, too
            pass
    colors = colors if colors.mode == "RGB" else colors.convert("RGB")
    if gamma and not profile and "srgb" not in image.info and not 0.95 < 2.2 * gamma < 1.05:
        exponent = 1 / (2.2 * gamma)
        return colors.point([round(255 * (value / 255) ** exponent) for value in range(256)] * 3)
    return colors
