"""The strongest units of all layers, for one image."""

import matplotlib.pyplot as plt

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import draw_box, image, in_box, share_frame, span, vivid, vivid_limit
from npdeconv.visualize import LayerProjections


@returns_grid
def layers(pixels: Array, result: LayerProjections, axes: Array | None = None) -> Array:
    """Draw the strongest units of the layers: the box that each sees of the image, and its projection.

    All images have one frame, so that boxes can be compared. A projection is cropped to the unit's box;
    it is zero outside. Each has its own scale, since activations of different layers can't be compared:
    mid-gray is zero, the title gives the value of white and black, and the strongest hundredth of the
    pixels is clipped.

    Parameters
    ----------
    pixels : (H, W, C)
        The image.
    result : LayerProjections
    axes : array of Axes (2, units), optional

    Returns
    -------
    array of Axes (2, units)

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> nd.plot.layers(image, nd.visualize.project_layers(net, image)).shape
    (2, 4)
    """
    count = len(result.layers)
    if axes is None:
        size = (1.5 * max(count, 2), 3.6)
        axes = plt.subplots(2, count, figsize=size, squeeze=False, layout="constrained")[1]
    for n, (layer, feature_map) in enumerate(zip(result.layers, result.feature_maps, strict=True)):
        image(pixels, axes[0, n], title=f"{layer}\nmap {feature_map}")
        projected = vivid(result.projection.pixels[n])
        if result.projection.silent[n]:
            image(projected, axes[1, n], title="silent")
        else:
            box, activation = result.projection.box[n], result.projection.activation[n]
            draw_box(box, axes[0, n])
            part = in_box(projected, box)
            seen = "whole image" if part.shape == projected.shape else "{}x{} pixels, enlarged"
            scale = span(vivid_limit(result.projection.pixels[n]))
            title = f"activation {activation:.3g}\n{seen.format(*part.shape)}\nprojection {scale}"
            image(part, axes[1, n], title=title).set_anchor("N")  # keeps titles at one height
    share_frame(axes[0, :count])
    return axes
