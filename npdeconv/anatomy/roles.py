"""Which layers of a network are which: the logits, the last hidden one, those worth showing."""

from typing import Literal, NamedTuple

from npdeconv._types import Shape
from npdeconv.layers import Layer, Sequential
from npdeconv.layers.sequential import INPUT


def logits_layer(network: Sequential) -> str:
    """Return the name of the layer whose outputs are the logits: the last but for a trailing Softmax."""
    *below, last = network.layers
    return below[-1] if below and answers(network) == "exclusive" else last


def below_softmax(network: Sequential) -> Sequential:
    """Return the chain that ends in the logits."""
    return network[: logits_layer(network)] if answers(network) == "exclusive" else network


def answers(network: Sequential) -> Literal["exclusive", "independent"] | None:
    """Return what a network's outputs are if they are probabilities, see `Layer.probabilities`."""
    *_, last = network.layers.values()
    return last.probabilities


def weighted_layers(network: Sequential) -> list[str]:
    """Return the names of the layers with weights: filters, or dense ones."""
    return [name for name, layer in network.layers.items() if _weight_axes(layer) > 1]


def weights_below(network: Sequential, layer: str) -> str | None:
    """Return the name of the layer whose weights made a layer's maps: the nearest at or below it.

    None where there is none, or where maps of several layers were merged before.
    """
    inputs = network[:layer].inputs
    while not _weight_axes(network[layer]) > 1:
        above = inputs[layer]
        if len(above) > 1 or above[0] == INPUT or isinstance(network[layer], Sequential):
            return None
        (layer,) = above
    return layer


def source_of(network: Sequential, layer: str) -> str | None:
    """Return the name of the layer whose maps another one reads; None if it reads the image.

    Flattening and dropout, which pass on what they are given, are passed over. Of a layer that reads
    several, it is the first.
    """
    inputs = network[:layer].inputs
    source = inputs[layer][0]
    while source != INPUT and network[source].passes_on:
        source = inputs[source][0]
    return None if source == INPUT else source


def last_hidden(network: Sequential) -> str:
    """Return the name of the last hidden layer: what the last layer with weights reads.

    Raises
    ------
    ValueError
        If there is none.
    """
    weighted = weighted_layers(network)
    found = source_of(network, weighted[-1]) if weighted else None
    if found is None:
        raise ValueError(f"last_hidden: expected a layer below the last weights, {network.name} has none")
    return found


def telling_layers(network: Sequential) -> tuple[str, ...]:
    """Return the names of all layers but dropout, flattening and softmax, which add nothing of their own."""
    return tuple(
        name
        for name, layer in network.layers.items()
        if not layer.passes_on and layer.probabilities != "exclusive"
    )


def shown_layers(network: Sequential) -> tuple[str, ...]:
    """Return the names of the layers worth looking at.

    That is each rectifier and max pooling, and what the classes are read from.
    """
    return tuple(
        name
        for name, layer in network.layers.items()
        if layer.rectifies
        or (layer.pools == "maximum" and layer.window is not None)
        or name == logits_layer(network)
    )


def map_layers(network: Sequential, input_shape: Shape) -> tuple[str, ...]:
    """Return the names of those `shown_layers` that give rectified feature maps.

    Where a network has no such layer by itself, it is each layer that gives maps.
    """
    maps = [name for name, shape in network.output_shapes(input_shape) if len(shape) == 3]
    return tuple(name for name in maps if network[name].rectifies) or tuple(maps)


class AtPooling(NamedTuple):
    """A network, cut at the global pooling that its logits are read from."""

    body: Sequential  # up to the last feature maps
    above: Sequential  # from the pooling to the logits
    dense: Layer | None  # what reads the pooled maps; None: they are the logits


def at_pooling(network: Sequential) -> AtPooling | None:
    """Cut a network that ends in global pooling and at most one dense layer; return None for others."""
    logits = logits_layer(network)
    dense = network[logits] if _is_dense(network[logits]) else None
    pooling = logits if dense is None else source_of(network, logits)
    if pooling is None or network[pooling].pools is None or network[pooling].window is not None:
        return None
    (below,) = network.inputs[pooling]
    return None if below == INPUT else AtPooling(network[:below], network[pooling:logits], dense)


def _is_dense(layer: Layer) -> bool:
    return layer.linear and _weight_axes(layer) == 2


def _weight_axes(layer: Layer) -> int:
    """Return 4 for filters, 2 for dense weights, 1 for a number per channel, 0 where there is no weight."""
    return layer.parameters["weight"].ndim if "weight" in layer.parameters else 0
