"""One layer after another, for one image."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.plot.images import box, image
from npdeconv.visualize import LayerProjections, display


def layers(pixels: Array, result: LayerProjections, axes: Array | None = None) -> Array:
    """Draw the strongest units of the layers: what each sees of the image, and its projection.

    Each projection has its own scale, since activations of different layers can't be compared;
    mid-gray is zero.

    Parameters
    ----------
    pixels : (H, W, C)
        The image.
    result : LayerProjections
    axes : array of Axes (2, units), optional

    Returns
    -------
    array of Axes (2, units)
    """
    count = len(result.layers)
    if axes is None:
        size = (1.5 * max(count, 2), 3.6)
        axes = plt.subplots(2, count, figsize=size, squeeze=False, layout="constrained")[1]
    for n, (layer, feature_map) in enumerate(zip(result.layers, result.feature_maps, strict=True)):
        image(pixels, axes[0, n], title=f"{layer}, map {feature_map}")
        if not result.projection.silent[n]:
            box(result.projection.box[n], axes[0, n])
        _projection(result, n, axes[1, n])
    return axes


def beside(pixels: Array, result: LayerProjections, axes: Array | None = None) -> Array:
    """Draw the projections of some units in a row, beside the image.

    Parameters
    ----------
    pixels : (H, W, C)
        The image.
    result : LayerProjections
    axes : array of Axes (1 + units,), optional

    Returns
    -------
    array of Axes (1 + units,)
    """
    count = len(result.layers)
    if axes is None:
        axes = plt.subplots(1, 1 + count, figsize=(2 * (1 + count), 2.4), layout="constrained")[1]
    image(pixels, axes[0], title="the image")
    for n, (layer, feature_map) in enumerate(zip(result.layers, result.feature_maps, strict=True)):
        _projection(result, n, axes[1 + n], f"{layer}, map {feature_map}\n")
    return axes


def _projection(result: LayerProjections, n: int, ax: Axes, name: str = "") -> None:
    activation = f"activation {result.projection.activation[n]:.3g}"
    title = name + ("silent" if result.projection.silent[n] else activation)
    image(display(result.projection.pixels[n]), ax, title=title)
