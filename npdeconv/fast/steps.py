"""The steps of a plan: single layers of a network, and layers fused to a block."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from npdeconv._types import Array, Generator, Gradients
from npdeconv.fast.blocks import DenseBlock, DirectBlock, Map, WinogradBlock
from npdeconv.layers import Conv2D, Dense, Graph, Layer, MaxPool2D, ReLU, Sequential
from npdeconv.layers.base import Context
from npdeconv.layers.sequential import INPUT
from npdeconv.layers.window import Window

NETWORKS = (Sequential, Graph)  # but no derived classes, which may do anything
HALVES = Window((2, 2), (2, 2), "valid")


class Part(Protocol):
    """The methods that a plan needs of a layer or block. A merging one takes and passes down tuples."""

    @property
    def merges(self) -> bool:
        """Whether it reads several outputs."""

    def forward(self, x: Any, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the outputs of a batch, and the context for the way back."""

    def __call__(self, x: Any) -> Array:
        """Compute the outputs alone."""

    def backward(self, dy: Array, context: Context) -> tuple[Any, Gradients]:
        """Carry the gradient back."""


class Step(NamedTuple):
    """A layer or a block, with the names of its inputs and its output."""

    name: str  # of the first layer, which has the parameters
    part: Part
    reads: tuple[str, ...]
    gives: str  # the name of the last layer

    def backward(self, dy: Array, context: Context, moving: set[str]) -> tuple[dict[str, Array], Gradients]:
        """Return the gradients of those outputs among `moving` that it reads, and of the parameters."""
        if moving.isdisjoint(self.reads) and isinstance(self.part, WinogradBlock | DirectBlock | Conv2D):
            return {}, self.part.gradients(dy, context)
        dx, gradients = self.part.backward(dy, context)
        down: dict[str, Array] = {}
        for above, piece in zip(self.reads, dx if self.part.merges else (dx,), strict=True):
            if above in down:
                down[above] = down[above] + piece
            elif above in moving:
                # A sum passes the same array to each layer, and a layer may overwrite it.
                down[above] = piece.copy() if any(piece is other for other in down.values()) else piece
        return down, gradients


class Node(NamedTuple):
    """A layer of a network, and its inputs."""

    name: str
    layer: Layer
    reads: tuple[str, ...]


def flat(network: Sequential, place: str = "", below: str = INPUT) -> Iterator[Node]:
    """Yield the layers of a network, including those of nested networks."""
    known = {INPUT: below}
    for name, layer in network.layers.items():
        reads = tuple(known[above] for above in network.inputs[name])
        known[name] = last_within(layer, place + name)
        if isinstance(layer, Sequential) and type(layer) in NETWORKS:
            yield from flat(layer, f"{place}{name}.", *reads)
        else:
            yield Node(place + name, layer, reads)


def last_within(layer: Layer, name: str) -> str:
    """Return the name of a layer's output: that of the last layer, if it is a network."""
    if isinstance(layer, Sequential) and type(layer) in NETWORKS:
        inner, last = list(layer.layers.items())[-1]
        return last_within(last, f"{name}.{inner}")
    return name


def readers_of(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """Return the layers that read each output, one per reading."""
    readers: dict[str, list[Node]] = {}
    for node in nodes:
        for above in node.reads:
            readers.setdefault(above, []).append(node)
    return readers


def fused(nodes: list[Node], workers: Map, watched: Collection[str]) -> Iterator[Step]:
    """Yield the steps, a convolution together with the ReLU and pooling that can be fused.

    A step ends at a watched layer, since its output is read elsewhere.
    """
    readers = {name: own for name, own in readers_of(nodes).items() if name not in watched}
    done: set[str] = set()
    for node in nodes:
        if node.name in done:
            continue
        rectifier = pooling = None
        if type(node.layer) is Conv2D:
            rectifier = _only(readers, node, ReLU)
            if rectifier and WinogradBlock.suits(node.layer):
                pooling = _only(readers, rectifier, MaxPool2D)
        block = _block(node.layer, rectifier is not None, pooling is not None, workers)
        done |= {other.name for other in (rectifier, pooling) if other}
        yield Step(node.name, block, node.reads, (pooling or rectifier or node).name)


def _only(readers: Mapping[str, list[Node]], node: Node, kind: type[Layer]) -> Node | None:
    """Return a layer's only reader if it is of exactly this class; else None."""
    alone = readers.get(node.name, [])
    if len(alone) != 1 or type(alone[0].layer) is not kind:
        return None
    return alone[0] if kind is not MaxPool2D or alone[0].layer.window == HALVES else None


def _block(layer: Layer, is_rectified: bool, is_pooled: bool, workers: Map) -> Part:
    if type(layer) is Dense:
        return DenseBlock(layer, workers)
    if type(layer) is not Conv2D:
        return layer
    if WinogradBlock.suits(layer):
        return WinogradBlock(layer, is_rectified, is_pooled, workers)
    return DirectBlock(layer, is_rectified, workers)
