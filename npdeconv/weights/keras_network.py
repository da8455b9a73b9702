"""Whole networks, architecture and weights, from Keras' files."""

import importlib.util
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from npdeconv._checks import describe, positive_pair
from npdeconv._files import UnexpectedError, naming
from npdeconv._types import Pair, Shape
from npdeconv.data.preprocessing import Channels
from npdeconv.layers import Graph, Layer, Sequential
from npdeconv.layers.sequential import INPUT, one_above
from npdeconv.weights.arrays import assign
from npdeconv.weights.assumed import Prepared, Settings, prepare
from npdeconv.weights.card import LARGEST_SIDE
from npdeconv.weights.conversion import convert
from npdeconv.weights.hdf5 import open_hdf5
from npdeconv.weights.keras_kinds import MERGING, build_layers
from npdeconv.weights.keras_layouts import read_layout
from npdeconv.weights.keras_model import Step, read_input_shape, read_model
from npdeconv.weights.modules import Module

LARGEST_OUTPUT = 2**28
"""The most numbers of any layer's output for one image."""


class _Built(NamedTuple):
    """A network without its weights."""

    network: Sequential
    modules: dict[str, list[str]]  # Keras' layer that holds the weights of each of ours
    epsilons: dict[str, float]  # of batch normalizations


def pretrained_keras(
    path: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    channels: Channels | None = None,
    class_file: str | Path | None = None,
) -> Prepared:
    """Load a network from a Keras file that holds its model, with the preparation of its images.

    These are the files of `save`: `.keras`, and `.h5`. See `pretrained_onnx` for the
    arguments, and for the card beside the file. Pixels are not divided by 255 if the model begins with
    a `Rescaling`.

    Raises
    ------
    ImportError
        If h5py is not installed (the extra `keras` brings it).
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, holds no model, or has a layer that none here can stand for: the message names
        it, and the nearest that works; and as `pretrained_onnx`.

    Examples
    --------
    >>> nd.weights.pretrained_keras("missing.keras")
    Traceback (most recent call last):
        ...
    FileNotFoundError: missing.keras: there is no such file
    """
    path = Path(path)

    def load(size: int | Pair | None) -> tuple[Sequential, bool]:
        network, first = _load(path, size)
        return network, first != "Rescaling"

    return prepare(path, load, Settings(size, mean, std, channels, class_file))


def load_keras_network(path: str | Path, *, size: int | Pair | None = None) -> Sequential:
    """Load a network, architecture and weights, from a Keras file that holds its model.

    Layers have the model's names, and an activation the name of its layer and its own. A batch
    normalization becomes a `Scale`, a `Rescaling` a `Standardize`; what acts only in training is left
    out. The model is plain data: nothing in the file is run.

    Parameters
    ----------
    path : str or path
    size : int or (int, int), optional
        Height and width of the images, if the file leaves them open.

    Returns
    -------
    Sequential
        A `Graph` if the model branches.

    Raises
    ------
    ImportError, FileNotFoundError, ValueError
        As `pretrained_keras`.

    Examples
    --------
    >>> nd.weights.load_keras_network("missing.keras")
    Traceback (most recent call last):
        ...
    FileNotFoundError: missing.keras: there is no such file
    """
    return _load(Path(path), size)[0]


def _load(path: Path, size: int | Pair | None) -> tuple[Sequential, str]:
    """Return the network, and the kind of the model's first layer."""
    if importlib.util.find_spec("h5py") is None:
        raise ImportError("load_keras_network: reading Keras' files needs h5py: pip install npdeconv[keras]")
    wanted = None if size is None else positive_pair(size, "load_keras_network", "size")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "Keras file with its model"):
        largest = path.stat().st_size // 2  # a number has at least 2 bytes
        with open_hdf5(path, largest) as file:
            text = file.groups[""].get("model_config") if file.model is None else file.model
            if text is None:
                raise UnexpectedError(
                    "expected a file with its model (model.save), got weights alone, which load_keras reads"
                    " into a network (on the command line, --model)"
                )
            steps = read_model(text, ("",))
            built = _build(steps, _input_shape(read_input_shape(text), wanted), path.stem, largest)
            modules = dict(read_layout(file, steps).modules)
            for step in steps:
                if step.kind == "DepthwiseConv2D":
                    modules[step.name] = _as_grouped(modules[step.name])
            stored = convert(built.network, modules, built.modules, "keras", built.epsilons)
        assign(built.network.parameters, stored, path)
    return built.network, steps[0].kind


def _input_shape(said: list[int | None], size: Pair | None) -> Shape:
    """Return the model's input shape, with `size` for open lengths."""
    shape = list(said)
    if size is not None:
        if len(shape) != 3 or any(
            length not in (None, side) for length, side in zip(shape, size, strict=False)
        ):
            raise UnexpectedError(f"expected images of {size[0]}x{size[1]}, the file takes {tuple(said)}")
        shape[:2] = size
    if None in shape:
        raise UnexpectedError(
            f"expected an input with known lengths, got {tuple(said)}; size=(H, W), on the command line"
            " --input-size, says height and width"
        )
    if not all(type(length) is int and 1 <= length <= LARGEST_SIDE for length in shape[:2]):
        raise UnexpectedError(f"expected sides from 1 to {LARGEST_SIDE}, got {describe(shape)}")
    known = tuple(int(length or 0) for length in shape)
    if not 0 < math.prod(known) <= LARGEST_OUTPUT:
        raise UnexpectedError(f"expected inputs of 1 to {LARGEST_OUTPUT} numbers, got {describe(shape)}")
    return known


def _build(steps: list[Step], shape: Shape, name: str, largest: int) -> _Built:
    """Return the network that the steps describe."""
    layers: dict[str, Layer] = {}
    inputs: dict[str, tuple[str, ...]] = {}
    modules: dict[str, list[str]] = {}
    ends, shapes = {"": INPUT}, {INPUT: shape}  # the last of our layers for each step; shapes of outputs
    for step in steps:
        reads = tuple(ends[read] for read in step.reads)
        _check_reads(step, ends)
        seen = tuple(shapes[read] for read in reads)
        for suffix, made in build_layers(step, seen if len(seen) > 1 else seen[0], largest).items():
            own = _name(step, suffix, layers)
            layers[own], inputs[own], shapes[own] = made, reads, _output(made, seen, step)
            reads, seen = (own,), (shapes[own],)
            if made.parameters:
                modules[own] = [step.name]
                largest -= sum(array.size for array in made.parameters.values())
        (ends[step.name],) = reads
    options: dict[str, Any] = {"input_shape": shape, "name": name}
    chain = inputs == one_above(layers)
    network = Sequential(layers, **options) if chain else Graph(layers, inputs=inputs, **options)
    norms = [step for step in steps if step.kind == "BatchNormalization"]
    return _Built(network, modules, {norm.name: norm.config["epsilon"] for norm in norms})


def _check_reads(step: Step, ends: Mapping[str, str]) -> None:
    what = f"layer {step.name!r} ({step.kind})"
    if step.name in ends:
        raise UnexpectedError(f"expected each layer once, got two called {step.name!r}")
    if step.calls > 1:
        raise UnexpectedError(
            f"{what} is used {step.calls} times; the nearest that works is one for each use"
        )
    if (len(step.reads) > 1) != (step.kind in MERGING):
        few = "several layers" if step.kind in MERGING else "one layer"
        raise UnexpectedError(f"{what}: expected it to read {few}, got {', '.join(step.reads) or 'none'}")


def _name(step: Step, suffix: str, layers: Mapping[str, Layer]) -> str:
    """Return a name for a layer that none has yet."""
    wanted = own = re.sub(r"\W", "_", f"{step.name}_{suffix}" if suffix else step.name)
    number = 2
    while own in layers or own == INPUT:
        own, number = f"{wanted}_{number}", number + 1
    return own


def _as_grouped(module: Module) -> Module:
    """Return a depthwise module with its filters (KH, KW, C, M) as those of a grouped convolution."""
    weight = module["weight"]
    rows, columns, channels, each = weight.shape
    shape = rows, columns, 1, channels * each
    return {**module, "weight": weight._replace(shape=shape, read=lambda: weight.read().reshape(shape))}


def _output(layer: Layer, seen: tuple[Shape, ...], step: Step) -> Shape:
    try:
        shape = layer.output_shape(seen if layer.merges else seen[0])  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise UnexpectedError(f"layer {step.name!r} ({step.kind}): {error}") from None
    if math.prod(shape) > LARGEST_OUTPUT:
        raise UnexpectedError(
            f"layer {step.name!r} ({step.kind}): expected at most {LARGEST_OUTPUT} numbers of an image,"
            f" got an output of {shape}"
        )
    return shape
