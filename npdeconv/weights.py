"""Parameters as files: `.npz`, and the `.h5` files of Keras.

The file format is the dictionary `network.parameters`: names such as `conv1.weight`, filters as
(KH, KW, C, F), dense weights as (D, M).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv._files import UnexpectedError, naming, read_arrays, write_arrays
from npdeconv._types import Array
from npdeconv.layers import Layer


def save(network: Layer, path: str | Path) -> None:
    """Write the parameters to an `.npz` file; an existing file is replaced whole or not at all."""
    write_arrays(Path(path), network.parameters)


def load(network: Layer, path: str | Path) -> None:
    """Read parameters written by `save` into the network's live arrays.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, holds pickled objects, NaN or infinity, or its names or shapes are
        not those of the network, which then stays as it was.
    """
    path = Path(path)
    expected = {name: array.shape for name, array in network.parameters.items()}
    assign(network.parameters, read_arrays(path, expected), path)


def assign(live: Mapping[str, Array], stored: Mapping[str, Array], path: Path) -> None:
    """Copy arrays of the right names and shapes into live ones, once all are known to be finite and fit."""
    converted = {}
    for name, array in live.items():
        if not np.issubdtype(stored[name].dtype, np.floating):
            raise ValueError(f"{path}: expected {name} to hold floats, got {stored[name].dtype}")
        with np.errstate(over="ignore"):
            converted[name] = stored[name].astype(array.dtype)
        if not np.isfinite(stored[name]).all():
            raise ValueError(f"{path}: expected {name} to hold finite numbers, got NaN or infinity")
        if np.isinf(converted[name]).any():
            largest = np.abs(stored[name]).max()
            raise ValueError(
                f"{path}: expected {name} to fit into {array.dtype}, got values up to {largest:.4g}"
            )
    for name, array in live.items():
        array[...] = converted[name]


def load_keras(network: Layer, path: str | Path) -> None:
    """Read the weights of a Keras `.h5` file into a network of the same stack.

    Layers are matched by their order, since Keras' names (conv2d_4, dense_1) say nothing about a
    network; shapes must agree. Files of `save_weights` and of `save` (Keras 2) are both read.

    Raises
    ------
    ImportError
        If h5py is not installed (the extra `keras` brings it).
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no HDF5 file of Keras weights, or those of another stack of layers, or holds
        NaN or infinity.
    """
    path = Path(path)
    try:
        import h5py
    except ImportError:
        raise ImportError("load_keras: reading .h5 files needs h5py: pip install npdeconv[keras]") from None
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "Keras .h5 file of weights"), h5py.File(path, "r") as file:
        stored = _read_keras(file, network)
    assign(network.parameters, stored, path)


def _read_keras(file: Any, network: Layer) -> dict[str, Array]:
    """Read the arrays in order, after their shapes have been compared with the parameters'."""
    parameters, found = network.parameters, list(_keras_datasets(file))
    if len(found) != len(parameters):
        raise UnexpectedError(
            f"expected {len(parameters)} arrays for {network.name}, the file has {len(found)}"
        )
    for (name, parameter), (source, dataset) in zip(parameters.items(), found, strict=True):
        if dataset.shape != parameter.shape:
            raise UnexpectedError(f"expected {name} of shape {parameter.shape}, {source} has {dataset.shape}")
        if dataset.dtype.kind != "f":
            raise UnexpectedError(f"expected {name} to hold floats, {source} has {dataset.dtype}")
        if dataset.external or dataset.is_virtual:
            raise UnexpectedError(f"expected {name} in the file itself, {source} lies in another")
    return {name: dataset[()] for name, (_, dataset) in zip(parameters, found, strict=True)}


def _keras_datasets(file: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, dataset) in the order of the layers, as the file's attributes list them."""
    root = _member(file, "model_weights") if "model_weights" in file else file
    for layer in root.attrs["layer_names"]:
        group = _member(root, _text(layer))
        for name in group.attrs["weight_names"]:
            yield _text(name), _member(group, _text(name))


def _member(group: Any, path: str) -> Any:
    """Look a path up without following links, which may lead out of the file."""
    for part in path.split("/"):
        link = group.get(part, getlink=True)
        if link is None:
            raise UnexpectedError(f"expected an entry {path!r}, the file has none")
        if type(link).__name__ != "HardLink":
            raise UnexpectedError(f"expected {path} in the file itself, got {type(link).__name__}")
        group = group[part]
    return group


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
