"""Projections beside the images that they come from."""

from collections.abc import Sequence

import matplotlib.pyplot as plt

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import caption, draw_box, image, in_box, share_frame, signed_bar, vivid_limit
from npdeconv.plot.text import wrapped
from npdeconv.visualize import Projection, display

CAPTION = """\
box: what the unit sees of the image, pale beyond the edge
below: its projection, where mid-gray is zero"""
LETTERS = 24  # per line of an image's title
COLUMNS = 8  # of a figure; more images go into further rows
SPECK = 16  # a projection below one 16th of the image would be a speck, and is enlarged


@returns_grid
def projections(
    images: Array,
    result: Projection,
    axes: Array | None = None,
    *,
    titles: Sequence[str] | None = None,
    title: str = "",
    limit: float | None = None,
) -> Array:
    """Draw images with the receptive fields of the projected units, and the projections below.

    All projections have one scale, drawn beside them unless axes are given: mid-gray is zero, and the
    strongest hundredth of the nonzero pixels is white or black. If a unit sees little of the image,
    only that part of its projection is drawn, marked "enlarged".

    Parameters
    ----------
    images : (N, H, W, C)
        The images that were projected.
    result : Projection
    axes : array of Axes (2, N), optional
        Row 0 takes the images, row 1 the projections.
    titles : sequence of N str, optional
        Of the images.
    title : str, optional
        Of the figure, such as the layer and the rule.
    limit : float, optional
        Absolute value shown as white, for a scale shared with other figures.

    Returns
    -------
    array of Axes (2, N)
        Unless axes are given, at most eight side by side.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(3).images
    >>> result = nd.visualize.project(net, images, "relu4", feature_map=7)
    >>> nd.plot.projections(images, result, titles=["first", "second", "third"]).shape
    (2, 3)
    """
    is_own, axes = axes is None, _layout(len(images)) if axes is None else axes
    if title:
        axes[0, 0].figure.suptitle(title, fontsize="medium")
    limit = vivid_limit(result.pixels) if limit is None else limit
    shown = display(result.pixels, limit)
    for n in range(len(images)):
        image(images[n], axes[0, n], title=wrapped(titles[n], LETTERS) if titles is not None else "")
        axes[0, n].set_anchor("N")  # keeps titles at one height if a box widens the view
        if not result.silent[n]:
            draw_box(result.box[n], axes[0, n])
        strength = "silent" if result.silent[n] else f"activation {result.activation[n]:.2g}"
        part = in_box(shown[n], result.box[n])
        is_speck = not result.silent[n] and part[..., 0].size * SPECK < shown[n][..., 0].size
        image(part if is_speck else shown[n], axes[1, n])
        if is_speck:
            strength += f"\n{part.shape[0]}x{part.shape[1]}, enlarged"
        axes[1, n].set_title(strength, y=0, pad=-3, va="top", fontsize="small")  # below
    share_frame(axes[0, : len(images)])  # a box that leaves its image widens one view only
    if is_own:
        signed_bar(limit, axes, "pixel of a projection", clipped=True)
        caption(axes, CAPTION)
    return axes


def _layout(count: int) -> Array:
    columns, rows = min(count, COLUMNS), -(-count // COLUMNS)
    size = (1.55 * max(columns, 3) + 0.8, 3.9 * rows + 0.6)
    grid = plt.subplots(2 * rows, columns, figsize=size, squeeze=False, layout="constrained")[1]
    axes = grid.reshape(rows, 2, columns).swapaxes(0, 1).reshape(2, -1)
    for ax in axes[:, count:].flat:
        ax.remove()
    return axes[:, :count]
