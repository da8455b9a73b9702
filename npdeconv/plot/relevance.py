"""Maps of relevance beside their image, and the curves that tell which of them know what matters."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import caption, image, vivid
from npdeconv.plot.text import in_legend, literal
from npdeconv.visualize import RelevanceJudgment
from npdeconv.visualize.explainers import CONTROLS

KINDS = {
    "insertion": "inserted into the blurred image\n(a good map rises early)",
    "deletion": "deleted from the image\n(a good map falls early)",
}

AREAS = (
    "in: area under the insertion curve, large for a good map; out: under the deletion curve, small for a"
    " good map\neach map has a scale of its own; of the rules' projections, mid-gray is zero"
)


@returns_grid
def relevance_curves(
    judgments: Mapping[str, RelevanceJudgment], axes: Array | None = None, *, title: str = ""
) -> Array:
    """Draw what becomes of the class, or unit, as pixels come and go; means over the images.

    Parameters
    ----------
    judgments : mapping from name to RelevanceJudgment
        Of one question, by several maps. Controls, see `npdeconv.visualize.explainers`, are gray.
    axes : array of Axes (2,), optional
        For insertion and deletion.
    title : str, optional
        Of the figure.

    Returns
    -------
    array of Axes (2,)

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> edges = nd.visualize.explainers(net, "logits")["edges"]
    >>> few = nd.visualize.RelevanceConstants(step=98, changes=5, draws=2, stride=10)
    >>> question = net, digits.images, "logits", digits.labels
    >>> judged = nd.visualize.judge_relevance(*question, explain=edges, constants=few)
    >>> nd.plot.relevance_curves({"edges": judged}).shape
    (2,)
    """
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained", sharey=True)[1]
    if title:
        axes[0].figure.suptitle(title, fontsize="medium")
    for ax, (kind, words) in zip(axes, KINDS.items(), strict=True):
        for name, judged in judgments.items():
            curve = getattr(judged.curves, kind).mean(axis=0)
            area = getattr(judged.curves, f"{kind}_area").mean()
            style = {"color": "gray", "linestyle": ":" if name == "random" else "--"}
            ax.plot(
                100 * judged.curves.changed,
                curve,
                label=in_legend(f"{name}, area {area:.2f}"),
                linewidth=1.5,
                **(style if name in CONTROLS else {}),
            )
        ax.set_title(words, fontsize="medium")
        ax.set_xlabel("share of the pixels, by falling relevance (%)")
        ax.grid(alpha=0.3)
        ax.legend(fontsize="x-small", frameon=False)
    axes[0].set_ylabel("probability of the class, or share\nof the unit's activation")
    return axes


@returns_grid
def relevance_maps(
    pixels: Array,
    judgments: Mapping[str, RelevanceJudgment],
    axes: Array | None = None,
    *,
    image_index: int = 0,
    title: str = "",
) -> Array:
    """Draw an image, and beside it each map of relevance for it, with its areas.

    Projections are signed: mid-gray is zero. Other maps are black at their least value and white at
    their largest. Each has a scale of its own.

    Parameters
    ----------
    pixels : (H, W, C)
        The image: uint8, or floats from 0 to 1.
    judgments : mapping from name to RelevanceJudgment
        M of them.
    axes : array of Axes (1 + M,), optional
    image_index : int
        Which image of the judgments this is.
    title : str, optional
        Of the figure.

    Returns
    -------
    array of Axes (1 + M,)

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2)
    >>> edges = nd.visualize.explainers(net, "logits")["edges"]
    >>> few = nd.visualize.RelevanceConstants(step=98, changes=5, draws=2, stride=10)
    >>> question = net, digits.images, "logits", digits.labels
    >>> judged = nd.visualize.judge_relevance(*question, explain=edges, constants=few)
    >>> nd.plot.relevance_maps(digits.images[1], {"edges": judged}, image_index=1).shape
    (2,)
    """
    if axes is None:
        axes = _layout(1 + len(judgments))
        caption(axes, AREAS)
    if title:
        axes[0].figure.suptitle(title, fontsize="medium")
    image(pixels, axes[0], title="the image")
    for ax, (name, judged) in zip(axes[1:], judgments.items(), strict=True):
        found, curves = judged.maps[image_index], judged.curves
        areas = f"in {curves.insertion_area[image_index]:.2f}, out {curves.deletion_area[image_index]:.2f}"
        image(_shown(found), ax, title=f"{literal(name)}\n{areas}")
    return axes


def _shown(values: Array) -> Array:
    """Return a map as pixels from 0 to 1: signed ones around mid-gray."""
    if values.ndim == 3:
        return vivid(values)
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / (high - low or 1))[..., np.newaxis]


def _layout(count: int) -> Array:
    columns = min(count, 5)
    rows = -(-count // columns)
    size = (1.9 * columns, 2.35 * rows)
    axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")[1].ravel()
    for ax in axes[count:]:
        ax.remove()
    return np.asarray(axes[:count])
