"""Sums of values, and sums and products with constants, which scale or shift channels."""

import numpy as np

from npdeconv._types import Array
from npdeconv.layers import Add, Concat
from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.model import Node
from npdeconv.weights.onnx.values import Value

Reads = tuple[Value | None, ...]


def add(node: Node, reads: Reads, building: Building) -> Value:
    """`Add` of several values; a shift with a constant."""
    values = [value for value in reads if value is not None]
    if len(values) == len(reads) > 1:
        return _sum(node, values, building)
    if len(reads) != 2:
        raise node.refusal("expected the sum of values, or of one and a constant")
    x, shift = _with_constant(node, reads, building)
    return building.scale(node, x, np.ones(x.shape[-1]), shift)


def sub(node: Node, reads: Reads, building: Building) -> Value:
    """A value minus a constant, or a constant minus a value."""
    x, constant = _with_constant(node, reads, building)
    if reads[0] is None:
        return building.scale(node, x, -np.ones(x.shape[-1]), constant)
    return building.scale(node, x, np.ones(x.shape[-1]), -constant)


def mul(node: Node, reads: Reads, building: Building) -> Value:
    """A scale, by a constant."""
    x, scale = _with_constant(node, reads, building)
    return building.scale(node, x, scale, np.zeros(x.shape[-1]))


def div(node: Node, reads: Reads, building: Building) -> Value:
    """A scale, by the inverse of a constant."""
    x, divisor = _with_constant(node, reads, building)
    if reads[0] is None:
        raise node.refusal("it divides by what it computes; the nearest that works is Div by a constant")
    if not divisor.all():
        raise node.refusal("expected a divisor without zeros")
    return building.scale(node, x, 1 / divisor, np.zeros(x.shape[-1]))


def neg(node: Node, reads: Reads, building: Building) -> Value:
    """A scale of -1."""
    x = building.value(node, reads)
    return building.scale(node, x, -np.ones(x.shape[-1]), np.zeros(x.shape[-1]))


def _with_constant(node: Node, reads: Reads, building: Building) -> tuple[Value, Array]:
    """Return a node's only computed input, and its constant as one number per channel."""
    values = [value for value in reads if value is not None]
    if len(values) != 1:
        raise node.refusal(f"it works on two computed values; the nearest is {node.operator} with a constant")
    constant = building.needed(node, reads.index(None)).astype(np.float64)
    return values[0], building.per_channel(node, _legacy(node, constant, values[0]), values[0])


def _legacy(node: Node, constant: Array, x: Value) -> Array:
    """Return a constant that broadcasts from `axis` on (up to version 6) in the shape of later versions."""
    if "axis" not in node.attributes:
        return constant
    behind = len(x.axes) - int(node.attributes["axis"]) - constant.ndim
    return constant.reshape(constant.shape + (1,) * max(behind, 0))


def _sum(node: Node, values: list[Value], building: Building) -> Value:
    _check_alike(node, values, building)
    if len({value.shape for value in values}) != 1:
        shapes = ", ".join(str(value.file_shape(building.known.batch)) for value in values)
        raise node.refusal(f"expected values of one shape, got {shapes}")
    if any(not np.array_equal(_order(value), _order(values[0])) for value in values):
        raise node.refusal("expected values whose numbers are in one order")
    return building.add(node, Add(), *values, order=values[0].order)


def concat(node: Node, reads: Reads, building: Building) -> Value:
    """Along the channels."""
    values = [value for value in reads if value is not None]
    if len(values) != len(reads):
        raise node.refusal("it appends constants; what works is Concat of what is computed")
    _check_alike(node, values, building)
    axes = values[0].axes
    along = axes[int(node.attributes.get("axis", 1)) % len(axes)]
    if along != "C":
        raise node.refusal(f"it is along {along}; the nearest that works is along the channels, C")
    order = None
    if any(value.order is not None for value in values):
        starts = np.cumsum([0, *(value.shape[0] for value in values)])
        order = np.concatenate([s + _order(v) for s, v in zip(starts[:-1], values, strict=True)])
    return building.add(node, Concat(), *values, order=order)


def _check_alike(node: Node, values: list[Value], building: Building) -> None:
    if len({(value.axes, len(value.shape)) for value in values}) != 1:
        shapes = ", ".join(str(value.file_shape(building.known.batch)) for value in values)
        raise node.refusal(f"expected values with the same axes, got shapes {shapes}")


def _order(value: Value) -> Array:
    return np.arange(value.shape[0]) if value.order is None else value.order
