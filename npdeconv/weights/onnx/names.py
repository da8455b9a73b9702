"""Short and unique names of layers from the names of the file's nodes."""

import re
from collections.abc import Sequence

from npdeconv.layers.sequential import INPUT
from npdeconv.weights.onnx.model import Node

_ALSO_CALLED = {"Conv": ("biasadd",), "Gemm": ("matmul", "biasadd")}
"""Exporters' names for nodes, if not those of operators."""


def short_names(nodes: Sequence[Node]) -> dict[str, str]:
    """Return a layer's name for each node, by the node's output.

    Exporters write paths: PyTorch's `/layer1/layer1.0/conv1/Conv` is module layer1.0.conv1. This drops
    parts of a path that the next part repeats, and the operator at the end if the rest tells it; from
    TensorFlow's paths, also their common beginning. The rest is joined by "_", since a point separates
    a layer's name from a parameter's.

    Examples
    --------
    >>> from npdeconv.weights.onnx.model import Node
    >>> from npdeconv.weights.onnx.names import short_names
    >>> short_names([Node("/c1/Conv", "Conv", ("x",), ("y",), {}, None)])
    {'y': 'c1'}
    """
    said = [_said(node) for node in nodes]
    paths = [_path(name) for name in said]
    if not any(name.startswith("/") for name in said):  # PyTorch's paths begin with the network
        _leave_out_common(paths)
    modules = [tuple(path[:-1]) for path in paths]
    inner = {module[:end] for module in modules for end in range(len(module))}
    names: dict[str, str] = {}
    for node, path, module in zip(nodes, paths, modules, strict=True):
        if _is_operator(path[-1], node):
            is_weighted, is_alone = node.operator in _ALSO_CALLED, modules.count(module) == 1
            is_told = module and module not in inner and (is_weighted or is_alone)
            path = [*module] if is_told else [*module, path[-1].lower()]
        names[node.outputs[0]] = _unique("_".join(path), names)
    return names


def _said(node: Node) -> str:
    """Return a node's name, or the path of its module, which PyTorch's newer exporter writes beside it."""
    for entry in getattr(node.message, "metadata_props", ()):
        modules = re.findall(r"'([^']*)'", entry.value)[:-1]
        if entry.key == "pkg.torch.onnx.name_scopes" and modules:
            return "/".join(["", *modules[-1].split("."), node.operator])
    return node.name


def _path(name: str) -> list[str]:
    parts = [part for part in re.split(r"/|::", name.removeprefix("node_")) if part.strip("._")] or ["layer"]
    ahead = [*parts[1:], ""]
    repeated = [following.startswith(f"{part}.") for part, following in zip(parts, ahead, strict=True)]
    kept = [part for part, again in zip(parts, repeated, strict=True) if not again]
    return [re.sub(r"\W+", "_", part).strip("_") or "layer" for part in kept]


def _leave_out_common(paths: list[list[str]]) -> None:
    """Drop the common beginning of all paths with several parts."""
    long = [path for path in paths if len(path) > 1]
    while len(long) > 1 and all(len(path) > 1 and path[0] == long[0][0] for path in long):
        for path in long:
            del path[0]


def _is_operator(part: str, node: Node) -> bool:
    said = re.sub(r"(2d|6)?(_+\d+)?$", "", part.lower())
    return said in (node.operator.lower(), *_ALSO_CALLED.get(node.operator, ()))


def _unique(name: str, names: dict[str, str]) -> str:
    taken, wanted, number = {*names.values(), INPUT}, name, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
