"""The model that a Keras file describes: its layers, and the inputs of each."""

import json
from collections.abc import Iterator, Mapping
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


def read_model(text: Any) -> list[Step]:
    """Return the layers of a model, in order, without those that act only during training."""
    if not isinstance(text, str):
        raise UnexpectedError(f"expected model_config to be text, got {describe(text)}")
    steps: list[Step] = []
    _collect(json.loads(text), [], steps)
    for step in steps:
        if "channels_first" in (step.config.get("data_format"), step.config.get("dim_ordering")):
            raise UnexpectedError(
                f"expected a model of channels_last, got channels_first in layer {step.name!r}"
            )
    return steps


def _collect(model: Any, source: list[str], steps: list[Step]) -> list[str]:
    """Append the layers of a model that reads `source`; return the layers that make its output."""
    leads_to: dict[str, list[str]] = {}  # the steps that make the output of each layer
    last, config = source, model["config"]
    for layer in config if isinstance(config, list) else config["layers"]:
        name = layer["config"].get("name") or layer["name"]
        kind = layer["class_name"].removesuffix("V1").removesuffix("V2")  # of some batch normalizations
        nodes = layer.get("inbound_nodes")
        reads = last if nodes is None else [end for read in _texts(nodes) for end in leads_to.get(read, [])]
        if kind == "InputLayer":
            last = source
        elif kind in _ABSENT:
            last = reads
        elif kind in _CHAINS:
            last = _collect(layer, reads, steps)
        else:
            steps.append(Step(name, kind, layer["config"], reads))
            last = [name]
        leads_to[name] = last
    return last


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
