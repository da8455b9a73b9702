"""The contract of a layer.

A layer holds configuration and parameters only. `forward` returns everything that the way back
needs (the *context*) and never changes the layer, so any number of passes may share it, in any
order, in any thread.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array, Box, Descent, Generator, Gradients, Shape
from npdeconv.layers.window import Window

Context: TypeAlias = Any
"""A layer's record of one pass: a NamedTuple that only the layer itself reads.

Its first entry is the batch of inputs, or its shape; `Layer.check_descent` uses it."""


class Layer(ABC):
    """A differentiable map from a batch of inputs to a batch of outputs, with a way back to pixels.

    A layer defines `forward`, `backward` and `deconv`; `parameters` if it has any, and `output_shape` if
    that differs from the input's. The attributes below declare properties that others rely on. A layer
    that declares none is assumed to have none. `npdeconv.gradcheck.check_layer` tests the declarations.

    Examples
    --------
    >>> class Double(nd.layers.Layer):
    ...     def forward(self, x, *, rng=None):
    ...         return 2 * x, (x.shape,)
    ...     def backward(self, dy, context):
    ...         return 2 * dy, {}
    ...     def deconv(self, y, context):
    ...         return 2 * y
    >>> Double()(np.array([[1.0, 2.0]]))
    array([[2., 4.]])
    >>> nd.gradcheck.check_gradients(Double(), np.array([[1.0, 2.0]])).passed
    True
    """

    locality: ClassVar[Literal["position", "window"] | None] = None
    """What an output depends on: the same position, in all channels; the pixels under its `window`;
    or, if None, possibly everything. The first two do the same at every position. Not inherited:
    every class declares it itself."""

    linear: ClassVar[bool] = False
    """Whether it is linear in its input, apart from a bias."""

    passes_on: ClassVar[bool] = False
    """Whether, without noise, its outputs are its inputs, possibly in another shape."""

    pools: ClassVar[Literal["maximum", "mean"] | None] = None
    """How it pools what lies under its `window`, or each whole map if it has none."""

    probabilities: ClassVar[Literal["exclusive", "independent"] | None] = None
    """If its outputs are probabilities: of exclusive classes, or of independent ones."""

    window: Window | None = None
    """The window that slides over the input, if there is one."""

    beyond: float | None = None
    """The padding value of `window`, if it is a number."""

    rectifies: bool = False
    """Whether the rules of descent differ at it, see `ReLU`."""

    merges: ClassVar[bool] = False
    """Whether it reads several layers, see `npdeconv.layers.MergingLayer`."""

    def __init_subclass__(cls) -> None:
        """Do not inherit the locality."""
        super().__init_subclass__()
        if "locality" not in vars(cls):
            cls.locality = None

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The live arrays that training changes, by name."""
        return {}

    @abstractmethod
    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Compute the outputs of a batch, and the context for the way back.

        Parameters
        ----------
        x : (N, ...)
            Not changed.
        rng : numpy.random.Generator, optional
            Source of noise for the layers that have any (`Dropout`); None means no noise.

        Returns
        -------
        y : (N, ...)
        context
            To be passed on to `backward` or `deconv`; do not write into its arrays.
        """

    @abstractmethod
    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Carry the gradient of a loss from the outputs to the inputs and parameters.

        Returns
        -------
        dx : (N, ...)
            Gradient with respect to the inputs of the pass that left `context`.
        gradients : dict
            One array per parameter, under the parameter's name.
        """

    @abstractmethod
    def deconv(self, y: Array, context: Context) -> Array:
        """Carry activations down to the input space, as the DeconvNet does (arXiv:1311.2901, 2.1)."""

    def descend(self, y: Array, context: Context, rule: Descent) -> Array:
        """Carry `y` down by a rule: "deconv", "gradient", "guided", "linear" or "ascent" (see `ReLU`).

        All five differ only at rectifiers. Elsewhere, "deconv" is `deconv` and every other rule is
        `backward`. Only rectifiers need to override this.
        """
        if rule == "deconv":
            return self.deconv(y, context)
        if rule == "linear" and self.rectifies:
            self.check_descent(y, context)
            return y
        dx, _ = self.backward(y, context)
        if rule == "ascent" and self.rectifies:
            stopped = ~dx.any(axis=tuple(range(1, dx.ndim)))  # images whose gradient is 0 everywhere
            dx[stopped] = y[stopped]
        return self.deconv(dx, context) if rule == "guided" and self.rectifies else dx

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one output for the shape of one input; raise ValueError if it cannot fit.

        The input's shape unless overridden.
        """
        return input_shape

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """Return the box of inputs that a box of outputs depends on; it may leave the image.

        That is the box under the `window`; without one, the same box.
        """
        if self.window is None:
            return box
        if not isinstance(self.window, Window):
            raise TypeError(f"{self.kind}: expected window to be a Window, got {describe(self.window)}")
        return self.window.receptive_field(box, input_shape, self.kind)

    def centered(self, context: Context) -> Context:
        """Return the context with centers in place of switches; the same if it has no switches."""
        return context

    def check_input(self, x: Array) -> None:
        """Check that a batch is of floats, and of a shape that fits."""
        if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.floating):
            raise TypeError(f"{self.kind}: expected an array of floats, got {describe(x)}")
        self.output_shape(x.shape[1:])

    def check_descent(self, y: Array, context: Context) -> None:
        """Check that `y` has the shape and dtype of the pass's outputs."""
        shape, dtype = self.went_up(context)
        is_floating = isinstance(y, np.ndarray) and np.issubdtype(y.dtype, np.floating)
        if not is_floating or y.shape != shape or dtype not in (y.dtype, None):
            raise ValueError(
                f"{self.kind}: expected {dtype or 'floats'} of shape {shape} on the way down,"
                f" as on the way up, got {describe(y)}"
            )

    def went_up(self, context: Context) -> tuple[Shape, np.dtype[Any] | None]:
        """Return the shape of the outputs of the pass that left `context`, and their dtype if it is known.

        They follow from the first entry of the context: the batch of inputs, another array of
        its shape, or the shape itself.
        """
        x = context[0] if isinstance(context, tuple) and context else None
        if isinstance(x, np.ndarray):
            dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else None
            return (len(x), *self.output_shape(x.shape[1:])), dtype
        if not isinstance(x, tuple):
            raise TypeError(
                f"{self.kind}: expected a context that begins with the inputs or their shape,"
                f" got {describe(context)}"
            )
        return (x[0], *self.output_shape(x[1:])), None

    def __call__(self, x: Array) -> Array:
        """Compute the outputs of a batch, without the context."""
        return self.forward(x)[0]

    @property
    def kind(self) -> str:
        """The layer's name in messages."""
        return type(self).__name__

    def __repr__(self) -> str:
        """Return the constructor's arguments that are attributes, and the parameters' shapes.

        It is the same in every process, so that a resumed run can compare it with its record.
        """
        arguments = inspect.signature(type(self)).parameters
        given = {name: vars(self)[name] for name in arguments if name in vars(self)}
        shown = [f"{name}={describe(value)}" for name, value in given.items()]
        shown += [f"{name}: {array.shape}" for name, array in self.parameters.items() if name not in given]
        return f"{self.kind}({', '.join(shown)})"


class LinearLayer(Layer):
    """A layer that is linear in its input, apart from a bias.

    The projection and the gradient are both the transposed map, `_transpose`. Neither calls the
    other, so that a change of the projection rule can never change the gradient.

    Examples
    --------
    >>> class Reversed(nd.layers.LinearLayer):
    ...     def forward(self, x, *, rng=None):
    ...         return x[:, ::-1], (x.shape,)
    ...     def _transpose(self, y, context):
    ...         return y[:, ::-1]
    >>> y, context = Reversed().forward(np.array([[1.0, 2.0, 3.0]]))
    >>> y, Reversed().deconv(y, context)
    (array([[3., 2., 1.]]), array([[1., 2., 3.]]))
    """

    linear = True

    @abstractmethod
    def _transpose(self, y: Array, context: Context) -> Array:
        """Apply the transposed map, without bias; `y` is checked."""

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of the parameters alone; a first layer needs no others."""
        return {}

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Apply the transposed map, and return the gradients of the parameters."""
        self.check_descent(dy, context)
        return self._transpose(dy, context), self.gradients(dy, context)

    def deconv(self, y: Array, context: Context) -> Array:
        """Apply the transposed map, without bias."""
        self.check_descent(y, context)
        return self._transpose(y, context)

    def descend(self, y: Array, context: Context, rule: Descent) -> Array:
        """Apply the transposed map, whatever the rule."""
        if rule == "deconv":
            return self.deconv(y, context)
        self.check_descent(y, context)
        return self._transpose(y, context)  # as `backward`, without the parameters' gradients


class UninvertedLayer(Layer):
    """A layer without an inverse in the paper's DeconvNet: `deconv` is the identity.

    Examples
    --------
    >>> isinstance(nd.layers.Softmax(), nd.layers.UninvertedLayer)
    True
    >>> y, context = nd.layers.Softmax().forward(np.array([[1.0, 2.0]]))
    >>> nd.layers.Softmax().deconv(np.array([[0.0, 7.0]]), context)
    array([[0., 7.]])
    """

    @abstractmethod
    def _gradient(self, dy: Array, context: Context) -> Array:
        """Return dx for a checked gradient."""

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Apply the transposed Jacobian."""
        self.check_descent(dy, context)
        return self._gradient(dy, context), {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Return y."""
        self.check_descent(y, context)
        return y
