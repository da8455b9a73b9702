"""The table of a network's layers, with shapes, parameters and receptive fields."""

from collections.abc import Iterator
from typing import NamedTuple

from npdeconv._types import Pair, Shape
from npdeconv.anatomy.maps import field_size
from npdeconv.layers import Sequential


class LayerSummary(NamedTuple):
    """One line of `npdeconv info`.

    Attributes
    ----------
    name : str
    kind : str
    output_shape : Shape
    parameters : int
    receptive_field : Pair, height and width in pixels, padding included
    """

    name: str
    kind: str
    output_shape: Shape
    parameters: int
    receptive_field: Pair


def summarize(network: Sequential, input_shape: Shape | None = None) -> tuple[LayerSummary, ...]:
    """Describe each layer of a network.

    Parameters
    ----------
    network : Sequential
    input_shape : (H, W, C), optional
        The network's own unless given.
    """
    shape = network.input_shape if input_shape is None else input_shape
    if shape is None:
        raise ValueError(f"summarize: {network.name} has no input shape of its own, and none was given")
    return tuple(_rows(network, shape))


def _rows(network: Sequential, input_shape: Shape) -> Iterator[LayerSummary]:
    for name, shape in network.output_shapes(input_shape):
        layer = network[name]
        size = sum(array.size for array in layer.parameters.values())
        yield LayerSummary(name, layer.kind, shape, size, field_size(network, name, input_shape))
