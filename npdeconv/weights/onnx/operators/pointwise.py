"""Elementwise functions, scales of channels, and normalizations."""

import numpy as np

from npdeconv.layers import (
    Clip,
    LeakyReLU,
    LocalResponseNorm,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.model import Node
from npdeconv.weights.onnx.values import Value

Reads = tuple[Value | None, ...]


def relu(node: Node, reads: Reads, building: Building) -> Value:
    """max(x, 0)."""
    x = building.value(node, reads)
    return building.add(node, ReLU(), x, order=x.order)


def leaky_relu(node: Node, reads: Reads, building: Building) -> Value:
    """A slope of 0.01 unless the file has another."""
    x = building.value(node, reads)
    return building.add(node, LeakyReLU(float(node.attributes.get("alpha", 0.01))), x, order=x.order)


def prelu(node: Node, reads: Reads, building: Building) -> Value:
    """A slope for each channel."""
    x = building.value(node, reads)
    layer, slope = PReLU(x.shape[-1], dtype=building.dtype), building.needed(node, 1)
    if building.known.opset < 7 and slope.ndim == 1:  # broadcasts along channels, not along the last axis
        slope = slope.reshape(slope.shape + (1,) * (len(x.axes) - 2))
    layer.slope[...] = building.per_channel(node, slope, x)
    return building.add(node, layer, x, order=x.order)


def clip(node: Node, reads: Reads, building: Building) -> Value:
    """Limits are attributes up to version 10, and inputs in later ones."""
    x = building.value(node, reads)
    low, high = building.number(node, 1, "min", -np.inf), building.number(node, 2, "max", np.inf)
    return building.add(node, Clip(low, high), x, order=x.order)


def sigmoid(node: Node, reads: Reads, building: Building) -> Value:
    """1 / (1 + exp(-x))."""
    x = building.value(node, reads)
    return building.add(node, Sigmoid(), x, order=x.order)


def tanh(node: Node, reads: Reads, building: Building) -> Value:
    """tanh(x)."""
    x = building.value(node, reads)
    return building.add(node, Tanh(), x, order=x.order)


def softmax(node: Node, reads: Reads, building: Building) -> Value:
    """Along the channels. A LogSoftmax must be the last node, and becomes a Softmax."""
    x = building.value(node, reads)
    axis = int(node.attributes.get("axis", -1 if building.known.opset >= 13 else 1)) % len(x.axes)
    along = {x.axes[axis]} if building.known.opset >= 13 else {*x.axes[axis:]} - {"1"}
    long = {one for one in along if one == "N" or x.lengths[one] > 1} or {"C"}
    if long != {"C"}:
        over = ", ".join(sorted(long))
        raise node.refusal(f"it is along {over}; the nearest that works is along the channels alone, C")
    if node.operator == "LogSoftmax":
        if node.outputs[0] != building.last:
            raise node.refusal("there is no layer for it but at the end; the nearest that works is Softmax")
        building.notes.append(
            f"outputs are probabilities: Softmax stands for {node.name!r} (LogSoftmax), their logarithm"
        )
    return building.add(node, Softmax(), x, order=x.order)


def lrn(node: Node, reads: Reads, building: Building) -> Value:
    """Alpha is divided by the size in ONNX, too; with an even size, the odd channel is on the other side."""
    x = building.value(node, reads)
    size = int(node.attributes["size"])
    if x.axes[:2] != ("N", "C") or x.order is not None:
        raise node.refusal("expected maps (N, C, H, W)")
    if size % 2 == 0:
        raise node.refusal(f"expected an odd size, got {size}")
    alpha, beta, bias = (
        float(node.attributes.get(name, default))
        for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
    )
    return building.add(node, LocalResponseNorm(size, alpha=alpha, beta=beta, k=bias), x)


def batch_normalization(node: Node, reads: Reads, building: Building) -> Value:
    """A scale and a shift, by the statistics that the file holds."""
    x = building.value(node, reads)
    if node.attributes.get("training_mode", 0) or not node.attributes.get(
        "is_test", building.known.opset > 6
    ):
        raise node.refusal("it is to take statistics of the batch; export the network for inference")
    if x.axes[:2] != ("N", "C"):
        raise node.refusal("expected maps (N, C, H, W) or vectors (N, C)")
    scale, shift, mean, variance = (building.needed(node, place).astype(np.float64) for place in range(1, 5))
    channels = x.shape[-1:]
    if not scale.shape == shift.shape == mean.shape == variance.shape == channels:
        raise node.refusal(f"expected {channels[0]} numbers of each kind, one for each channel")
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = scale / np.sqrt(variance + float(node.attributes.get("epsilon", 1e-5)))
    if not np.isfinite(weight).all():
        raise node.refusal("expected variances that are not negative, got others")
    bias = shift - mean * weight
    return building.scale(node, x, building.ordered(weight, x), building.ordered(bias, x))
