"""Computes the values of a file that do not depend on the image, and all shapes.

Exporters write weights, shapes and sizes as small graphs of constants. The package onnx evaluates
these, one node at a time and by NumPy, after a check of the size of each result.
"""

import math
from typing import Any

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array, Shape
from npdeconv.weights.onnx.model import Known, Model, Node
from npdeconv.weights.onnx.nearest import OPERATORS, nearest
from npdeconv.weights.onnx.read import to_array

LARGEST = 2**28
"""The most numbers of all computed constants together, and of any value for one image."""

UNLIKELY = 7919
"""The number of images for which shapes are computed if the file leaves it open: a prime that no
constant of the file is likely to equal."""

_EVALUATED = (
    *("Constant", "ConstantOfShape", "Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten"),
    *("Transpose", "Concat", "Slice", "Gather", "Split", "Range", "Expand", "Tile", "Where", "Pad"),
    *("Add", "Sub", "Mul", "Div", "Neg", "Mod", "Sqrt", "Pow", "Reciprocal", "Exp", "Log", "Abs", "Sign"),
    *("Floor", "Ceil", "Round", "Min", "Max", "Equal", "Greater", "Less", "Not", "And", "Or", "Sum"),
    *("ReduceProd", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "MatMul", "Gemm"),
)
_MEASURING = ("Shape", "Size")  # their outputs depend on no pixel
_LARGEST_ARGUMENT = 64  # numbers of an input that gives the shape of the output


def compute_constants(model: Model, shape: Shape) -> Known:
    """Return the nodes that depend on the image, all constants, and the shapes of all values.

    Parameters
    ----------
    model : Model
    shape : tuple of int
        Of the input, with the number of images.
    """
    constants = dict(model.constants)
    shapes = {name: array.shape for name, array in constants.items()} | {model.input_name: shape}
    left, remaining = LARGEST, []
    for node in model.nodes:
        is_constant = all(name in constants for name in filter(None, node.inputs))
        _check_operator(node, is_constant)
        inferred = _infer(node, constants, shapes, model)
        shapes |= inferred
        if node.operator in _MEASURING:
            constants[node.outputs[0]] = _lengths(node, shapes)
        elif is_constant:
            left -= _cost(node, inferred, left)
            used = {name: constants[name] for name in node.inputs if name}
            constants |= _evaluate(node, used, model.opset)
        else:
            _check_size(node, inferred, shape[0])
            remaining.append(node)
        shapes |= {name: constants[name].shape for name in node.outputs if name in constants}
    return Known(tuple(remaining), constants, shapes, shape[0], model.opset)


def _check_operator(node: Node, is_constant: bool) -> None:
    """Refuse a node without a layer before the package onnx computes anything about it."""
    if node.operator in _MEASURING:
        return
    if is_constant and node.operator not in _EVALUATED:
        raise node.refusal("it reads no images, and is none of the operators that make constants")
    if not is_constant and node.operator not in OPERATORS:
        raise node.refusal(f"there is no layer for it; {nearest(node.operator)}")
    for name in ("kernel_shape", "strides", "dilations", "group", "num_outputs"):
        given = node.attributes.get(name, 1)
        if min(given if isinstance(given, list) else [given], default=1) < 1:
            raise node.refusal(f"expected {name} of at least 1, got {describe(given)}")


def _infer(
    node: Node, constants: dict[str, Array], shapes: dict[str, Shape], model: Model
) -> dict[str, Shape]:
    """Return the shapes of a node's outputs, as far as the package onnx knows them."""
    from onnx import defs, helper, numpy_helper, shape_inference

    types, data = {}, {}
    floats = helper.np_dtype_to_tensor_dtype(model.input_dtype)
    for name in filter(None, node.inputs):
        if name in constants:
            array = constants[name]
            types[name] = helper.make_tensor_type_proto(
                helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            if array.size <= _LARGEST_ARGUMENT:
                data[name] = numpy_helper.from_array(array, name)
        elif name in shapes:
            types[name] = helper.make_tensor_type_proto(floats, shapes[name])
        else:
            raise node.refusal(f"the shape of what it reads, {name!r}, is not known")
    schema = defs.get_schema(node.operator, model.opset, "")
    opset = [helper.make_opsetid("", model.opset)]
    try:
        found = shape_inference.infer_node_outputs(schema, node.message, types, data, opset_imports=opset)
    except Exception as error:
        said = " ".join(str(error).split())
        raise node.refusal(f"it does not fit what it reads ({said[:200]})") from None
    return {name: shape for name, kind in found.items() if (shape := _shape(kind)) is not None}


def _shape(kind: Any) -> Shape | None:
    tensor = kind.tensor_type
    if not tensor.HasField("shape") or not all(d.HasField("dim_value") for d in tensor.shape.dim):
        return None
    return tuple(int(d.dim_value) for d in tensor.shape.dim)


def _lengths(node: Node, shapes: dict[str, Shape]) -> Array:
    shape = shapes[node.inputs[0]]
    if node.operator == "Size":
        return np.array(math.prod(shape), np.int64)
    return np.array(shape[node.attributes.get("start", 0) : node.attributes.get("end")], np.int64)


def _cost(node: Node, inferred: dict[str, Shape], left: int) -> int:
    """Return how many numbers a node makes; refuse it if that is unknown or too many."""
    made = [name for name in node.outputs if name]
    if node.operator == "Constant":  # as large as the file has it
        return 0
    if not all(name in inferred for name in made):
        raise node.refusal("how large a constant it makes is not known")
    cost = sum(math.prod(inferred[name]) for name in made)
    if cost > left:
        raise node.refusal(f"expected constants of at most {LARGEST} numbers in all, got more")
    return cost


def _check_size(node: Node, inferred: dict[str, Shape], batch: int) -> None:
    for shape in inferred.values():
        if math.prod(shape) // batch > LARGEST:
            raise node.refusal(f"expected at most {LARGEST} numbers of an image, got an output of {shape}")


def _evaluate(node: Node, inputs: dict[str, Array], opset: int) -> dict[str, Array]:
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    if node.operator == "Constant" and "value" in node.attributes:
        return {node.outputs[0]: to_array(node.attributes["value"])}
    described = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in inputs.items()
    ]
    made = [name for name in node.outputs if name]
    graph = helper.make_graph(
        [node.message], "constants", described, [helper.make_empty_tensor_value_info(name) for name in made]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    try:
        with np.errstate(all="ignore"):
            found = ReferenceEvaluator(model).run(None, inputs)
    except Exception as error:
        said = " ".join(str(error).split())
        raise node.refusal(f"its constants can't be computed ({said[:200]})") from None
    return {name: np.asarray(array) for name, array in zip(made, found, strict=True)}
