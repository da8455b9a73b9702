"""Keras' files: `.h5`, `.weights.h5` and `.keras`."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from npdeconv._files import UnexpectedError, naming
from npdeconv.layers import Sequential
from npdeconv.weights.arrays import Probe, assign_probed
from npdeconv.weights.conversion import convert
from npdeconv.weights.hdf5 import Hdf5, open_hdf5
from npdeconv.weights.keras_layouts import Layout, read_layout
from npdeconv.weights.keras_match import match, match_named
from npdeconv.weights.keras_model import Step, is_chain, read_model
from npdeconv.weights.modules import Module, Names, check_names, in_order, layer_names

_EPSILON = 1e-3


def load_keras(
    network: Sequential,
    path: str | Path,
    names: Names | None = None,
    *,
    fold: bool = False,
    epsilon: float | None = None,
    probe: Probe | None = None,
) -> None:
    """Read the weights of a Keras file into a network of the same stack.

    Files of `save` (`.h5` of Keras 2 and 3, `.keras`) and of `save_weights` (`.h5` of Keras 2,
    `.weights.h5` of Keras 3) are read with any suffix. A missing bias becomes 0.

    The files of `save` also describe the model. It must be channels_last, and is compared with the
    network layer by layer: order, activations, strides, padding, windows and groups. A trailing
    softmax may be missing on either side. Its batch normalizations are folded into the layer before
    them (see `fold_batch_norm`), with their own epsilon. One behind an activation is refused.

    Parameters
    ----------
    network : Sequential
    path : str or path
    names : mapping of str to str or sequence of str, optional
        The Keras layers that make each layer of ours, such as ``{"conv1": ("conv2d_4",
        "batch_normalization_4")}``. If not given, layers are matched by the file's model, or else by
        their order. Keras 3's files of weights keep the order only within layers of one kind.
    fold : bool
        For a file of weights alone, without `names`: whether each batch normalization comes right
        behind the layer before it, below any activation.
    epsilon : float, optional
        The epsilon of the batch normalizations; by default the file's, or Keras' 1e-3 if it has none.
    probe : (inputs, outputs), optional
        Inputs (N, H, W, C), and the outputs of the Keras model at the layer where `network` ends. The
        loaded network must return them to within a thousandth of the largest output.

    Raises
    ------
    ImportError
        If h5py is not installed (the extra `keras` brings it).
    FileNotFoundError
        If there is no such file.
    KeyError
        If `names` lacks a layer of the network, or has an unknown one.
    ValueError
        If the file holds no Keras weights, its layers or its model differ from the network or the
        arguments, it holds NaN or infinity, or the probe fails. The network then does not change.
        Files of Keras 0 and 1 (`nb_layers`) are not read.

    Notes
    -----
    A file of weights alone does not record activations, strides, padding, epsilon, the order of
    channels in flattened maps, or additions of outputs. The weights of another model are loaded
    without an error if their shapes happen to fit. `probe` detects that.

    Files are not trusted: HDF5 is read in a child process of limited time and memory, see
    `npdeconv.weights.hdf5`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import h5py
    >>> net = nd.layers.Sequential({"dense": nd.layers.Dense(2, 1, rng=np.random.default_rng(0))})
    >>> with TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/net.weights.h5", "w") as file:  # as Keras 3 writes it
    ...         file["layers/dense/vars/0"], file["layers/dense/vars/1"] = [[1.0], [2.0]], [3.0]
    ...     nd.weights.load_keras(net, f"{folder}/net.weights.h5")
    >>> net["dense"].weight.ravel(), net["dense"].bias
    (array([1., 2.], dtype=float32), array([3.], dtype=float32))
    """
    path = Path(path)
    if importlib.util.find_spec("h5py") is None:
        raise ImportError("load_keras: reading .h5 files needs h5py: pip install npdeconv[keras]")
    if names is not None:
        check_names(network, names, "load_keras")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    largest = max(array.size for array in network.parameters.values())
    with naming(path, "Keras .h5 file of weights"), open_hdf5(path, largest) as file:
        model = _model(file)
        layout = read_layout(file, model)
        modules = layout.modules
        given = None if names is None else {layer: _as_list(theirs) for layer, theirs in names.items()}
        if model is None:
            chosen = given or _in_order(network, layout, fold)
            epsilons = dict.fromkeys(modules, _EPSILON if epsilon is None else epsilon)
        else:
            chosen, epsilons = _match_model(network, model, given), _epsilons(model, epsilon)
            _check_biases(modules, model)
        stored = convert(network, modules, chosen, "keras", epsilons)
    assign_probed(network, stored, path, probe)


def _as_list(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _model(file: Hdf5) -> list[Step] | None:
    """Return the file's description of its model, or None without one."""
    text = file.groups[""].get("model_config") if file.model is None else file.model
    return None if text is None else read_model(text)


def _match_model(
    network: Sequential, model: list[Step], names: dict[str, list[str]] | None
) -> dict[str, list[str]]:
    """Return the modules that make each layer, for a file that describes its model."""
    if names is not None and not is_chain(model):
        match_named(network, model, names)
        return names
    chosen = match(network, model)
    for layer, theirs in (names or {}).items():
        if theirs != chosen[layer]:
            raise UnexpectedError(
                f"expected {layer} to be made of {', '.join(chosen[layer])}, as the file's model says,"
                f" names say {', '.join(theirs)}"
            )
    return chosen


def _epsilons(model: list[Step], epsilon: float | None) -> dict[str, float]:
    said = {step.name: step.config["epsilon"] for step in model if step.kind == "BatchNormalization"}
    for name, value in said.items():
        if epsilon is not None and epsilon != value:
            raise UnexpectedError(f"expected epsilon {value}, as the file says of {name!r}, got {epsilon}")
    return said


def _check_biases(modules: Mapping[str, Module], model: list[Step]) -> None:
    for step in model:
        if step.config.get("use_bias") and "bias" not in modules.get(step.name, {"bias": None}):
            raise UnexpectedError(f"expected a bias in {step.name!r}, as the file's model says, it has none")


def _in_order(network: Sequential, layout: Layout, fold: bool) -> dict[str, list[str]]:
    """Match layers and modules of a file of weights alone."""
    if layout.merges:
        raise UnexpectedError(
            f"expected a model whose layers each read the one before, {layout.merges[0]!r} merges several:"
            f" a network here is a chain"
        )
    if layout.order == "all":
        return in_order(network, layout.modules, fold)
    if layout.order != "kind":
        raise UnexpectedError(
            f"expected names, since the file does not keep the order of its layers"
            f" {', '.join(map(repr, list(layout.modules)[:5]))}"
        )
    chosen: dict[str, list[str]] = {}
    for axes, what in ((4, "convolutions"), (2, "dense layers")):
        own = [name for name in layer_names(network) if network.parameters[f"{name}.weight"].ndim == axes]
        theirs = [name for name, module in layout.modules.items() if len(module["weight"].shape) == axes]
        if len(own) != len(theirs):
            raise UnexpectedError(
                f"expected {len(own)} {what} for {network.name}, the file has {len(theirs)}"
            )
        chosen |= {name: [module] for name, module in zip(own, theirs, strict=True)}
    return {name: chosen[name] for name in layer_names(network)}
