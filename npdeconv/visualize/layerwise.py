"""The strongest units of each layer for one image, projected."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from npdeconv._checks import name_list, one_image, one_of, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array, Rule
from npdeconv.anatomy import Outputs, map_layers
from npdeconv.finite import finite_answers, must_be_finite
from npdeconv.layers import Sequential
from npdeconv.visualize.projection import Projection, project


@brief
class LayerProjections(NamedTuple):
    """The strongest units of some layers, layer by layer, the strongest of each layer first.

    Attributes
    ----------
    layers : tuple[str, ...], of each unit
    feature_maps : int (U,), of each unit
    projection : Projection, of the one image; its first axis counts the units

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.project_layers(net, image, ["relu1", "relu4"], k=2)
    >>> result.layers, result.projection.pixels.shape
    (('relu1', 'relu1', 'relu4', 'relu4'), (4, 28, 28, 1))
    """

    layers: tuple[str, ...]
    feature_maps: Array
    projection: Projection


@finite_answers
def project_layers(
    network: Sequential,
    image: Array,
    layers: Sequence[str] | None = None,
    *,
    k: int = 1,
    select: Literal["strongest", "map"] = "strongest",
    rule: Rule = "deconv",
) -> LayerProjections:
    """Project the strongest activation of each layer for one image.

    The boxes of the units grow with depth: a unit of a higher layer depends on more of the image.

    Parameters
    ----------
    network : Sequential
    image : (H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layers : sequence of str, optional
        Names of layers of any kind; those of `map_layers` unless given.
    k : int
        How many units of each layer, each of another map, since neighboring units of a map see nearly
        the same. A layer with fewer maps gives one unit of each.
    select : "strongest" or "map"
        Project the strongest unit, or all activations of its map.
    rule : Rule
        As for `project`.

    Returns
    -------
    LayerProjections

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.project_layers(net, image)
    >>> result.layers, result.projection.pixels.shape
    (('relu1', 'relu2', 'relu3', 'relu4'), (4, 28, 28, 1))
    """
    positive_int(k, "project_layers", "k")
    one_of(select, ("strongest", "map"), "project_layers", "select")
    one_image(image, "project_layers")
    if layers is None:
        names = map_layers(network, image.shape)
    else:
        names = name_list(layers, "project_layers", "layers")
    if not names:
        raise ValueError("project_layers: expected at least one layer")
    strongest = {}
    for name, maps in Outputs(network, names)(image[np.newaxis]):
        must_be_finite(maps)
        strongest[name] = np.argsort(-maps[0].max(axis=(0, 1)), kind="stable")[:k]
    units = {name: strongest[name] for name in names}
    parts = [
        project(
            network, np.repeat(image[np.newaxis], len(maps), axis=0), name, maps, select=select, rule=rule
        )
        for name, maps in units.items()
    ]
    return LayerProjections(
        layers=tuple(name for name, maps in units.items() for _ in maps),
        feature_maps=np.concatenate(list(units.values())),
        projection=Projection(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True))),
    )
