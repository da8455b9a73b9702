"""Parameters as files: `.npz`, and the `.h5` files of Keras.

The file format is the dictionary `network.parameters`: names such as `conv1.weight`, filters as
(KH, KW, C, F), dense weights as (D, M).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv._files import read_arrays, write_arrays
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
        If the file is damaged, holds pickled objects, or its names or shapes are not those of the
        network, which then stays as it was.
    """
    path = Path(path)
    expected = {name: array.shape for name, array in network.parameters.items()}
    assign(network, read_arrays(path, expected), path)


def assign(network: Layer, arrays: dict[str, Array], path: Path) -> None:
    """Copy arrays whose names and shapes fit into the network's own, once all are known to be floats."""
    for name in network.parameters:
        if not np.issubdtype(arrays[name].dtype, np.floating):
            raise ValueError(f"{path}: expected {name} to hold floats, got {arrays[name].dtype}")
    for name, parameter in network.parameters.items():
        parameter[...] = arrays[name]


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
        If the file is no HDF5 file of Keras weights, or those of another stack of layers.
    """
    path = Path(path)
    names = list(network.parameters)
    found = list(_keras_arrays(path))
    if len(found) != len(names):
        raise ValueError(
            f"{path}: expected {len(names)} arrays for {network.name}, the file has {len(found)}"
        )
    for name, (source, array) in zip(names, found, strict=True):
        expected = network.parameters[name].shape
        if array.shape != expected:
            raise ValueError(f"{path}: expected {name} of shape {expected}, {source} has {array.shape}")
    assign(network, {name: array for name, (_, array) in zip(names, found, strict=True)}, path)


def _keras_arrays(path: Path) -> Iterator[tuple[str, Array]]:
    """Yield (name, array) in the order of the layers, as the file's attributes list them."""
    try:
        import h5py
    except ImportError:
        raise ImportError("load_keras: reading .h5 files needs h5py: pip install npdeconv[keras]") from None
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            for layer in root.attrs["layer_names"]:
                group = root[_text(layer)]
                for name in group.attrs["weight_names"]:
                    yield _text(name), _dataset(group, _text(name))
    except (OSError, KeyError, TypeError, RuntimeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected a Keras .h5 file of weights, but {error}") from None


def _dataset(group: Any, name: str) -> Array:
    array = group[name]
    if array.external or array.is_virtual:
        raise TypeError(f"{name} points to another file")
    return np.asarray(array)


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
