"""Whole networks, architecture and weights, from ONNX files."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from npdeconv._checks import describe, positive_pair
from npdeconv._files import UnexpectedError, naming
from npdeconv._repr import brief
from npdeconv._types import Pair, Shape
from npdeconv.layers import Sequential
from npdeconv.weights.onnx.constants import UNLIKELY, compute_constants
from npdeconv.weights.onnx.convert import convert, layout_of
from npdeconv.weights.onnx.model import Model
from npdeconv.weights.onnx.read import read_model
from npdeconv.weights.onnx.simplify import simplify

LARGEST_SIDE = 2**12
"""Pixels."""


@brief
class OnnxInput(NamedTuple):
    """The input that a file declares.

    Attributes
    ----------
    name : str
    layout : str, "NCHW" or "NHWC" for images, "NC" for vectors; the network takes NHWC in any case
    shape : (H, W, C) or (D,), of one input of the network
    batch : int, images that the file takes at once, or None if it leaves that open
    dtype : str
    """

    name: str
    layout: str
    shape: Shape
    batch: int | None
    dtype: str


@brief
class OnnxNetwork(NamedTuple):
    """A network from an ONNX file, with its weights, and what else the file says.

    Attributes
    ----------
    network : Sequential, a `Graph` if it branches
    input : OnnxInput
    nodes : mapping of str to str, the file's node for each layer
    metadata : mapping of str to str, the writer of the file and its remarks; not to be trusted
    notes : tuple of str, a sentence for each difference between the network and the file

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save_onnx(nd.models.deck_model4(rng=np.random.default_rng(0)), f"{folder}/net.onnx")
    ...     loaded = nd.weights.load_onnx(f"{folder}/net.onnx")
    >>> loaded.input
    OnnxInput(
      name='images'
      layout='NCHW'
      shape=(28, 28, 1)
      batch=None
      dtype='float32'
    )
    >>> loaded.nodes["conv1"]
    'conv1'
    """

    network: Sequential
    input: OnnxInput
    nodes: Mapping[str, str]
    metadata: Mapping[str, str]
    notes: tuple[str, ...]


def load_onnx(path: str | Path, *, size: int | Pair | None = None) -> OnnxNetwork:
    """Load a network, architecture and weights, from an ONNX file.

    Layers have the names of the file's nodes, shortened. Batch normalizations become `Scale`: nothing is
    folded into a convolution. Maps are always (H, W, C) here, and flattened maps have the order rows,
    columns, channels, with dense weights to match.

    Parameters
    ----------
    path : str or path
    size : int or (int, int), optional
        Height and width of the images, if the file leaves them open.

    Raises
    ------
    ImportError
        If the package onnx is not installed (the extra `onnx` brings it).
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, keeps weights in other files, does not have one input and one output, or has a
        node without a layer: the message names the node, and the nearest that works.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> with TemporaryDirectory() as folder:
    ...     nd.weights.save_onnx(net, f"{folder}/net.onnx")
    ...     loaded = nd.weights.load_onnx(f"{folder}/net.onnx")
    >>> image = nd.data.as_input(nd.data.load_strokes(1).images)
    >>> bool(np.allclose(loaded.network(image), net(image), atol=1e-5))
    True
    """
    path = Path(path)
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise ImportError("load_onnx: reading these files needs onnx: pip install npdeconv[onnx]") from None
    wanted = None if size is None else positive_pair(size, "load_onnx", "size")
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    with naming(path, "whole ONNX file"):
        return network_of(read_model(path), path.stem, wanted)


def network_of(model: Model, name: str, size: Pair | None = None) -> OnnxNetwork:
    """Return the network of a model that has been read; errors as of `load_onnx`, without the path."""
    layout = layout_of(model)
    shape = _input_shape(model, layout, size)
    known = compute_constants(model, shape)
    known, output = simplify(known, model.output_name)
    built = convert(known, model, output, layout)
    batch = None if model.input_shape[0] is None else known.batch
    source = OnnxInput(model.input_name, layout, built.source.shape, batch, str(model.input_dtype))
    network = built.network(name)
    halves = ["numbers have 32 bits: the file's have 16"] * model.is_half
    return OnnxNetwork(network, source, built.nodes, model.metadata, (*built.notes, *halves))


def _input_shape(model: Model, layout: str, size: Pair | None) -> Shape:
    """Return the file's shape of the input, with `size` for open lengths."""
    shape = list(model.input_shape)
    said = f"{model.input_name!r} of shape {describe(model.input_shape)}"
    if shape[0] is None:
        shape[0] = UNLIKELY
    if size is not None:
        for axis, length in zip("HW", size, strict=True):
            place = layout.find(axis)
            if place < 0 or shape[place] not in (None, length):
                raise UnexpectedError(f"expected images of {size[0]}x{size[1]}, the file takes {said}")
            shape[place] = length
    if None in shape:
        raise UnexpectedError(
            f"expected an input with known lengths, got {said}; size=(H, W), on the command line"
            " --input-size, says height and width"
        )
    known = tuple(length for length in shape if length is not None)
    if min(known) < 1 or (max(known[1:]) > LARGEST_SIDE and len(known) == 4):
        raise UnexpectedError(f"expected sides from 1 to {LARGEST_SIDE}, got {said}")
    return known
