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

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> first = nd.anatomy.summarize(net)[0]
    >>> first.name, first.output_shape, first.parameters, first.receptive_field
    ('conv1', (28, 28, 32), 320, (3, 3))
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

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> for row in nd.anatomy.summarize(net)[:3]:
    ...     print(row.name, row.kind, row.output_shape, row.parameters)
    conv1 Conv2D (28, 28, 32) 320
    relu1 ReLU (28, 28, 32) 0
    conv2 Conv2D (28, 28, 32) 9248
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
