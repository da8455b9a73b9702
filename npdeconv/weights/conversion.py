"""From the layers of another framework to ours.

One or several modules make a layer of ours. A batch normalization is folded into the module before
it, or is a layer of its own, a `Scale`. Convolutions side by side with concatenated outputs (the two
expansions of SqueezeNet's fire modules) become one convolution with all their filters; smaller filters
are padded with zeros.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from npdeconv._files import UnexpectedError, compare_names
from npdeconv._types import Array, Shape
from npdeconv.layers import Flatten, Sequential
from npdeconv.weights.batch_norm import fold_batch_norm
from npdeconv.weights.modules import BATCH_NORM, Module, Names, is_batch_norm

Layout: TypeAlias = Literal["torch", "keras"]
"""Torch: filters (F, C, KH, KW), dense weights (M, D) of flattened maps (C, H, W). Keras: as ours."""


class _Place(NamedTuple):
    """A layer of ours whose parameters come from modules."""

    name: str
    weight: Array
    flattened: Shape | None  # (H, W, C) of the flattened maps below it


class _Part(NamedTuple):
    """A convolution or dense module, and the batch normalizations behind it."""

    layer: Module
    norms: list[tuple[Module, float]]  # with their epsilons


def convert(
    network: Sequential,
    modules: Mapping[str, Module],
    names: Names,
    layout: Layout,
    epsilons: Mapping[str, float],
) -> dict[str, Array]:
    """Return the parameters made of the modules; all shapes are compared before any array is read.

    A missing bias is 0. `epsilons` are those of the batch normalizations, by name.
    """
    chosen = {layer: [theirs] if isinstance(theirs, str) else list(theirs) for layer, theirs in names.items()}
    compare_names(modules.keys(), {name for several in chosen.values() for name in several}, "layers")
    recipes = [
        (
            place,
            _parts(
                place.name,
                [(modules[name], epsilons.get(name, 0.0)) for name in chosen[place.name]],
                is_scale=place.weight.ndim == 1,
            ),
        )
        for place in _places(network, network.input_shape)
    ]
    for place, parts in recipes:
        _check(place, parts, layout)
    parameters: dict[str, Array] = {}
    for place, parts in recipes:
        weights, biases = zip(*(_read(place, part, layout) for part in parts), strict=True)
        parameters[f"{place.name}.weight"] = np.concatenate(weights, axis=-1)
        parameters[f"{place.name}.bias"] = np.concatenate(biases)
    return parameters


def _places(network: Sequential, shape: Shape | None, prefix: str = "") -> Iterator[_Place]:
    shapes = {} if shape is None else network.input_shapes(shape)
    flattened: dict[str, Shape | None] = {}  # of the maps that were flattened below each layer
    for name, layer in network.layers.items():
        above = network.inputs[name][0]
        if isinstance(layer, Sequential):
            yield from _places(layer, shapes.get(name), f"{prefix}{name}.")
        elif layer.parameters:
            yield _Place(f"{prefix}{name}", layer.parameters["weight"], flattened.get(above))
        else:
            flattened[name] = shapes.get(name) if isinstance(layer, Flatten) else flattened.get(above)


def _parts(name: str, modules: list[tuple[Module, float]], is_scale: bool) -> list[_Part]:
    parts: list[_Part] = []
    for module, epsilon in modules:
        if not is_batch_norm(module):
            parts.append(_Part(module, []))
        elif parts:
            parts[-1].norms.append((module, epsilon))
        elif is_scale:
            parts.append(_Part({}, [(module, epsilon)]))
        else:
            raise UnexpectedError(f"expected {name} to start with a layer, got a batch normalization")
    return parts


def _check(place: _Place, parts: list[_Part], layout: Layout) -> None:
    """Check that the shapes of the parts make up the layer."""
    total = 0
    for part in parts:
        shape = place.weight.shape if len(parts) == 1 else _share(place, part, layout)
        expected = dict.fromkeys(("bias", *BATCH_NORM), shape[-1:]) | {"weight": _stored_as(shape, layout)}
        for module in (part.layer, *(norm for norm, _ in part.norms)):
            for role, array in module.items():
                array.check(expected[role], f"{place.name}.{role}")
        total += shape[-1]
    if total != place.weight.shape[-1]:
        raise UnexpectedError(f"expected {place.name} to have {place.weight.shape[-1]} filters, got {total}")


def _share(place: _Place, part: _Part, layout: Layout) -> Shape:
    """Return the shape that one of several convolutions must have in our layout."""
    whole, stored = place.weight.shape, part.layer["weight"].shape
    if len(whole) != 4 or len(stored) != 4:
        return whole
    height, width, filters = (*stored[2:], stored[0]) if layout == "torch" else (*stored[:2], stored[3])
    margins = (whole[0] - height, whole[1] - width)
    if min(margins) < 0 or any(margin % 2 for margin in margins):
        raise UnexpectedError(
            f"expected filters of {place.name} that can be centered in {whole[0]}x{whole[1]},"
            f" {part.layer['weight'].source} has {height}x{width}"
        )
    return height, width, whole[2], filters


def _stored_as(shape: Shape, layout: Layout) -> Shape:
    if layout == "keras" or len(shape) == 1:
        return shape
    return shape[::-1] if len(shape) == 2 else (shape[3], shape[2], shape[0], shape[1])


def _read(place: _Place, part: _Part, layout: Layout) -> tuple[Array, Array]:
    """Return weight and bias of a part in our layout, its batch normalizations folded in."""
    weight = part.layer["weight"].floats() if "weight" in part.layer else np.ones(place.weight.shape)
    bias = part.layer["bias"].floats() if "bias" in part.layer else None
    if layout == "torch":
        weight = _from_torch(weight, place.flattened)
    if weight.ndim == 4:
        height, width = (
            have - want for have, want in zip(place.weight.shape, weight.shape[:2], strict=False)
        )
        weight = np.pad(weight, ((height // 2,) * 2, (width // 2,) * 2, (0, 0), (0, 0)))
    for norm, epsilon in part.norms:
        gamma, beta = (norm[role].floats() if role in norm else None for role in ("gamma", "beta"))
        mean, variance = norm["mean"].floats(), norm["variance"].floats()
        weight, bias = fold_batch_norm(weight, bias, gamma, beta, mean, variance, epsilon)
    return weight, np.zeros(weight.shape[-1:]) if bias is None else bias


def _from_torch(weight: Array, flattened: Shape | None) -> Array:
    """Turn filters (F, C, KH, KW) or dense weights (M, D) into ours; a scale stays as it is."""
    if weight.ndim == 4:
        return weight.transpose(2, 3, 1, 0)
    if flattened is not None and len(flattened) == 3:
        height, width, channels = flattened
        maps = weight.reshape(-1, channels, height, width)
        weight = maps.transpose(0, 2, 3, 1).reshape(weight.shape)
    return weight.T
