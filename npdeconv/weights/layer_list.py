"""Networks from the lists of layers in the cards of pretrained networks."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from npdeconv._checks import describe, positive_int
from npdeconv._files import UnexpectedError
from npdeconv._types import Shape
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)
from npdeconv.layers.window import Padding


def build_network(layers: Any, input_shape: Shape, name: str, largest: int) -> Sequential:
    """Build a network from a list of layers: dictionaries of type, name and settings.

    The network may have at most `largest` weights, so that a false list cannot take all memory before
    its file of weights is read.

    Raises
    ------
    UnexpectedError, ValueError, TypeError
        If `layers` is no such list, or its layers do not fit together.
    """
    if not isinstance(layers, list) or not layers:
        raise UnexpectedError(f"expected a list of layers, got {describe(layers)}")
    built: dict[str, Layer] = {}
    shape, left = input_shape, largest
    for listed in layers:
        layer_name, build, settings = _parse(listed)
        if layer_name in built:
            raise UnexpectedError(f"expected each layer once, got two called {layer_name!r}")
        try:
            layer = build(shape, left, **settings)
            shape = layer.output_shape(shape)
        except (TypeError, ValueError) as error:
            raise UnexpectedError(f"layer {layer_name!r}: {error}") from None
        left -= sum(array.size for array in layer.parameters.values())
        built[layer_name] = layer
    return Sequential(built, input_shape=input_shape, name=name)


def _parse(listed: Any) -> tuple[str, Callable[..., Layer], dict[str, Any]]:
    if not isinstance(listed, dict):
        raise UnexpectedError(f"expected a list of layers with settings, got {describe(listed)} in it")
    settings = dict(listed)
    name, kind = settings.pop("name", None), settings.pop("type", None)
    if not isinstance(name, str) or not name or "." in name:
        raise UnexpectedError(f"expected layers to have names without dots, got {describe(name)}")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise UnexpectedError(f"layer {name!r}: expected one of {', '.join(_KINDS)}, got {describe(kind)}")
    build, known = _KINDS[kind]
    if settings.keys() != set(known):
        expected, got = (", ".join(sorted(keys)) or "nothing" for keys in (known, settings))
        raise UnexpectedError(f"layer {name!r}: expected the settings {expected}, got {got}")
    return name, build, settings


def _conv(shape: Shape, left: int, **settings: Any) -> Layer:
    sizes = [settings[key] for key in ("kernel", "in", "out")]
    kernel, channels, filters = (positive_int(size, "Conv2D", "size") for size in sizes)
    _check_size(kernel * kernel * channels * filters, left)
    stride, padding = settings["stride"], _padding(settings["pad"])
    return Conv2D(channels, filters, kernel, stride=stride, padding=padding, rng=np.random.default_rng(0))


def _dense(shape: Shape, left: int, out: Any) -> Layer:
    inputs, outputs = math.prod(shape), positive_int(out, "Dense", "out")
    _check_size(inputs * outputs, left)
    return Dense(inputs, outputs, rng=np.random.default_rng(0))


def _check_size(count: int, left: int) -> None:
    if count > left:
        raise ValueError(f"expected at most the {left} weights that the file still has, got {count}")


def _max_pool(shape: Shape, left: int, kernel: Any, stride: Any, pad: Any) -> Layer:
    return MaxPool2D(kernel, stride=stride, padding=_padding(pad))


def _average_pool(shape: Shape, left: int, kernel: Any, stride: Any, pad: Any) -> Layer:
    return AvgPool2D(kernel, stride=stride, padding=_padding(pad))


def _padding(pad: Any) -> Padding:
    return ((pad, pad), (pad, pad))


def _plain(kind: Callable[..., Layer]) -> Callable[..., Layer]:
    """Return a builder that needs only the layer's settings."""
    return lambda shape, left, **settings: kind(**settings)


_WINDOW = ("kernel", "stride", "pad")
_KINDS: dict[str, tuple[Callable[..., Layer], tuple[str, ...]]] = {
    "conv": (_conv, (*_WINDOW, "in", "out")),
    "dense": (_dense, ("out",)),
    "maxpool": (_max_pool, _WINDOW),
    "avgpool": (_average_pool, _WINDOW),
    "global_avgpool": (_plain(GlobalAveragePool), ()),
    "global_maxpool": (_plain(GlobalMaxPool), ()),
    "relu": (_plain(ReLU), ()),
    "leaky_relu": (_plain(LeakyReLU), ("slope",)),
    "tanh": (_plain(Tanh), ()),
    "sigmoid": (_plain(Sigmoid), ()),
    "lrn": (_plain(LocalResponseNorm), ("size", "alpha", "beta", "k")),
    "flatten": (_plain(Flatten), ()),
    "softmax": (_plain(Softmax), ()),
}
