"""A chain of named layers, itself a layer."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import describe, did_you_mean, name_list
from npdeconv._types import Array, Box, Descent, Generator, Gradients, Shape
from npdeconv.layers.base import Context, Layer

Tape: TypeAlias = Mapping[str, Context]
"""The contexts of a network's layers, by their names."""

INPUT = "input"
"""The name of the network's input among the layers that a layer reads; no layer may have it."""


class Sequential(Layer):
    """A chain of named layers.

    Parameters
    ----------
    layers : mapping of str to Layer
        In the order of the pass. A layer may itself be a chain.
    input_shape : tuple of int, optional
        Shape of one input, such as (H, W, C). If given, the layers are checked to fit one another.
    name : str
        The chain's name in messages and run folders.
    dtype : float32 or float64
        Of the inputs of a chain without parameters; with parameters, theirs.
    classes : tuple of str, optional
        Names of the outputs, if known: from a card or from training. Data sets are matched by these
        names, see `npdeconv.inference.match`.

    Raises
    ------
    TypeError
        For layers without names, or that are no layers.
    ValueError
        For no layers at all, or layers that do not fit; the error's notes name the layer.

    Examples
    --------
    ``net["conv1"]`` is a layer. ``net[:"relu2"]`` is the chain up to **and including** relu2,
    ``net["pool1":]`` the one from pool1 on; both share the layers, and so the parameters, of `net`.
    ``net.parameters`` is flat: ``{"conv1.weight": array, ...}``.

    >>> rng = np.random.default_rng(0)
    >>> net = nd.layers.Sequential(
    ...     {
    ...         "conv1": nd.layers.Conv2D(1, 4, 3, padding="same", rng=rng),
    ...         "relu1": nd.layers.ReLU(),
    ...         "pool1": nd.layers.MaxPool2D(2),
    ...     },
    ...     input_shape=(8, 8, 1),
    ... )
    >>> net["conv1"], net[:"relu1"].output_shape((8, 8, 1))
    (Conv2D(1, 4, (3, 3), padding='same'), (8, 8, 4))
    >>> y, tape = net.forward(rng.random((2, 8, 8, 1), np.float32))
    >>> y.shape, net.deconv(y, tape).shape
    ((2, 4, 4, 4), (2, 8, 8, 1))
    >>> {name: array.shape for name, array in net.parameters.items()}
    {'conv1.weight': (3, 3, 1, 4), 'conv1.bias': (4,)}
    """

    def __init__(
        self,
        layers: Mapping[str, Layer],
        *,
        input_shape: Shape | None = None,
        name: str = "Sequential",
        classes: tuple[str, ...] | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.name, self._dtype = name, np.dtype(dtype)
        self.classes = classes
        if not isinstance(layers, Mapping):
            raise TypeError(
                f"Sequential: layers must be a mapping of names to layers, got {describe(layers)}"
            )
        if not layers:
            raise ValueError("Sequential: expected at least one layer, got none")
        for name, layer in layers.items():
            if not isinstance(layer, Layer):
                raise TypeError(f"Sequential: {name!r} must be a Layer, got {type(layer).__name__}")
        if INPUT in layers:
            raise ValueError(f"Sequential: {INPUT!r} stands for what goes in, and can't name a layer")
        self.layers: Mapping[str, Layer] = dict(layers)
        self.inputs = one_above(layers)
        self.input_shape = input_shape
        if input_shape is not None:
            self.output_shape(input_shape)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """All parameters, as `layer.parameter`."""
        return {
            f"{name}.{key}": array
            for name, layer in self.layers.items()
            for key, array in layer.parameters.items()
        }

    @property
    def dtype(self) -> np.dtype[Any]:
        """The parameters' dtype; without any, that of the chain it was cut from, or float32."""
        return next((array.dtype for array in self.parameters.values()), self._dtype)

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Tape]:
        """Pass through all layers in order; the context is the tape of theirs."""
        tape: dict[str, Context] = {}

        def through(name: str, x: Array) -> Array:
            y, tape[name] = self.layers[name].forward(x, rng=rng)
            return y

        return last(self._up(x, through)), tape

    def backward(self, dy: Array, context: Tape) -> tuple[Array, Gradients]:
        """Carry the gradient back through all layers."""
        gradients: dict[str, Array] = {}

        def through(name: str, dy: Array) -> Array:
            dx, own = self.layers[name].backward(dy, context[name])
            gradients.update({f"{name}.{key}": array for key, array in own.items()})
            return dx

        return self._down(dy, context, through), gradients

    def deconv(self, y: Array, context: Tape) -> Array:
        """Project down through all layers."""
        return self._down(y, context, lambda name, y: self.layers[name].deconv(y, context[name]))

    def descend(self, y: Array, context: Tape, rule: Descent) -> Array:
        """Carry `y` down through all layers by a rule."""
        return self._down(y, context, lambda name, y: self.layers[name].descend(y, context[name], rule))

    def outputs(
        self, x: Array, layers: Sequence[str], *, rng: Generator | None = None
    ) -> Iterator[tuple[str, Array]]:
        """Yield (name, output) of some layers in one pass, which ends at the last of them, in their order."""
        wanted = {self._known(name) for name in name_list(layers, self.kind, "layers")}
        every = self._up(x, lambda name, x: self.layers[name].forward(x, rng=rng)[0])
        yield from chosen(every, wanted)

    def _up(self, x: Array, through: Callable[[str, Array], Array]) -> Iterator[tuple[str, Array]]:
        """Yield (name, output) of each layer, in order, computed by `through`."""
        for name in self.layers:
            with in_layer(name):
                x = through(name, x)
            yield name, x

    def _down(self, y: Array, tape: Tape, through: Callable[[str, Array], Array]) -> Array:
        """Return `y` carried down below the first layer."""
        self._check_tape(tape)
        for name in reversed(list(self.layers)):
            with in_layer(name):
                y = through(name, y)
        return y

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one output of the last layer."""
        *_, (_, shape) = self.output_shapes(input_shape)
        return shape

    def output_shapes(self, input_shape: Shape) -> Iterator[tuple[str, Shape]]:
        """Yield (name, shape of one output) of each layer."""
        shape = input_shape
        for name, layer in self.layers.items():
            with in_layer(name):
                shape = layer.output_shape(shape)
            yield name, shape

    def input_shapes(self, input_shape: Shape) -> Mapping[str, Any]:
        """Return the shape of one input of each layer; of a merging layer, a tuple of shapes."""
        shapes = {INPUT: input_shape, **dict(self.output_shapes(input_shape))}
        return {name: self._read(name, shapes) for name in self.layers}

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """Return the box of the chain's inputs that a box of its outputs depends on."""
        shapes = self.input_shapes(input_shape)
        for name in reversed(list(self.layers)):
            box = self.layers[name].receptive_field(box, shapes[name])
        return box

    def centered(self, context: Tape) -> Tape:
        """Return the tape with centers in place of the switches of all poolings."""
        return {name: layer.centered(context[name]) for name, layer in self.layers.items()}

    @overload
    def __getitem__(self, key: str) -> Layer: ...
    @overload
    def __getitem__(self, key: slice) -> "Sequential": ...
    def __getitem__(self, key: str | slice) -> "Layer | Sequential":
        """Return a layer by its name, or a chain by a slice of names that includes both ends."""
        if isinstance(key, str):
            return self.layers[self._known(key)]
        if not isinstance(key, slice) or key.step is not None:
            raise TypeError(f"{self.kind}: expected a layer's name or a slice of names, got {key!r}")
        names = list(self.layers)
        first = None if key.start is None else self._known(key.start)
        last = names[-1] if key.stop is None else self._known(key.stop)
        if first is not None and names.index(last) < names.index(first):
            raise ValueError(f"{self.kind}: layer {last!r} comes before {first!r}")
        return self._part(first, last)

    def _part(self, first: str | None, last: str) -> "Sequential":
        """Return the chain between two layers, both included."""
        names = list(self.layers)
        start = 0 if first is None else names.index(first)
        chosen = {name: self.layers[name] for name in names[start : names.index(last) + 1]}
        return Sequential(chosen, **self._options(self.inputs[names[start]][0], last))

    def _options(self, above: str, last: str) -> dict[str, Any]:
        """Return the options of a part that reads the output of `above`, and ends in `last`."""
        shape = self.input_shape
        if shape is not None and above != INPUT:
            shape = dict(self.output_shapes(shape))[above]
        classes = self.classes if last == list(self.layers)[-1] else None
        return {"input_shape": shape, "classes": classes, "dtype": self.dtype}

    def _read(self, name: str, values: Mapping[str, Any]) -> Any:
        """Return the values that a layer reads: one, or a tuple if it merges."""
        several = tuple(values[above] for above in self.inputs[name])
        return several if self.layers[name].merges else several[0]

    def _known(self, name: Any) -> str:
        if name not in self.layers:
            hint = did_you_mean(name, self.layers)
            raise KeyError(f"no layer {name!r}{hint}; the layers are {', '.join(self.layers)}")
        return str(name)

    def _check_tape(self, tape: Tape) -> None:
        """Check that the tape has all layers; it may be that of a longer network."""
        missing = [name for name in self.layers if not isinstance(tape, Mapping) or name not in tape]
        if missing:
            raise ValueError(
                f"{self.kind}: expected a tape with the context of each layer, got none of {missing[0]!r}"
            )

    def __repr__(self) -> str:
        lines = (f"  {name}: {layer!r}" for name, layer in self.layers.items())
        return "\n".join(["Sequential(", *lines, ")"])


def chosen(outputs: Iterator[tuple[str, Array]], wanted: set[str]) -> Iterator[tuple[str, Array]]:
    """Yield some of the outputs of a pass, and end the pass at the last of them."""
    left = set(wanted)
    while left:
        name, y = next(outputs)
        if name in left:
            left.remove(name)
            yield name, y


def last(outputs: Iterator[tuple[str, Array]]) -> Array:
    """Return the last of all outputs, holding one at a time."""
    return deque(outputs, maxlen=1).pop()[1]


def one_above(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the inputs of each layer of a chain: the layer above."""
    names = list(names)
    return {name: (above,) for name, above in zip(names, [INPUT, *names[:-1]], strict=True)}


@contextmanager
def in_layer(name: str) -> Iterator[None]:
    """Add the layer's name to an error."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in layer {name!r}")
        raise
