"""Untrusted ONNX files: read, checked and turned into plain data; nothing in them is run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv._files import UnexpectedError
from npdeconv._types import Array
from npdeconv.weights.onnx.model import Model, Node
from npdeconv.weights.onnx.nearest import nearest

LARGEST_FILE = 2**31
"""Bytes; a protobuf can't be larger."""

OLDEST_OPSET = 6
LONGEST_MESSAGE = 200
"""Characters of a message of the checker."""

_OPERATORS_OF = ("", "ai.onnx")


def read_model(path: Path) -> Model:
    """Read a file; call it inside `_files.naming`.

    Raises
    ------
    Exception
        If it is no valid model, keeps its weights elsewhere, or needs more than the standard operators.
    """
    import onnx

    if not path.is_file():
        raise UnexpectedError("expected an ONNX file, got something else")
    if path.stat().st_size >= LARGEST_FILE:
        raise UnexpectedError(f"expected less than {LARGEST_FILE} bytes, as a protobuf has, got more")
    message = onnx.load_model_from_string(path.read_bytes())
    if not message.graph.node:
        raise UnexpectedError("expected an ONNX model, got a file without any node")
    opset = _opset(message)
    if message.functions:
        raise UnexpectedError(
            f"expected operators of the ONNX standard alone, got functions of the file's own"
            f" ({message.functions[0].name!r}); onnx.inliner puts them in place"
        )
    nodes = tuple(_nodes(message.graph, opset))
    _refuse_external(message.graph)
    _check(message)
    constants = {tensor.name: to_array(tensor) for tensor in message.graph.initializer}
    source, shape, kind = _input(message.graph, constants)
    dtype, is_half = np.dtype("f8" if kind == _DOUBLE else "f4"), kind in _HALVES
    output, metadata = _output(message.graph), _metadata(message)
    return Model(nodes, constants, source, shape, dtype, is_half, output, opset, metadata)


def to_array(tensor: Any) -> Array:
    """Return a tensor's numbers."""
    from onnx import numpy_helper

    if min(tensor.dims, default=0) < 0:
        raise UnexpectedError(f"expected {tensor.name!r} of lengths from 0, got {list(tensor.dims)}")
    try:
        array = numpy_helper.to_array(tensor)
    except Exception as error:
        raise UnexpectedError(
            f"expected {tensor.name!r} of shape {tuple(tensor.dims)}, its numbers can't be read ({error})"
        ) from None
    is_half = array.dtype.kind not in "biuf" or array.dtype == np.float16  # NumPy has no bfloat16
    if array.dtype.kind in "OUS":
        raise UnexpectedError(f"expected {tensor.name!r} to hold numbers, got text")
    return array.astype(np.float32) if is_half else array


def _opset(message: Any) -> int:
    from onnx import defs

    newest = defs.onnx_opset_version()
    for entry in message.opset_import:
        if entry.domain in _OPERATORS_OF:
            if not OLDEST_OPSET <= entry.version <= newest:
                raise UnexpectedError(
                    f"expected operators of version (opset) {OLDEST_OPSET} to {newest}, got"
                    f" {entry.version}; onnx.version_converter translates older ones, and a newer"
                    " onnx package reads newer ones"
                )
            return int(entry.version)
    raise UnexpectedError("expected the version of the operators (opset), the file says none")


def _nodes(graph: Any, opset: int) -> Iterator[Node]:
    from onnx import defs, helper

    for node in graph.node:
        attributes = {a.name: _plain(helper.get_attribute_value(a)) for a in node.attribute}
        name = node.name or next(filter(None, node.output), "") or node.op_type
        known = Node(name, node.op_type, tuple(node.input), tuple(node.output), attributes, node)
        exists = node.domain in _OPERATORS_OF and defs.has(node.op_type, opset, "")
        if not exists:
            domain = "" if node.domain in _OPERATORS_OF else f" of {node.domain!r}"
            raise known.refusal(f"the ONNX standard has no such operator{domain}; {nearest(node.op_type)}")
        if any(a.type in _GRAPHS for a in node.attribute):
            raise known.refusal(f"it runs a graph of its own; {nearest(node.op_type)}")
        yield known


_GRAPHS = (5, 10)  # AttributeProto.GRAPH and GRAPHS
_FLOAT, _DOUBLE, _HALVES = 1, 11, (10, 16)  # TensorProto.FLOAT, DOUBLE, FLOAT16 and BFLOAT16


def _plain(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _refuse_external(graph: Any) -> None:
    """Refuse weights in other files, since an untrusted file chooses their names."""
    tensors = [*graph.initializer, *(a.t for node in graph.node for a in node.attribute if a.HasField("t"))]
    for tensor in tensors:
        if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
            raise UnexpectedError(
                f"expected all weights in the file, {tensor.name!r} lies in another one (external data);"
                " torch.onnx.export with external_data=False, or onnx.save_model, puts all into one"
            )
    if graph.sparse_initializer:
        raise UnexpectedError("expected dense weights, got sparse ones; write them as usual initializers")


def _check(message: Any) -> None:
    from onnx import checker

    try:
        checker.check_model(message)
    except Exception as error:
        said = " ".join(str(error).split())[:LONGEST_MESSAGE]
        raise UnexpectedError(f"expected a valid ONNX model, the onnx package says: {said}") from None


def _input(graph: Any, constants: dict[str, Array]) -> tuple[str, tuple[int | None, ...], int]:
    """Return the input's name, shape and kind of numbers."""
    given = [value for value in graph.input if value.name not in constants]
    if len(given) != 1:
        names = ", ".join(repr(value.name) for value in given[:4]) or "none"
        raise UnexpectedError(f"expected one input, a batch of images, got {names}")
    kind = given[0].type.tensor_type
    if kind.elem_type not in (_FLOAT, _DOUBLE, *_HALVES):
        raise UnexpectedError(f"expected an input of floats, {given[0].name!r} is of another kind")
    shape = tuple(
        int(length.dim_value) if length.HasField("dim_value") else None for length in kind.shape.dim
    )
    return given[0].name, shape, int(kind.elem_type)


def _output(graph: Any) -> str:
    if len(graph.output) != 1:
        makers = {name: node.op_type for node in graph.node for name in node.output}
        outputs = [f"{value.name!r} ({makers.get(value.name, 'an input')})" for value in graph.output]
        raise UnexpectedError(
            f"expected one output, got {', '.join(outputs[:4]) or 'none'}; onnx.utils.extract_model cuts a"
            " file down to one"
        )
    return str(graph.output[0].name)


def _metadata(message: Any) -> dict[str, str]:
    said = {
        "producer": f"{message.producer_name} {message.producer_version}".strip(),
        "graph": message.graph.name,
        "description": message.doc_string,
    }
    said |= {entry.key: entry.value for entry in message.metadata_props}
    return {key: value for key, value in said.items() if value}
