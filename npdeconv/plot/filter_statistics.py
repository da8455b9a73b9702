"""What the filters tell, as in the paper's figure 6: sizes, frequencies, dead maps, aliasing."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Ellipse

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.text import literal
from npdeconv.visualize import Aliasing, FilterStatistics
from npdeconv.visualize.spectra import MIDDLE, NEAR

CONTROL: dict[str, Any] = {"color": "black", "linestyle": ":", "linewidth": 1.2}
RING: dict[str, Any] = {"fill": False, "edgecolor": "#e4572e", "linewidth": 1.2}


@returns_grid
def filter_statistics(result: FilterStatistics, axes: Array | None = None, *, title: str = "") -> Array:
    """Draw what filters tell, one panel for each measure.

    The panels are the filters' root mean squares, loudest first; the mean of their spectra, with a ring
    around middle frequencies; the share of dead maps of each layer; and the mean spectrum of the second
    layer's projections, with circles around the harmonics of sampling. Dark is power. Without images,
    there are the first two; without sampling, the first three.

    Parameters
    ----------
    result : FilterStatistics
    axes : array of Axes (2,), (3,) or (4,), optional
    title : str, optional
        Above all panels.

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20)
    >>> result = nd.visualize.filter_statistics(net, digits.images, stride=2, k=2)
    >>> nd.plot.filter_statistics(result).shape
    (4,)
    """
    panels = 2 + bool(result.layers) + (result.aliasing is not None)
    if axes is None:
        axes = plt.subplots(1, panels, figsize=(3.4 * panels, 3.5), layout="constrained")[1]
        axes[0].figure.suptitle(title, fontsize="medium")
    _sizes(result, axes[0])
    _spectrum(result.spectrum, axes[1])
    for radius in MIDDLE:
        axes[1].add_patch(Circle((0, 0), radius, **RING))
    shares = f"{result.middle.mean():.0%} between the rings (noise: {result.middle_noise:.0%})"
    axes[1].set_title(f"mean spectrum of the filters\n{shares}", fontsize="small")
    if result.layers:
        _dead(result, axes[2])
    if result.aliasing is not None:
        _aliasing(result.aliasing, axes[-1])
    return axes


def _sizes(result: FilterStatistics, ax: Axes) -> None:
    ax.bar(np.arange(len(result.rms)), np.sort(result.rms)[::-1], width=1, color="C0")
    ax.axhline(float(np.median(result.rms)), **CONTROL)
    ax.set(xlabel="filters, the loudest first", ylabel="root mean square")
    height, width = result.size
    told = f"the loudest is {result.domination:.3g} times the median (dotted)"
    ax.set_title(f"{len(result.rms)} filters of {height}x{width}\n{told}", fontsize="small")


def _spectrum(spectrum: Array, ax: Axes) -> None:
    """Draw a spectrum with zero frequency in the middle, on axes of cycles per pixel."""
    edges = []
    for side in spectrum.shape:
        first = -(side // 2) / side - 0.5 / side
        edges.append((first, first + 1))
    (top, bottom), (left, right) = edges
    shown = np.sqrt(spectrum / (spectrum.max() or 1))  # else all but the strongest would look white
    ax.imshow(
        shown, cmap="gray_r", vmin=0, vmax=1, extent=(left, right, bottom, top), interpolation="nearest"
    )
    ax.set(xlabel="cycles per pixel (dark: power)", xlim=(left, right), ylim=(bottom, top))
    ax.tick_params(labelsize="small")


def _dead(result: FilterStatistics, ax: Axes) -> None:
    places, shares = np.arange(len(result.dead)), [dead.mean() for dead in result.dead]
    ax.barh(places, shares, color="C0")
    for place, dead in zip(places, result.dead, strict=True):
        ax.text(
            float(dead.mean()), float(place), f" {dead.sum()} of {len(dead)}", va="center", fontsize="x-small"
        )
    ax.set_yticks(places, [literal(name) for name in result.layers], fontsize="x-small")
    ax.invert_yaxis()
    ax.set(xlabel="share of dead maps", xlim=(0, max(0.1, 1.3 * max(shares))))
    ax.set_title("maps that no image excites", fontsize="small")


def _aliasing(result: Aliasing, ax: Axes) -> None:
    _spectrum(result.spectrum, ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    down, across = result.stride
    for row in range(-(down // 2), down // 2 + 1):
        for column in range(-(across // 2), across // 2 + 1):
            if row % down or column % across:
                center = column / across, row / down
                ax.add_patch(Ellipse(center, 2 * NEAR / across, 2 * NEAR / down, **RING))
    ax.set(xlim=(left, right), ylim=(bottom, top))
    shares = f"{result.mean:.1%} in the circles ({result.around_mean:.1%} as around)"
    ax.set_title(f"mean spectrum of {literal(result.layer)}\n{shares}", fontsize="small")
