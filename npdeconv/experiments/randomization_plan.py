"""What randomization explains, which layers get new weights in each step, and the maps of one step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from npdeconv import initializers
from npdeconv._checks import one_of, some_names
from npdeconv._repr import brief
from npdeconv._types import Array, Shape
from npdeconv.anatomy.maps import chosen_maps, map_shape
from npdeconv.anatomy.roles import logits_layer, weights_below
from npdeconv.experiments.explanations import METHODS, explain, strongest_maps, usual_methods
from npdeconv.experiments.randomize import randomize
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers

Order: TypeAlias = Literal["cascading", "independent"]
"""All layers from the explained one down to the named one get new weights, or the named one alone."""
Explained: TypeAlias = Literal["original", "predicted"]
"""What is explained after randomizing: the same map, or the class that the new network predicts."""


@brief
class Plan(NamedTuple):
    """What all seeds share.

    Attributes
    ----------
    network : Sequential, as it is
    images : (N, H, W, C)
    layer : str, the explained one
    maps : int (N, 2), the explained map of each image and the strongest other one, or -1
    steps : dict, the layer that names each step, and all layers that get new weights in it
    methods : tuple[str, ...]
    explained : str, "original" or "predicted"
    initializer : callable, of new weights
    workers : int, executor or None
    """

    network: Sequential
    images: Array
    layer: str
    maps: Array
    steps: Mapping[str, tuple[str, ...]]
    methods: tuple[str, ...]
    explained: Explained
    initializer: Callable[..., Array] = initializers.truncated_normal
    workers: Workers = None

    def randomized(self, step: str, seed: int) -> Sequential:
        """Return the network of one step."""
        rng = np.random.default_rng(seed)
        return randomize(self.network, self.steps[step], rng=rng, initializer=self.initializer)

    def explain(self, network: Sequential, method: str) -> Array:
        """Return the maps (N, h, w, c) of the network as it is, or of a randomized one."""
        maps = self.maps[:, 0]
        if self.explained == "predicted" and network is not self.network:
            maps = strongest_maps(network, self.images, self.layer, workers=self.workers)[:, 0]
        return explain(network, self.images, self.layer, maps, method=method, workers=self.workers)


def make_plan(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int | None,
    *,
    order: Order,
    layers: Sequence[str] | None,
    methods: Sequence[str] | None,
    explained: Explained,
    initializer: Callable[..., Array] = initializers.truncated_normal,
    workers: Workers,
) -> Plan:
    """Check what is asked for, and find the steps and the explained maps."""
    who = "randomization"
    shape = map_shape(network, layer, images.shape[1:])
    one_of(order, get_args(Order), who, "order")
    one_of(explained, get_args(Explained), who, "explained")
    if explained == "predicted" and layer != logits_layer(network):
        raise ValueError(
            f"{who}: expected explained='original' for layer {layer!r}: only the classes of"
            f" {logits_layer(network)!r} can be predicted"
        )
    possible = usual_methods(network, images, layer)
    chosen = possible if methods is None else some_names(methods, who, "methods")
    for method in chosen:
        one_of(method, METHODS, who, "methods")
        if method not in possible:
            raise ValueError(f"{who}: {method} can't explain layer {layer!r} of {network.name}")
    return Plan(
        network,
        images,
        layer,
        _maps(network, images, layer, feature_map, shape, workers),
        _steps(network, layer, order, layers),
        chosen,
        explained,
        initializer,
        workers,
    )


def _maps(
    network: Sequential, images: Array, layer: str, feature_map: int | None, shape: Shape, workers: Workers
) -> Array:
    """Return the explained map of each image and the strongest other one, int (N, 2)."""
    strongest = strongest_maps(network, images, layer, workers=workers)
    if feature_map is None:
        return strongest
    explained = chosen_maps(feature_map, len(images), shape, layer=layer, who="randomization")
    first, second = strongest.T
    return np.stack([explained, np.where(first == explained, second, first)], axis=1)


def weights_down(network: Sequential, layer: str) -> dict[str, tuple[str, ...]]:
    """Return the layers with weights that a layer depends on, from its own down.

    Each comes with the layers of one number per channel right above it, such as `Scale`, which get new
    values with it.
    """
    found: dict[str, list[str]] = {}
    for name, one in network[:layer].layers.items():
        if one.parameters:
            small = all(array.ndim < 2 for array in one.parameters.values())
            owner = weights_below(network, name) if small else name
            found.setdefault(owner or name, []).append(name)
    return {owner: tuple(names) for owner, names in reversed(found.items())}


def _steps(
    network: Sequential, layer: str, order: Order, layers: Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    every = weights_down(network, layer)
    if not every:
        raise ValueError(f"randomization: expected a layer with weights at or below {layer!r}, there is none")
    wanted = tuple(every) if layers is None else some_names(layers, "randomization", "layers")
    for name in wanted:
        _ = network[name]  # raises a KeyError that lists the layers
        if name not in every:
            raise ValueError(
                f"randomization: expected layers with weights that {layer!r} depends on"
                f" ({', '.join(every)}), got {name!r}; new weights elsewhere change nothing"
            )
    names = list(every)
    steps = {}
    for name in sorted(wanted, key=names.index):
        first = 0 if order == "cascading" else names.index(name)
        steps[name] = tuple(one for owner in names[first : names.index(name) + 1] for one in every[owner])
    return steps
