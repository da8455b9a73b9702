"""From layers to operators of ONNX: a function for each kind of layer."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np

from npdeconv import layers
from npdeconv._types import Array, Shape
from npdeconv.layers.window import Window


class Place(Protocol):
    """A layer's place in the file."""

    name: str
    input_shape: Shape

    def node(
        self,
        operator: str,
        constants: dict[str, Array] | None = None,
        *,
        inputs: list[str] | None = None,
        ends: bool = True,
        **attributes: Any,
    ) -> str:
        """Write a node; return the name of its output."""


Write: TypeAlias = Callable[[Any, Place], object]


def _conv(layer: layers.Conv2D, place: Place) -> None:
    place.node(
        "Conv",
        {"weight": layer.weight.transpose(3, 2, 0, 1), "bias": layer.bias},
        group=layer.groups,
        dilations=list(layer.window.dilation),
        **_window(layer.window, place),
    )


def _window(window: Window, place: Place) -> dict[str, Any]:
    """Return a window's attributes, with its padding spelled out."""
    pads = [(0, 0), (0, 0)]
    if window.padding == "same":
        offset, places = window.place(place.input_shape, place.name)
        for axis in range(2):
            extent = (window.size[axis] - 1) * window.dilation[axis] + 1
            covered = (places[axis] - 1) * window.stride[axis] + extent
            pads[axis] = offset[axis], max(0, covered - place.input_shape[axis] - offset[axis])
    elif window.padding != "valid":
        pads = list(window.padding)
    (top, bottom), (left, right) = pads
    return {"kernel_shape": window.size, "strides": window.stride, "pads": [top, left, bottom, right]}


def _dense(layer: layers.Dense, place: Place) -> None:
    place.node("Gemm", {"weight": layer.weight, "bias": layer.bias})


def _flatten(layer: layers.Flatten, place: Place) -> None:
    if len(place.input_shape) == 3:  # rows, columns, channels: the file has channels first
        turned = place.node("Transpose", ends=False, perm=[0, 2, 3, 1])
        place.node("Flatten", inputs=[turned])
    else:
        place.node("Flatten")


def _max_pool(layer: layers.MaxPool2D, place: Place) -> None:
    place.node("MaxPool", ceil_mode=int(layer.window.ceil), **_window(layer.window, place))


def _average_pool(layer: layers.AvgPool2D, place: Place) -> None:
    counts, ceil = int(layer.count_include_pad), int(layer.window.ceil)
    place.node("AveragePool", ceil_mode=ceil, count_include_pad=counts, **_window(layer.window, place))


def _global(operator: str) -> Write:
    """Return the writer of a global pooling, which keeps two axes of length 1 in the file."""
    return lambda layer, place: place.node("Flatten", inputs=[place.node(operator, ends=False)])


def _plain(operator: str, **attributes: Any) -> Write:
    return lambda layer, place: place.node(operator, **attributes)


def _leaky_relu(layer: layers.LeakyReLU, place: Place) -> None:
    place.node("LeakyRelu", alpha=layer.slope)


def _prelu(layer: layers.PReLU, place: Place) -> None:
    spread = (-1, *(1,) * (len(place.input_shape) - 1))
    place.node("PRelu", {"slope": layer.slope.reshape(spread)})


def _clip(layer: layers.Clip, place: Place) -> None:
    place.node("Clip", {"low": np.array(layer.low), "high": np.array(layer.high)})


def _scale(layer: layers.Scale, place: Place) -> None:
    _per_channel(layer.weight, layer.bias, place)


def _per_channel(weight: Array, bias: Array, place: Place) -> None:
    """Write a batch normalization of mean 0 and variance 1."""
    ones = np.ones(len(weight))
    statistics = {"weight": weight, "bias": bias, "mean": 0 * ones, "variance": ones}
    place.node("BatchNormalization", statistics, epsilon=0.0)


def _standardize(layer: layers.Standardize, place: Place) -> None:
    if layer.reverse:
        raise ValueError(
            f"save_onnx: expected channels in the order of the images, {place.name!r} reverses it; save the"
            " network behind it, and reverse the channels before"
        )
    _per_channel(1 / layer.std, -layer.mean / layer.std, place)


def _invert(layer: layers.Invert, place: Place) -> None:
    ones = np.ones(place.input_shape[-1])
    spread = {"weight": -ones, "bias": layer.level * ones, "mean": 0 * ones, "variance": ones}
    place.node("Relu", inputs=[place.node("BatchNormalization", spread, ends=False, epsilon=0.0)])


def _response_norm(layer: layers.LocalResponseNorm, place: Place) -> None:
    if layer.size % 2 == 0 or len(place.input_shape) != 3:
        raise ValueError(
            f"save_onnx: expected a normalization of maps over an odd number of channels, {place.name!r}"
            f" takes {layer.size} of an input of shape {place.input_shape}"
        )
    place.node("LRN", size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=layer.k)


def _pad(layer: layers.Pad, place: Place) -> None:
    top, left, bottom, right = _window(layer.window, place)["pads"]
    before, after = layer.channels
    pads = np.array([0, before, top, left, 0, after, bottom, right], np.int64)
    place.node("Pad", {"pads": pads, "value": np.array(layer.beyond)})


def _two_classes(layer: layers.TwoClasses, place: Place) -> None:
    place.node("MatMul", {"weight": layer(np.ones((1, 1), np.float32))})


WRITERS: Mapping[type, Write] = {
    layers.Add: _plain("Sum"),
    layers.AvgPool2D: _average_pool,
    layers.Clip: _clip,
    layers.Concat: _plain("Concat", axis=1),
    layers.Conv2D: _conv,
    layers.Dense: _dense,
    layers.Dropout: _plain("Identity"),
    layers.Flatten: _flatten,
    layers.GlobalAveragePool: _global("GlobalAveragePool"),
    layers.GlobalMaxPool: _global("GlobalMaxPool"),
    layers.Invert: _invert,
    layers.LeakyReLU: _leaky_relu,
    layers.LocalResponseNorm: _response_norm,
    layers.MaxPool2D: _max_pool,
    layers.PReLU: _prelu,
    layers.Pad: _pad,
    layers.ReLU: _plain("Relu"),
    layers.Scale: _scale,
    layers.Sigmoid: _plain("Sigmoid"),
    layers.Softmax: _plain("Softmax", axis=1),
    layers.Standardize: _standardize,
    layers.Tanh: _plain("Tanh"),
    layers.TwoClasses: _two_classes,
}
