"""The test cases of the package onnx itself, applied to the importer.

A case is a small graph with inputs and outputs. What we read are networks: one batch of images goes in, and
what comes out has layers behind it. So a case is adapted: inputs but the first become constants, except where
branches meet, which then come out of one input by convolutions that pick channels; an input without an
axis of images gets one; and a case that would leave no layer gets one that changes nothing.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper

from npdeconv._files import UnexpectedError
from npdeconv.weights.onnx.nearest import OPERATORS
from tests.weights.onnx.replay import replay

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
FLOATS = (1, 11)  # TensorProto.FLOAT and DOUBLE
POINTWISE = {
    *("Relu", "LeakyRelu", "PRelu", "Clip", "Sigmoid", "Tanh", "Neg", "Identity", "Dropout", "Cast"),
    *("Add", "Sub", "Mul", "Div", "Sum"),
}
SPATIAL = {"Conv", "MaxPool", "AveragePool", "LRN", "BatchNormalization", "Pad"}
MERGING = {"Add", "Sum", "Concat"}


class Case(NamedTuple):
    name: str
    model: onnx.ModelProto
    inputs: list
    outputs: list
    rtol: float
    atol: float


class Verdict(NamedTuple):
    name: str
    operator: str
    outcome: str  # "passed", "refused" or "wrong"
    reason: str


def node_cases() -> Iterator[Case]:
    """The cases of one node each, of the operators that we read, of floats and at most two dimensions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        found = collect_testcases(None)
    for case in found:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in OPERATORS and not case.name.endswith("_expanded"):
            inputs, outputs = case.data_sets[0]
            adapted = Case(case.name, case.model, list(inputs), list(outputs), case.rtol, case.atol)
            if _is_in_scope(adapted):
                yield adapted


def pytorch_cases() -> Iterator[Case]:
    """The cases that PyTorch once exported, of floats and at most two dimensions."""
    for folder in sorted([*DATA.glob("pytorch-converted/*"), *DATA.glob("pytorch-operator/*")]):
        model = onnx.load(folder / "model.onnx")
        inputs, outputs = (
            [_array(path) for path in sorted(folder.glob(f"*/{kind}_*.pb"))] for kind in ("input", "output")
        )
        case = Case(folder.name, model, inputs, outputs, 1e-3, 1e-7)
        if _is_in_scope(case):
            yield case


def _array(path: Path) -> np.ndarray:
    return numpy_helper.to_array(onnx.load_tensor(path))


def _is_in_scope(case: Case) -> bool:
    constants = {tensor.name for tensor in case.model.graph.initializer}
    kinds = [v.type.tensor_type.elem_type for v in case.model.graph.input if v.name not in constants]
    arrays = [case.inputs[0], case.outputs[0]] if kinds and kinds[0] in FLOATS else []
    is_float = bool(arrays) and all(getattr(array, "dtype", None) in ("f4", "f8") for array in arrays)
    spatial = {node.op_type for node in case.model.graph.node} & SPATIAL
    axes = np.ndim(case.inputs[0])
    return is_float and axes <= 4 and not (spatial and axes == 3)


def judge(case: Case) -> Verdict:
    """Read a case, run it, and compare."""
    node = next(n for n in case.model.graph.node if n.op_type != "Constant")
    try:
        model, x, expected = _adapted(case)
        y = replay(model, x)
    except UnexpectedError as error:
        return Verdict(case.name, node.op_type, "refused", str(error))
    is_right = y.shape == expected.shape and np.allclose(y, expected, case.rtol, max(case.atol, 1e-6))
    return Verdict(case.name, node.op_type, "passed" if is_right else "wrong", "")


def _adapted(case: Case) -> tuple[onnx.ModelProto, np.ndarray, np.ndarray]:
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    model.ir_version = max(model.ir_version, 4)  # since which constants need not be inputs, too
    graph, x, expected = model.graph, case.inputs[0], case.outputs[0]
    named = {tensor.name for tensor in graph.initializer}
    free = [value.name for value in graph.input if value.name not in named]
    values = dict(zip(free, case.inputs, strict=True))
    node = graph.node[0]
    is_single = len(graph.node) == 1
    if is_single and x.ndim in (1, 3) and node.op_type != "Flatten":
        values, expected = _with_images(node, values, free[0], expected)
    if is_single and node.op_type in MERGING and len({values[name].shape for name in free}) == 1 < len(free):
        x = _branches(graph, values, free)
    else:
        x = values[free[0]]
        graph.initializer.extend(numpy_helper.from_array(values[name], name) for name in free[1:])
        _declare(graph, free[0], x)
    expected = _with_a_layer(graph, node, expected)
    return model, x, expected


def _declare(graph, name: str, x: np.ndarray) -> None:
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(name, kind, x.shape))


def _with_images(node, values, first, expected):
    """Prepend an axis of one image to computed values, and adapt the arguments that name axes."""
    values = {name: array if name != first else array[np.newaxis] for name, array in values.items()}
    if node.op_type in MERGING:
        values = {name: array[np.newaxis] for name, array in values.items()}
        values[first] = values[first][0]
    for attribute in node.attribute:
        if attribute.name == "axis" and attribute.i >= 0:
            attribute.i += 1
        if attribute.name == "perm":
            attribute.ints[:] = [0, *(axis + 1 for axis in attribute.ints)]
    if node.op_type == "Transpose" and not node.attribute:
        node.attribute.append(helper.make_attribute("perm", [0, *range(values[first].ndim - 1, 0, -1)]))
    for name in {*node.input[1:]} & {*values}:
        if node.op_type == "Reshape":
            values[name] = np.concatenate([[1], values[name]])
        elif values[name].dtype == np.int64:
            values[name] = np.where(values[name] < 0, values[name], values[name] + 1)
    return values, expected[np.newaxis]


def _branches(graph, values, free) -> np.ndarray:
    """Make several inputs from one, by convolutions or dense layers that pick channels."""
    x = np.concatenate([values[name] for name in free], 1)
    start = 0
    made = []
    for name in free:
        count = values[name].shape[1]
        picked = np.eye(x.shape[1], dtype=x.dtype)[start : start + count]
        start += count
        weight = picked[:, :, np.newaxis, np.newaxis] if x.ndim == 4 else picked.T
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(weight), f"{name}_picked"))
        made.append(helper.make_node("Conv" if x.ndim == 4 else "MatMul", ["all", f"{name}_picked"], [name]))
    nodes = [*made, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    _declare(graph, "all", x)
    return x


def _with_a_layer(graph, node, expected):
    """Put an identity layer behind operators that need no layer, and a dense one behind a flattened map."""
    output = graph.output[0].name
    if node.op_type in ("Flatten", "Reshape") and expected.ndim == 2 and expected.size:
        weight = np.random.default_rng(0).normal(size=(expected.shape[1], 3)).astype(expected.dtype)
        graph.initializer.append(numpy_helper.from_array(weight, "behind_weight"))
        graph.node.append(helper.make_node("MatMul", [output, "behind_weight"], ["behind"], "behind"))
        expected = expected @ weight
    elif node.op_type in POINTWISE | {"Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten"}:
        graph.initializer.append(numpy_helper.from_array(np.ones((), expected.dtype), "one"))
        graph.node.append(helper.make_node("Mul", [output, "one"], ["behind"], "behind"))
    else:
        return expected
    extra = list(graph.output[1:])
    del graph.output[:]
    graph.output.append(helper.make_empty_tensor_value_info("behind"))
    graph.output.extend(extra)
    kind = helper.np_dtype_to_tensor_dtype(expected.dtype)
    graph.output[0].CopyFrom(helper.make_tensor_value_info("behind", kind, expected.shape))
    return expected
