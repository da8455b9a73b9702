"""Keras' `.h5` files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from npdeconv._files import UnexpectedError, naming
from npdeconv.layers import Sequential
from npdeconv.weights.arrays import Stored, assign
from npdeconv.weights.conversion import convert
from npdeconv.weights.modules import Module, Names, check_names, group, in_order

_ROLES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "mean",
    "moving_variance": "variance",
}


def load_keras(
    network: Sequential, path: str | Path, names: Names | None = None, *, epsilon: float = 1e-3
) -> None:
    """Read the weights of a Keras `.h5` file into a network of the same stack.

    Files of `save_weights` and of `save` (Keras 2) are both read. Batch normalizations are folded
    into the layer before them, see `fold_batch_norm`; there must be nothing between the two.

    Parameters
    ----------
    network : Sequential
    path : str or path
    names : mapping of str to str or sequence of str, optional
        Which of Keras' layers make each layer of ours, such as ``{"conv1": ("conv2d_4",
        "batch_normalization_4")}``. If not given, layers are matched by their order, since Keras'
        names say nothing about a network.
    epsilon : float
        That of the batch normalizations, which the file does not tell; Keras' own if not given.

    Raises
    ------
    ImportError
        If h5py is not installed (the extra `keras` brings it).
    FileNotFoundError
        If there is no such file.
    KeyError
        If `names` lacks a layer of the network, or has one that the network has not.
    ValueError
        If the file is no HDF5 file of Keras weights, or those of another stack of layers, or holds
        NaN or infinity; the network then stays as it was.
    """
    path = Path(path)
    try:
        import h5py
    except ImportError:
        raise ImportError("load_keras: reading .h5 files needs h5py: pip install npdeconv[keras]") from None
    if names is not None:
        check_names(network, names, "load_keras")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "Keras .h5 file of weights"), h5py.File(path, "r") as file:
        modules = _modules(file)
        chosen = in_order(network, modules) if names is None else names
        stored = convert(network, modules, chosen, "keras", epsilon)
    assign(network.parameters, stored, path)


def _modules(file: Any) -> dict[str, Module]:
    return group(
        (
            (*source.removesuffix(":0").rpartition("/")[::2], _stored(source, dataset))
            for source, dataset in _datasets(file)
        ),
        _ROLES,
    )


def _stored(source: str, dataset: Any) -> Stored:
    if dataset.external or dataset.is_virtual:
        raise UnexpectedError(f"expected {source} in the file itself, it lies in another")
    return Stored(source, dataset.shape, dataset.dtype, lambda: dataset[()])


def _datasets(file: Any) -> Iterator[tuple[str, Any]]:
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
