"""How well maps find objects."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.experiments import t_interval
from npdeconv.experiments.pooling_comparison import MAPS, Localization, LocalizationExample
from npdeconv.plot.class_activation import overlay
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import draw_box, image
from npdeconv.plot.text import literal

COLORS = "#1f5fa8", "#e4872e"
TRUE_COLOR = "#35c04a"


@returns_grid
def localization(result: Localization, axes: Array | None = None) -> Array:
    """Draw energy in the object's box, and localization error, by pooling and kind of map.

    Parameters
    ----------
    result : Localization
    axes : array of Axes (2,), optional

    Returns
    -------
    array of Axes (2,)

    Examples
    --------
    >>> rng, shape = np.random.default_rng(0), (2, 2, 3)  # seeds, poolings, kinds of maps
    >>> kinds = "class map", "saliency", "smoothed saliency"
    >>> measured = [rng.random(shape) for _ in range(4)]
    >>> result = nd.experiments.Localization(
    ...     ("average", "max"), kinds, np.arange(2), rng.random((2, 2)), *measured, 0.3
    ... )
    >>> nd.plot.localization(result).shape
    (2,)
    """
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")[1]
    _bars(axes[0], result, result.energy)
    axes[0].axhline(result.area, color="gray", linestyle=":", label="of an even map")
    axes[0].set_title("share of the map's energy in the object's box", fontsize="medium")
    _bars(axes[1], result, result.error)
    axes[1].set_title("boxes at 20 % of the maximum that miss the object", fontsize="medium")
    axes[0].legend(frameon=False, fontsize="small")
    if len(result.seeds) > 1:
        axes[0].figure.supxlabel("mean over seeds, with 95 % intervals by Student's t", fontsize="small")
    return axes


@returns_grid
def localization_examples(example: LocalizationExample, axes: Array | None = None) -> Array:
    """Draw pictures with the true boxes, and the maps with the boxes found in them.

    Parameters
    ----------
    example : LocalizationExample
    axes : array of Axes (N, 1 + M), optional
        A row for each picture.

    Returns
    -------
    array of Axes (N, 1 + M)

    Examples
    --------
    >>> pictures = nd.data.plant(nd.data.load_strokes(2))
    >>> maps = np.random.default_rng(0).random((3, 2, 40, 40))  # of three kinds
    >>> boxes = np.stack([pictures.boxes] * 3)
    >>> example = nd.experiments.LocalizationExample("average", pictures, maps, boxes)
    >>> nd.plot.localization_examples(example).shape
    (2, 4)
    """
    pictures = example.pictures.dataset
    images, labels = pictures.images, pictures.labels_for("localization_examples")
    kinds = len(example.maps)
    if axes is None:
        size = (1.9 * (1 + kinds), 1.95 * len(images) + 0.5)
        axes = plt.subplots(len(images), 1 + kinds, figsize=size, squeeze=False, layout="constrained")[1]
    axes[0, 0].figure.suptitle(f"{example.pool} pooling; true boxes in green, found ones in red")
    for n, row in enumerate(axes):
        image(images[n], row[0], title=literal(f"a {pictures.classes[labels[n]]}"))
        draw_box(example.pictures.boxes[n], row[0])
        row[0].patches[-1].set_edgecolor(TRUE_COLOR)
        for kind, ax in enumerate(row[1:]):
            scene = example.maps[kind, n]
            overlay(images[n], scene, ax, float(scene.max(initial=1e-30)))
            draw_box(example.boxes[kind, n], ax)
            ax.set_title(MAPS[kind], fontsize="small")
    return axes


def _bars(ax: Axes, result: Localization, values: Array) -> None:
    """Draw bars for values (S, P, M), with intervals where there are several seeds."""
    width = 0.8 / len(result.pools)
    places = np.arange(len(result.map_kinds))
    for p, pool in enumerate(result.pools):
        mean, reach = values[:, p].mean(axis=0), None
        if len(values) > 1:
            interval = t_interval(values[:, p])
            reach = np.stack([mean - interval.low, interval.high - mean])
        offset = (p - (len(result.pools) - 1) / 2) * width
        ax.bar(places + offset, mean, width, yerr=reach, capsize=3, color=COLORS[p], label=f"{pool} pooling")
    ax.set_xticks(places, result.map_kinds)
    ax.set_ylim(0, 1)
    ax.grid(axis="y", alpha=0.3)
