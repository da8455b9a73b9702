"""Class activation maps over their image, and boxes made from maps."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import bar, image
from npdeconv.plot.text import literal
from npdeconv.visualize import ClassActivationMaps

COLORS = "inferno"
OPACITY = 0.75  # of the strongest place
WIDTH = 22  # characters of a class's name


@returns_grid
def class_activation(
    pixels: Array,
    result: ClassActivationMaps,
    axes: Array | None = None,
    *,
    image_index: int = 0,
    classes: Sequence[str] | None = None,
) -> Array:
    """Draw an image, and over it the maps of its classes, as in figure 4 of arXiv:1512.04150.

    All maps have one scale. Places that speak for a class are bright; places that speak against it, or
    say nothing, are dark.

    Parameters
    ----------
    pixels : (H, W, C)
        The image: uint8, or floats from 0 to 1.
    result : ClassActivationMaps
    axes : array of Axes (1 + K,), optional
    image_index : int
        Which image of the result this is.
    classes : sequence of str, optional
        Names of the classes; numbers unless given.

    Returns
    -------
    array of Axes (1 + K,)

    Examples
    --------
    >>> net = nd.models.cam_net(input_shape=(28, 28, 1), rng=np.random.default_rng(0))
    >>> images = nd.data.load_strokes(2).images
    >>> result = nd.visualize.class_activation_maps(net, images, k=3)
    >>> nd.plot.class_activation(images[0], result).shape
    (4,)
    """
    maps = result.upsampled[image_index]
    if axes is None:
        size = (2.3 * (1 + len(maps)) + 0.6, 2.9)
        axes = plt.subplots(1, 1 + len(maps), figsize=size, layout="constrained")[1]
    image(pixels, axes[0], title="the image")
    limit = float(maps.max(initial=1e-30))
    for k, ax in enumerate(axes[1:]):
        overlay(pixels, maps[k], ax, limit)
        name = _name(int(result.labels[image_index, k]), classes)
        chance, logit = result.probability[image_index, k], result.logit[image_index, k]
        ax.set_title(f"{name}\nprobability {_percent(chance)}, logit {logit:.1f}", fontsize="small")
    colors = plt.cm.ScalarMappable(Normalize(0, limit), COLORS)
    bar(colors, axes, "speaks for the class", shrink=0.75)
    return axes


def overlay(pixels: Array, values: Array, ax: Axes, limit: float) -> None:
    """Draw a map (H, W) over the image in gray, the more opaque the larger its value."""
    gray = pixels.mean(axis=2, keepdims=True)
    image(gray / 255 if pixels.dtype == np.uint8 else gray, ax)
    opacity = OPACITY * np.sqrt(np.clip(values / limit, 0, 1))
    ax.imshow(values, cmap=COLORS, vmin=0, vmax=limit, alpha=opacity, interpolation="nearest")


def _name(number: int, classes: Sequence[str] | None) -> str:
    name = f"class {number}" if classes is None else classes[number]
    return literal(name if len(name) <= WIDTH else name[: WIDTH - 1] + "…")


def _percent(probability: float) -> str:
    if probability < 0.001:
        return "below 0.1 %"
    return "above 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"
