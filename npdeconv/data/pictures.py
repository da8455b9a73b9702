"""PNG and JPEG files: the pixels that people see, read within a bounded memory."""

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
"""Suffixes of pictures that are skipped."""

Color = tuple[int, int, int]
WHITE: Color = (255, 255, 255)

LARGEST = 2**30
"""The most bytes that all pictures being read may take together."""

_VANISHED = "{}: nothing can be seen, since its opaque pixels have the color of the background, {}"

REDUCED_ABOVE = 2**24
"""A JPEG file of more pixels is decoded at a smaller size, where that is enough."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The turn that makes a picture upright, by its EXIF orientation. (`ImageOps.exif_transpose` also
rewrites the EXIF data, and fails if they are damaged.)"""


def pictures_in(folder: Path) -> list[Path]:
    """List the pictures in a folder by their suffixes, in the order of their names."""
    return [entry for entry in entries(folder) if entry.suffix.lower() in SUFFIXES and entry.is_file()]


def unread_in(folder: Path) -> list[Path]:
    """List the pictures of other formats, which are skipped, in a folder and its subfolders."""
    own = entries(folder)
    inside = [file for entry in own if entry.is_dir() for file in entries(entry)]
    return [file for file in (*own, *inside) if file.suffix.lower() in UNREAD]


@contextmanager
def unwarned() -> Iterator[None]:
    """Silence Pillow's warnings, such as of damaged EXIF data, which do not concern the pixels.

    Warning filters are global: enter this in the main thread, around all calls of `opened`.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


@contextmanager
def opened(path: Path, background: Color = WHITE, least: int | None = None) -> Iterator[Image.Image]:
    """Read a PNG or JPEG file as people see it.

    The picture is turned upright by its EXIF orientation, converted to sRGB by its color profile, and
    laid on a background where it is transparent. The first picture of an animation or series is read.
    16-bit pixels keep their upper 8 bits.

    Parameters
    ----------
    path : path
    background : (red, green, blue)
        The color behind transparent pixels.
    least : int, optional
        A sufficient length of the shorter side: JPEG files of more than `REDUCED_ABOVE` pixels are
        decoded at a half, a quarter or an eighth, if at least twice this length remains.

    Yields
    ------
    PIL.Image.Image
        A picture of mode RGB. Threads wait while all pictures together would take more than `LARGEST`.

    Warns
    -----
    UserWarning
        If all visible pixels of a transparent picture have the color of the background.

    Raises
    ------
    ValueError
        If the file is no PNG or JPEG image, is damaged, needs more than `LARGEST` bytes to read, or has
        more pixels than Pillow's ``Image.MAX_IMAGE_PIXELS``.
    """
    with path.open("rb") as file:
        try:
            with Image.open(file, formats=("PNG", "JPEG")) as image:
                whole = image.width * image.height
                if least is not None and whole > REDUCED_ABOVE:
                    image.draft(None, (2 * least, 2 * least))  # does nothing to a PNG
                # Both images are closed, which frees their memory, before `lent` counts it as free.
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
    """Return the most bytes that reading takes, after checking that they are not too many."""
    width, height = image.size
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > limit:
        raise ValueError(f"{width}x{height} pixels, more than the limit of {limit}")
    is_plain = "icc_profile" not in image.info and not image.has_transparency_data
    # Pillow keeps 4 bytes per pixel and a pointer per row (a column, once turned) for the decoded copy,
    # the turned or scaled one, and up to three more for profile, background and the composite.
    copies = (2 if is_plain else 5) * (4 * width * height + 8 * (width + height))
    # Scaling a side takes a filter of 6 numbers per pixel. A progressive JPEG keeps all coefficients.
    filters = 48 * (width + height)
    coefficients = 6 * whole if image.info.get("progressive") else 0
    cost = copies + filters + coefficients
    if cost > LARGEST:
        raise ValueError(f"{width}x{height} pixels take {cost} bytes to read, over the limit of {LARGEST}")
    return cost


class _Memory:
    """A budget of bytes that threads borrow from: each waits until enough are free."""

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
    if getattr(image, "default_image", False):  # the first picture of this animated PNG is for old viewers
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
    except Exception:  # damaged EXIF data hold no orientation
        return None


def _opacity(image: Image.Image, depth: Any) -> Image.Image | None:
    """Return the opacity of each pixel (mode L), or None if all are opaque."""
    if not image.has_transparency_data:
        return None
    key: Any = image.info.get("transparency")
    if image.mode.startswith("I"):  # one gray of 65536 is transparent
        return Image.fromarray(np.where(np.asarray(image) == key, 0, 255).astype(np.uint8))
    # Pillow compares this color, in the bits of the file, with pixels that it converted to 8 bits.
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
    image.info.pop("transparency", None)  # otherwise Pillow would replace this color by another
    colors = image if image.mode == plain else image.convert(plain)
    if profile:
        try:
            source, target = ImageCms.getOpenProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            colors = ImageCms.profileToProfile(colors, source, target, outputMode="RGB") or colors
        except ImageCms.PyCMSError:  # damaged, or for other colors: viewers ignore it, too
            pass
    colors = colors if colors.mode == "RGB" else colors.convert("RGB")
    if gamma and not profile and "srgb" not in image.info and not 0.95 < 2.2 * gamma < 1.05:
        exponent = 1 / (2.2 * gamma)
        return colors.point([round(255 * (value / 255) ** exponent) for value in range(256)] * 3)
    return colors
