"""The layers of another framework, under the names in its files.

A *module* is such a layer with its arrays, under a name like `features.0` or `conv2d_4`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from npdeconv._files import UnexpectedError
from npdeconv.layers import Layer, Sequential
from npdeconv.weights.arrays import Stored

Module: TypeAlias = Mapping[str, Stored]
"""Arrays by role: `weight` and `bias`; for a batch normalization, the roles of `BATCH_NORM`."""

Names: TypeAlias = Mapping[str, str | Sequence[str]]
"""The module, or modules, that make each layer of ours."""

BATCH_NORM = ("gamma", "beta", "mean", "variance")


def is_batch_norm(module: Module) -> bool:
    """Return whether a module is a batch normalization: no other module has a mean."""
    return "mean" in module


def group(arrays: Iterable[tuple[str, str, Stored]], roles: Mapping[str, str]) -> dict[str, Module]:
    """Sort arrays (module, its word for the role, array) into modules, in order; drop those of role ""."""
    modules: dict[str, dict[str, Stored]] = {}
    for name, word, array in arrays:
        if word not in roles:
            raise UnexpectedError(f"expected arrays called {', '.join(roles)}, got {array.source!r}")
        if not roles[word]:
            continue
        module = modules.setdefault(name, {})
        if roles[word] in module:
            raise UnexpectedError(f"expected one {word} in {name!r}, got two")
        module[roles[word]] = array
    return {name: _checked(name, module) for name, module in modules.items()}


def _checked(name: str, module: Module) -> Module:
    """Return a module with our names of roles, after checking that it is complete."""
    if is_batch_norm(module):  # PyTorch calls gamma weight, and beta bias
        module = {{"weight": "gamma", "bias": "beta"}.get(role, role): module[role] for role in module}
    is_layer = "weight" in module and module.keys() <= {"weight", "bias"}
    if not is_layer and not {"mean", "variance"} <= module.keys() <= set(BATCH_NORM):
        raise UnexpectedError(
            f"expected the arrays of a convolution, a dense layer or a batch normalization,"
            f" {name!r} has {', '.join(module)}"
        )
    return module


def layer_names(network: Layer) -> list[str]:
    """Return the names of the layers that have parameters, in order."""
    return list(dict.fromkeys(name.rpartition(".")[0] for name in network.parameters))


def check_names(network: Layer, names: Names, who: str) -> None:
    """Check that `names` has exactly the layers of the network with parameters."""
    layers = layer_names(network)
    unknown, missing = [name for name in names if name not in layers], [n for n in layers if n not in names]
    if unknown:
        raise KeyError(f"{who}: expected only layers with parameters in `names`, got {unknown[0]!r}")
    if missing:
        raise KeyError(f"{who}: expected every layer with parameters in `names`, got none for {missing[0]!r}")


def in_order(network: Sequential, modules: Mapping[str, Module], fold: bool) -> dict[str, list[str]]:
    """Match layers and modules by order; a batch normalization belongs to the module before it."""
    groups: list[list[str]] = []
    for name, module in modules.items():
        if is_batch_norm(module) and groups:
            groups[-1].append(name)
        else:
            groups.append([name])
    layers = layer_names(network)
    if len(groups) != len(layers):
        raise UnexpectedError(
            f"expected {len(layers)} layers with parameters for {network.name}, the file has {len(groups)}"
        )
    folded = next((several for several in groups if len(several) > 1), None)
    if folded and not fold:
        raise UnexpectedError(
            f"expected fold=True (--fold) if the batch normalization {folded[1]!r} comes right behind"
            f" {folded[0]!r}, below any activation, or else the names of the modules that make each layer,"
            f" got a file that does not record this"
        )
    return dict(zip(layers, groups, strict=True))
