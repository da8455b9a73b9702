"""The rules of descent side by side."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import OWN_SCALE, draw_box, image, in_box, span, vivid, vivid_limit
from npdeconv.visualize import RuleComparison

GATES = {  # (forward, backward)
    (False, True): "gated on the way down",
    (True, False): "gated on the way up",
    (True, True): "gated on both ways",
    (False, False): "not gated",
}
CAPTION = f"""\
box: what the unit sees; each projection shows this part, on a scale of its own:
{OWN_SCALE}"""

NO_SWITCHES = "\nboth rows are the same: switches of max poolings make no difference here"


@returns_grid
def rules(pixels: Array, result: RuleComparison, axes: Array | None = None) -> Array:
    """Draw the eight projections of a unit, and how they correlate.

    Projections are cropped to the unit's box on the image; they are zero outside. Each has its own scale,
    since the rules differ in size by orders of magnitude: mid-gray is zero, and the titles give the
    value of white and black.

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

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> nd.plot.rules(image, nd.visualize.compare_rules(net, image, "relu4", 7)).shape
    (10,)
    """
    if axes is None:
        axes = _layout()
        with_switches, to_centers = np.split(result.pixels, 2)
        is_same = np.array_equal(with_switches, to_centers)
        axes[0].figure.text(0.01, 0.03, CAPTION + NO_SWITCHES * is_same, fontsize="small")
    silent = bool(result.unit.silent[0])
    image(pixels, axes[0], title="the unit is silent here" if silent else "image, and what the unit sees")
    if not silent:
        draw_box(result.unit.box[0], axes[0])
    panels = zip(axes[1:9], result.names, result.gates.tolist(), result.pixels, strict=True)
    for ax, name, (forward, backward, _), projected in panels:
        title = f"{name} {span(vivid_limit(projected))}\n{GATES[forward, backward]}"
        image(in_box(vivid(projected), result.unit.box[0]), ax, title=title)
    correlations(result, axes[9])
    return axes


def correlations(result: RuleComparison, ax: Axes | None = None) -> Axes:
    """Draw the correlations between the projections as a table, from -1 in blue to 1 in red.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> ax = nd.plot.correlations(nd.visualize.compare_rules(net, image, "relu4", 7))
    >>> ax.get_title()
    'correlation of the pixels'
    """
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
    # Margins by hand: the automatic layout expects square images, and crops are not square.
    margins = {"left": 0.01, "right": 0.99, "top": 0.83, "bottom": 0.24, "wspace": 0.1, "hspace": 0.45}
    figure = plt.figure(figsize=(14, 4.8))
    named = figure.subplot_mosaic(
        [[0, 1, 2, 3, 4, ".", 9], [0, 5, 6, 7, 8, ".", 9]],
        empty_sentinel=".",
        width_ratios=[1.3, 1, 1, 1, 1, 0.7, 2],
        gridspec_kw=margins,
    )
    return np.array([named[number] for number in range(10)])
