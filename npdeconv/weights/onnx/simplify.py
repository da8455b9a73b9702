"""Removes nodes that do nothing, and joins separate biases and padding to their layers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from npdeconv._types import Array
from npdeconv.weights.onnx.model import Known, Node

_WEIGHTED = ("Conv", "Gemm", "MatMul")


def simplify(known: Known, output: str) -> tuple[Known, str]:
    """Return an equal model of fewer nodes, and the name of its output.

    The models are exactly equal, except for the order of sums.
    """
    nodes, output = _without_idle(known, output)
    nodes = _needed(nodes, output)
    constants = dict(known.constants)
    nodes = _with_biases(nodes, constants, output)
    nodes = _with_padding(nodes, constants, output)
    return known._replace(nodes=tuple(nodes), constants=constants), output


def _without_idle(known: Known, output: str) -> tuple[list[Node], str]:
    """Leave out nodes that pass their input on."""
    same: dict[str, str] = {}
    nodes = []
    for node in known.nodes:
        node = node._replace(inputs=tuple(same.get(name, name) for name in node.inputs))
        if _is_idle(node, known):
            same[node.outputs[0]] = node.inputs[0]
        else:
            nodes.append(node)
    return nodes, same.get(output, output)


def _is_idle(node: Node, known: Known) -> bool:
    if node.operator == "Cast":
        if node.attributes["to"] not in (1, 10, 11, 16):  # TensorProto.FLOAT, FLOAT16, DOUBLE, BFLOAT16
            raise node.refusal("images stay floats; the nearest that works is Cast to another float")
        return True
    if node.operator == "Dropout":
        training = known.constants.get(node.inputs[2]) if len(node.inputs) > 2 else None
        is_test = node.attributes.get("is_test", known.opset > 6)
        if (training is not None and training.any()) or not is_test:
            raise node.refusal("it is to draw noise; export the network for inference")
        return True
    return node.operator == "Identity" or (node.operator in ("Sum", "Concat") and len(node.inputs) == 1)


def _needed(nodes: Sequence[Node], output: str) -> list[Node]:
    """Leave out nodes that the output does not depend on."""
    wanted, kept = {output}, []
    for node in reversed(nodes):
        if wanted & {*node.outputs}:
            wanted |= {*node.inputs}
            kept.append(node)
    return kept[::-1]


def _with_biases(nodes: list[Node], constants: dict[str, Array], output: str) -> list[Node]:
    """Turn a constant that is added to the output of a layer without a bias into the layer's bias."""
    readers = _readers(nodes, output)
    makers = {node.outputs[0]: node for node in nodes}
    biased, gone = {}, set()
    for node in nodes:
        is_sum = node.operator == "Add" and "axis" not in node.attributes
        for value, added in (node.inputs, node.inputs[::-1]) if is_sum else ():
            if value not in makers or added not in constants or readers[value] != 1:
                continue
            maker = makers[value]
            bias = _as_bias(maker, constants, constants[added])
            if bias is not None:
                name = f"{node.outputs[0]} (bias)"
                constants[name] = bias
                operator = "Gemm" if maker.operator == "MatMul" else maker.operator
                inputs = (*maker.inputs[:2], name)
                biased[value] = maker._replace(operator=operator, inputs=inputs, outputs=node.outputs)
                gone.add(node.outputs[0])
    return [biased.get(node.outputs[0], node) for node in nodes if node.outputs[0] not in gone]


def _as_bias(maker: Node, constants: dict[str, Array], added: Array) -> Array | None:
    """Return a constant added to a layer's outputs as its bias; None if it can't be one."""
    has_bias = len(maker.inputs) > 2 and maker.inputs[2]
    if maker.operator not in _WEIGHTED or has_bias or maker.inputs[1] not in constants:
        return None
    if maker.attributes.get("alpha", 1) != 1:
        return None
    weight = constants[maker.inputs[1]]
    if maker.operator == "Conv":
        filters, axis, axes = weight.shape[0], -3, (3, 4)
    elif weight.ndim == 2:
        filters, axis, axes = weight.shape[0 if maker.attributes.get("transB") else 1], -1, (1, 2)
    else:
        return None
    fits = added.ndim in axes and added.shape[axis] == filters == added.size
    return added.reshape(filters) if fits else None


def _with_padding(nodes: list[Node], constants: dict[str, Array], output: str) -> list[Node]:
    """Turn zeros around a convolution's input into the convolution's own padding."""
    readers = _readers(nodes, output)
    zeros = {node.outputs[0]: node for node in nodes if _pads_zeros(node, constants)}
    kept, gone = [], set()
    for node in nodes:
        pad = zeros.get(node.inputs[0]) if node.operator == "Conv" else None
        if pad is None or readers[pad.outputs[0]] != 1 or node.text("auto_pad", "NOTSET") not in _EXPLICIT:
            kept.append(node)
            continue
        around = pad_widths(pad, constants)
        own = node.pads()
        if len(around) != 8 or any(around[i] for i in (0, 1, 4, 5)) or min(around) < 0:
            kept.append(node)
            continue
        pads = tuple(a + b for a, b in zip((*around[2:4], *around[6:8]), own, strict=True))
        attributes = {**node.attributes, "pads": pads, "auto_pad": "NOTSET"}
        kept.append(node._replace(inputs=(pad.inputs[0], *node.inputs[1:]), attributes=attributes))
        gone.add(pad.outputs[0])
    return [node for node in kept if node.outputs[0] not in gone]


_EXPLICIT = ("NOTSET", "VALID")


def _pads_zeros(node: Node, constants: dict[str, Array]) -> bool:
    if node.operator != "Pad" or node.text("mode", "constant") != "constant" or len(node.inputs) > 3:
        return False
    value = node.attributes.get("value", 0.0)
    if len(node.inputs) > 2 and node.inputs[2]:
        value = float(constants[node.inputs[2]].item()) if node.inputs[2] in constants else np.nan
    return value == 0 and (len(node.inputs) < 2 or node.inputs[1] in constants)


def pad_widths(node: Node, constants: dict[str, Array]) -> tuple[int, ...]:
    """Return the padding before each axis, then that after each."""
    if len(node.inputs) < 2:
        return tuple(node.attributes.get("pads", ()))
    if node.inputs[1] not in constants:
        raise node.refusal("how much it pads depends on the image")
    return tuple(int(width) for width in constants[node.inputs[1]])


def _readers(nodes: Sequence[Node], output: str) -> Counter[str]:
    return Counter([output, *(name for node in nodes for name in node.inputs)])
