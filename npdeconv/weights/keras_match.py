"""Check that the model of a Keras file is the network.

A file that describes its model is refused if the model differs from the network.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple

from npdeconv._checks import describe
from npdeconv._files import UnexpectedError
from npdeconv._types import Shape
from npdeconv.layers import Conv2D, Dropout, Invert, Layer, LeakyReLU, Sequential, Softmax, Standardize
from npdeconv.layers.pool import Pool2D
from npdeconv.layers.window import Window
from npdeconv.weights.keras_model import Step

_OURS = {  # by Keras' class
    "Conv2D": "Conv2D",
    "Dense": "Dense",
    "MaxPooling2D": "MaxPool2D",
    "AveragePooling2D": "AvgPool2D",
    "GlobalAveragePooling2D": "GlobalAveragePool",
    "GlobalMaxPooling2D": "GlobalMaxPool",
    "Flatten": "Flatten",
    "ReLU": "ReLU",
    "LeakyReLU": "LeakyReLU",
    "Softmax": "Softmax",
}

_ACTIVATIONS = {
    "linear": None,
    "relu": "ReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
}


class _Part(NamedTuple):
    """One place of a chain: a layer of Keras, or only its activation."""

    kind: str  # our class
    step: Step
    norms: list[Step]  # the batch normalizations right behind it
    margins: Any = None  # the padding of a ZeroPadding2D before it


def match(network: Sequential, steps: list[Step]) -> dict[str, list[str]]:
    """Return the model's layers that make each layer of the network, after comparing both.

    Raises
    ------
    UnexpectedError
        At the first difference.
    """
    ours = [*_layers(network, network.input_shape)]
    while ours and isinstance(ours[0][1], Standardize | Invert):  # preprocessing is not part of the model
        del ours[0]
    theirs = _parts(steps)
    if ours and isinstance(ours[-1][1], Softmax):
        del ours[-1]
    if theirs and theirs[-1].kind == "Softmax":
        del theirs[-1]
    names = {}
    for own, part in zip_longest(ours, theirs):
        kind = None if own is None else own[1].kind
        if part is None or kind != part.kind:
            here = "its end" if own is None else f"{own[0]!r}, {kind}"
            there = "its end" if part is None else f"{part.step.name!r}, {part.kind}"
            raise UnexpectedError(
                f"expected the layers of {network.name}, but where it has {here},"
                f" the file's model has {there}"
            )
        assert own is not None
        name, layer, shape = own
        _compare(name, layer, shape, part)
        if layer.parameters:
            names[name] = [part.step.name, *(norm.name for norm in part.norms)]
    return names


def match_named(network: Sequential, steps: list[Step], names: Mapping[str, list[str]]) -> None:
    """Check the named layers of a model that is no chain, as far as possible.

    Raises
    ------
    UnexpectedError
        If a batch normalization does not come right behind its layer, or a layer has other settings.
    """
    known = {step.name: step for step in steps}
    for place, layer, shape in _layers(network, network.input_shape):
        made_of = [known[name] for name in names.get(place, ()) if name in known]
        if not made_of:
            continue
        cuts = [n for n, step in enumerate(made_of) if step.kind != "BatchNormalization"] or [0]
        groups = [made_of[start:end] for start, end in pairwise([*cuts, len(made_of)])]
        for first, *norms in groups:
            below = [known[name]._replace(reads=[]) for name in first.reads if _pads(known.get(name))]
            part, *_ = _parts([*below, first if below else first._replace(reads=[]), *norms])
            if len(groups) == 1:
                _compare(place, layer, shape, part)


def _layers(
    chain: Sequential, shape: Shape | None, prefix: str = ""
) -> Iterator[tuple[str, Layer, Shape | None]]:
    """Yield name, layer and input shape of all layers but dropout, inside nested chains, too."""
    shapes = {} if shape is None else chain.input_shapes(shape)
    for name, layer in chain.layers.items():
        if isinstance(layer, Sequential):
            yield from _layers(layer, shapes.get(name), f"{prefix}{name}.")
        elif not isinstance(layer, Dropout):
            yield f"{prefix}{name}", layer, shapes.get(name)


def _parts(steps: list[Step]) -> list[_Part]:
    """Cut a chain into the parts that correspond to our layers."""
    parts: list[_Part] = []
    for before, step in pairwise([None, *steps]):
        assert step is not None
        if step.reads != ([] if before is None else [before.name]):
            raise UnexpectedError(
                f"expected a model whose layers each read the one before, {step.name!r} reads"
                f" {' and '.join(map(repr, step.reads)) or 'the input'}: a network here is a chain"
            )
        if _pads(before) and (step.kind != "Conv2D" or step.config["padding"] != "valid"):
            raise UnexpectedError(
                f"expected ZeroPadding2D below convolutions of padding 'valid' only, got {step.name!r}"
            )
        if step.kind == "BatchNormalization":
            _check_norm(step, parts)
            parts[-1].norms.append(step)
        elif step.kind in _OURS:
            margins = before.config["padding"] if before is not None and _pads(before) else None
            parts.append(_Part(_OURS[step.kind], step, [], margins))
        elif step.kind != "Activation" and (not _pads(step) or step is steps[-1]):
            raise UnexpectedError(
                f"expected layers of known kinds, got {step.name!r} of kind {describe(step.kind)}"
            )
        activation = _activation(step)
        if activation is not None:
            parts.append(_Part(activation, step, []))
    return parts


def _pads(step: Step | None) -> bool:
    return step is not None and step.kind == "ZeroPadding2D"


def _activation(step: Step) -> str | None:
    """Return our class for the activation of a layer."""
    said = step.config.get("activation", "linear")
    name = said.get("config") if isinstance(said, dict) else said  # Keras may wrap the function's name
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        raise UnexpectedError(
            f"expected one of the activations {', '.join(_ACTIVATIONS)}, {step.name!r} has {describe(said)}"
        )
    return _ACTIVATIONS[name]


def _check_norm(norm: Step, parts: list[_Part]) -> None:
    before = parts[-1] if parts else None
    if before is None or before.kind not in ("Conv2D", "Dense"):
        behind = "the input" if before is None else f"{before.kind} of {before.step.name!r}"
        raise UnexpectedError(
            f"expected the batch normalization {norm.name!r} right behind a convolution or dense layer,"
            f" below its activation, got it behind {behind}"
        )
    if norm.config.get("axis", -1) not in (-1, [-1], *((3, [3]) if before.kind == "Conv2D" else (1, [1]))):
        raise UnexpectedError(
            f"expected {norm.name!r} to normalize channels, the last axis, got axis {norm.config['axis']}"
        )


def _compare(name: str, layer: Layer, shape: Shape | None, part: _Part) -> None:
    """Compare the settings of two layers of the same kind."""
    for word, (own, their) in _settings(name, layer, shape, part).items():
        if own != their:
            raise UnexpectedError(
                f"expected {name} to have {word} {own}, the file's model has {their} at {part.step.name!r}"
            )


def _settings(name: str, layer: Layer, shape: Shape | None, part: _Part) -> dict[str, tuple[Any, Any]]:
    """Return pairs of our layer's value and theirs, by setting."""
    config = part.step.config
    if isinstance(layer, Conv2D | Pool2D):
        own, their = layer.window, _window(part)
        said: dict[str, tuple[Any, Any]] = {
            "stride": (own.stride, their.stride),
            "dilation": (own.dilation, their.dilation),
        }
        if own.size == their.size and shape is not None:  # other sizes fail by the shapes of the arrays
            said["padding and places"] = own.place(shape, name), their.place(shape, name)
        else:
            said["padding"] = own.padding, their.padding
        if isinstance(layer, Pool2D):
            return said | {"window": (own.size, their.size)}
        return said | {"groups": (layer.groups, config.get("groups", 1))}
    if isinstance(layer, LeakyReLU):
        slope = config.get("negative_slope", config.get("alpha"))
        return {"slope": (round(layer.slope, 6), round(slope, 6))}  # Keras 2 writes a float32's digits
    if part.step.kind == "ReLU":
        limits = tuple(config.get(key) or 0 for key in ("max_value", "negative_slope", "threshold"))
        return {"limits": ((0, 0, 0), limits)}
    return {}


def _window(part: _Part) -> Window:
    """Return the window of a convolution or pooling of Keras."""
    config, name = part.step.config, part.step.name
    size = config.get("kernel_size", config.get("pool_size"))
    padding = config["padding"] if part.margins is None else part.margins
    dilation = config.get("dilation_rate", 1)
    return Window.parse(size, config["strides"], padding, name, "window", dilation)
