"""A file's contents as plain data: nodes, constants, one input, one output."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe
from npdeconv._files import UnexpectedError
from npdeconv._types import Array, Pair, Shape


class Node(NamedTuple):
    """One step of the file's graph."""

    name: str
    """The file's name of the node, or the node's output if it has none."""
    operator: str
    inputs: tuple[str, ...]
    """Names of values; empty for one that is left out."""
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    message: Any
    """The NodeProto."""

    def refusal(self, reason: str) -> UnexpectedError:
        """Return the error that says why the node can't become a layer."""
        return UnexpectedError(f"node {self.name!r} ({self.operator}) can't become a layer: {reason}")

    def text(self, attribute: str, default: str) -> str:
        """Return an attribute that is text."""
        return str(self.attributes.get(attribute, default))

    def pair(self, attribute: str) -> Pair:
        """Return an attribute of two integers, one for rows and one for columns; 1 and 1 unless given."""
        first, second = self._integers(attribute, (1, 1))
        return first, second

    def pads(self) -> tuple[int, ...]:
        """Return the padding of a window: top, left, bottom, right."""
        return self._integers("pads", (0, 0, 0, 0))

    def _integers(self, attribute: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = tuple(self.attributes.get(attribute, default))
        if len(value) != len(default):
            raise self.refusal(f"expected {attribute} of {len(default)} integers, got {describe(value)}")
        return value


class Model(NamedTuple):
    """The file's graph."""

    nodes: tuple[Node, ...]
    """In an order in which each can be computed."""
    constants: dict[str, Array]
    input_name: str
    input_shape: tuple[int | None, ...]
    """None for a length that the file leaves open."""
    input_dtype: np.dtype[Any]
    is_half: bool
    """Whether the file has numbers of 16 bits, which have 32 here."""
    output_name: str
    opset: int
    metadata: Mapping[str, str]


class Known(NamedTuple):
    """A model with computed constants and known shapes."""

    nodes: tuple[Node, ...]
    constants: dict[str, Array]
    shapes: Mapping[str, Shape]
    """Shapes of all values in the file, with `batch` images."""
    batch: int
    opset: int
    """The version of the file's operators."""
