"""PyTorch's weights, from state dictionaries."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from npdeconv._checks import name_list
from npdeconv._files import naming
from npdeconv.layers import Sequential
from npdeconv.weights.arrays import Probe, Stored, assign_probed
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
_WRAPPERS = ("module.", "_orig_mod.")


def load_torch(
    network: Sequential,
    path: str | Path,
    names: Names | None = None,
    *,
    fold: bool = False,
    epsilon: float = 1e-5,
    unused: Sequence[str] = (),
    probe: Probe | None = None,
) -> None:
    """Read a PyTorch `.pth` file of a state dictionary into a network of the same stack.

    Both formats of ``torch.save(model.state_dict(), path)`` are read, the zip archive and the older
    one, without PyTorch and without executing anything. A file with anything but data is refused, as
    are whole models and TorchScript. A checkpoint such as ``{"state_dict": ..., "epoch": 3}`` must hold
    one state dictionary. Filters and dense weights are turned into our layout; bfloat16 becomes
    float32, a missing bias 0. The prefixes of `DataParallel` and `torch.compile` (``module.``,
    ``_orig_mod.``) are dropped.

    Parameters
    ----------
    network : Sequential
        It needs an `input_shape`: dense weights behind a flattening depend on height and width.
    path : str or path
    names : mapping of str to str or sequence of str, optional
        The modules that make each layer of ours: ``{"conv1": "features.0"}``, with a batch
        normalization ``{"conv1": ("features.0", "features.1")}``, or for convolutions with concatenated
        outputs ``{"fire2_expand": ("features.3.expand1x1", "features.3.expand3x3")}``. `PUBLISHED`
        has the names of some networks. If not given, layers are matched by their order.
    fold : bool
        Without `names`: whether each batch normalization comes right behind the layer before it,
        without an activation between them, so that it can be folded in (see `fold_batch_norm`).
    epsilon : float
        The epsilon of the batch normalizations, which the file lacks; by default PyTorch's.
    unused : sequence of str
        Modules whose names begin so are left out, such as classifiers that only help training.
    probe : (inputs, outputs), optional
        Inputs (N, H, W, C), and the outputs of the PyTorch model at the layer where `network` ends.
        The loaded network must return them to within a thousandth of the largest output.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If `names` lacks a layer of the network, or has an unknown one.
    ValueError
        If the file is damaged or no state dictionary of plain tensors, its layers differ from the
        network, it holds NaN or infinity, or the probe fails. The network then does not change.

    Notes
    -----
    A state dictionary holds only names and arrays. It does not record strides, padding, activations,
    the order in which layers run, layers between a layer and its batch normalization, or additions of
    outputs as in residual networks. The weights of another model are loaded without an error if their
    shapes happen to fit. `probe` detects that.

    Examples
    --------
    >>> dense = nd.layers.Dense(2, 1, rng=np.random.default_rng(0))
    >>> net = nd.layers.Sequential({"logits": dense}, input_shape=(2,))
    >>> nd.weights.load_torch(net, "nowhere/net.pth", {"logits": "fc"})  # our layer, and its module there
    Traceback (most recent call last):
        ...
    FileNotFoundError: nowhere/net.pth: there is no such file
    """
    path = Path(path)
    check_torch(network, names, unused, "load_torch")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "PyTorch .pth file of a state dictionary"), open_state_dict(path) as arrays:
        modules = torch_modules(arrays, unused)
        chosen = in_order(network, modules, fold) if names is None else plain_names(names)
        stored = convert(network, modules, chosen, "torch", dict.fromkeys(modules, epsilon))
    assign_probed(network, stored, path, probe)


def check_torch(network: Sequential, names: Names | None, unused: Sequence[str], who: str) -> None:
    """Check that PyTorch's layout can be turned into ours."""
    name_list(unused, who, "unused")
    if network.input_shape is None:
        raise ValueError(f"{who}: expected a network with an input_shape, {network.name} has none")
    if names is not None:
        check_names(network, names, who)


def torch_modules(arrays: Iterable[Stored], unused: Sequence[str] = ()) -> dict[str, Module]:
    """Sort arrays with PyTorch's names into modules, but for those whose names begin with `unused`."""
    named = ((_plain(array.source), array) for array in arrays)
    used = ((name, array) for name, array in named if not name.startswith(tuple(unused)))
    return group(((*name.rpartition(".")[::2], array) for name, array in used), _ROLES)


def plain_names(names: Names) -> dict[str, list[str]]:
    """Return the modules that make each layer, under the names of `torch_modules`."""
    return {
        layer: [_plain(name) for name in ([theirs] if isinstance(theirs, str) else theirs)]
        for layer, theirs in names.items()
    }


def _plain(name: str) -> str:
    """Drop the prefixes that wrappers add to the names of a model's modules."""
    while name.startswith(_WRAPPERS):
        name = name.partition(".")[2]
    # Torchvision's file of DenseNet is older than the names of its modules.
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.(?=\d)", r"\1", name)
