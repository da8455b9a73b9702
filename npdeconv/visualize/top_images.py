"""The images that excite a map most, whole, and what the map's units see of them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from npdeconv._checks import image_batch, one_of
from npdeconv._repr import brief
from npdeconv._types import Array, Rule
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize.patches import wanted_maps
from npdeconv.visualize.projection import project
from npdeconv.visualize.strongest import Strongest


@brief
class TopImages(NamedTuple):
    """The k strongest images, whole, of M of a layer's maps.

    Places without an image are 0 everywhere.

    Attributes
    ----------
    feature_maps : int (M,)
    image_indices : int (M, k); -1 where the map fires on fewer than k images
    activations : (M, k), the value ranked by
    boxes : int (M, k, 4), what is seen of the image: top, bottom, left, right; may leave the image
    pixels : (M, k, H, W, C), of the images' dtype
    projections : (M, k, H, W, C), signed and unscaled

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu2"], k=3)["relu2"]
    >>> result = nd.visualize.top_images(net, images, "relu2", found=found, feature_maps=[0, 1])
    >>> result.pixels.shape, result.boxes.shape
    ((2, 3, 28, 28, 1), (2, 3, 4))
    """

    feature_maps: Array
    image_indices: Array
    activations: Array
    boxes: Array
    pixels: Array
    projections: Array


@finite_answers
def top_images(
    network: Sequential,
    images: Array,
    layer: str,
    *,
    found: Strongest,
    feature_maps: Sequence[int] | Array | None = None,
    select: Literal["strongest", "map"] = "strongest",
    rule: Rule = "deconv",
    workers: Workers = None,
) -> TopImages:
    """Return the strongest images of some maps, whole, with the projections of a unit or of the whole map.

    `find_patches` crops both to what one unit sees, which for a lower layer is a few pixels.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        The searched images.
    layer : str
    found : Strongest
        The result of `find_strongest` for the layer.
    feature_maps : sequence of int, optional
        M of the layer's maps; all unless given.
    select : "strongest" or "map"
        Project the strongest unit, whose field is the box, or all activations of the map.
    rule, workers
        As for `project`.

    Returns
    -------
    TopImages

    Raises
    ------
    KeyError
        If the network has no such layer.
    IndexError
        If the layer has no such map.
    TypeError, ValueError
        For images that the network can't take, unknown rules, and a `found` of another layer.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu2"], k=3, by="mean")["relu2"]
    >>> whole = nd.visualize.top_images(net, images, "relu2", found=found, select="map")
    >>> whole.boxes[0, 0].tolist()  # of the map: it sees the image, and the padding around it
    [-2, 30, -2, 30]
    """
    image_batch(images, "top_images")
    one_of(select, ("strongest", "map"), "top_images", "select")
    maps = wanted_maps(network, images.shape[1:], layer, feature_maps, found=found, who="top_images")
    image_indices = found.image_indices[maps]
    shape = (*image_indices.shape, *images.shape[1:])
    pixels, projections = np.zeros(shape, images.dtype), np.zeros(shape, network.dtype)
    boxes = np.zeros((*image_indices.shape, 4), np.int64)
    there = image_indices >= 0
    if there.any():
        pixels[there] = images[image_indices[there]]
        of_each = np.broadcast_to(maps[:, np.newaxis], there.shape)[there]
        result = project(network, pixels[there], layer, of_each, select=select, rule=rule, workers=workers)
        projections[there], boxes[there] = result.pixels, result.box
    return TopImages(maps, image_indices, found.activations[maps], boxes, pixels, projections)
