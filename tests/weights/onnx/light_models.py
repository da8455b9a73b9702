"""The package onnx's light models: real architectures, whose weights are constants.

Constants hide mistakes (any permutation of ones is right), so they are replaced by seeded random weights and
statistics, scaled as networks are initialized, so that values stay in range through all layers.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
LOADED = (
    *("bvlc_alexnet", "zfnet512", "squeezenet", "vgg19"),
    *("inception_v1", "inception_v2", "resnet50", "densenet121"),
)

PROJECTED = {  # outputs of rectifiers in the middle and at the end
    "squeezenet": ("r34", "r64"),
    "resnet50": ("r89", "r171"),
    "densenet121": ("r456", "r907"),
}


def photo() -> np.ndarray:
    """Return noise of the size that the models take."""
    return np.random.default_rng(1).standard_normal((1, 224, 224, 3))


def sketch(pixels: np.ndarray) -> np.ndarray:
    """Return a projection's largest pixel, its norm, 500 of its pixels, and 20 sums of all of them."""
    flat, rng = pixels.reshape(-1), np.random.default_rng(2)
    chosen = rng.choice(flat.size, 500, replace=False)
    sums = [flat @ rng.choice([-1.0, 1.0], flat.size) for _ in range(20)]
    return np.array([np.abs(flat).max(), np.linalg.norm(flat), *flat[chosen], *sums])


def in_doubles(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a randomized model that computes in float64."""
    for node in model.graph.node:
        if node.op_type == "Constant":
            node.attribute[0].t.CopyFrom(_doubled(node.attribute[0].t))
    for tensor in model.graph.initializer:
        tensor.CopyFrom(_doubled(tensor))
    for value in (*model.graph.input, *model.graph.output):
        kind = value.type.tensor_type
        if kind.elem_type == onnx.TensorProto.FLOAT:
            kind.elem_type = onnx.TensorProto.DOUBLE
    del model.graph.value_info[:]
    return model


def _doubled(tensor: onnx.TensorProto) -> onnx.TensorProto:
    array = numpy_helper.to_array(tensor)
    return numpy_helper.from_array(array.astype(np.float64), tensor.name) if array.dtype == "f4" else tensor


def randomized(name: str) -> onnx.ModelProto:
    """Return a light model with random weights instead of its ConstantOfShape nodes."""
    model = onnx.load(LIGHT / f"light_{name}.onnx")
    graph, rng = model.graph, np.random.default_rng(0)
    shapes = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    roles = {value: (node.op_type, place) for node in graph.node for place, value in enumerate(node.input)}
    kept = []
    for node in graph.node:
        if node.op_type == "ConstantOfShape":
            made = node.output[0]
            array = _drawn(*roles[_reader_of(graph, made, roles)], tuple(shapes[node.input[0]]), rng)
            kept.append(helper.make_node("Constant", [], [made], value=numpy_helper.from_array(array)))
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    return model


def _reader_of(graph, value, roles):
    """Return the value as the layer reads it: behind an Unsqueeze."""
    for node in graph.node:
        if node.op_type == "Unsqueeze" and node.input[0] == value:
            return node.output[0]
    return value


def _drawn(operator, place, shape, rng) -> np.ndarray:
    """Draw what a node reads at a place."""
    if operator in ("Conv", "Gemm") and place == 1:
        fan_in = np.prod(shape[1:])
        return rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / fan_in))
    if (operator == "BatchNormalization" and place in (1, 4)) or operator == "Mul":
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    return rng.normal(0, 0.1, shape).astype(np.float32)


def every_value(model: onnx.ModelProto, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return all values of a model, by ONNX Runtime, with nothing optimized."""
    import onnxruntime

    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    named = {value.name for value in exposed.graph.output}
    for node in exposed.graph.node:
        if node.op_type != "Constant":
            exposed.graph.output.extend(
                helper.make_empty_tensor_value_info(name) for name in node.output[:1] if name not in named
            )
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        exposed.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    named = [output.name for output in session.get_outputs()]
    return dict(zip(named, session.run(None, {session.get_inputs()[0].name: x}), strict=True))
