"""How features move when images are shifted, scaled or rotated, as in the paper's figure 5."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.plot.images import image
from npdeconv.plot.montage import montage
from npdeconv.plot.text import literal
from npdeconv.visualize import Invariance, transform_image
from npdeconv.visualize.transformed import UNITS

SHOWN = 5
"""Images that are shown and have a curve of their own, as in the paper; for more, the mean is drawn, too."""

STEPS = 5  # amounts at which an image is shown


def invariance(images: Array, result: Invariance, axes: Array | None = None, *, title: str = "") -> Array:
    """Draw images under a transform, the relative distances of their features, and a class's probability.

    This is one row of the paper's figure 5 (arXiv:1311.2901). The frame of an image has the color of its
    curve.

    Parameters
    ----------
    images : (N, H, W, C)
        The images of the result: uint8, or floats from 0 to 1.
    result : Invariance
    axes : array of Axes (2 + L,), optional
        For the pictures, L layers, and the probability; (1 + L,) without classes.
    title : str, optional
        A line above the pictures.

    Returns
    -------
    array of Axes (2 + L,) or (1 + L,)

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3, 0)
    >>> result = nd.visualize.invariance(net, digits.images, ["relu1", "logits"], transform="scale")
    >>> nd.plot.invariance(digits.images, result).shape
    (4,)
    """
    panels = len(result.layers) + (1 if result.probability is None else 2)
    if axes is None:
        axes = plt.subplots(1, panels, figsize=(3 * panels, 2.9), layout="constrained")[1]
    _pictures(images[:SHOWN], result, axes[0], title)
    limit = 1.05 * max(1.0, float(result.relative.max(initial=0)))
    for ax, name, relative in zip(axes[1:], result.layers, result.relative, strict=False):
        _curves(ax, result, relative, literal(f"{name}: distance"), limit)
        ax.axhline(1, color="gray", linestyle=":", linewidth=1)
        ax.set_ylabel("1 = another image", fontsize="small")
    if result.probability is not None:
        _curves(axes[-1], result, result.probability, "probability of the class", 1.02)
    return axes


def _curves(ax: Axes, result: Invariance, values: Array, title: str, limit: float) -> None:
    """Draw values (N, A): the first images in colors, and the mean where there are more."""
    for n, row in enumerate(values[:SHOWN]):
        ax.plot(result.amounts, row, color=f"C{n}", linewidth=1.2)
    if len(values) > SHOWN:
        ax.plot(result.amounts, values.mean(axis=0), color="black", linewidth=2.5)
        title += f"\nblack: mean of {len(values)} images"
    ax.set_xlabel(f"{result.transform} [{UNITS[result.transform]}]", fontsize="small")
    ax.set_ylim(0, limit)
    ax.set_title(title, fontsize="small")
    ax.tick_params(labelsize="small")
    ax.grid(alpha=0.3)


def _pictures(images: Array, result: Invariance, ax: Axes, title: str) -> None:
    """Draw a row for each image, at some of the amounts, with a bar in the color of its curve."""
    chosen = np.unique(np.linspace(0, len(result.amounts) - 1, STEPS).round().astype(int))
    amounts, (height, width) = result.amounts[chosen], images.shape[1:3]
    change = partial(
        transform_image, transform=result.transform, fill=result.fill, interpolation=result.interpolation
    )
    shown = [change(one, amount=amount) for one in images for amount in amounts]
    gap = max(1, height // 14)
    image(np.clip(montage(np.stack(shown), len(amounts), gap), 0, 1), ax)
    for n in range(len(images)):
        top = n * (height + gap) - 0.5
        ax.plot([-1.5 * gap] * 2, [top, top + height], color=f"C{n}", linewidth=3)
    for a, amount in enumerate(amounts):
        ax.text(a * (width + gap) + width / 2, -gap, f"{amount:g}", ha="center", va="bottom", fontsize=7)
    ax.set_title(title, fontsize="small", pad=12)
