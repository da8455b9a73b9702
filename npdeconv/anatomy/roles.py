"""Which layers of a network are which: the logits, the last hidden one, those worth showing."""

import copy
from typing import Literal, NamedTuple

import numpy as np

from npdeconv._types import Shape
from npdeconv.layers import Layer, Sequential, Softmax, TwoClasses
from npdeconv.layers.rebuilding import followed_by, with_layers
from npdeconv.layers.sequential import INPUT


def logits_layer(network: Sequential) -> str:
    """Return the name of the layer whose outputs are the logits: the last but for a trailing Softmax."""
    *below, last = network.layers
    return below[-1] if below and answers(network) == "exclusive" else last


def below_softmax(network: Sequential) -> Sequential:
    """Return the network that ends in the logits of classes."""
    network = two_classes(network)
    return network[: logits_layer(network)] if answers(network) == "exclusive" else network


def answers(network: Sequential) -> Literal["exclusive", "independent"] | None:
    """Return what a network's outputs are if they are probabilities, see `Layer.probabilities`.

    One alone is that of the second of two classes.
    """
    *_, last = network.layers.values()
    return "exclusive" if _says_yes_or_no(network) else last.probabilities


def answer_shape(network: Sequential, input_shape: Shape) -> Shape:
    """Return the shape of one answer: (classes,), and 2 of them where a network says yes or no."""
    return two_classes(network).output_shape(input_shape)


def two_classes(network: Sequential) -> Sequential:
    """Return an equal network of two classes, if it has one output and a `Sigmoid`; others as they are.

    It shares all parameters, and layers keep their names: the last one, now `Softmax`, too.
    """
    if not _says_yes_or_no(network):
        return network
    *_, last = network.layers
    (below,) = network.inputs[last]
    both = followed_by(followed_by(network[:below], "two_classes", TwoClasses()), last, Softmax())
    both.name, both.classes = network.name, network.classes
    return both


def _says_yes_or_no(network: Sequential) -> bool:
    *_, (name, last) = network.layers.items()
    if last.probabilities != "independent" or network.inputs[name] == (INPUT,):
        return False
    if network.input_shape is not None:
        return network.output_shape(network.input_shape) == (1,)
    weights = [network[layer].parameters["weight"] for layer in weighted_layers(network)]
    return bool(weights) and weights[-1].shape[-1] == 1


def weighted_layers(network: Sequential) -> list[str]:
    """Return the names of the layers with weights: filters, or dense ones."""
    return [name for name, layer in network.layers.items() if _weight_axes(layer) > 1]


def weights_below(network: Sequential, layer: str) -> str | None:
    """Return the name of the layer whose weights made a layer's maps: the nearest at or below it.

    None where there is none, or where something in between merges several layers' maps or may do anything.
    """
    inputs = network[:layer].inputs
    while _weight_axes(network[layer]) < 2:
        one, above = network[layer], inputs[layer]
        is_map_by_map = one.locality is not None or one.pools is not None or one.passes_on
        if len(above) > 1 or above[0] == INPUT or not is_map_by_map:
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
    if _says_yes_or_no(network) and _is_dense(network[logits]):
        network = with_layers(network, {logits: _halved(network[logits])})
    dense = network[logits] if _is_dense(network[logits]) else None
    pooling = logits if dense is None else source_of(network, logits)
    if pooling is None or network[pooling].pools is None or network[pooling].window is not None:
        return None
    (below,) = network.inputs[pooling]
    return None if below == INPUT else AtPooling(network[:below], network[pooling:logits], dense)


def _halved(dense: Layer) -> Layer:
    """Return a dense layer of one output as one of two: it does what `TwoClasses` does, too."""
    both = copy.copy(dense)
    for name, array in dense.parameters.items():
        setattr(both, name, np.concatenate([-array, array], axis=-1) / 2)
    return both


def _is_dense(layer: Layer) -> bool:
    return layer.linear and _weight_axes(layer) == 2


def _weight_axes(layer: Layer) -> int:
    """Return 4 for filters, 2 for dense weights, 1 for a number per channel, 0 where there is no weight."""
    return layer.parameters["weight"].ndim if "weight" in layer.parameters else 0
