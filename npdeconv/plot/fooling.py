"""An image before and after the smallest change with which a network takes it for something else."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from npdeconv._types import Array
from npdeconv.plot.images import image
from npdeconv.plot.text import literal
from npdeconv.visualize import Fooling


def fooling(
    result: Fooling, axes: Array | None = None, *, classes: Sequence[str] | None = None, title: str = ""
) -> Array:
    """Draw the image before, the change, and the image after, each image with what the network sees.

    The change is drawn around mid-gray, and multiplied until its largest pixel is white or black; its
    title gives the factor.

    Parameters
    ----------
    result : Fooling
    axes : array of Axes (3,), optional
    classes : sequence of str, optional
        Names of the classes; numbers unless given.
    title : str, optional
        Of the figure.

    Returns
    -------
    array of Axes (3,)

    Examples
    --------
    >>> net, digit = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> nd.plot.fooling(nd.visualize.fool(net, digit, label=7)).shape
    (3,)
    """
    if axes is None:
        axes = plt.subplots(1, 3, figsize=(9, 3.7), layout="constrained")[1]
    if title:
        axes[0].figure.suptitle(title, fontsize="medium")
    largest = float(np.abs(result.change).max(initial=0))
    factor = 0.5 / (largest or 1)
    image(
        np.clip(result.inputs - result.change, 0, 1),
        axes[0],
        title=f"before\n{_seen(result.before, classes)}",
    )
    words = f"the change, times {factor:.3g}\nnorm {result.norm:.3g}, largest ±{largest:.2g}"
    image(0.5 + factor * result.change, axes[1], title=words)
    image(np.clip(result.inputs, 0, 1), axes[2], title=f"after\n{_seen(result.after, classes)}")
    return axes


def _seen(probabilities: Array, classes: Sequence[str] | None) -> str:
    number = int(probabilities.argmax())
    name = f"class {number}" if classes is None else classes[number]
    return literal(f"{name}, {probabilities[number]:.1%}")
