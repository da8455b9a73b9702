"""Copies of a network with other layers, or with one more at an end; chains stay chains."""

from collections.abc import Mapping

from npdeconv.layers.base import Layer
from npdeconv.layers.further.graph import Graph
from npdeconv.layers.sequential import INPUT, Sequential


def with_layers(network: Sequential, changed: Mapping[str, Layer]) -> Sequential:
    """Return the network with some layers replaced, by name."""
    for name in changed:
        _ = network[name]  # raises a KeyError that lists the layers
    return _rebuilt(network, {**network.layers, **changed}, network.inputs)


def preceded_by(network: Sequential, name: str, first: Layer) -> Sequential:
    """Return the network with one more layer in front of all others."""
    _check_free(network, name, "first")
    shifted = {
        reader: tuple(name if above == INPUT else above for above in reads)
        for reader, reads in network.inputs.items()
    }
    return _rebuilt(network, {name: first, **network.layers}, {name: (INPUT,), **shifted})


def followed_by(network: Sequential, name: str, last: Layer) -> Sequential:
    """Return the network with one more layer at the end."""
    _check_free(network, name, "last")
    *_, end = network.layers
    return _rebuilt(network, {**network.layers, name: last}, {**network.inputs, name: (end,)})


def _check_free(network: Sequential, name: str, place: str) -> None:
    if name in network.layers:
        raise ValueError(f"{network.name}: expected a network without a layer {name!r}, which comes {place}")


def _rebuilt(
    network: Sequential, layers: Mapping[str, Layer], inputs: Mapping[str, tuple[str, ...]]
) -> Sequential:
    """Return a network with these layers and inputs, and the given one's other settings."""
    shape, name, classes = network.input_shape, network.name, network.classes
    if isinstance(network, Graph):
        return Graph(
            layers, inputs=inputs, input_shape=shape, name=name, classes=classes, dtype=network.dtype
        )
    return Sequential(layers, input_shape=shape, name=name, classes=classes, dtype=network.dtype)
