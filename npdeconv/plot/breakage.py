"""A fault's picture beside the right one."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.breakage import Fault, Scene
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import image, span
from npdeconv.plot.text import wrapped
from npdeconv.visualize import display

COLORS = {"right": "black", "wrong": "C3"}


@returns_grid
def fault(which: Fault, scene: Scene) -> Array:
    """Draw the right picture, the wrong one, and their difference, beside the digit that they are of.

    Pictures with both signs share one scale with mid-gray at zero; the difference has its own. Losses
    are curves in one plot, and ranked images have no difference.

    Parameters
    ----------
    which : Fault
    scene : Scene
        As `npdeconv.breakage.show` returns it.

    Returns
    -------
    array of Axes

    Examples
    --------
    >>> fault = nd.breakage.fault_of("unrectified")
    >>> axes = nd.plot.fault(fault, nd.breakage.show(fault))
    >>> len(axes)
    4
    """
    pictures = {"right": scene.right, "wrong": scene.wrong}
    if scene.right.ndim == 1:
        axes = plt.subplots(1, 1, figsize=(6, 4), squeeze=False, layout="constrained")[1]
        _curves(pictures, axes[0, 0])
    else:
        if which.shows != "ranking":
            pictures |= {"wrong minus right": scene.wrong - scene.right}
        count = len(pictures) + bool(scene.image.size)
        axes = plt.subplots(1, count, figsize=(2.4 * count, 3.4), squeeze=False, layout="constrained")[1]
        _draw(scene, pictures, axes[0])
    title = f"{which.name}: {which.title}\n{scene.caption}"
    axes[0, 0].figure.suptitle(wrapped(title, 95), fontsize="medium")
    numbers = (
        f"difference {scene.difference:.0%} of the right one's norm, correlation {scene.correlation:.2f}"
    )
    axes[0, 0].figure.supxlabel(numbers, fontsize="small")
    return np.asarray(axes[0])


def _draw(scene: Scene, pictures: dict[str, Array], axes: Sequence[Axes] | Array) -> None:
    if scene.image.size:
        image(scene.image[..., np.newaxis], axes[0], title="the digit")
    limit = float(max(np.abs(scene.right).max(), np.abs(scene.wrong).max()))
    for ax, (name, pixels) in zip(axes[-len(pictures) :], pictures.items(), strict=True):
        own = float(np.abs(pixels).max()) if name == "wrong minus right" else limit
        signed = scene.signed or name == "wrong minus right"
        shown = display(pixels.astype(np.float64), own) if signed else pixels
        title = f"{name}\n{span(own)}" if signed else f"{name}\nas shown"
        image(shown[..., np.newaxis], ax, title=title)


def _curves(losses: dict[str, Array], ax: Axes) -> None:
    for name, values in losses.items():
        ax.plot(np.arange(1, len(values) + 1), values, color=COLORS[name], label=name)
    ax.set_xlabel("step")
    ax.set_ylabel("loss")
    ax.legend()
