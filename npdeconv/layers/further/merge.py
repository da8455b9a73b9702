"""Layers that read several others: their sum, or their channels side by side."""

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array, Box, Generator, Gradients, Shape
from npdeconv.layers.base import Layer


class MergingLayer(Layer):
    """A layer of several inputs: it takes a tuple, and passes a tuple of the same length down.

    Only a `Graph` can contain it. It is linear, as `LinearLayer` is, and does the same at every
    position; `deconv` and the gradient are the same map, `_transpose`.

    Examples
    --------
    >>> issubclass(nd.layers.Add, nd.layers.MergingLayer), nd.layers.Concat().merges
    (True, True)
    """

    # Types are ignored below where this layer takes tuples and `Layer` takes arrays.
    linear = True
    locality = "position"
    merges = True

    class Context(NamedTuple):
        """The shapes of the batches of inputs, and their dtype."""

        input_shapes: tuple[Shape, ...]
        dtype: np.dtype[Any]

    @abstractmethod
    def _merge(self, xs: tuple[Array, ...]) -> Array:
        """Return the output for inputs that fit."""

    @abstractmethod
    def _transpose(self, y: Array, context: Context) -> tuple[Array, ...]:
        """Apply the transposed map; `y` is checked."""

    @abstractmethod
    def output_shape(self, input_shapes: tuple[Shape, ...]) -> Shape:  # type: ignore[override]
        """Return the shape of one output for those of its inputs; raise ValueError if they do not fit."""

    def forward(  # type: ignore[override]
        self, xs: tuple[Array, ...], *, rng: Generator | None = None
    ) -> tuple[Array, Context]:
        """Merge several batches, and keep their shapes."""
        arrays = isinstance(xs, tuple) and all(isinstance(x, np.ndarray) for x in xs)
        if not arrays or len({x.dtype for x in xs}) != 1 or not np.issubdtype(xs[0].dtype, np.floating):
            raise TypeError(
                f"{self.kind}: expected a tuple of arrays of floats of one dtype, as a Graph gives it,"
                f" got {describe(xs)}"
            )
        if len({len(x) for x in xs}) != 1:
            raise ValueError(f"{self.kind}: expected batches of one length, got {[len(x) for x in xs]}")
        self.output_shape(tuple(x.shape[1:] for x in xs))
        return self._merge(xs), self.Context(tuple(x.shape for x in xs), xs[0].dtype)

    def backward(  # type: ignore[override]
        self, dy: Array, context: Context
    ) -> tuple[tuple[Array, ...], Gradients]:
        """Apply the transposed map; there are no parameters."""
        self.check_descent(dy, context)
        return self._transpose(dy, context), {}

    def deconv(self, y: Array, context: Context) -> tuple[Array, ...]:  # type: ignore[override]
        """Apply the transposed map."""
        self.check_descent(y, context)
        return self._transpose(y, context)

    def receptive_field(  # type: ignore[override]
        self, box: Box, input_shapes: tuple[Shape, ...]
    ) -> tuple[Box, ...]:
        """Return the box of each input that a box of outputs depends on."""
        return (box,) * len(input_shapes)

    def went_up(self, context: Context) -> tuple[Shape, np.dtype[Any]]:
        """Return shape and dtype of the outputs of the pass that left `context`."""
        batch = context.input_shapes[0][0]
        return (batch, *self.output_shape(tuple(shape[1:] for shape in context.input_shapes))), context.dtype

    def _several(self, shapes: Any) -> tuple[Shape, ...]:
        """Return the shapes of several inputs."""
        if not isinstance(shapes, tuple) or len(shapes) < 2 or not all(isinstance(s, tuple) for s in shapes):
            raise ValueError(
                f"{self.kind}: expected the shapes of two inputs or more, as a Graph gives them,"
                f" got {describe(shapes)}"
            )
        return shapes


class Add(MergingLayer):
    """The sum of inputs of one shape, such as a residual block and its shortcut.

    He et al., "Deep Residual Learning for Image Recognition" (arXiv:1512.03385), equation 1. On the
    way down, each input gets a copy: the transposed map of a sum.

    Examples
    --------
    >>> a, b = np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])
    >>> y, context = nd.layers.Add().forward((a, b))
    >>> y
    array([[11., 22.]])
    >>> nd.layers.Add().deconv(y, context)
    (array([[11., 22.]]), array([[11., 22.]]))
    """

    locality = "position"

    def _merge(self, xs: tuple[Array, ...]) -> Array:
        y = xs[0] + xs[1]
        for x in xs[2:]:
            y += x
        return y

    def _transpose(self, y: Array, context: MergingLayer.Context) -> tuple[Array, ...]:
        return (y,) * len(context.input_shapes)

    def output_shape(self, input_shapes: tuple[Shape, ...]) -> Shape:  # type: ignore[override]
        """The inputs' one shape."""
        shapes = self._several(input_shapes)
        if len(set(shapes)) != 1:
            raise ValueError(f"{self.kind}: expected inputs of one shape, got {', '.join(map(str, shapes))}")
        return shapes[0]


class Concat(MergingLayer):
    """Inputs side by side along the last axis, (H, W, C1), (H, W, C2), ... -> (H, W, C1 + C2 + ...).

    Inception modules (arXiv:1409.4842) and dense blocks (arXiv:1608.06993) end in it. On the way
    down, each input gets its own channels.

    Examples
    --------
    >>> a, b = np.zeros((1, 5, 5, 2)), np.ones((1, 5, 5, 3))
    >>> nd.layers.Concat()((a, b)).shape
    (1, 5, 5, 5)
    """

    locality = "position"

    def _merge(self, xs: tuple[Array, ...]) -> Array:
        return np.concatenate(xs, axis=-1)

    def _transpose(self, y: Array, context: MergingLayer.Context) -> tuple[Array, ...]:
        ends = np.cumsum([shape[-1] for shape in context.input_shapes])
        return tuple(np.ascontiguousarray(piece) for piece in np.split(y, ends[:-1], axis=-1))

    def output_shape(self, input_shapes: tuple[Shape, ...]) -> Shape:  # type: ignore[override]
        """The inputs' shape, with the lengths of the last axis added up."""
        shapes = self._several(input_shapes)
        if len({shape[:-1] for shape in shapes}) != 1 or not shapes[0]:
            raise ValueError(
                f"{self.kind}: expected inputs that differ in their channels at most,"
                f" got {', '.join(map(str, shapes))}"
            )
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
