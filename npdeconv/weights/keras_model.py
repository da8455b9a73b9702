"""The model that a Keras file describes: its layers, and the inputs of each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from npdeconv._checks import describe
from npdeconv._files import UnexpectedError

_CHAINS = ("Sequential", "Functional", "Model")

_ABSENT = (  # layers that act only during training
    *("Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout", "GaussianNoise"),
    *("ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation"),
)


class Step(NamedTuple):
    """A layer of the model."""

    name: str
    kind: str  # Keras' class
    config: Mapping[str, Any]
    reads: list[str]  # the layers whose outputs it takes; none for the first layer
    calls: int = 1  # how often the model uses it


def read_model(text: Any, source: Sequence[str] = ()) -> list[Step]:
    """Return the layers of a model, in order, without those that act only during training.

    `source` are the names that stand for the model's input in what layers read.
    """
    if not isinstance(text, str):
        raise UnexpectedError(f"expected model_config to be text, got {describe(text)}")
    steps: list[Step] = []
    _collect(json.loads(text), [*source], steps)
    for step in steps:
        if "channels_first" in (step.config.get("data_format"), step.config.get("dim_ordering")):
            raise UnexpectedError(
                f"expected a model of channels_last, got channels_first in layer {step.name!r}"
            )
    return steps


def _collect(model: Any, source: list[str], steps: list[Step]) -> list[str]:
    """Append the layers of a model that reads `source`; return the layers that make its output."""
    leads_to: dict[str, list[str]] = {}  # the steps that make the output of each layer
    last, layers = source, _layers(model)
    below = {_name(layer) for layer in layers}
    for layer in layers:
        name = _name(layer)
        kind = layer["class_name"].removesuffix("V1").removesuffix("V2")  # of some batch normalizations
        nodes = layer.get("inbound_nodes")
        read_names = [text for text in _texts(nodes or ()) if text in below]
        missing = next((read for read in read_names if read not in leads_to), None)
        if missing is not None:
            raise UnexpectedError(f"expected layers to read layers before them, {name!r} reads {missing!r}")
        reads = last if nodes is None else [end for read in read_names for end in leads_to[read]]
        if kind == "InputLayer":
            last = source
        elif kind in _ABSENT:
            last = reads
        elif kind in _CHAINS:
            last = _collect(layer, reads, steps)
        else:
            steps.append(Step(name, kind, layer["config"], reads, len(nodes or (1,))))
            last = [name]
        leads_to[name] = last
    return last


def _layers(model: Any) -> list[Any]:
    """Return the descriptions of a model's layers."""
    config = model["config"]
    return list(config if isinstance(config, list) else config["layers"])


def _name(layer: Any) -> str:
    return str(layer["config"].get("name") or layer["name"])


def read_input_shape(text: str) -> list[int | None]:
    """Return the lengths of the axes of one input of a model, None for those that are open.

    Raises
    ------
    UnexpectedError
        If the model has several inputs, or does not say the shape.
    """
    model = json.loads(text)
    while _layers(model)[0]["class_name"] in _CHAINS:
        model = _layers(model)[0]
    layers = _layers(model)
    inputs = [layer for layer in layers if layer["class_name"] == "InputLayer"]
    if len(inputs) > 1:
        raise UnexpectedError(
            f"expected a model with one input, got {', '.join(repr(_name(each)) for each in inputs)}"
        )
    config = (inputs or layers)[0]["config"]
    built = model["config"].get("build_input_shape") if isinstance(model["config"], dict) else None
    shape = config.get("batch_shape") or config.get("batch_input_shape") or built
    if not isinstance(shape, list) or len(shape) < 2:
        raise UnexpectedError("expected a model that says the shape of its inputs, as a built one does")
    return shape[1:]


def _texts(nodes: Any) -> Iterator[str]:
    """Yield all strings in the description of a layer's inputs; some are names, in any version of Keras."""
    if isinstance(nodes, str):
        yield nodes
    elif isinstance(nodes, list | dict):
        for inner in nodes.values() if isinstance(nodes, dict) else nodes:
            yield from _texts(inner)


def is_chain(steps: list[Step]) -> bool:
    """Return whether each layer reads only the one before it."""
    before: list[list[str]] = [[], *([step.name] for step in steps)]
    return all(step.reads == reads for step, reads in zip(steps, before, strict=False))
