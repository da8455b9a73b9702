"""Layers of a network by their role: the logits, the last hidden one, those worth showing."""

import copy
from typing import Literal, NamedTuple

import numpy as np

from npdeconv._types import Shape
from npdeconv.layers import Layer, Sequential, Softmax, TwoClasses
from npdeconv.layers.further.rebuilding import followed_by, with_layers
from npdeconv.layers.sequential import INPUT


def logits_layer(network: Sequential) -> str:
    """Return the name of the layer that gives the logits: the last one below a trailing Softmax."""
    *below, last = network.layers
    return below[-1] if below and answers(network) == "exclusive" else last


def below_softmax(network: Sequential) -> Sequential:
    """Return the network that ends in the logits of classes.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> list(nd.anatomy.below_softmax(net).layers)[-1]
    'logits'
    """
    network = two_classes(network)
    return network[: logits_layer(network)] if answers(network) == "exclusive" else network


def answers(network: Sequential) -> Literal["exclusive", "independent"] | None:
    """Return the kind of a network's outputs if they are probabilities, see `Layer.probabilities`.

    A single output is the probability of the second of two classes.
    """
    *_, last = network.layers.values()
    return "exclusive" if _says_yes_or_no(network) else last.probabilities


def answer_shape(network: Sequential, input_shape: Shape) -> Shape:
    """Return the shape of one answer: (classes,), or (2,) for a single yes-or-no output."""
    return two_classes(network).output_shape(input_shape)


def two_classes(network: Sequential) -> Sequential:
    """Return a network of one output and a `Sigmoid` as an equal one of two classes; others unchanged.

    It shares all parameters, and layers keep their names, even the last one, which is a `Softmax` now.

    Examples
    --------
    >>> dense = nd.layers.Dense(4, 1, rng=np.random.default_rng(0))
    >>> net = nd.layers.Sequential({"dense": dense, "answer": nd.layers.Sigmoid()}, input_shape=(4,))
    >>> nd.anatomy.two_classes(net).output_shape((4,))
    (2,)
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
    """Return the name of the nearest layer with weights at or below a layer.

    None if there is none, or if a layer in between merges several layers' maps or may do anything.
    """
    inputs = network[:layer].inputs
    while _weight_axes(network[layer]) < 2:
        one, above = network[layer], inputs[layer]
        is_map_by_map = one.locality is not None or one.pools is not None or one.passes_on
        if len(above) > 1 or above[0] == INPUT or not is_map_by_map:
            return None
        (layer,) = above
    return layer


def sources_of(network: Sequential, layer: str) -> tuple[str, ...]:
    """Return the names of the layers that a layer reads, in order; none for the image.

    Flattening and dropout are skipped, since they pass their inputs on.
    """
    inputs = network[:layer].inputs
    found: list[str] = []
    for above in inputs[layer]:
        source = above
        while source != INPUT and network[source].passes_on:
            (source,) = inputs[source]
        found += [source] if source != INPUT else []
    return tuple(found)


def last_hidden(network: Sequential) -> str:
    """Return the name of the last hidden layer: the one that the last layer with weights reads.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> nd.anatomy.last_hidden(nd.models.deck_model4(rng=np.random.default_rng(0)))
    'relu_dense1'
    """
    weighted = weighted_layers(network)
    found = sources_of(network, weighted[-1]) if weighted else ()
    if not found:
        raise ValueError(f"last_hidden: expected a layer below the last weights, {network.name} has none")
    return found[0]


def telling_layers(network: Sequential) -> tuple[str, ...]:
    """Return the names of all layers except dropout, flattening and softmax, which add no features."""
    return tuple(
        name
        for name, layer in network.layers.items()
        if not layer.passes_on and layer.probabilities != "exclusive"
    )


def shown_layers(network: Sequential) -> tuple[str, ...]:
    """Return the names of the layers worth looking at.

    These are all rectifiers and max poolings, and the layer of the logits.

    Examples
    --------
    >>> nd.anatomy.shown_layers(nd.models.deck_model4(rng=np.random.default_rng(0)))
    ('relu1', 'relu2', 'pool1', 'relu3', 'relu4', 'pool2', 'relu_dense1', 'logits')
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

    If a network has none, these are all layers that give maps.

    Examples
    --------
    >>> nd.anatomy.map_layers(nd.models.deck_model4(rng=np.random.default_rng(0)), (28, 28, 1))
    ('relu1', 'relu2', 'relu3', 'relu4')
    """
    maps = [name for name, shape in network.output_shapes(input_shape) if len(shape) == 3]
    return tuple(name for name in maps if network[name].rectifies) or tuple(maps)


class AtPooling(NamedTuple):
    """A network, cut at the global pooling below its logits."""

    body: Sequential  # up to the last feature maps
    above: Sequential  # from the pooling to the logits
    dense: Layer | None  # reads the pooled maps; None if they are the logits


def at_pooling(network: Sequential) -> AtPooling | None:
    """Cut a network that ends in global pooling and at most one dense layer; return None for others."""
    logits = logits_layer(network)
    if _says_yes_or_no(network) and _is_dense(network[logits]):
        network = with_layers(network, {logits: _halved(network[logits])})
    dense = network[logits] if _is_dense(network[logits]) else None
    (pooling,) = (logits,) if dense is None else sources_of(network, logits) or (None,)
    if pooling is None or network[pooling].pools is None or network[pooling].window is not None:
        return None
    (below,) = network.inputs[pooling]
    return None if below == INPUT else AtPooling(network[:below], network[pooling:logits], dense)


def _halved(dense: Layer) -> Layer:
    """Return a dense layer of one output as one of two outputs, with `TwoClasses` folded in."""
    both = copy.copy(dense)
    for name, array in dense.parameters.items():
        setattr(both, name, np.concatenate([-array, array], axis=-1) / 2)
    return both


def _is_dense(layer: Layer) -> bool:
    return layer.linear and _weight_axes(layer) == 2


def _weight_axes(layer: Layer) -> int:
    """Return 4 for filters, 2 for dense weights, 1 for one number per channel, 0 without weights."""
    return layer.parameters["weight"].ndim if "weight" in layer.parameters else 0
