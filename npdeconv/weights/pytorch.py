"""PyTorch's weights, from state dictionaries."""

from collections.abc import Iterable
from pathlib import Path

from npdeconv._files import naming
from npdeconv.layers import Sequential
from npdeconv.weights.arrays import Stored, assign
from npdeconv.weights.conversion import convert
from npdeconv.weights.modules import Module, Names, check_names, group, in_order
from npdeconv.weights.state_dict import open_state_dict

_ROLES = {
    "weight": "weight",
    "bias": "bias",
    "running_mean": "mean",
    "running_var": "variance",
    "num_batches_tracked": "",
}


def load_torch(
    network: Sequential, path: str | Path, names: Names | None = None, *, epsilon: float = 1e-5
) -> None:
    """Read a PyTorch `.pth` file of a state dictionary into a network of the same stack.

    Both formats of ``torch.save(model.state_dict(), path)`` are read, the zip archive and the older
    one, without PyTorch, and without executing anything: what is in the file besides tensors makes
    it refused. Filters and dense weights are turned into our layout. Batch normalizations are folded
    into the layer before them, see `fold_batch_norm`; there must be nothing between the two.

    Parameters
    ----------
    network : Sequential
        With an `input_shape`: the dense weights behind a flattening need its height and width.
    path : str or path
    names : mapping of str to str or sequence of str, optional
        Which modules make each layer of ours: ``{"conv1": "features.0"}``, with a batch
        normalization ``{"conv1": ("features.0", "features.1")}``, or, of convolutions whose outputs
        are concatenated, ``{"fire2_expand": ("features.3.expand1x1", "features.3.expand3x3")}``;
        `TORCHVISION` has those of some networks. If not given, layers are matched by their order.
    epsilon : float
        That of the batch normalizations, which the file does not tell; PyTorch's own if not given.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If `names` lacks a layer of the network, or has one that the network has not.
    ValueError
        If the file is damaged, no state dictionary of plain tensors or that of another stack of
        layers, or holds NaN or infinity; the network then stays as it was.
    """
    path = Path(path)
    check_torch(network, names, "load_torch")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "PyTorch .pth file of a state dictionary"), open_state_dict(path) as arrays:
        modules = torch_modules(arrays)
        chosen = in_order(network, modules) if names is None else names
        stored = convert(network, modules, chosen, "torch", epsilon)
    assign(network.parameters, stored, path)


def check_torch(network: Sequential, names: Names | None, who: str) -> None:
    """Check what is needed to turn PyTorch's layout into ours."""
    if network.input_shape is None:
        raise ValueError(f"{who}: expected a network with an input_shape, {network.name} has none")
    if names is not None:
        check_names(network, names, who)


def torch_modules(arrays: Iterable[Stored]) -> dict[str, Module]:
    """Sort arrays with PyTorch's names into modules."""
    return group(((*array.source.rpartition(".")[::2], array) for array in arrays), _ROLES)
