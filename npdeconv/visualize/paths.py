"""What a shortcut does to a projection: the paths through the shortcuts, through the bodies, and all."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import one_image
from npdeconv._repr import brief
from npdeconv._types import Array, Rule
from npdeconv.finite import finite_answers
from npdeconv.layers import Add, Sequential
from npdeconv.layers.further.merge import MergingLayer
from npdeconv.layers.further.rebuilding import with_layers
from npdeconv.layers.sequential import INPUT
from npdeconv.visualize.projection import Projection, project


@brief
class PathProjections(NamedTuple):
    """One unit's projection through all paths, and through those of one kind.

    Attributes
    ----------
    whole : Projection, of the one image, through all paths
    shortcuts : (H, W, C), the pixels that arrive if every sum lets down its shortcut only
    bodies : (H, W, C), the pixels that arrive if every sum lets down its body only

    Examples
    --------
    >>> net = nd.models.resnet20(rng=np.random.default_rng(0))
    >>> image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    >>> result = nd.visualize.project_paths(net, image, "block1_2_relu", 0)
    >>> result.shortcuts.shape, result.bodies.shape
    ((32, 32, 3), (32, 32, 3))
    """

    whole: Projection
    shortcuts: Array
    bodies: Array


class OneWayAdd(Add):
    """A sum that on the way down gives zeros to all of its inputs but one."""

    def __init__(self, way: int) -> None:
        self.way = way

    def _transpose(self, y: Array, context: MergingLayer.Context) -> tuple[Array, ...]:
        return tuple(y if n == self.way else np.zeros_like(y) for n in range(len(context.input_shapes)))


@finite_answers
def project_paths(
    network: Sequential, image: Array, layer: str, feature_map: int, *, rule: Rule = "deconv"
) -> PathProjections:
    """Project a map's strongest unit through all paths, the shortcuts only, and the bodies only.

    Of the inputs of each `Add`, the body is the one with the most layers below it, the shortcut the
    one with the fewest. Up, the network is as it is: the same unit, switches and activations. Down,
    each `Add` gives what comes to one of the two, and zeros to all others. What lies below or between
    the blocks, such as a first convolution, is passed by all. In a linear network without rectifiers,
    the projections through each of the 2^k choices at k sums add up to the whole one. Where rectifiers
    lie on the way down, they do not.

    Parameters
    ----------
    network : Sequential
    image : (H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer : str
    feature_map : int
    rule : Rule
        As for `project`.

    Returns
    -------
    PathProjections

    Raises
    ------
    ValueError
        If the layer depends on no `Add`, or if one has inputs with equally many layers below them.
    KeyError, IndexError, TypeError
        As of `project`.

    Examples
    --------
    >>> net = nd.models.resnet20(rng=np.random.default_rng(0))
    >>> image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    >>> result = nd.visualize.project_paths(net, image, "block1_2_relu", 0)
    >>> result.whole.pixels.shape
    (1, 32, 32, 3)
    """
    one_image(image, "project_paths")
    ways = _ways(network[:layer], layer)
    body = with_layers(network, {name: OneWayAdd(deep) for name, (_, deep) in ways.items()})
    shortcut = with_layers(network, {name: OneWayAdd(flat) for name, (flat, _) in ways.items()})
    whole, shortcuts, bodies = (
        project(each, image[np.newaxis], layer, feature_map, rule=rule) for each in (network, shortcut, body)
    )
    return PathProjections(whole, shortcuts.pixels[0], bodies.pixels[0])


def _ways(head: Sequential, layer: str) -> dict[str, tuple[int, int]]:
    """Return of each sum which input is the shortcut, and which the body."""
    below, ways = {INPUT: 0}, {}
    for name, reads in head.inputs.items():
        depths = [below[above] for above in reads]
        below[name] = max(depths) + 1
        if isinstance(head.layers[name], Add):
            flat, deep = min(depths), max(depths)
            if depths.count(flat) > 1 or depths.count(deep) > 1:
                raise ValueError(
                    f"project_paths: expected one shortcut and one body of {name!r}, got inputs with"
                    f" {', '.join(map(str, depths))} layers below them"
                )
            ways[name] = depths.index(flat), depths.index(deep)
    if not ways:
        raise ValueError(f"project_paths: expected a layer that depends on an Add, got {layer!r}")
    return ways
