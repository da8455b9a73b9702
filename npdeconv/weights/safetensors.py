"""Weights in `.safetensors` files."""

import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv._files import naming
from npdeconv._types import Array, Shape
from npdeconv.layers import Sequential
from npdeconv.weights.arrays import BFLOAT16, Probe, Stored, assign_probed
from npdeconv.weights.conversion import convert
from npdeconv.weights.modules import Names, layer_names
from npdeconv.weights.pytorch import check_torch, plain_names, torch_modules

_TYPES: dict[str, np.dtype[Any] | str] = {
    "BF16": BFLOAT16,
    "F16": np.dtype("f2"),
    "F32": np.dtype("f4"),
    "F64": np.dtype("f8"),
}


def load_safetensors(
    network: Sequential,
    path: str | Path,
    names: Names | None = None,
    *,
    epsilon: float = 1e-5,
    unused: Sequence[str] = (),
    probe: Probe | None = None,
) -> None:
    """Read a `.safetensors` file with PyTorch's names and layout into a network of the same stack.

    Like `load_torch`, but these files keep no order: without `names`, the file must use the names of
    our layers.

    Raises
    ------
    ImportError
        If the package safetensors is not installed (the extra `safetensors` brings it).
    FileNotFoundError, KeyError, ValueError
        As `load_torch`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from safetensors.numpy import save_file
    >>> dense = nd.layers.Dense(2, 1, rng=np.random.default_rng(0))
    >>> net = nd.layers.Sequential({"fc": dense}, input_shape=(2,))
    >>> tensors = {"fc.weight": np.array([[1, 2]], np.float32), "fc.bias": np.array([3], np.float32)}
    >>> with TemporaryDirectory() as folder:
    ...     save_file(tensors, f"{folder}/net.safetensors")
    ...     nd.weights.load_safetensors(net, f"{folder}/net.safetensors")
    >>> net["fc"].weight.ravel(), net["fc"].bias
    (array([1., 2.], dtype=float32), array([3.], dtype=float32))
    """
    path = Path(path)
    try:
        from safetensors import safe_open
    except ImportError:
        raise ImportError(
            "load_safetensors: reading these files needs safetensors: pip install npdeconv[safetensors]"
        ) from None
    check_torch(network, names, unused, "load_safetensors")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    chosen = plain_names({name: name for name in layer_names(network)} if names is None else names)
    with naming(path, "whole .safetensors file"), safe_open(path, "numpy") as file:
        modules = torch_modules([_stored(file, path, name) for name in file.keys()], unused)  # noqa: SIM118
        stored = convert(network, modules, chosen, "torch", dict.fromkeys(modules, epsilon))
    assign_probed(network, stored, path, probe)


def _stored(file: Any, path: Path, name: str) -> Stored:
    described = file.get_slice(name)
    code, shape = described.get_dtype(), tuple(described.get_shape())
    read = partial(_read_bfloat16, path, name, shape) if code == "BF16" else partial(file.get_tensor, name)
    return Stored(name, shape, _TYPES.get(code, code), read)


def _read_bfloat16(path: Path, name: str, shape: Shape) -> Array:
    """Read bfloat16, which safetensors can't pass to NumPy, from a file that it has checked."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        start, _ = json.loads(file.read(length))[name]["data_offsets"]
        return np.fromfile(file, BFLOAT16, math.prod(shape), offset=start).reshape(shape)
