"""The places of arrays in Keras' files, which differ between versions of Keras.

* Keras 2, and `.h5` of Keras 3: attributes list the layers and their arrays, in order. The arrays
  are called `conv2d/kernel:0`, `sequential/conv2d/kernel` or, in Keras 3.1, only `kernel`.
* `.weights.h5` and `.keras` of Keras 3: each layer is a group with its arrays in `vars`, numbered.
  Groups are sorted by name; layers of one kind are numbered too: `conv2d`, `conv2d_1`.
* Keras 0 and 1: `layer_0/param_0`, without the role of an array; these are refused.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from npdeconv._files import UnexpectedError
from npdeconv.weights.arrays import Stored
from npdeconv.weights.hdf5 import Hdf5
from npdeconv.weights.keras_model import Step
from npdeconv.weights.modules import Module, group

_ROLES = {
    "kernel": "weight",
    "depthwise_kernel": "weight",
    "bias": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "mean",
    "moving_variance": "variance",
}
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")

_GROUPS = {
    "Conv2D": "conv2d",
    "DepthwiseConv2D": "depthwise_conv2d",
    "Dense": "dense",
    "BatchNormalization": "batch_normalization",
}
"""Keras 3's names of the groups of a class, before the number."""

_OLD = (
    "expected a file of Keras 2 or 3, got one of Keras 1 or before, which lacks the layout of its filters:"
    " turn its arrays to (KH, KW, C, F) and (D, M), save them by numpy.savez and read them by weights.load"
)

_MERGES = re.compile(r"(add|subtract|multiply|average|maximum|minimum|concatenate|dot)(_\d+)?")
"""Keras' default names of layers with several inputs."""

_NO_LAYERS = {"optimizer", "seed_generator", "metrics", "compile_metrics"}


class Layout(NamedTuple):
    """The modules of a file."""

    modules: dict[str, Module]
    order: str  # "all": the order is known; "kind": within convolutions and dense layers; "": not known
    merges: list[str]  # layers that seem to have several inputs


def read_layout(file: Hdf5, model: list[Step] | None) -> Layout:
    """Return the modules of a file, by Keras' names of its layers."""
    root = "model_weights"
    if root in file.groups or root in file.links:
        attributes = file.group(root, root)
    else:
        root, attributes = "", file.groups[""]
    if "nb_layers" in attributes:
        raise UnexpectedError(_OLD)
    if any(name.startswith("layer_names") for name in attributes):
        known = {step.name for step in model or ()}
        modules = group(_listed_arrays(file, root, attributes, known), _ROLES)
        return Layout(modules, "all", list(filter(_MERGES.fullmatch, _listed(attributes, "layer_names"))))
    if "vars" not in file.groups and "layers" not in file.groups:
        raise UnexpectedError("expected the weights of a Keras model, the file lists no layers")
    return _numbered(file, model)


def _listed_arrays(
    file: Hdf5, root: str, attributes: Mapping[str, Any], known: set[str]
) -> Iterator[tuple[str, str, Stored]]:
    """Yield (module, word, array) in the order of the layers; `known` are the model's layers."""
    for layer in _listed(attributes, "layer_names"):
        place = f"{root}/{layer}".strip("/")
        names = _listed(file.group(place, layer), "weight_names")
        parents = {name.rpartition("/")[0] for name in names}
        for name in names:
            parent, _, word = name.removesuffix(":0").rpartition("/")
            if word.endswith(("_W", "_b")):
                raise UnexpectedError(_OLD)
            inner = parent.rpartition("/")[2]
            # A layer that is itself a model holds the arrays of its layers.
            module = inner if inner in known or len(parents) > 1 else layer
            yield module, word, file.array(place, name)


def _listed(attributes: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of names; Keras cuts a long list into numbered attributes."""
    parts = [attributes[key]] if key in attributes else []
    while f"{key}{len(parts)}" in attributes:
        parts.append(attributes[f"{key}{len(parts)}"])
    names = [name for part in parts for name in part]
    if not parts or not all(isinstance(name, str) for name in names):
        raise UnexpectedError(f"expected the attribute {key} to list names, got something else")
    return names


def _numbered(file: Hdf5, model: list[Step] | None) -> Layout:
    """Read the layout of numbered arrays."""
    steps, own_names = {step.name: step for step in model or ()}, _own_names(model or [])
    found, are_numbered, merges = [], True, []
    for path in sorted(file.groups, key=_natural_key):
        *places, last = path.split("/")
        arrays = [file.array(path, str(n)) for n in range(_count(file, path))]
        short = places[-1] if places else ""
        if last == "vars" and _MERGES.fullmatch(short):
            merges.append(short)
        if last != "vars" or not arrays or _NO_LAYERS & set(places):
            continue
        name = file.groups[path].get("name") or own_names.get(short, short)
        words = _roles(name, arrays, steps.get(name))
        found += [(name, word, array) for word, array in zip(words, arrays, strict=True)]
        are_numbered &= len(places) == 2 and re.fullmatch(r"(conv2d|dense)(_\d+)?", short) is not None
    return Layout(group(found, _ROLES), "kind" if are_numbered else "", merges)


def _count(file: Hdf5, path: str) -> int:
    count = 0
    while f"{path}/{count}" in file.arrays:
        count += 1
    return count


def _natural_key(path: str) -> list[tuple[int, str]]:
    """Sort conv2d_10 behind conv2d_9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path)]


def _own_names(model: list[Step]) -> dict[str, str]:
    """Return the model's name of the layer in each group, which early files of Keras 3 lack."""
    names: dict[str, str] = {}
    for kind, short in _GROUPS.items():
        own = [step.name for step in model if step.kind == kind]
        names |= {f"{short}_{n}" if n else short: name for n, name in enumerate(own)}
    return names


def _roles(name: str, arrays: list[Stored], step: Step | None) -> list[str]:
    """Return the roles of a layer's numbered arrays."""
    if len(arrays[0].shape) > 1:
        words = ["kernel", "bias"][: len(arrays)]
    elif step is None:
        words = list(_NORM)
    else:
        left_out = {"gamma": not step.config.get("scale", True), "beta": not step.config.get("center", True)}
        words = [word for word in _NORM if not left_out.get(word)]
    if len(words) != len(arrays):
        raise UnexpectedError(
            f"expected {name!r} to hold {', '.join(words)}, as a convolution, dense layer or batch"
            f" normalization does, got {len(arrays)} arrays"
        )
    return words
