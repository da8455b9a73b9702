"""PyTorch's weights, from state dictionaries."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

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
    one, without PyTorch, and without executing anything: what is no data makes a file refused. So do
    whole models and TorchScript. Of a checkpoint such as ``{"state_dict": ..., "epoch": 3}``, the
    one state dictionary in it is taken. Filters and dense weights are turned into our layout;
    bfloat16 becomes float32, a missing bias 0. The prefixes of `DataParallel` and `torch.compile`
    (``module.``, ``_orig_mod.``) are dropped.

    Parameters
    ----------
    network : Sequential
        With an `input_shape`: the dense weights behind a flattening need its height and width.
    path : str or path
    names : mapping of str to str or sequence of str, optional
        Which modules make each layer of ours: ``{"conv1": "features.0"}``, with a batch
        normalization ``{"conv1": ("features.0", "features.1")}``, or, of convolutions whose outputs
        are concatenated, ``{"fire2_expand": ("features.3.expand1x1", "features.3.expand3x3")}``;
        `PUBLISHED` knows those of some networks. If not given, layers are matched by their order.
    fold : bool
        Without `names`: whether each batch normalization comes right behind the layer before it, so
        that it can be folded in (see `fold_batch_norm`). With an activation between them it can't.
    epsilon : float
        That of the batch normalizations, which the file does not tell; PyTorch's own if not given.
    unused : sequence of str
        Modules whose names begin so are left out, such as classifiers that only help training.
    probe : (inputs, outputs), optional
        Inputs (N, H, W, C), and what PyTorch's model answers to them, up to where `network` ends.
        The loaded network must answer the same to a thousandth of the largest output.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If `names` lacks a layer of the network, or has one that the network has not.
    ValueError
        If the file is damaged, no state dictionary of plain tensors or that of another stack of
        layers, or holds NaN or infinity, or the probe fails; the network then stays as it was.

    Notes
    -----
    A state dictionary holds names and arrays, and nothing of how the model uses them. Strides,
    padding, activations, what stands between a layer and its batch normalization, the order in
    which layers run, and whether outputs are added as in residual networks: none of it can be
    known from the file. The weights of another model load without a word if their shapes happen to
    fit. `probe` finds that out.
    """
    path = Path(path)
    check_torch(network, names, "load_torch")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "PyTorch .pth file of a state dictionary"), open_state_dict(path) as arrays:
        modules = torch_modules(arrays, unused)
        chosen = in_order(network, modules, fold) if names is None else plain_names(names)
        stored = convert(network, modules, chosen, "torch", dict.fromkeys(modules, epsilon))
    assign_probed(network, stored, path, probe)


def check_torch(network: Sequential, names: Names | None, who: str) -> None:
    """Check what is needed to turn PyTorch's layout into ours."""
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
    """Return which modules make each layer, as `torch_modules` calls them."""
    return {
        layer: [_plain(name) for name in ([theirs] if isinstance(theirs, str) else theirs)]
        for layer, theirs in names.items()
    }


def _plain(name: str) -> str:
    """Return a module's name without what wrappers put before it."""
    while name.startswith(_WRAPPERS):
        name = name.partition(".")[2]
    # Torchvision's file of DenseNet is older than the names of its modules.
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.(?=\d)", r"\1", name)
