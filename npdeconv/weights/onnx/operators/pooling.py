"""Poolings, of windows and of whole maps."""

from typing import Any

from npdeconv.layers import AvgPool2D, GlobalAveragePool, GlobalMaxPool, Layer, MaxPool2D
from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.model import Node
from npdeconv.weights.onnx.operators.weighted import padding
from npdeconv.weights.onnx.values import Value


def max_pool(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """Padding never wins, in ONNX as here."""
    if len(node.outputs) > 1 and node.outputs[1]:
        raise node.refusal("expected one output, got the switches as a second one")
    x = building.maps(node, building.value(node, reads))
    return building.add(node, MaxPool2D(**_window(node, x)), x)


def average_pool(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """Padding counts if the file says so."""
    x = building.maps(node, building.value(node, reads))
    counts = bool(node.attributes.get("count_include_pad", 0))
    return building.add(node, AvgPool2D(**_window(node, x), count_include_pad=counts), x)


def _window(node: Node, x: Value) -> dict[str, Any]:
    size = node.pair("kernel_shape")
    if node.pair("dilations") != (1, 1):
        raise node.refusal("its window has gaps; the nearest that works is one with dilations of 1")
    return {
        "window": size,
        "stride": node.pair("strides"),
        "padding": padding(node, size, x),
        "ceil_mode": bool(node.attributes.get("ceil_mode", 0)),
    }


def global_average_pool(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """(N, C, H, W) -> (N, C, 1, 1), which is a vector here."""
    return _global(node, reads, GlobalAveragePool(), building)


def global_max_pool(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """As `global_average_pool`."""
    return _global(node, reads, GlobalMaxPool(), building)


def _global(node: Node, reads: tuple[Value | None, ...], layer: Layer, building: Building) -> Value:
    x = building.maps(node, building.value(node, reads))
    return building.add(node, layer, x, axes=("N", "C", "1", "1"))


def reduce_mean(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """The mean over rows and columns is a global pooling."""
    x = building.value(node, reads)
    given = building.integers(node, 1, "axes")
    places = {axis % len(x.axes) for axis in given or ()}
    averaged = {x.axes[place] for place in places}
    if averaged not in ({"H", "W"}, {"HW"}):
        over = ", ".join(sorted(averaged)) or "all axes"
        raise node.refusal(f"it averages over {over}; the nearest that works is over H, W")
    if node.attributes.get("keepdims", 1):
        axes = tuple("1" if place in places else axis for place, axis in enumerate(x.axes))
    else:
        axes = tuple(axis for place, axis in enumerate(x.axes) if place not in places)
    return building.add(node, GlobalAveragePool(), x, axes=axes)
