"""Images, and boxes on them."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from npdeconv._types import Array
from npdeconv.visualize import display

BOX_COLOR = "#e4572e"
PADDING_COLOR = "#f3d9cf"
OWN_SCALE = "mid-gray is zero, white plus and black minus the number after ±"
VIVID = 0.99  # share of the nonzero pixels that are shown at their true contrast


def image(pixels: Array, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw an image (H, W, C): uint8, or floats from 0 to 1; one channel in gray, three in color.

    Examples
    --------
    >>> ax = nd.plot.image(nd.data.load_strokes(1).images[0], title="a digit")
    >>> ax.get_title()
    'a digit'
    """
    ax = plt.subplots(layout="constrained")[1] if ax is None else ax
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ValueError(f"image: expected pixels of shape (H, W, 1) or (H, W, 3), got {pixels.shape}")
    limits: dict[str, Any] = {"vmin": 0, "vmax": 255 if pixels.dtype == np.uint8 else 1}
    shown = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    # Left-out pixels would make fine patterns look coarse; small images stay sharp.
    ax.imshow(shown, cmap="gray", interpolation="antialiased", **limits)
    ax.set_axis_off()
    ax.set_title(title, fontsize="small")
    return ax


def unit_range(pixels: Array) -> Array:
    """Return uint8 pixels, or floats, as floats from 0 to 1."""
    return np.asarray(pixels / 255 if pixels.dtype == np.uint8 else np.clip(pixels, 0, 1))


def name_row(ax: Axes, name: str, **style: Any) -> None:
    """Write a name to the left of the first picture of a row."""
    ax.text(-0.08, 0.5, name, transform=ax.transAxes, ha="right", va="center", **style)


def draw_box(box: Sequence[int] | Array, ax: Axes) -> Axes:
    """Draw a box (top, bottom, left, right) on an image.

    If the box leaves the image, the view is widened, and the padding inside the box gets a light
    color. A box around the whole image becomes the image's frame.

    Examples
    --------
    >>> ax = nd.plot.image(np.zeros((20, 20, 1)))
    >>> len(nd.plot.draw_box(nd.visualize.Box(2, 9, 3, 12), ax).patches)
    2
    """
    top, bottom, left, right = map(int, box)
    west, east = ax.get_xlim()
    south, north = ax.get_ylim()
    if left <= west and east <= right and top <= north and south <= bottom:
        top, bottom, left, right = (round(edge + 0.5) for edge in (north, south, west, east))
    corner, width, height = (left - 0.5, top - 0.5), right - left, bottom - top
    ax.add_patch(Rectangle(corner, width, height, facecolor=PADDING_COLOR, zorder=-1))
    frame = Rectangle(corner, width, height, fill=False, edgecolor=BOX_COLOR, linewidth=1.5)
    frame.set_clip_on(False)  # else half of the line is lost at the image's edge
    ax.add_patch(frame)
    ax.set_xlim(min(west, left - 0.5), max(east, right - 0.5))
    ax.set_ylim(max(south, bottom - 0.5), min(north, top - 0.5))
    return ax


def vivid(pixels: Array) -> Array:
    """Scale signed pixels to [0, 1] with zero at one half, as `display`, but clip the strongest hundredth.

    A few pixels of a projection from a deep layer are many times as strong as all others, and would
    leave these gray. Zeros don't count: much of a projection may be empty.
    """
    return display(pixels, vivid_limit(pixels))


def vivid_limit(pixels: Array) -> float:
    """Return the absolute value that `vivid` shows as white, or black if negative."""
    sizes = np.abs(pixels[pixels != 0])
    return float(np.quantile(sizes, VIVID, method="higher")) if sizes.size else 0.0


def span(limit: float) -> str:
    """Return the value shown as white, with ±, as a label for a picture with a scale of its own."""
    return f"±{float(f'{limit:.2g}'):g}"  # two digits, but 650, not 6.5e+02


def signed_bar(limit: float, axes: Array | Axes, text: str, *, clipped: bool = False) -> None:
    """Draw the scale of signed pixels beside axes; a clipped one has pointed ends."""
    colors = ScalarMappable(Normalize(-(limit or 1), limit or 1), "gray")
    bar(colors, axes, text, extend="both" if clipped else "neither")


def bar(colors: ScalarMappable, axes: Array | Axes, text: str, **settings: Any) -> None:
    """Draw a scale beside axes."""
    beside = [axes] if isinstance(axes, Axes) else list(axes.flat)
    drawn = beside[0].figure.colorbar(colors, ax=beside, aspect=30, pad=0.01, **settings)
    drawn.set_label(text, fontsize="small")
    drawn.ax.tick_params(labelsize="small")


def caption(axes: Array | Axes, text: str) -> None:
    """Write an explanation below a figure."""
    figure: Any = axes.figure if isinstance(axes, Axes) else axes.flat[0].figure
    figure.supxlabel(text, fontsize="small")


def in_box(pixels: Array, box: Array) -> Array:
    """Crop an image (H, W, C) to its part in a box; an image outside the box stays whole."""
    top, bottom, left, right = np.maximum(box, 0)
    part = pixels[top:bottom, left:right]
    return part if part.size else pixels


def share_frame(axes: Array) -> None:
    """Give some images one view, wide enough for all of them."""
    west, east = zip(*(ax.get_xlim() for ax in axes), strict=True)
    south, north = zip(*(ax.get_ylim() for ax in axes), strict=True)
    for ax in axes:
        ax.set(xlim=(min(west), max(east)), ylim=(max(south), min(north)))
