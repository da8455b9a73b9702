"""Whole images that excite maps most, with what is seen of them, and their projections."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from npdeconv._types import Array
from npdeconv.plot.images import BOX_COLOR, OWN_SCALE, image, span, unit_range, vivid, vivid_limit
from npdeconv.plot.montage import OFFSET, PAPER, montage
from npdeconv.visualize import TopImages

PICTURE_INCHES = 1.25  # width
OUTLINE = withStroke(linewidth=2, foreground="black")
SIDES = "above: the images, with the activation in white{}; beneath: their projections\n{}"


def top_images(result: TopImages, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the strongest images of each map, whole, and beneath each its projection.

    The activation is written on the image, and a box shows what the unit sees, if that is not all.
    Projections of one map share one scale: mid-gray is zero, and the label gives the value of white and
    black.

    Parameters
    ----------
    result : TopImages
    ax : Axes, optional
    title : str, optional
        A line above the one that explains the rows.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu2"], k=5)["relu2"]
    >>> result = nd.visualize.top_images(net, images, "relu2", found=found, feature_maps=[0, 1])
    >>> ax = nd.plot.top_images(result, title="relu2")
    >>> len(ax.texts)  # 5 activations and a label for each of the two maps
    12
    """
    maps, k, height, width, _ = result.pixels.shape
    gap = max(1, width // 24)
    sheet = montage(_pictures(result), k, gap)
    if ax is None:
        inches = PICTURE_INCHES / width
        size = (max(sheet.shape[1] * inches + 1.0, 5.4), sheet.shape[0] * inches + 0.7)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    image(sheet, ax)
    has_boxes = False
    for m in range(maps):
        top = 2 * m * (height + gap)
        for n in np.flatnonzero(result.image_indices[m] >= 0).tolist():
            corner = top, n * (width + gap)
            has_boxes |= _draw_field(result.boxes[m, n], corner, (height, width), ax)
            text = ax.text(corner[1] + 0.02 * width, corner[0], f"{result.activations[m, n]:.3g}")
            text.set(color="white", fontsize=8, va="top", path_effects=[OUTLINE])
        name = f"map {result.feature_maps[m]}\n{span(vivid_limit(result.projections[m]))}"
        if (result.image_indices[m] < 0).all():
            name = f"map {result.feature_maps[m]}\ndead"
        ax.annotate(name, (-0.5, top + height), (-5, 0), **OFFSET, ha="right", va="center", fontsize=8)
    box = " and a box around what the unit sees" if has_boxes else ""
    ax.set_title(f"{title}\n{SIDES.format(box, OWN_SCALE)}".strip(), fontsize="small")
    return ax


def _pictures(result: TopImages) -> Array:
    """Return images and projections (M * 2 * k, H, W, C): each map's images, then its projections."""
    projections = np.stack([vivid(projections) for projections in result.projections])
    there = (result.image_indices >= 0)[:, np.newaxis, :, np.newaxis, np.newaxis, np.newaxis]
    both = np.where(
        there, np.stack([unit_range(result.pixels), projections], axis=1), PAPER
    )  # (M, 2, k, H, W, C)
    return both.reshape(-1, *both.shape[3:])


def _draw_field(box: Array, corner: tuple[int, int], size: tuple[int, int], ax: Axes) -> bool:
    """Draw the part of a box inside an image of a size, at a corner of the sheet, unless it is all of it."""
    top, bottom, left, right = (
        int(np.clip(edge, 0, size[n // 2])) for n, edge in enumerate(np.asarray(box).tolist())
    )
    if (top, bottom, left, right) == (0, size[0], 0, size[1]):
        return False
    place = corner[1] + left - 0.5, corner[0] + top - 0.5
    ax.add_patch(Rectangle(place, right - left, bottom - top, fill=False, edgecolor=BOX_COLOR, linewidth=1.5))
    return True
