"""What a plan passes: the layers of a network, some of them together in one block."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, Protocol

from npdeconv._types import Array, Generator, Gradients
from npdeconv.fast.blocks import DenseBlock, DirectBlock, Map, WinogradBlock
from npdeconv.layers import Conv2D, Dense, Graph, Layer, MaxPool2D, ReLU, Sequential
from npdeconv.layers.base import Context
from npdeconv.layers.sequential import INPUT
from npdeconv.layers.window import Window

NETWORKS = (Sequential, Graph)  # and no class that is derived, which may do anything
HALVES = Window((2, 2), (2, 2), "valid")


class Part(Protocol):
    """What a plan asks of a layer or block. One that merges takes a tuple, and gives one down."""

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
    """A layer, or a block of several; and by which names outputs are read and given."""

    name: str  # of the first layer: the parameters are its own
    part: Part
    reads: tuple[str, ...]
    gives: str  # the name of the last layer

    def backward(self, dy: Array, context: Context) -> tuple[dict[str, Array], Gradients]:
        """Return what goes down to each that it reads, but for the images, and the parameters' gradients."""
        if self.reads == (INPUT,) and isinstance(self.part, WinogradBlock | DirectBlock | Conv2D):
            return {}, self.part.gradients(dy, context)
        dx, gradients = self.part.backward(dy, context)
        down: dict[str, Array] = {}
        for above, piece in zip(self.reads, dx if self.part.merges else (dx,), strict=True):
            if above in down:
                down[above] = down[above] + piece
            elif above != INPUT:
                # A sum gives the same array to each, and who is given it may overwrite it.
                down[above] = piece.copy() if any(piece is other for other in down.values()) else piece
        return down, gradients


def flat(network: Sequential, place: str = "", below: str = INPUT) -> Iterator[Step]:
    """Yield the layers of a network, and those of networks within it as if they were its own."""
    known = {INPUT: below}
    for name, layer in network.layers.items():
        reads = tuple(known[above] for above in network.inputs[name])
        known[name] = place + name
        if isinstance(layer, Sequential) and type(layer) in NETWORKS:
            for step in flat(layer, f"{place}{name}.", *reads):
                known[name] = step.gives
                yield step
        else:
            yield Step(place + name, layer, reads, place + name)


def last_within(layer: Layer, name: str) -> str:
    """Return by which name a layer's output is given: that of the last layer, if it is a network."""
    if isinstance(layer, Sequential) and type(layer) in NETWORKS:
        inner, last = list(layer.layers.items())[-1]
        return last_within(last, f"{name}.{inner}")
    return name


def fused(steps: list[Step], workers: Map, watched: Collection[str]) -> Iterator[Step]:
    """Yield the same steps, a convolution together with what can be done in its pass.

    What is watched is read by somebody else: it is the end of its step.
    """
    readers: dict[str, list[Step]] = {}
    for step in steps:
        for above in step.reads:
            if above not in watched:
                readers.setdefault(above, []).append(step)
    done: set[str] = set()
    for step in steps:
        if step.name in done:
            continue
        rectifier = pooling = None
        if type(step.part) is Conv2D:
            rectifier = _only(readers, step, ReLU)
            if rectifier and WinogradBlock.suits(step.part):
                pooling = _only(readers, rectifier, MaxPool2D)
        block = _block(step.part, rectifier is not None, pooling is not None, workers)
        done |= {other.name for other in (rectifier, pooling) if other}
        yield step._replace(part=block, gives=(pooling or rectifier or step).gives)


def _only(readers: dict[str, list[Step]], step: Step, kind: type[Layer]) -> Step | None:
    """Return what alone reads a step, if it is of just this kind, and none derived from it."""
    alone = readers.get(step.gives, [])
    if len(alone) != 1 or type(alone[0].part) is not kind:
        return None
    return alone[0] if kind is not MaxPool2D or alone[0].part.window == HALVES else None


def _block(part: Part, is_rectified: bool, is_pooled: bool, workers: Map) -> Part:
    if type(part) is Dense:
        return DenseBlock(part, workers)
    if type(part) is not Conv2D:
        return part
    if WinogradBlock.suits(part):
        return WinogradBlock(part, is_rectified, is_pooled, workers)
    return DirectBlock(part, is_rectified, workers)
