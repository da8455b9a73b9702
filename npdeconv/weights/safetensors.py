"""Weights in `.safetensors` files."""

from pathlib import Path
from typing import Any

import numpy as np

from npdeconv._files import naming
from npdeconv.layers import Sequential
from npdeconv.weights.arrays import Stored, assign
from npdeconv.weights.conversion import convert
from npdeconv.weights.modules import Names, layer_names
from npdeconv.weights.pytorch import check_torch, torch_modules

_TYPES: dict[str, np.dtype[Any] | str] = {"F16": np.dtype("f2"), "F32": np.dtype("f4"), "F64": np.dtype("f8")}


def load_safetensors(
    network: Sequential, path: str | Path, names: Names | None = None, *, epsilon: float = 1e-5
) -> None:
    """Read a `.safetensors` file with PyTorch's names and layout into a network of the same stack.

    Otherwise like `load_torch`, but for `names`: these files keep no order, so without `names`
    theirs must be those of our layers.

    Raises
    ------
    ImportError
        If the package safetensors is not installed (the extra `safetensors` brings it).
    FileNotFoundError, KeyError, ValueError
        As `load_torch`.
    """
    path = Path(path)
    try:
        from safetensors import safe_open
    except ImportError:
        raise ImportError(
            "load_safetensors: reading these files needs safetensors: pip install npdeconv[safetensors]"
        ) from None
    check_torch(network, names, "load_safetensors")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    chosen = {name: name for name in layer_names(network)} if names is None else names
    with naming(path, "whole .safetensors file"), safe_open(path, "numpy") as file:
        modules = torch_modules([_stored(file, name) for name in file.keys()])  # noqa: SIM118
        stored = convert(network, modules, chosen, "torch", epsilon)
    assign(network.parameters, stored, path)


def _stored(file: Any, name: str) -> Stored:
    described = file.get_slice(name)
    code: str = described.get_dtype()
    return Stored(name, tuple(described.get_shape()), _TYPES.get(code, code), lambda: file.get_tensor(name))
