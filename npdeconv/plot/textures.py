"""Projections with the causes of their textures switched off, side by side."""

import matplotlib.pyplot as plt

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import caption, image, span, vivid, vivid_limit
from npdeconv.visualize import TextureComparison

CAPTION = """\
relief: light on one side, dark on the other; beads: finer than the map's grid; lattice: repeats with it
each projection has its own scale: mid-gray is zero, white plus and black minus the number after ±"""


@returns_grid
def textures(
    images: Array, result: TextureComparison, axes: Array | None = None, *, title: str = ""
) -> Array:
    """Draw images, and to their right their projections: as they are, and with one cause off at a time.

    Parameters
    ----------
    images : (N, H, W, C)
        The images that were projected.
    result : TextureComparison
    axes : array of Axes (N, 5), optional
    title : str, optional
        Of the figure.

    Returns
    -------
    array of Axes (N, 5)

    Examples
    --------
    >>> net, images = nd.models.deck_model3(rng=np.random.default_rng(0)), nd.data.load_strokes(2).images
    >>> result = nd.visualize.compare_textures(net, images, "relu3", 7, rng=np.random.default_rng(0))
    >>> nd.plot.textures(images, result).shape
    (2, 5)
    """
    if axes is None:
        size = (10.5, 2.5 * len(images) + 1.1)
        axes = plt.subplots(len(images), 5, figsize=size, squeeze=False, layout="constrained")[1]
        caption(axes, CAPTION)
    if title:
        axes[0, 0].figure.suptitle(title, fontsize="medium")
    for n, (row, picture) in enumerate(zip(axes, images, strict=True)):
        image(picture, row[0], title="" if n else "the image\n")
        for way, ax in enumerate(row[1:]):
            pixels = result.pixels[way, n]
            measured = (
                f"relief {result.relief[way, n]:.2f}, beads {result.beads[way, n]:.2f}\n"
                f"lattice {result.lattice[way, n]:.3f}, {span(vivid_limit(pixels))}"
            )
            image(vivid(pixels), ax, title=f"{result.names[way]}\n{measured}" if not n else measured)
    return axes
