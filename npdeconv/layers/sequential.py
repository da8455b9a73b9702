"""A chain of named layers, itself a layer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import describe, did_you_mean
from npdeconv._types import Array, Box, Descent, Generator, Gradients, Shape
from npdeconv.layers.base import Context, Layer

Tape: TypeAlias = tuple[Context, ...]
"""The contexts of a chain, in the order of its layers."""


class Sequential(Layer):
    """A chain of named layers.

    Parameters
    ----------
    layers : mapping of str to Layer
        In the order of the pass. A layer may itself be a chain.
    input_shape : tuple of int, optional
        Shape of one input, such as (H, W, C). Given, the layers are checked to fit one another.
    name : str
        What messages and run folders call the chain.
    dtype : float32 or float64
        What a chain without parameters takes; one with parameters takes theirs.
    classes : tuple of str, optional
        What the outputs stand for, if that is known: a card says it, and training sets it. A data set
        is then matched by these names, see `npdeconv.inference.match`.

    Examples
    --------
    ``net["conv1"]`` is a layer. ``net[:"relu2"]`` is the chain up to **and including** relu2,
    ``net["pool1":]`` the one from pool1 on; both share the layers, and so the parameters, of `net`.
    ``net.parameters`` is flat: ``{"conv1.weight": array, ...}``.

    Raises
    ------
    TypeError
        For layers without names, or that are none.
    ValueError
        For no layers at all, or layers that do not fit; the error's notes name the layer.
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
        self.layers: Mapping[str, Layer] = dict(layers)
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
        """The parameters' dtype; where there are none, that of the chain it was cut from, or float32."""
        return next((array.dtype for array in self.parameters.values()), self._dtype)

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Tape]:
        """Pass through all layers in order; the context is the tape of theirs."""
        tape = []
        for name, layer in self.layers.items():
            with in_layer(name):
                x, context = layer.forward(x, rng=rng)
            tape.append(context)
        return x, tuple(tape)

    def backward(self, dy: Array, context: Tape) -> tuple[Array, Gradients]:
        """Carry the gradient back through all layers."""
        gradients: dict[str, Array] = {}
        for name, layer, below in self._downward(context):
            with in_layer(name):
                dy, own = layer.backward(dy, below)
            gradients |= {f"{name}.{key}": array for key, array in own.items()}
        return dy, gradients

    def deconv(self, y: Array, context: Tape) -> Array:
        """Project down through all layers."""
        for name, layer, below in self._downward(context):
            with in_layer(name):
                y = layer.deconv(y, below)
        return y

    def descend(self, y: Array, context: Tape, rule: Descent) -> Array:
        """Carry `y` down through all layers by a rule."""
        for name, layer, below in self._downward(context):
            with in_layer(name):
                y = layer.descend(y, below, rule)
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

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """Return the box of the chain's inputs that a box of its outputs depends on."""
        inputs = [input_shape, *(shape for _, shape in self.output_shapes(input_shape))]
        for layer, shape in zip(reversed(list(self.layers.values())), reversed(inputs[:-1]), strict=True):
            box = layer.receptive_field(box, shape)
        return box

    def centered(self, context: Tape) -> Tape:
        """Return the tape of a pass that has lost the switches of all its poolings."""
        return tuple(layer.centered(own) for layer, own in zip(self.layers.values(), context, strict=True))

    @overload
    def __getitem__(self, key: str) -> Layer: ...
    @overload
    def __getitem__(self, key: slice) -> "Sequential": ...
    def __getitem__(self, key: str | slice) -> "Layer | Sequential":
        """Return a layer by its name, or a chain by a slice of names that includes both ends."""
        if isinstance(key, str):
            return self.layers[self._known(key)]
        if not isinstance(key, slice) or key.step is not None:
            raise TypeError(f"Sequential: expected a layer's name or a slice of names, got {key!r}")
        names = list(self.layers)
        first = 0 if key.start is None else names.index(self._known(key.start))
        last = len(names) - 1 if key.stop is None else names.index(self._known(key.stop))
        if last < first:
            raise ValueError(f"Sequential: layer {key.stop!r} comes before {key.start!r}")
        chosen = {name: self.layers[name] for name in names[first : last + 1]}
        classes = self.classes if last == len(names) - 1 else None
        shape = self._input_shape_of(names[first])
        return Sequential(chosen, input_shape=shape, classes=classes, dtype=self.dtype)

    def _known(self, name: Any) -> str:
        if name not in self.layers:
            hint = did_you_mean(name, self.layers)
            raise KeyError(f"no layer {name!r}{hint}; the layers are {', '.join(self.layers)}")
        return str(name)

    def _input_shape_of(self, name: str) -> Shape | None:
        if self.input_shape is None:
            return None
        names = list(self.layers)
        shapes = [self.input_shape, *(shape for _, shape in self.output_shapes(self.input_shape))]
        return shapes[names.index(name)]

    def _downward(self, tape: Tape) -> Iterator[tuple[str, Layer, Context]]:
        if len(tape) != len(self.layers):
            raise ValueError(f"Sequential: expected a tape of {len(self.layers)} contexts, got {len(tape)}")
        named = reversed(list(self.layers.items()))
        return ((name, layer, below) for (name, layer), below in zip(named, reversed(tape), strict=True))

    def __repr__(self) -> str:
        lines = (f"  {name}: {layer!r}" for name, layer in self.layers.items())
        return "\n".join(["Sequential(", *lines, ")"])


@contextmanager
def in_layer(name: str) -> Iterator[None]:
    """Add to an error where it happened."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in layer {name!r}")
        raise
