"""Runs a network from an ONNX file on the file's arrays, to compare each value of the file."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx

from npdeconv.weights.onnx.building import Building
from npdeconv.weights.onnx.constants import compute_constants
from npdeconv.weights.onnx.convert import convert, layout_of
from npdeconv.weights.onnx.model import Model
from npdeconv.weights.onnx.read import read_model
from npdeconv.weights.onnx.simplify import simplify


def read(message: onnx.ModelProto) -> Model:
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        onnx.save_model(message, path)
        return read_model(path)


def build(message: onnx.ModelProto, batch: int) -> Building:
    """Load as `load_onnx`, but keep the intermediate results."""
    model = read(message)
    layout = layout_of(model)
    shape = tuple(length or batch for length in model.input_shape)
    known, output = simplify(compute_constants(model, shape), model.output_name)
    return convert(known, model, output, layout)


def replay(message: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """Return the file's output for the file's input, by our layers."""
    built = build(message, len(x))
    return replay_all(built, x)[built.last]


def replay_all(built: Building, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return every value of the file that is an output of one of our layers."""
    network = built.network("replayed")
    axes = built.source.axes
    images = np.ascontiguousarray(x.transpose([axes.index(a) for a in "NHWC"])) if x.ndim == 4 else x
    outputs = {**dict(network.outputs(images, network.layers)), "input": images}
    values = {name: value.to_file(outputs[value.layer]) for name, value in built.values.items()}
    if any("LogSoftmax" in note for note in built.notes):
        values[built.last] = np.log(values[built.last])
    return values
