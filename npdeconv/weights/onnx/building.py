"""A network under construction: its layers so far, and the file's values."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array
from npdeconv.layers import Graph, Layer, Scale, Sequential
from npdeconv.layers.sequential import one_above
from npdeconv.weights.onnx.constants import LARGEST
from npdeconv.weights.onnx.model import Known, Node
from npdeconv.weights.onnx.values import MAPS, Value


class Building:
    """The layers and values so far, to which `operators` add.

    Parameters
    ----------
    known : Known
    names : mapping of str to str
        Of the layers, by the nodes' outputs.
    source : Value
        The input.
    dtype : float32 or float64
    last : str
        The file's output.
    """

    def __init__(
        self,
        known: Known,
        names: Mapping[str, str],
        source: Value,
        dtype: np.dtype[Any],
        last: str,
    ) -> None:
        self.known, self.names, self.source, self.dtype, self.last = known, names, source, dtype, last
        self.rng = np.random.default_rng(0)  # of initial weights, which the file's replace
        self.values: dict[str, Value] = {}
        self.layers: dict[str, Layer] = {}
        self.inputs: dict[str, tuple[str, ...]] = {}
        self.nodes: dict[str, str] = {}
        self.notes: list[str] = []

    def add(
        self,
        node: Node,
        layer: Layer,
        *reads: Value,
        axes: tuple[str, ...] | None = None,
        order: Array | None = None,
    ) -> Value:
        """Add the layer for a node; return its output.

        The axes, and the order of a vector, are those of its input unless given.
        """
        name = self.names[node.outputs[0]]
        first = reads[0]
        if any(value.axes[0] != "N" for value in reads):
            raise node.refusal("expected the axis of images to be the first of what it reads")
        shapes = tuple(value.shape for value in reads)
        try:
            shape = layer.output_shape(shapes if layer.merges else first.shape)  # type: ignore[arg-type]
        except ValueError as error:
            raise node.refusal(str(error)) from None
        if math.prod(shape) > LARGEST:
            raise node.refusal(f"expected at most {LARGEST} numbers of an image, got an output of {shape}")
        self.layers[name] = layer
        self.inputs[name] = tuple(value.layer for value in reads)
        self.nodes[name] = node.name
        return Value(name, shape, first.axes if axes is None else axes, order)

    def network(self, name: str) -> Sequential:
        """Return the network of all layers: a `Graph`, or a chain if it is one."""
        if self.inputs == one_above(self.layers):
            return Sequential(self.layers, input_shape=self.source.shape, name=name, dtype=self.dtype)
        return Graph(
            self.layers, inputs=self.inputs, input_shape=self.source.shape, name=name, dtype=self.dtype
        )

    def value(self, node: Node, reads: tuple[Value | None, ...]) -> Value:
        """Return a node's first input, which must be computed."""
        if not reads or reads[0] is None:
            raise node.refusal("expected its first input to be computed, it is a constant")
        return reads[0]

    def scale(self, node: Node, x: Value, weight: Array, bias: Array) -> Value:
        """Add a `Scale` with weight and bias in the layer's order of channels."""
        layer = Scale(x.shape[-1], dtype=self.dtype)
        layer.weight[...], layer.bias[...] = weight, bias
        return self.add(node, layer, x, order=x.order)

    def constant(self, node: Node, place: int) -> Array | None:
        """Return a constant input of a node; None if it is left out."""
        name = node.inputs[place] if place < len(node.inputs) else ""
        if name and name not in self.known.constants:
            raise node.refusal(f"expected its input {place} ({name!r}) to be a constant, it is computed")
        return self.known.constants[name] if name else None

    def needed(self, node: Node, place: int) -> Array:
        """Return a constant input that must not be left out."""
        array = self.constant(node, place)
        if array is None:
            raise node.refusal(f"expected an input {place}, it has none")
        return array

    def number(self, node: Node, place: int, attribute: str, default: float) -> float:
        """Return a number that is an attribute in old files, and an input in newer ones."""
        array = self.constant(node, place)
        if array is None:
            return float(node.attributes.get(attribute, default))
        if array.size != 1:
            raise node.refusal(f"expected {attribute} to be one number, got {describe(array)}")
        return float(array.reshape(()))

    def integers(self, node: Node, place: int, attribute: str) -> tuple[int, ...] | None:
        """Return integers that are an attribute in old files, and an input in newer ones."""
        array = self.constant(node, place)
        if array is None:
            given = node.attributes.get(attribute)
            return None if given is None else tuple(given)
        return tuple(int(value) for value in array.reshape(-1))

    def per_channel(self, node: Node, constant: Array, value: Value) -> Array:
        """Return a constant that broadcasts with a value, as one number for each of the value's channels."""
        shape = (1,) * (len(value.axes) - constant.ndim) + constant.shape
        along = {axis for axis, length in zip(value.axes, shape, strict=False) if length != 1}
        if len(shape) > len(value.axes) or along - {"C"}:
            raise node.refusal(
                f"expected a constant for each channel or one for all, got {describe(constant)} for"
                f" values of shape {value.file_shape(self.known.batch)}"
            )
        return self.ordered(np.broadcast_to(constant.reshape(-1), value.shape[-1:]), value)

    def ordered(self, array: Array, value: Value) -> Array:
        """Return an array with one entry per number of a vector, in the layer's order."""
        array = np.ascontiguousarray(array, self.dtype)
        if value.order is None:
            return array
        ordered = np.empty_like(array)
        ordered[value.order] = array
        return ordered

    def maps(self, node: Node, value: Value) -> Value:
        """Check that a value has the axes of maps that ONNX's convolutions and poolings take."""
        if value.axes != MAPS:
            raise node.refusal(
                "expected maps (N, C, H, W), got"
                f" ({', '.join(value.axes)}) of shape {value.file_shape(self.known.batch)}"
            )
        return value
