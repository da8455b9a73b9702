"""Our own files: an `.npz` of the parameters."""

from collections.abc import Mapping
from pathlib import Path

from npdeconv._files import read_arrays, write_arrays
from npdeconv.finite import check_parameters
from npdeconv.layers import Layer
from npdeconv.weights.arrays import assign
from npdeconv.weights.modules import check_names


def save(network: Layer, path: str | Path) -> None:
    """Write the parameters to an `.npz` file; an existing file is replaced whole or not at all.

    Raises
    ------
    FloatingPointError
        If a parameter holds NaN or infinity, which `load` would refuse.
    OSError
        If the file can't be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save(nd.models.deck_model4(rng=np.random.default_rng(0)), f"{folder}/net.npz")
    ...     with np.load(f"{folder}/net.npz") as file:
    ...         print(file["conv1.weight"].shape)
    (3, 3, 1, 32)
    """
    check_parameters(network, "save")
    write_arrays(Path(path), network.parameters)


def load(network: Layer, path: str | Path, names: Mapping[str, str] | None = None) -> None:
    """Read parameters in the format of `save` into the network's live arrays.

    Parameters
    ----------
    network : Layer
    path : str or path
    names : mapping of str to str, optional
        The file's name of each layer, if it differs: with ``{"conv1": "first"}``, the array
        `first.weight` is read into `conv1.weight`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If `names` lacks a layer of the network, or has an unknown one.
    ValueError
        If the file is damaged, holds pickled objects, NaN or infinity, or its names or shapes are
        not those of the network. The network then does not change.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> first, second = (nd.models.deck_model4(rng=np.random.default_rng(seed)) for seed in (0, 1))
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save(first, f"{folder}/net.npz")
    ...     nd.weights.load(second, f"{folder}/net.npz")
    >>> bool((first["conv1"].weight == second["conv1"].weight).all())
    True
    """
    path, live = Path(path), network.parameters
    if names is not None:
        check_names(network, names, "load")
    theirs = {name: _renamed(name, names) for name in live}
    stored = read_arrays(path, {theirs[name]: array.shape for name, array in live.items()})
    assign(live, {name: stored[theirs[name]] for name in live}, path)


def _renamed(parameter: str, names: Mapping[str, str] | None) -> str:
    layer, _, role = parameter.rpartition(".")
    return parameter if names is None else f"{names[layer]}.{role}"
