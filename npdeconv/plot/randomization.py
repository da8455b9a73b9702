"""What randomizing a network does to its maps: the pictures, and the numbers."""

import matplotlib.pyplot as plt
import numpy as np

from npdeconv._types import Array
from npdeconv.experiments import Randomization, RandomizedMaps
from npdeconv.experiments.explanations import IMAGE
from npdeconv.experiments.randomization_result import Measure
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import caption, image, vivid
from npdeconv.plot.text import literal

MEASURED = {
    "rank": "Spearman's rank correlation",
    "rank_absolute": "rank correlation of absolute maps",
    "ssim": "structural similarity (SSIM)",
    "hog": "correlation of HOG",
}
SIGNED = "Each map has a scale of its own: mid-gray is zero, white plus, black minus. Above it: its rank"
UNRELATED_LINES = "gray: maps of another image (dotted) and of another map (dashed)"


@returns_grid
def randomized_maps(result: RandomizedMaps, axes: Array | None = None) -> Array:
    """Draw the maps of one image before and after randomizing: a row for each method.

    Parameters
    ----------
    result : RandomizedMaps
    axes : array of Axes (R, 1 + L), optional

    Returns
    -------
    array of Axes (R, 1 + L)

    Examples
    --------
    >>> net, pixels = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.experiments.randomized_maps(net, pixels, "relu2", methods=["deconv", "guided"])
    >>> nd.plot.randomized_maps(result).shape
    (2, 3)
    """
    shape = result.similarity.shape
    if axes is None:
        size = 1.35 * shape[1] + 1.1, 1.5 * shape[0] + 0.9
        axes = plt.subplots(*shape, figsize=size, squeeze=False, layout="constrained")[1]
        caption(axes, f"{SIGNED}\ncorrelation with the map on the left, which shows the network as it is.")
    down = "down to" if result.order == "cascading" else "only"
    heads = ["the network\nas it is", *(f"random {down}\n{literal(name)}" for name in result.layers)]
    for row, method in enumerate(result.methods):
        for column, pixels in enumerate(result.pictures[row]):
            score = result.similarity[row, column]
            text = "silent" if np.isnan(score) else f"{score:.2f}" if column else ""
            head = f"{heads[column]}\n" if row == 0 else ""
            shown = pixels if method == IMAGE else vivid(pixels)
            image(shown, axes[row, column], title=f"{head}{text}")
        place = axes[row, 0].transAxes
        axes[row, 0].text(-0.08, 0.5, method, transform=place, ha="right", va="center", fontsize="small")
    return axes


@returns_grid
def randomization(result: Randomization, measure: Measure = "rank", axes: Array | None = None) -> Array:
    """Draw how alike maps stay when more and more layers become random: a panel for each method.

    Gray lines give what unrelated maps score: dotted of another image, dashed of another map.

    Parameters
    ----------
    result : Randomization
    measure : "rank", "rank_absolute", "ssim" or "hog"
    axes : array of Axes (R,), optional

    Returns
    -------
    array of Axes (R,)

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2).images
    >>> few = {"layers": ["conv4"], "methods": ["deconv", "image"], "seeds": [0, 1]}
    >>> result = nd.experiments.randomization(net, images, "relu4", **few)
    >>> nd.plot.randomization(result).shape
    (2,)
    """
    count = len(result.methods)
    if axes is None:
        size = 2.1 * count + 0.6, 3.6
        axes = plt.subplots(1, count, figsize=size, squeeze=False, sharey=True, layout="constrained")[1][0]
        axes[0].set_ylabel(MEASURED[measure], fontsize="small")
        caption(
            axes,
            f"new weights ({result.order}), {_explained(result)}; bars: 95 % over seeds\n{UNRELATED_LINES}",
        )
    found, unrelated = result.interval(measure), result.calibration(measure)
    places = np.arange(len(result.layers))
    for row, ax in enumerate(axes):
        mean, low, high = (part[row] for part in found)
        for score, style in zip(unrelated[row], (":", "--"), strict=True):
            ax.axhline(score, color="gray", linestyle=style, linewidth=1)
        # Lists, since Matplotlib 3.8 takes an array of one number for a number.
        bars = [(mean - low).tolist(), (high - mean).tolist()]
        ax.errorbar(places, mean, bars, fmt="o-", capsize=2, markersize=4, linewidth=1)
        ax.axhline(0, color="black", linewidth=0.6)
        ax.set_xticks(places, [literal(name) for name in result.layers], rotation=90, fontsize="small")
        ax.set_title(result.methods[row], fontsize="medium")
        ax.set_ylim(-0.5, 1.05)
    return axes


def _explained(result: Randomization) -> str:
    maps = np.unique(result.feature_maps)
    which = f"map {maps[0]}" if len(maps) == 1 else "each image's strongest map"
    return f"{literal(result.layer)}, {which}"
