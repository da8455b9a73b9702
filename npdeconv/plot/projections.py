"""Projections beside the images that they come from."""

from collections.abc import Sequence

import matplotlib.pyplot as plt

from npdeconv._types import Array
from npdeconv.plot.images import box, image
from npdeconv.visualize import Projection, display


def projections(
    images: Array,
    result: Projection,
    axes: Array | None = None,
    *,
    titles: Sequence[str] | None = None,
    limit: float | None = None,
) -> Array:
    """Draw images with the receptive fields of the projected units, and the projections beneath.

    All projections have one scale: mid-gray is zero, and the strongest pixel of them all is
    white or black (see `npdeconv.visualize.display`).

    Parameters
    ----------
    images : (N, H, W, C)
        Those that were projected.
    result : Projection
    axes : array of Axes (2, N), optional
        Row 0 takes the images, row 1 the projections.
    titles : sequence of N str, optional
    limit : float, optional
        Size of the pixel that is shown white, for a scale shared with other figures.

    Returns
    -------
    array of Axes (2, N)
    """
    if axes is None:
        size = (1.3 * max(len(images), 2), 3.2)
        axes = plt.subplots(2, len(images), figsize=size, squeeze=False, layout="constrained")[1]
    shown = display(result.pixels, limit)
    for n in range(len(images)):
        image(images[n], axes[0, n], title=titles[n] if titles is not None else "")
        if not result.silent[n]:
            box(result.box[n], axes[0, n])
        image(shown[n], axes[1, n], title="silent" if result.silent[n] else "")
    return axes
