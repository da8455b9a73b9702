"""One unit's projections through the shortcuts and the bodies of a residual network."""

import matplotlib.pyplot as plt
import numpy as np

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import draw_box, image, span, vivid, vivid_limit
from npdeconv.visualize import PathProjections


@returns_grid
def paths(pixels: Array, result: PathProjections, axes: Array | None = None) -> Array:
    """Draw an image with what a unit sees, and its projections: whole, by shortcuts, by bodies.

    Each projection has its own scale: mid-gray is zero, and the titles give the value of white and
    black. They also give the energy (the sum of squares) in percent of the whole projection's.

    Parameters
    ----------
    pixels : (H, W, C)
        The image.
    result : PathProjections
    axes : array of Axes (4,), optional

    Returns
    -------
    array of Axes (4,)

    Examples
    --------
    >>> net = nd.models.resnet20(rng=np.random.default_rng(0))
    >>> image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    >>> nd.plot.paths(image, nd.visualize.project_paths(net, image, "block1_2_relu", 0)).shape
    (4,)
    """
    if axes is None:
        axes = plt.subplots(1, 4, figsize=(9, 2.9), layout="constrained")[1]
    silent = bool(result.whole.silent[0])
    image(pixels, axes[0], title="the unit is silent here" if silent else "what the unit sees")
    if not silent:
        draw_box(result.whole.box[0], axes[0])
    whole = result.whole.pixels[0]
    energy = float(np.square(whole, dtype=np.float64).sum())
    kinds = {"all paths": whole, "shortcuts only": result.shortcuts, "bodies only": result.bodies}
    for ax, (name, projected) in zip(axes[1:], kinds.items(), strict=True):
        share = float(np.square(projected, dtype=np.float64).sum()) / energy if energy else 0.0
        title = f"{name}, energy {share:.2%}\n{span(vivid_limit(projected))}"
        image(vivid(projected), ax, title=title)
    return axes
