"""Images that excite units most, and the growth of the activation."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import image, in_box
from npdeconv.plot.projections import SPECK
from npdeconv.plot.text import in_legend, literal, wrapped
from npdeconv.visualize import Maximization

LARGE = 100  # pixels: images of this height are drawn larger, and fewer to a row
LETTERS = 11  # to an inch of a title


@returns_grid
def maximized(
    result: Maximization, axes: Array | None = None, *, titles: Sequence[str] | None = None, title: str = ""
) -> Array:
    """Draw the images that excite some units most, with the activations.

    If a unit sees little of the image, only that part is drawn, marked "enlarged".

    Parameters
    ----------
    result : Maximization
    axes : array of Axes (U,), optional
    titles : sequence of U str, optional
        Of the units.
    title : str, optional
        Of the figure.

    Returns
    -------
    array of Axes (U,)

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> result = nd.visualize.maximize_activation(net, "logits", [3, 8], steps=5)
    >>> nd.plot.maximized(result, titles=["three", "eight"]).shape
    (2,)
    """
    axes = _layout(len(result.pixels), result.pixels.shape[1] >= LARGE) if axes is None else axes
    if title:
        figure = axes[0].figure
        figure.suptitle(wrapped(title, int(figure.get_figwidth() * LETTERS)), fontsize="medium")
    for n, ax in enumerate(axes):
        pixels, part = result.pixels[n], in_box(result.pixels[n], result.box[n])
        is_speck = part[..., 0].size * SPECK < pixels[..., 0].size
        image(part if is_speck else pixels, ax, title=literal(titles[n]) if titles is not None else "")
        strength = f"activation {result.activation[-1, n]:.3g}"
        if is_speck:
            strength += f" ({part.shape[0]}x{part.shape[1]}, enlarged)"
        ax.text(0.5, -0.03, strength, transform=ax.transAxes, ha="center", va="top", fontsize="small")
    return axes


def ascents(
    result: Maximization, ax: Axes | None = None, *, titles: Sequence[str] | None = None, title: str = ""
) -> Axes:
    """Draw how the activation of each unit grew, step by step.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> result = nd.visualize.maximize_activation(net, "logits", [3, 8], steps=5)
    >>> ax = nd.plot.ascents(result, titles=["three", "eight"])
    >>> len(ax.lines)
    2
    """
    ax = plt.subplots(figsize=(6, 3.2), layout="constrained")[1] if ax is None else ax
    for n in range(result.activation.shape[1]):
        label = in_legend(titles[n]) if titles is not None else None
        ax.plot(result.activation[:, n], linewidth=1, alpha=0.8, label=label)
    ax.set(xlabel="step", ylabel="activation")
    ax.set_title(title, fontsize="medium")
    ax.grid(alpha=0.3)
    if titles is not None:
        ax.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return ax


def _layout(count: int, is_large: bool) -> Array:
    columns = min(count, 4 if is_large else 5)
    rows, inches = -(-count // columns), 2.8 if is_large else 1.8
    size = (max(inches * columns + 0.2, 3.6), (inches + 0.45) * rows + 0.3)
    axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")[1].ravel()
    for ax in axes[count:]:
        ax.remove()
    return np.asarray(axes[:count])
