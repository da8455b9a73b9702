"""The effect of hiding parts of an image."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import BOX_COLOR, draw_box, image, span, vivid, vivid_limit
from npdeconv.plot.text import in_legend, literal
from npdeconv.visualize import Occlusion

COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#bcbd22", "#17becf")
OTHER_COLOR = "#d9d9d9"  # for further classes, when the colors are used up
CAPTION = "each square of the three maps: a place of the occluder's center; where no center can be: the image"


@returns_grid
def occlusion(
    pixels: Array,
    result: Occlusion,
    axes: Array | None = None,
    *,
    classes: Sequence[str] | None = None,
    truth: int | None = None,
) -> Array:
    """Draw the effect of an occluder at each place, as figure 7 of arXiv:1311.2901.

    From left to right: the image, with the occluder that harms its class most; the
    projection of the feature map; and for each place of the occluder's center, the map's
    activity, the probability of that class, and the most likely class. All have the image's
    coordinates; the image shows around the maps, where no center can be.

    Parameters
    ----------
    pixels : (H, W, C)
        The image that was occluded.
    result : Occlusion
    axes : array of Axes (5,), optional
    classes : sequence of str, optional
        Names of the classes; numbers unless given.
    truth : int, optional
        The image's label, if it has one. Only that class is called true.

    Returns
    -------
    array of Axes (5,)

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.occlude(net, image, "relu4", label=4, size=8, stride=5)
    >>> nd.plot.occlusion(image, result).shape
    (5,)
    """
    if axes is None:
        figure, axes = plt.subplots(1, 5, figsize=(15, 3.7), layout="constrained")
        figure.supxlabel(CAPTION, fontsize="small")
    name = _name_followed(result, classes, truth)
    plain, feature_map = literal(_name(result.label, classes)), f"{result.layer}, map {result.feature_map}"
    harmed = round(float(result.clean_probability - result.probability.min()), 4) > 0
    harm = "the occluder\nthat harms it most" if harmed else "an occluder,\nwhich harms it nowhere"
    image(pixels, axes[0], title=f"{literal(name)}, and {harm}")
    draw_box(result.worst, axes[0])
    several = result.activity.size > 1
    energy = f"energy and drop: rank correlation {result.agreement:.2f}\n" if several else ""
    scale = f"mid-gray is zero, white and black {span(vivid_limit(result.projection))}"
    image(vivid(result.projection), axes[1], title=f"{feature_map}, projected\n{energy}{scale}")
    for ax in axes[2:]:
        image(pixels, ax)
    activities = [*result.activity.flat, result.clean_activity]
    limits = min(activities), max(activities)
    _scaled(result.activity, axes[2], result, limits, result.clean_activity, f"activity of {feature_map}")
    _scaled(result.probability, axes[3], result, (0, 1), result.clean_probability, f"probability of {plain}")
    _draw_most_likely(axes[4], result, classes, name)
    return axes


def _name_followed(result: Occlusion, classes: Sequence[str] | None, truth: int | None) -> str:
    """Name the class of the probability map, and say whether it is the label or the prediction."""
    name = _name(result.label, classes)
    if result.label == truth:
        return f"{name} (true)"
    return f"{name} (predicted)" if result.label == result.clean_most_likely else name


def _scaled(
    values: Array, ax: Axes, result: Occlusion, limits: tuple[float, float], clean: float, title: str
) -> None:
    """Draw a map, and a color bar on which a mark shows the value without an occluder."""
    drawn = _draw(values, ax, result, vmin=limits[0], vmax=limits[1])
    bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.8)
    bar.ax.axhline(clean, color=BOX_COLOR, linewidth=3, clip_on=False)
    ax.set_title(f"{title}\n(without occluder: {clean:.3g})", fontsize="small")


def _draw_most_likely(ax: Axes, result: Occlusion, classes: Sequence[str] | None, followed: str) -> None:
    """Draw the most likely classes: the followed one in the first color, then the most frequent ones."""
    found, index, counts = np.unique(result.most_likely, return_inverse=True, return_counts=True)
    others = [number for number in found[np.argsort(-counts, kind="stable")] if number != result.label]
    rank = {int(number): min(place, len(COLORS)) for place, number in enumerate(others, 1)}
    ranks = np.array([rank.get(int(number), 0) for number in found])
    colors = ListedColormap([*COLORS, OTHER_COLOR])
    _draw(ranks[index].reshape(result.most_likely.shape), ax, result, cmap=colors, vmin=0, vmax=len(COLORS))
    names = [followed, *(_name(number, classes) for number in others)]
    names[len(COLORS) :] = ["other"] * (len(names) > len(COLORS))
    patches = [
        Patch(color=colors(place), label=in_legend(name))
        for place, name in enumerate(names)
        if place in ranks
    ]
    ax.legend(handles=patches, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize="small")
    clean = literal(_name(result.clean_most_likely, classes))
    ax.set_title(f"most likely class\n(without occluder: {clean})", fontsize="small")


def _draw(values: Array, ax: Axes, result: Occlusion, **colors: Any) -> QuadMesh:
    """Draw a value for each place of the occluder, at its center, in the image's coordinates."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    rows, columns = _edges(result.rows, result.size[0]), _edges(result.columns, result.size[1])
    drawn = ax.pcolormesh(columns, rows, values, **colors)
    ax.set(xlim=(west, east), ylim=(south, north))
    return drawn


def _edges(starts: Array, length: int) -> Array:
    """Return the edges of the cells along one axis; the last cell may be narrower."""
    centers = starts + (length - 1) / 2
    steps = np.diff(centers) if len(centers) > 1 else np.array([length])
    between = centers[:-1] + steps[: len(centers) - 1] / 2
    return np.concatenate([[centers[0] - steps[0] / 2], between, [centers[-1] + steps[-1] / 2]])


def _name(number: int, classes: Sequence[str] | None) -> str:
    return f"class {number}" if classes is None else classes[number]
