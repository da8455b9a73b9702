"""Convolutions and dense layers."""

import numpy as np

from npdeconv._types import Array
from npdeconv.layers import Conv2D, Dense
from npdeconv.layers.window import Padding
from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.model import Node
from npdeconv.weights.onnx.values import VECTORS, Value


def conv(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """Filters (F, C / groups, KH, KW) -> (KH, KW, C / groups, F)."""
    x = building.value(node, reads)
    weight, bias = building.needed(node, 1), building.constant(node, 2)
    if weight.ndim != 4:
        raise node.refusal(f"expected filters in two dimensions, got weights of shape {weight.shape}")
    if len(x.shape) == 1 and x.axes == ("N", "C", "1", "1"):
        return _of_vectors(node, x, weight, bias, building)
    building.maps(node, x)
    filters, _, *kernel = weight.shape
    layer = Conv2D(
        x.shape[2],
        filters,
        (kernel[0], kernel[1]),
        stride=node.pair("strides"),
        padding=padding(node, (kernel[0], kernel[1]), x),
        dilation=node.pair("dilations"),
        groups=int(node.attributes.get("group", 1)),
        rng=building.rng,
        dtype=building.dtype,
    )
    _assign(node, layer, weight.transpose(2, 3, 1, 0), bias)
    return building.add(node, layer, x)


def _of_vectors(node: Node, x: Value, weight: Array, bias: Array | None, building: Building) -> Value:
    """Return the output of a convolution of maps of one pixel, which are vectors here."""
    is_plain = weight.shape[1:] == (x.shape[0], 1, 1) and not any(node.pads())
    if not is_plain:
        raise node.refusal("expected a map, got what a global pooling made; there only 1x1 filters work")
    return _dense(node, x, weight[:, :, 0, 0].T, bias, building)


def gemm(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """Weights (D, M), or (M, D) if they are to be transposed."""
    x = building.value(node, reads)
    weight, bias = building.needed(node, 1), building.constant(node, 2)
    if x.axes != VECTORS or node.attributes.get("transA", 0):
        raise node.refusal("expected vectors (N, D) times a matrix of constants")
    if node.attributes.get("transB", 0):
        weight = weight.T
    alpha, beta = (float(node.attributes.get(name, 1.0)) for name in ("alpha", "beta"))
    if bias is not None:
        outputs = weight.shape[1]
        if bias.ndim > 2 or bias.size not in (1, outputs) or bias.shape[-1:] not in ((), (1,), (outputs,)):
            raise node.refusal(
                f"expected a bias of {outputs} numbers, got one of shape {bias.shape}; the nearest that"
                " works is one for each output"
            )
        bias = beta * np.broadcast_to(bias.reshape(-1), (outputs,))
    return _dense(node, x, alpha * weight, bias, building)


def matmul(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    """Weights (D, M)."""
    x, weight = building.value(node, reads), building.needed(node, 1)
    if x.axes != VECTORS or weight.ndim != 2:
        raise node.refusal("expected vectors (N, D) times a matrix of constants; the nearest is a 1x1 Conv")
    return _dense(node, x, weight, None, building)


def _dense(node: Node, x: Value, weight: Array, bias: Array | None, building: Building) -> Value:
    layer = Dense(*weight.shape, rng=building.rng, dtype=building.dtype)
    _assign(node, layer, building.ordered(weight, x), bias)
    return building.add(node, layer, x)


def _assign(node: Node, layer: Conv2D | Dense, weight: Array, bias: Array | None) -> None:
    wanted = layer.weight.shape, layer.bias.shape
    if weight.shape != wanted[0] or (bias is not None and bias.shape != wanted[1]):
        raise node.refusal(f"its weights fit neither what it reads nor {layer!r}")
    layer.weight[...] = weight
    if bias is not None:
        layer.bias[...] = bias


def padding(node: Node, size: tuple[int, int], x: Value) -> Padding:
    """Return a window's padding, from `pads` or `auto_pad`."""
    automatic = node.text("auto_pad", "NOTSET")
    if automatic in ("VALID", "SAME_UPPER"):
        return "valid" if automatic == "VALID" else "same"
    if automatic == "SAME_LOWER":
        stride, dilation = node.pair("strides"), node.pair("dilations")
        return tuple(map(_lower, x.shape[:2], size, stride, dilation))  # type: ignore[return-value]
    if automatic != "NOTSET":
        raise node.refusal(f"expected auto_pad to be one of ONNX's, got {automatic!r}")
    top, left, bottom, right = node.pads()
    return ((top, bottom), (left, right)) if any((top, left, bottom, right)) else "valid"


def _lower(length: int, size: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the padding that gives ceil(length / stride) places, with the odd pixel before."""
    places = -(-length // stride)
    both = max(0, (places - 1) * stride + (size - 1) * dilation + 1 - length)
    return both - both // 2, both // 2
