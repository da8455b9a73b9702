"""Names of layers from those of nodes: short, unique, and the file's."""

import re
from collections.abc import Sequence

from npdeconv.weights.onnx.model import Node

_TAKEN = "input"  # what a Graph calls what goes in


def short_names(nodes: Sequence[Node]) -> dict[str, str]:
    """Return a layer's name for each node, by what the node makes.

    Exporters write paths: `/layer1/layer1.0/conv1/Conv` of PyTorch is module layer1.0.conv1. Of a path,
    this leaves out what all begin with, parts that the next one repeats, and the operator at the end
    of a module that holds nothing else. What is left is joined by "_": a point parts a layer's name
    from a parameter's.

    Examples
    --------
    >>> short_names([Node("/c1/Conv", "Conv", ("x",), ("y",), {}, None)])
    {'y': 'c1'}
    """
    paths = {node.outputs[0]: _path(node.name) for node in nodes}
    common = _common(list(paths.values()))
    paths = {value: path[common:] for value, path in paths.items()}
    modules = [path[:-1] for path in paths.values()]
    inside = {tuple(module[:end]) for module in modules for end in range(len(module))}
    names: dict[str, str] = {}
    for node in nodes:
        path = paths[node.outputs[0]]
        module, last = tuple(path[:-1]), path[-1]
        is_operator = re.fullmatch(rf"{re.escape(node.operator)}(_\d+)?", last, re.IGNORECASE)
        if is_operator and module and modules.count(list(module)) == 1 and module not in inside:
            path = path[:-1]
        elif is_operator:
            path = [*module, last.lower()]
        names[node.outputs[0]] = _unique("_".join(path), names)
    return names


def _path(name: str) -> list[str]:
    parts = [part for part in re.split(r"/|::", name) if part.strip("._")] or ["layer"]
    ahead = [*parts[1:], ""]
    kept = [
        part for part, following in zip(parts, ahead, strict=True) if not following.startswith(f"{part}.")
    ]
    return [re.sub(r"\W+", "_", part).strip("_") or "layer" for part in kept]


def _common(paths: list[list[str]]) -> int:
    """Return how many parts all paths begin with; each keeps one at least."""
    count = 0
    while all(len(path) > count + 1 and path[count] == paths[0][count] for path in paths):
        count += 1
    return count if len(paths) > 1 else 0


def _unique(name: str, names: dict[str, str]) -> str:
    taken, wanted, number = {*names.values(), _TAKEN}, name, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
