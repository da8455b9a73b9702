"""Draw what `npdeconv.visualize` and training return. Axes in (or None), axes out; nothing is computed."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from npdeconv._types import Array
from npdeconv.visualize import Projection, display

BOX_COLOR = "#e4572e"
PADDING_COLOR = "#f3d9cf"


def image(pixels: Array, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw an image (H, W, C): uint8, or floats from 0 to 1; one channel in gray, three in color."""
    ax = plt.subplots(layout="constrained")[1] if ax is None else ax
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ValueError(f"image: expected pixels of shape (H, W, 1) or (H, W, 3), got {pixels.shape}")
    limits: dict[str, Any] = {"vmin": 0, "vmax": 255 if pixels.dtype == np.uint8 else 1}
    shown = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    ax.imshow(shown, cmap="gray", interpolation="nearest", **limits)
    ax.set_axis_off()
    ax.set_title(title, fontsize="small")
    return ax


def box(corners: Sequence[int] | Array, ax: Axes) -> Axes:
    """Draw a box (top, bottom, left, right) on an image.

    Where it leaves the image, the view is widened, and the padding that it covers there is shown
    in a light color. A box that holds the whole image becomes its frame.
    """
    top, bottom, left, right = (int(corner) for corner in corners)
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


def projections(
    images: Array,
    result: Projection,
    axes: Array | None = None,
    *,
    titles: Sequence[str] | None = None,
    limit: float | None = None,
) -> Array:
    """Draw images with the receptive fields of the projected units, and the projections beneath.

    All projections have one scale: mid-gray is zero, and the strongest pixel of them all is
    white or black (see `npdeconv.visualize.display`).

    Parameters
    ----------
    images : (N, H, W, C)
        Those that were projected.
    result : Projection
    axes : array of Axes (2, N), optional
        Row 0 takes the images, row 1 the projections.
    titles : sequence of N str, optional
    limit : float, optional
        Size of the pixel that is shown white, for a scale shared with other figures.

    Returns
    -------
    array of Axes (2, N)
    """
    if axes is None:
        size = (1.3 * max(len(images), 2), 3.2)
        axes = plt.subplots(2, len(images), figsize=size, squeeze=False, layout="constrained")[1]
    shown = display(result.pixels, limit)
    for n in range(len(images)):
        image(images[n], axes[0, n], title=titles[n] if titles is not None else "")
        if not result.silent[n]:
            box(result.box[n], axes[0, n])
        image(shown[n], axes[1, n], title="silent" if result.silent[n] else "")
    return axes


def curves(history: Mapping[str, Sequence[float]], axes: Array | None = None) -> Array:
    """Draw loss and accuracy by epoch, of training and, where there was any, of validation.

    Parameters
    ----------
    history : History
    axes : array of Axes (2,), optional

    Returns
    -------
    array of Axes (2,)
    """
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")[1]
    labels = {"loss": "cross-entropy (nats)", "accuracy": "accuracy"}
    for ax, (column, label) in zip(axes, labels.items(), strict=True):
        ax.plot(history["epoch"], history[column], "o-", label="training, while it learned")
        if np.isfinite(history[f"validation_{column}"]).any():
            ax.plot(history["epoch"], history[f"validation_{column}"], "s-", label="validation")
        ax.set(xlabel="epoch", ylabel=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    return axes
