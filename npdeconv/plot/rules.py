"""The rules of descent side by side."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.plot.images import box, image
from npdeconv.visualize import RuleComparison, display

GATES = {  # (forward, backward)
    (False, True): "gated on the way down",
    (True, False): "gated on the way up",
    (True, True): "gated on both ways",
    (False, False): "not gated",
}


def rules(pixels: Array, result: RuleComparison, axes: Array | None = None) -> Array:
    """Draw the eight projections of a unit, and how they correlate.

    Each projection has its own scale, since the rules differ in size by orders of magnitude;
    mid-gray is zero in all.

    Parameters
    ----------
    pixels : (H, W, C)
        The image that was projected.
    result : RuleComparison
    axes : array of Axes (10,), optional
        For the image, the eight projections, and the correlations.

    Returns
    -------
    array of Axes (10,)
    """
    axes = _layout() if axes is None else axes
    silent = bool(result.unit.silent[0])
    image(pixels, axes[0], title="the unit is silent here" if silent else "image, and what the unit sees")
    if not silent:
        box(result.unit.box[0], axes[0])
    panels = zip(axes[1:9], result.names, result.gates.tolist(), result.pixels, strict=True)
    for ax, name, (forward, backward, _), projected in panels:
        image(display(projected), ax, title=f"{name}\n{GATES[forward, backward]}")
    correlations(result, axes[9])
    return axes


def correlations(result: RuleComparison, ax: Axes | None = None) -> Axes:
    """Draw the correlations between the projections as a table, from -1 in blue to 1 in red."""
    ax = plt.subplots(figsize=(5, 5), layout="constrained")[1] if ax is None else ax
    ax.imshow(result.correlation, cmap="RdBu_r", vmin=-1, vmax=1)
    for (row, column), value in np.ndenumerate(result.correlation):
        color = "white" if abs(value) > 0.6 else "black"
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=color)
    places = range(len(result.names))
    ax.set_xticks(places, result.names, rotation=45, ha="right", fontsize=8)
    ax.set_yticks(places, result.names, fontsize=8)
    ax.set_title("correlation of the pixels", fontsize="small")
    return ax


def _layout() -> Array:
    figure = plt.figure(figsize=(14, 4.2), layout="constrained")
    named = figure.subplot_mosaic([[0, 1, 2, 3, 4, 9], [0, 5, 6, 7, 8, 9]], width_ratios=[1, 1, 1, 1, 1, 2])
    return np.array([named[number] for number in range(10)])
