"""Hidden parts of images, and how much the features' changes differ between the images."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array, Box
from npdeconv.plot.images import caption, image
from npdeconv.plot.text import literal
from npdeconv.visualize import Correspondence, occlude_box

MOST = 5  # images in a row
CAPTION = (
    "right: mean distance of the signs of changes between two images, by layer; a blue dot for the part, gray"
    " marks for random boxes of its size; further left: more alike"
)


def correspondence(pixels: Array, result: Correspondence, axes: Array | None = None) -> Array:
    """Draw the images of the first group with each part hidden, a random box, and the distances by layer.

    Parameters
    ----------
    pixels : (N, H, W, C)
        The images that were compared.
    result : Correspondence
    axes : array of Axes (P, M + 2), optional
        A row for each part; M is the number of images shown, at most 5 of a group.

    Returns
    -------
    array of Axes (P, M + 2)

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(4).images
    >>> middle = np.tile([10, 18, 10, 18], (4, 1))
    >>> result = nd.visualize.correspondence(
    ...     net, images, ["relu2", "relu4"], parts={"middle": middle}, draws=3, rng=np.random.default_rng(1)
    ... )
    >>> nd.plot.correspondence(images, result).shape
    (1, 6)
    """
    parts, shown = len(result.parts), min(MOST, result.distance.shape[-1])
    if axes is None:
        widths = [1] * (shown + 1) + [3]
        size = 1.5 * (shown + 1) + 5, max(1.7, 0.26 * len(result.layers) + 0.9) * parts + 0.5
        axes = plt.subplots(
            parts, shown + 2, figsize=size, width_ratios=widths, squeeze=False, layout="constrained"
        )[1]
        caption(axes, CAPTION)
    for p, (name, row) in enumerate(zip(result.parts, axes, strict=True)):
        for n, ax in enumerate(row[:shown]):
            hidden = occlude_box(pixels[n], Box(*result.boxes[p, n].tolist()), result.fill)
            image(hidden, ax, title=f"{literal(name)} hidden" if n == 0 else "")
        hidden = occlude_box(pixels[0], Box(*result.random_boxes[p, 0, 0].tolist()), result.fill)
        image(hidden, row[shown], title="at random")
        _draw_distances(row[-1], result, p)
    return axes


def _draw_distances(ax: Axes, result: Correspondence, part: int) -> None:
    """Draw a row for each layer, the first at the top."""
    places = np.arange(len(result.layers))
    chance = result.random_mean[:, part].mean(axis=2)
    ax.plot(chance, places, "|", color="0.6", markersize=7)
    ax.plot(result.mean[:, part].mean(axis=1), places, "o", color="tab:blue", markersize=5)
    ax.set_yticks(places, list(map(literal, result.layers)), fontsize="small")
    ax.set_ylim(len(places) - 0.5, -0.5)
    ax.set_xlim(left=0)
    ax.tick_params(axis="x", labelsize="small")
    ax.grid(axis="x", alpha=0.3)
