"""Filters, feature maps, and strongest projections of a layer, each as one sheet."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import BOX_COLOR, OWN_SCALE, bar, caption, image, signed_bar, span, vivid
from npdeconv.plot.montage import montage
from npdeconv.visualize import FeatureMaps, Patches, Strongest, display

WIDEST = 1500  # pixels: a wider sheet would be scaled down anyway, and takes gigabytes

NUMBER_BOX: dict[str, Any] = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5}


def filters(weights: Array, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the filters of a first layer, (F, KH, KW, C), on one scale; mid-gray is zero.

    Three channels are colors: a filter that responds to red is reddish.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> ax = nd.plot.filters(nd.visualize.first_filters(net), title="32 filters")
    >>> ax.get_title().splitlines()[0]
    '32 filters'
    """
    drawn = _sheet(display(weights), np.zeros(len(weights), bool), ax, title, "filter")
    if ax is None:
        signed_bar(float(np.abs(weights).max(initial=0)), drawn, "weight")
    return drawn


@returns_grid
def filters_beside(
    several: Sequence[Array], names: Sequence[str], axes: Array | None = None, *, title: str = ""
) -> Array:
    """Draw the first filters of several networks side by side, each network's on a scale of its own.

    Parameters
    ----------
    several : sequence of arrays (F, KH, KW, C)
        The filters of each network, see `npdeconv.visualize.first_filters`.
    names : sequence of str
        Of the networks.
    axes : array of Axes, optional
        One for each network.
    title : str, optional
        Of the figure.

    Examples
    --------
    >>> nets = [nd.models.build(name, rng=np.random.default_rng(0)) for name in ("deck_model4", "plotka")]
    >>> several = [nd.visualize.first_filters(net) for net in nets]
    >>> nd.plot.filters_beside(several, [net.name for net in nets]).shape
    (2,)
    """
    if axes is None:
        size = (3.6 * len(several), 4.4)
        grid = plt.subplots(1, len(several), figsize=size, squeeze=False, layout="constrained")[1]
        axes = grid[0]
        caption(axes, f"each network has its own scale: {OWN_SCALE}")
    if title:
        axes[0].figure.suptitle(title, fontsize="medium")
    for ax, weights, name in zip(axes, several, names, strict=True):
        count, height, width, _ = weights.shape
        scale = span(float(np.abs(weights).max(initial=0)))
        filters(weights, ax, title=f"{name}\n{count} filters of {height}x{width}, {scale}")
        for text in list(ax.texts):  # numbers of filters would hide the neighbor
            text.remove()
    return axes


def feature_maps(
    result: FeatureMaps,
    ax: Axes | None = None,
    *,
    feature_maps: Sequence[int] | Array | None = None,
    title: str = "",
) -> Axes:
    """Draw feature maps of a layer for one image on one scale; silent maps are crossed out.

    Black is zero, and white the largest activation. Brightness is the square root of the activation;
    otherwise all but the strongest would look black. If there are negative activations, mid-gray is
    zero, and the scale is linear. `feature_maps` are the maps' numbers, if they are not all of the layer's.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> ax = nd.plot.feature_maps(nd.visualize.feature_maps(net, image, "relu2"), title="32 maps")
    >>> ax.get_title().splitlines()[0]
    '32 maps'
    """
    limit = float(np.abs(result.maps).max(initial=0)) or 1.0
    if (result.maps < 0).any():
        drawn = _sheet(display(result.maps)[..., np.newaxis], result.silent, ax, title, "map", feature_maps)
        if ax is None:
            signed_bar(limit, drawn, "activation")
        return drawn
    shown = np.sqrt(result.maps / limit)
    title = f"{title}\none scale; brightness is the activation's square root".strip()
    drawn = _sheet(shown[..., np.newaxis], result.silent, ax, title, "map", feature_maps)
    if ax is None:
        bar(ScalarMappable(PowerNorm(0.5, 0, limit), "gray"), drawn, "activation")
    return drawn


def strongest_projections(
    patches: Patches,
    found: Strongest,
    ax: Axes | None = None,
    *,
    feature_maps: Sequence[int] | Array | None = None,
    title: str = "",
) -> Axes:
    """Draw each map of a layer by the projection of the image that excites it most.

    Each projection has its own scale, mid-gray is zero, and the strongest hundredth of its pixels is
    clipped. It is cropped to what the unit sees; mid-gray beyond the image. Dead maps are crossed
    out. `feature_maps` are those passed to `find_patches`, all unless given.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu4"], k=1)["relu4"]
    >>> patches = nd.visualize.find_patches(net, images, "relu4", found=found)
    >>> ax = nd.plot.strongest_projections(patches, found, title="relu4")
    >>> ax.get_title().splitlines()[0]
    'relu4'
    """
    shown = np.stack([vivid(projection) for projection in patches.projections[:, 0]])
    title = f"{title}\neach on its own scale, where mid-gray is zero".strip()
    dead = found.firing == 0 if feature_maps is None else found.firing[feature_maps] == 0
    return _sheet(shown, dead, ax, title, "map", feature_maps)


def _sheet(
    pictures: Array,
    crossed_out: Array,
    ax: Axes | None,
    title: str,
    kind: str,
    feature_maps: Sequence[int] | Array | None = None,
) -> Axes:
    """Draw pictures (F, H, W, C) in rows; label each with its number, or each row with its first index."""
    columns = _columns(len(pictures), pictures.shape[1] / pictures.shape[2])
    pictures = _shrunk(pictures, max(1, columns * pictures.shape[2] // WIDEST))
    count, height, width, _ = pictures.shape
    gap = max(1, height // 12)
    if ax is None:
        rows = -(-count // columns)
        side = np.clip(7 / columns, 0.35, 1)
        size = (side * columns + 1.4, side * rows * height / width + 0.6)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    image(montage(pictures, columns, gap), ax, title=title)
    for n, number in enumerate([] if feature_maps is None else feature_maps):
        left, top = n % columns * (width + gap) - 0.5, n // columns * (height + gap) - 0.5
        ax.text(left, top, f"{number}", va="top", fontsize=5, bbox=NUMBER_BOX)
    for n in range(0, count, columns) if feature_maps is None else ():
        middle = n // columns * (height + gap) + height / 2 - 0.5
        ax.text(-0.5 - gap, middle, f"{kind} {n}", ha="right", va="center", fontsize=7)
    for n in np.flatnonzero(crossed_out).tolist():
        left, top = n % columns * (width + gap) - 0.5, n // columns * (height + gap) - 0.5
        for start, end in ((top, top + height), (top + height, top)):
            ax.plot([left, left + width], [start, end], color=BOX_COLOR, linewidth=1)
    return ax


def _shrunk(pictures: Array, step: int) -> Array:
    """Return the means of blocks of step x step pixels; incomplete blocks at the edges are dropped."""
    if step == 1:
        return pictures
    count, height, width, channels = pictures.shape
    rows, columns = height // step, width // step
    blocks = pictures[:, : rows * step, : columns * step].reshape(count, rows, step, columns, step, channels)
    return blocks.mean(axis=(2, 4))


def _columns(count: int, proportion: float) -> int:
    """Return a number of columns that makes a sheet about square, with full rows where possible."""
    least = int(np.ceil(np.sqrt(count * proportion)))
    return next((columns for columns in range(least, 2 * least) if count % columns == 0), least)
