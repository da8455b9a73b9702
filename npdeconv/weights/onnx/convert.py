"""Converts nodes to layers, in the file's order, by the table in `operators`."""

from collections import deque

from npdeconv._checks import describe
from npdeconv._files import UnexpectedError
from npdeconv.layers.sequential import INPUT
from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.model import Known, Model, Node
from npdeconv.weights.onnx.names import short_names
from npdeconv.weights.onnx.operators import CONVERT
from npdeconv.weights.onnx.values import MAPS, VECTORS, Value

_TO_MAPS = (0, 3, 1, 2)
"""How images (N, H, W, C) are transposed to (N, C, H, W)."""

_ANY_LAYOUT = ("Add", "Sub", "Mul", "Div", "Neg", "Relu", "Clip", "Cast", "Identity", "Pad")


def layout_of(model: Model) -> str:
    """Return the layout of a file's input: "NCHW", "NHWC" or "NC".

    Files do not declare it. Convolutions and poolings of ONNX take (N, C, H, W); files of TensorFlow
    that take (N, H, W, C) transpose it first, or reshape it, if there is one channel.
    """
    axes = len(model.input_shape)
    if axes == 2:
        return "NC"
    if axes != 4:
        raise UnexpectedError(
            f"expected images (N, C, H, W) or (N, H, W, C), or vectors (N, D), got an input"
            f" {model.input_name!r} of shape {describe(model.input_shape)}"
        )
    waiting, seen = deque([model.input_name]), set()
    while waiting:
        name = waiting.popleft()
        for node in model.nodes:
            if name not in node.inputs or node.outputs[0] in seen:
                continue
            if node.operator == "Transpose":
                return "NHWC" if tuple(node.attributes.get("perm", ())) == _TO_MAPS else "NCHW"
            if node.operator == "Reshape" and _moves_one_channel(node, model):
                return "NHWC"
            if node.operator not in _ANY_LAYOUT:
                return "NCHW"
            seen.add(node.outputs[0])
            waiting.append(node.outputs[0])
    return "NCHW"


def _moves_one_channel(node: Node, model: Model) -> bool:
    _, rows, columns, channels = model.input_shape
    target = model.constants.get(node.inputs[1])
    return channels == 1 and target is not None and tuple(target[1:]) == (1, rows, columns)


def convert(known: Known, model: Model, output: str, layout: str) -> Building:
    """Build the layers of a simplified model."""
    source = _source(known.shapes[model.input_name], layout)
    building = Building(known, short_names(known.nodes), source, model.input_dtype, output)
    building.values[model.input_name] = source
    for node in known.nodes:
        reads = tuple(map(building.values.get, node.inputs))
        value = _convert(node, reads, building)
        _check_shape(node, value, known)
        building.values[node.outputs[0]] = value
    last = building.values.get(output)
    if last is None or last.layer == INPUT:
        raise UnexpectedError("expected a network with layers, the output is the input or a constant")
    if last.order is not None or last.axes[0] != "N":
        raise UnexpectedError(
            f"expected an output {output!r} of images or vectors, got a flattened map, whose numbers would be"
            " in another order than in the file; onnx.utils.extract_model cuts the file before it"
        )
    return building


def _source(shape: tuple[int, ...], layout: str) -> Value:
    if layout == "NC":
        return Value(INPUT, shape[1:], VECTORS)
    rows, columns, channels = (shape[layout.index(axis)] for axis in "HWC")
    return Value(INPUT, (rows, columns, channels), MAPS if layout == "NCHW" else tuple(layout))


def _convert(node: Node, reads: tuple[Value | None, ...], building: Building) -> Value:
    try:
        return CONVERT[node.operator](node, reads, building)
    except (TypeError, ValueError) as error:  # a layer refuses the file's settings
        raise node.refusal(str(error)) from None


def _check_shape(node: Node, value: Value, known: Known) -> None:
    """Check the shape of a layer's output against the shape that the package onnx infers."""
    said, built = known.shapes.get(node.outputs[0]), value.file_shape(known.batch)
    if said is not None and said != built:
        raise node.refusal(f"its output has shape {said}, and a layer's would have {built}")
