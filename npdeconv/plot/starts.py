"""A unit's projections beside those of random values, by every rule."""

import matplotlib.pyplot as plt

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import caption, draw_box, image, in_box, name_row, vivid
from npdeconv.plot.text import wrapped
from npdeconv.visualize import StartComparison

COLUMNS = "the image, and\nwhat the unit sees", "the unit", "random values", "random values,\nto centers"
CAPTION = """\
numbers: correlation with the unit's picture
each picture has a scale of its own, in which mid-gray is zero"""


@returns_grid
def starts(
    pixels: Array,
    result: StartComparison,
    axes: Array | None = None,
    *,
    image_index: int = 0,
    title: str = "",
) -> Array:
    """Draw an image, a unit's projection and those of random values, a row for each rule.

    Projections show the unit's box. They have scales of their own, since correlations have none.

    Parameters
    ----------
    pixels : (H, W, C)
        The image that was projected.
    result : StartComparison
    axes : array of Axes (R, 4), optional
    image_index : int
        Which image of the result this is.
    title : str, optional

    Returns
    -------
    array of Axes (R, 4)

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(2).images
    >>> result = nd.visualize.compare_starts(net, images, "relu4", 7, rng=np.random.default_rng(0))
    >>> nd.plot.starts(images[0], result).shape
    (1, 4)
    """
    is_own = axes is None
    if axes is None:
        size = (7.6, 1.9 * len(result.rules) + 1.2)
        axes = plt.subplots(len(result.rules), 4, figsize=size, squeeze=False, layout="constrained")[1]
    n = image_index
    for row, rule, own, random, centered, kept, lost, seen in zip(
        axes,
        result.rules,
        result.pixels[:, n],
        result.random_pixels[:, n],
        result.centered_pixels[:, n],
        result.to_random[:, n, 0],
        result.to_centered[:, n, 0],
        result.to_image[:, n],
        strict=True,
    ):
        image(pixels, row[0])
        if not result.unit.silent[n]:
            draw_box(result.unit.box[n], row[0])
        name_row(row[0], rule, rotation=90)
        labels = f"with the image {seen:.2f}", f"{kept:.2f}", f"{lost:.2f}"
        for ax, picture, label in zip(row[1:], (own, random, centered), labels, strict=True):
            image(in_box(vivid(picture), result.unit.box[n]), ax)
            ax.set_title(
                "silent" if result.unit.silent[n] else label, y=0, pad=-3, va="top", fontsize="small"
            )
    for ax, name in zip(axes[0], COLUMNS, strict=True):
        ax.text(0.5, 1.03, name, transform=ax.transAxes, ha="center", va="bottom", fontsize="small")
    if title:
        axes[0, 0].figure.suptitle(wrapped(title, 90), fontsize="medium")
    if is_own:
        caption(axes, CAPTION)
    return axes
