"""Networks as ONNX files, for other programs."""

from pathlib import Path
from typing import Any

import numpy as np

from npdeconv._files import replace
from npdeconv._types import Array, Shape
from npdeconv.layers import Sequential
from npdeconv.layers.sequential import INPUT
from npdeconv.weights.onnx.read import LARGEST_FILE
from npdeconv.weights.onnx.writers import WRITERS

OPSET = 17


def save_onnx(network: Sequential, path: str | Path) -> None:
    """Write a network, architecture and weights, as an ONNX file.

    The file takes any number of "images" (N, C, H, W), as is usual there, and gives "outputs". Its nodes
    have the layers' names, and `load_onnx` makes the same layers of them, except `Dropout`, which only
    acts in training, and preprocessing, which becomes scales and rectifiers.

    Raises
    ------
    ImportError
        If the package onnx is not installed (the extra `onnx` brings it).
    ValueError
        If the network does not know the shape of its inputs, has a layer that ONNX has no operator for, or is
        larger than a file may be.
    OSError
        If the file can't be written; an older file stays unchanged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save_onnx(nd.models.deck_model4(rng=np.random.default_rng(0)), f"{folder}/net.onnx")
    ...     loaded = nd.weights.load_onnx(f"{folder}/net.onnx")
    >>> list(loaded.network.layers)[:3]
    ['conv1', 'relu1', 'conv2']
    """
    try:
        import onnx
    except ImportError:
        raise ImportError("save_onnx: writing these files needs onnx: pip install npdeconv[onnx]") from None
    if network.input_shape is None:
        raise ValueError(
            f"save_onnx: expected a network that knows the shape of its inputs, {network.name} does not:"
            " build it with input_shape"
        )
    size = sum(array.nbytes for array in network.parameters.values())
    if size >= LARGEST_FILE - 2**20:
        raise ValueError(f"save_onnx: expected less than {LARGEST_FILE} bytes of weights, got {size}")
    message = _model(network, network.input_shape)
    onnx.checker.check_model(message)
    replace(Path(path), lambda file: file.write(message.SerializeToString()))


def _model(network: Sequential, shape: Shape) -> Any:
    from onnx import helper, numpy_helper

    writing = Writing(network.dtype)
    writing.network(network, "", "images", "outputs", shape)
    kind = helper.np_dtype_to_tensor_dtype(network.dtype)
    described = [
        helper.make_tensor_value_info(name, kind, ("N", *_file_shape(one)))
        for name, one in (("images", shape), ("outputs", network.output_shape(shape)))
    ]
    weights = [numpy_helper.from_array(array, name) for name, array in writing.constants.items()]
    graph = helper.make_graph(writing.nodes, network.name, described[:1], described[1:], weights)
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="npdeconv")


def _file_shape(shape: Shape) -> Shape:
    return (shape[2], *shape[:2]) if len(shape) == 3 else shape


class Writing:
    """A file under construction: its nodes and constants so far, to which `WRITERS` add.

    Parameters
    ----------
    dtype : float32 or float64
        Of the constants.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}

    def network(self, network: Sequential, prefix: str, source: str, target: str, shape: Shape) -> None:
        """Write all layers of a network, or of a chain in a network, that reads `source`."""
        values = {INPUT: source}
        shapes: dict[str, Any] = {INPUT: shape, **dict(network.output_shapes(shape))}
        *_, last = network.layers
        for name, layer in network.layers.items():
            reads = network.inputs[name]
            values[name] = target if name == last else f"{prefix}{name}.outputs"
            inputs = [values[above] for above in reads]
            if isinstance(layer, Sequential):
                self.network(layer, f"{prefix}{name}/", inputs[0], values[name], shapes[reads[0]])
                continue
            write = WRITERS.get(type(layer))
            if write is None:
                raise ValueError(
                    "save_onnx: expected layers that ONNX has an operator for, got"
                    f" {prefix + name!r}, {layer!r}"
                )
            write(layer, _Place(self, prefix + name, inputs, values[name], shapes[reads[0]]))


class _Place:
    """A layer's place in the file: the names of its inputs and its output, and the input's shape."""

    def __init__(
        self, writing: Writing, name: str, inputs: list[str], output: str, input_shape: Shape
    ) -> None:
        self.writing, self.name, self.inputs, self.output = writing, name, inputs, output
        self.input_shape = input_shape

    def node(
        self,
        operator: str,
        constants: dict[str, Array] | None = None,
        *,
        inputs: list[str] | None = None,
        ends: bool = True,
        **attributes: Any,
    ) -> str:
        """Write a node; return what it makes: the layer's output if it is the last (`ends`)."""
        from onnx import helper

        given = {f"{self.name}.{key}": array for key, array in (constants or {}).items()}
        for key, array in given.items():
            is_float = np.issubdtype(array.dtype, np.floating)
            self.writing.constants[key] = np.ascontiguousarray(
                array, self.writing.dtype if is_float else array.dtype
            )
        made = self.output if ends else f"{self.name}.{operator}"
        name = self.name if ends else f"{self.name}/{operator}"
        reads = [*(self.inputs if inputs is None else inputs), *given]
        self.writing.nodes.append(helper.make_node(operator, reads, [made], name, **attributes))
        return made
