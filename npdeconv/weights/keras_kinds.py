"""From Keras' classes of layers to ours, by the configuration in the file."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from npdeconv._checks import describe, positive_int, positive_pair
from npdeconv._files import UnexpectedError
from npdeconv._types import Shape
from npdeconv.layers import (
    Add,
    AvgPool2D,
    Clip,
    Concat,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LeakyReLU,
    MaxPool2D,
    Pad,
    ReLU,
    Scale,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from npdeconv.weights.keras_model import Step

ACTIVATIONS: Mapping[str, Callable[[], Layer] | None] = {
    "linear": None,
    "relu": ReLU,
    "relu6": Clip,
    "leaky_relu": lambda: LeakyReLU(0.2),  # Keras 3's
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softmax": Softmax,
}

_EXPORT = "the model exported to ONNX (model.export, or tf2onnx), if that has a layer for it"
_NEAREST = {
    "SeparableConv2D": "DepthwiseConv2D, then Conv2D",
    "Conv2DTranspose": "Conv2D, which only goes down in size",
    "UpSampling2D": "Conv2D and the poolings",
    "Conv1D": "Conv2D of images of one row",
    "PReLU": "LeakyReLU",
    "ELU": "LeakyReLU",
    "LayerNormalization": "BatchNormalization",
    "GroupNormalization": "BatchNormalization",
    "UnitNormalization": "BatchNormalization",
    "Normalization": "Rescaling, or a card beside the file that says how images are prepared",
    "Reshape": "Flatten",
    "Lambda": "a layer of Keras, since functions in a file are never run",
    "Average": "Add, then Rescaling",
    "Subtract": "Add, of what Rescaling has negated",
}


def build_layers(step: Step, shape: Any, largest: int) -> dict[str, Layer]:
    """Return the layers for one of Keras': itself, called "", and its activation under the activation's name.

    Parameters
    ----------
    step : Step
    shape : tuple of int, or for a merging layer a tuple of these
        Of what it reads.
    largest : int
        The most weights it may have.

    Raises
    ------
    UnexpectedError
        For a kind, activation or setting without a layer: the message names the nearest that works.
    """
    if step.kind not in _KINDS:
        nearest = _NEAREST.get(step.kind, _EXPORT)
        raise UnexpectedError(
            f"layer {step.name!r} ({step.kind}) can't become a layer here; the nearest that works is"
            f" {nearest}"
        )
    try:
        made = _KINDS[step.kind](step.config, shape, largest)
    except (TypeError, ValueError) as error:
        raise UnexpectedError(f"layer {step.name!r} ({step.kind}): {error}") from None
    said = step.config.get("activation", "linear")
    name = said.get("config") if isinstance(said, dict) else said  # Keras may wrap the function's name
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise UnexpectedError(
            f"layer {step.name!r} ({step.kind}): expected one of the activations {', '.join(ACTIVATIONS)},"
            f" got {describe(said)}"
        )
    activation = ACTIVATIONS[name]
    layers = {} if made is None else {"": made}
    return layers if activation is None else layers | {name if layers else "": activation()}


def _conv(config: Any, shape: Shape, largest: int) -> Layer:
    groups, filters = config.get("groups", 1), positive_int(config["filters"], "Conv2D", "filters")
    return _filters(config, shape, filters, groups, largest)


def _depthwise(config: Any, shape: Shape, largest: int) -> Layer:
    each = positive_int(config.get("depth_multiplier", 1), "DepthwiseConv2D", "depth_multiplier")
    return _filters(config, shape, shape[-1] * each, shape[-1], largest)


def _filters(config: Any, shape: Shape, filters: int, groups: int, largest: int) -> Layer:
    size = positive_pair(config["kernel_size"], "Conv2D", "kernel_size")
    _check_size(math.prod(size) * shape[-1] // max(groups, 1) * filters, largest)
    return Conv2D(
        shape[-1],
        filters,
        size,
        stride=config["strides"],
        padding=config["padding"],
        dilation=config.get("dilation_rate", 1),
        groups=groups,
        rng=np.random.default_rng(0),
    )


def _dense(config: Any, shape: Shape, largest: int) -> Layer:
    if len(shape) != 1:
        raise ValueError(f"expected vectors, as behind Flatten or a global pooling, got inputs {shape}")
    units = positive_int(config["units"], "Dense", "units")
    _check_size(shape[0] * units, largest)
    return Dense(shape[0], units, rng=np.random.default_rng(0))


def _check_size(count: int, largest: int) -> None:
    if count > largest:
        raise ValueError(f"expected at most the {largest} weights that the file can hold, got {count}")


def _pool(kind: type[MaxPool2D] | type[AvgPool2D]) -> Callable[..., Layer]:
    return lambda config, shape, largest: kind(
        config["pool_size"], stride=config["strides"], padding=config["padding"]
    )


def _global(kind: Callable[[], Layer]) -> Callable[..., Layer]:
    def build(config: Any, shape: Shape, largest: int) -> Layer:
        if config.get("keepdims"):
            raise ValueError("expected keepdims false, with a Dense behind it, got true")
        return kind()

    return build


def _relu(config: Any, shape: Shape, largest: int) -> Layer:
    limit, slope, threshold = (config.get(key) for key in ("max_value", "negative_slope", "threshold"))
    if threshold or (slope and limit is not None):
        raise ValueError(f"expected max_value or negative_slope, and no threshold, got {describe(config)}")
    if slope:
        return LeakyReLU(slope)
    return ReLU() if limit is None else Clip(0, limit)


def _leaky(config: Any, shape: Shape, largest: int) -> Layer:
    return LeakyReLU(round(config.get("negative_slope", config.get("alpha")), 6))  # Keras 2: float32's digits


def _norm(config: Any, shape: Shape, largest: int) -> Layer:
    axis = config.get("axis", -1)
    if axis not in (-1, [-1], len(shape), [len(shape)]):
        raise ValueError(f"expected it to normalize channels, the last axis, got axis {axis}")
    _check_size(2 * shape[-1], largest)
    return Scale(shape[-1])


def _rescaling(config: Any, shape: Shape, largest: int) -> Layer:
    _check_size(shape[-1], largest)
    scale, offset = (np.broadcast_to(np.float64(config[key]), shape[-1:]) for key in ("scale", "offset"))
    if not np.all(scale > 0):
        raise ValueError(f"expected a scale above 0, got {describe(config['scale'])}")
    return Standardize((-offset / scale).tolist(), (1 / scale).tolist())


def _pad(config: Any, shape: Shape, largest: int) -> Layer:
    rows, columns = config["padding"]
    return Pad(((rows[0], rows[1]), (columns[0], columns[1])))


def _concat(config: Any, shapes: tuple[Shape, ...], largest: int) -> Layer:
    if config.get("axis", -1) not in (-1, len(shapes[0])):
        raise ValueError(f"expected it to join channels, the last axis, got axis {config['axis']}")
    return Concat()


def _softmax(config: Any, shape: Shape, largest: int) -> Layer:
    if config.get("axis", -1) not in (-1, len(shape)):
        raise ValueError(f"expected it along channels, the last axis, got axis {config['axis']}")
    return Softmax()


def _plain(kind: Callable[[], Layer] | None) -> Callable[..., Layer | None]:
    return lambda config, shape, largest: kind and kind()


_KINDS: Mapping[str, Callable[..., Layer | None]] = {
    "Conv2D": _conv,
    "DepthwiseConv2D": _depthwise,
    "Dense": _dense,
    "BatchNormalization": _norm,
    "Rescaling": _rescaling,
    "ZeroPadding2D": _pad,
    "MaxPooling2D": _pool(MaxPool2D),
    "AveragePooling2D": _pool(AvgPool2D),
    "GlobalAveragePooling2D": _global(GlobalAveragePool),
    "GlobalMaxPooling2D": _global(GlobalMaxPool),
    "Flatten": _plain(Flatten),
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "Softmax": _softmax,
    "Activation": _plain(None),
    "Add": _plain(Add),
    "Concatenate": _concat,
}
MERGING = ("Add", "Concatenate")
