"""A network that branches: a `Sequential` in which layers may read any layers above."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import describe
from npdeconv._types import Array, Box, Shape
from npdeconv.layers.base import Layer
from npdeconv.layers.sequential import INPUT, Sequential, Tape, in_layer, one_above


class Graph(Sequential):
    """Named layers, each of which reads the one above it or those that `inputs` names.

    The way up passes layers in their order, the way down in reverse. A layer with several readers
    gets the sum of what comes down from them: the transposed map of reading a value twice. A
    rectifier at a fork therefore rectifies the sum.

    Parameters
    ----------
    layers : mapping of str to Layer
        In the order of the pass: a layer reads layers above it.
    inputs : mapping of str to str or sequence of str
        The layers that a layer reads, if not the one right above. "input" stands for the network's
        input. A merging layer (`Add`, `Concat`) reads several, any other reads one.
    input_shape, name, classes, dtype
        As of a `Sequential`.

    Raises
    ------
    TypeError, KeyError
        For layers that are no layers, and inputs that do not exist.
    ValueError
        For a layer that reads one below it, or the wrong number of layers; for a layer that none
        reads; and for shapes that do not fit.

    Examples
    --------
    >>> conv = nd.layers.Conv2D(3, 3, 3, padding="same", rng=np.random.default_rng(0))
    >>> net = nd.layers.Graph(
    ...     {"conv1": conv, "relu1": nd.layers.ReLU(), "add": nd.layers.Add()},
    ...     inputs={"add": ("relu1", "input")},
    ... )
    >>> net
    Graph(
      conv1: Conv2D(3, 3, (3, 3), padding='same')
      relu1: ReLU()
      add: Add() of relu1, input
    )

    ``net[:"add"]`` is everything that add depends on. ``net["conv1":"relu1"]`` and ``net["conv1":]``
    are the layers from conv1 on, if they read no other layer than conv1 does.
    """

    def __init__(
        self,
        layers: Mapping[str, Layer],
        *,
        inputs: Mapping[str, str | Sequence[str]],
        input_shape: Shape | None = None,
        name: str = "Graph",
        classes: tuple[str, ...] | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(layers, name=name, classes=classes, dtype=dtype)
        if not isinstance(inputs, Mapping):
            raise TypeError(
                f"Graph: inputs must be a mapping of names to names of layers, got {describe(inputs)}"
            )
        given = {self._known(name): _names(value, name) for name, value in inputs.items()}
        self.inputs = {**self.inputs, **given}
        self._check_inputs()
        self._released = last_reads(self.inputs)
        self.input_shape = input_shape
        if input_shape is not None:
            self.output_shape(input_shape)

    def output_shapes(self, input_shape: Shape) -> Iterator[tuple[str, Shape]]:
        """Yield (name, shape of one output) of each layer."""
        shapes = {INPUT: input_shape}
        for name, layer in self.layers.items():
            with in_layer(name):
                shapes[name] = layer.output_shape(self._read(name, shapes))
            yield name, shapes[name]

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """Return the smallest box of all inputs that a box of outputs depends on, by any path."""
        shapes = self.input_shapes(input_shape)
        boxes = {next(reversed(list(self.layers))): box}
        for name, layer in reversed(list(self.layers.items())):
            found = layer.receptive_field(boxes[name], shapes[name])
            for above, own in zip(self.inputs[name], self._each(name, found), strict=True):
                boxes[above] = _union(boxes[above], own) if above in boxes else own
        return boxes[INPUT]

    def _up(self, x: Array, through: Callable[[str, Array], Array]) -> Iterator[tuple[str, Array]]:
        """Yield (name, output) of each layer, in order; release outputs that no layer reads any more."""
        values = {INPUT: x}
        del x
        for name in self.layers:
            with in_layer(name):
                values[name] = through(name, self._read(name, values))
            for above in self._released[name]:
                del values[above]
            yield name, values[name]

    def _down(self, y: Array, tape: Tape, through: Callable[[str, Array], Array]) -> Array:
        """Return `y` carried down below the first layer; from several readers, the sum."""
        self._check_tape(tape)
        *_, last = self.layers
        arrived = {last: y}
        for name in reversed(list(self.layers)):
            with in_layer(name):
                found = through(name, arrived.pop(name))
            for above, own in zip(self.inputs[name], self._each(name, found), strict=True):
                arrived[above] = arrived[above] + own if above in arrived else own
        return arrived[INPUT]

    def _each(self, name: str, found: Any) -> tuple[Any, ...]:
        """Return what a layer passes down to each layer that it reads."""
        return found if self.layers[name].merges else (found,)

    def _part(self, first: str | None, last: str) -> Sequential:
        """Return the layers that `last` depends on, from `first` on."""
        names = list(self.layers)
        entry = {INPUT} if first is None else {*self.inputs[first]}
        if len(entry) != 1:
            raise ValueError(
                f"Graph: expected a part to begin with a layer that reads one, got {first!r}, which"
                f" reads {' and '.join(map(repr, self.inputs[str(first)]))}"
            )
        above, inside = entry.pop(), set(names[0 if first is None else names.index(first) :])
        chosen: dict[str, tuple[str, ...]] = {}
        needed = {last}
        for name in reversed(names):
            if name in needed:
                chosen[name] = tuple(INPUT if read == above else read for read in self.inputs[name])
                severed = next((read for read in self.inputs[name] if read not in {above, *inside}), None)
                if severed is not None:
                    raise ValueError(
                        f"Graph: a part that begins with {first!r} would sever the branch from"
                        f" {severed!r} to {name!r}"
                    )
                needed |= {*chosen[name]}
        if first is not None and first not in chosen:
            raise ValueError(f"Graph: {last!r} does not depend on {first!r}")
        inputs = dict(reversed(chosen.items()))
        layers, options = {name: self.layers[name] for name in inputs}, self._options(above, last)
        if inputs == one_above(layers):
            return Sequential(layers, **options)
        return Graph(layers, inputs=inputs, **options)

    def _check_inputs(self) -> None:
        """Check that each layer reads the right number of layers above it, and is read."""
        known = {INPUT}
        for name, layer in self.layers.items():
            reads = self.inputs[name]
            for above in reads:
                if above != INPUT and self._known(above) not in known:
                    raise ValueError(f"Graph: {name!r} reads {above!r}, which does not stand above it")
            if len(reads) < 2 if layer.merges else len(reads) != 1:
                raise ValueError(
                    f"Graph: expected {name!r} ({layer.kind}) to read"
                    f" {'several layers' if layer.merges else 'one layer'}, got {', '.join(reads) or 'none'}"
                )
            known.add(name)
        *others, last = self.layers
        read = {above for reads in self.inputs.values() for above in reads}
        for name in others:
            if name not in read:
                raise ValueError(f"Graph: no layer reads {name!r}, and it is not the last one ({last!r})")

    def __repr__(self) -> str:
        usual, lines = one_above(self.layers), []
        for name, layer in self.layers.items():
            reads = self.inputs[name]
            lines.append(f"  {name}: {layer!r}" + (f" of {', '.join(reads)}" if reads != usual[name] else ""))
        return "\n".join([f"{self.kind}(", *lines, ")"])


def last_reads(inputs: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return, for each layer, the layers whose output it is the last to read."""
    readers = {above: name for name, reads in inputs.items() for above in reads}
    return {
        name: tuple(above for above in dict.fromkeys(reads) if readers[above] == name)
        for name, reads in inputs.items()
    }


def _names(value: Any, reader: str) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    several = (value,) if isinstance(value, str) else value
    if not isinstance(several, Sequence) or not all(isinstance(name, str) for name in several):
        raise TypeError(f"Graph: expected names of layers that {reader!r} reads, got {describe(value)}")
    return tuple(several)


def _union(a: Box, b: Box) -> Box:
    return Box(min(a.top, b.top), max(a.bottom, b.bottom), min(a.left, b.left), max(a.right, b.right))
