"""Small ONNX models, written node by node."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper


def node(operator: str, inputs: str, output: str, name: str = "", **attributes) -> onnx.NodeProto:
    """A node; its inputs are words of one text, "-" for one that is left out."""
    names = ["" if word == "-" else word for word in inputs.split()]
    return helper.make_node(operator, names, [output], name, **attributes)


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, np.ndarray] | None = None,
    shape: Sequence[int | str | None] = (1, 3, 8, 6),
    *,
    opset: int = 17,
    dtype: type = np.float32,
) -> onnx.ModelProto:
    """A model from "x" to what the last node makes."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(nodes[-1].output[0], kind, ())],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in (constants or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
