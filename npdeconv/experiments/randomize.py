"""New random weights for some layers of a network, the others shared with it."""

import copy
from collections.abc import Callable, Sequence

from npdeconv import initializers
from npdeconv._checks import name_list, random_generator
from npdeconv._types import Array, Generator
from npdeconv.layers import Layer, Sequential
from npdeconv.layers.further.rebuilding import with_layers

FIXED = {"weight": 1.0, "slope": 0.25}  # as a new `Scale` and a new `PReLU` have them; biases are 0


def randomize(
    network: Sequential,
    layers: Sequence[str],
    *,
    rng: Generator,
    initializer: Callable[..., Array] = initializers.truncated_normal,
) -> Sequential:
    """Return a network whose named layers have new random weights; all other layers are shared.

    Every layer of the network has a random stream of its own, spawned from `rng`: equal layers get
    different weights, and a layer gets the same ones whichever others are named.

    Parameters
    ----------
    network : Sequential
        A chain or a graph.
    layers : sequence of str
        Layers without parameters are left as they are.
    rng : numpy.random.Generator
    initializer : callable
        Called with (shape, rng, dtype) for filters and dense weights; one of `npdeconv.initializers`,
        such as `he_normal`, by which layers begin. Biases become 0, and what has one number per
        channel becomes that of a new layer.

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError
        If `rng` is no numpy.random.Generator, or `layers` a single name.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> other = nd.experiments.randomize(net, ["conv2"], rng=np.random.default_rng(1))
    >>> other["conv1"] is net["conv1"], bool((other["conv2"].weight == net["conv2"].weight).any())
    (True, False)
    """
    streams = dict(
        zip(network.layers, random_generator(rng, "randomize").spawn(len(network.layers)), strict=True)
    )
    names = name_list(layers, "randomize", "layers")
    return with_layers(
        network,
        {name: _redrawn(network[name], streams[name], initializer) for name in names},
    )


def _redrawn(layer: Layer, rng: Generator, initializer: Callable[..., Array]) -> Layer:
    # The arrays' copies are overwritten, wherever the layer keeps them.
    layer = copy.deepcopy(layer)
    for name, array in layer.parameters.items():
        if array.ndim > 1:
            array[...] = initializer(array.shape, rng, array.dtype)
        else:
            array[...] = FIXED.get(name.rpartition(".")[2], 0)
    return layer
