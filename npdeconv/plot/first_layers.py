"""Coarse and fine first layers, with and without renormalization: what their filters measure."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.experiments import FirstLayers
from npdeconv.plot.grid import returns_grid

COLORS = "#9dbbdc", "#1f5fa8"  # plain, renormalized
TITLES = {
    "accuracy": "test accuracy",
    "largest_rms": "largest first filter\n(root mean square)",
    "domination": "domination: the largest\nfilter over the median one",
    "middle": "first filters' power\nin middle frequencies",
    "dead": "dead maps\nof the first layer",
    "aliasing": "second layer's projections: power\nat the grid of the first layer",
}
CONTROLS = {
    "middle": {"white noise": "middle_noise"},
    "aliasing": {
        "neighboring frequencies": "around_share",
        "the images": "patch_share",
        "white noise": "noise_share",
    },
}
SHARES = "accuracy", "middle", "dead"
MARKERS = {"white noise": "|", "neighboring frequencies": "o", "the images": "x"}


@returns_grid
def first_layers(result: FirstLayers, axes: Array | None = None, *, title: str = "") -> Array:
    """Draw each measure of the networks as bars, with a dot for each seed, and its controls as marks.

    Parameters
    ----------
    result : FirstLayers
    axes : array of Axes (2, 3), optional
    title : str, optional
        Above all panels.

    Returns
    -------
    array of Axes (2, 3)

    Examples
    --------
    >>> digits = nd.data.load_strokes(60)
    >>> result = nd.experiments.compare_first_layers(digits[:40], digits[40:], seeds=[0], epochs=1)
    >>> nd.plot.first_layers(result).shape
    (2, 3)
    """
    if axes is None:
        height = 0.34 * len(result.variants) + 1.4
        axes = plt.subplots(2, 3, figsize=(10, 2 * height), sharey=True, layout="constrained")[1]
        axes[0, 0].figure.suptitle(title, fontsize="medium")
    for ax, (name, words) in zip(axes.flat, TITLES.items(), strict=True):
        _bars(ax, getattr(result, name), CONTROLS.get(name, {}), result)
        ax.set_title(words, fontsize="small")
        ax.set_xlim(0, 1 if name in SHARES else None)
    for row in axes:
        row[0].set_yticks(np.arange(len(result.variants)), result.variants)
        row[0].set_ylim(len(result.variants) - 0.5, -0.5)
    return axes


def _bars(ax: Axes, values: Array, controls: dict[str, str], result: FirstLayers) -> None:
    """Draw the means of values (S, V) as bars, every seed as a dot, and means of controls as marks."""
    places = np.arange(values.shape[1])
    colors = [COLORS["renormalized" in name] for name in result.variants]
    ax.barh(places, values.mean(axis=0), 0.7, color=colors)
    if len(values) > 1:
        where = np.broadcast_to(places, values.shape)
        ax.plot(values.ravel(), where.ravel(), "o", color="black", markersize=2.5)
    for label, name in controls.items():
        marks = np.atleast_2d(getattr(result, name)).mean(axis=0)
        ax.plot(marks, places, MARKERS[label], color="#e4572e", markersize=9, fillstyle="none", label=label)
    if controls:
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1), "ncols": len(controls)}
        ax.legend(**below, frameon=False, fontsize="x-small", columnspacing=0.8, handletextpad=0.1)
    ax.grid(axis="x", alpha=0.3)
    ax.tick_params(axis="x", labelsize="small")
