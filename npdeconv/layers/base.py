"""The contract of a layer.

A layer is configuration and parameters; a pass is data. `forward` hands its caller everything
that the way back needs (the *context*), and the layer itself never changes, so any number of
passes may share it, in any order, in any thread.
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
"""What one layer's pass left: a NamedTuple that the layer declares and nobody else looks into.

It begins with the batch that went in, or its shape, by which `Layer.check_descent` checks what comes down."""


class Layer(ABC):
    """A differentiable map from a batch of inputs to a batch of outputs, with a way back to pixels.

    A layer writes `forward`, `backward` and `deconv`; `parameters` if it has any, and `output_shape` if
    that is not the input's. Below stands what others want to know of it. It may say nothing, and
    is then treated as one that may do anything. `npdeconv.gradcheck.check_layer` holds it to its word.
    """

    locality: ClassVar[Literal["position", "window"] | None] = None
    """What an output depends on: the same position, in all channels; what lies under its `window`;
    or, if None, perhaps everything. The first two do the same at every position. Every class says it
    for itself: one that is derived and does not say it again may do anything."""

    linear: ClassVar[bool] = False
    """Whether it is linear in its input, but for a bias."""

    passes_on: ClassVar[bool] = False
    """Whether it gives, without noise, the numbers that it is given, perhaps in another shape."""

    pools: ClassVar[Literal["maximum", "mean"] | None] = None
    """What it keeps of what lies under its `window`, or if it has none, of each whole map."""

    probabilities: ClassVar[Literal["exclusive", "independent"] | None] = None
    """What it gives if these are probabilities: of classes of which one is right, or each by itself."""

    window: Window | None = None
    """What slides over the input, if anything does."""

    beyond: float | None = None
    """What `window` shows beyond the image, if it is a number."""

    rectifies: bool = False
    """Whether it is one of the layers at which the rules of descent part, see `ReLU`."""

    merges: ClassVar[bool] = False
    """Whether it reads several layers, see `npdeconv.layers.MergingLayer`."""

    def __init_subclass__(cls) -> None:
        """Forget what the class above said of its locality."""
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

        Only rectifiers tell them all apart. Everywhere else, "deconv" is `deconv` and every other rule
        is `backward`. A layer that is no rectifier need not override this.
        """
        if rule == "deconv":
            return self.deconv(y, context)
        if rule == "linear" and self.rectifies:
            self.check_descent(y, context)
            return y
        dx, _ = self.backward(y, context)
        if rule == "ascent" and self.rectifies:
            stopped = ~dx.any(axis=tuple(range(1, dx.ndim)))  # images of which nothing is left
            dx[stopped] = y[stopped]
        return self.deconv(dx, context) if rule == "guided" and self.rectifies else dx

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one output for the shape of one input; raise ValueError if it cannot fit.

        It is the same unless a layer says otherwise.
        """
        return input_shape

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """Return the box of inputs that a box of outputs depends on; it may leave the image.

        It is what lies under the `window`; without one, it is the box itself.
        """
        if self.window is None:
            return box
        if not isinstance(self.window, Window):
            raise TypeError(f"{self.kind}: expected window to be a Window, got {describe(self.window)}")
        return self.window.receptive_field(box, input_shape, self.kind)

    def centered(self, context: Context) -> Context:
        """Return the context of a pass that has lost its switches; the same if it has none."""
        return context

    def check_input(self, x: Array) -> None:
        """Check that a batch is of floats, and of a shape that fits."""
        if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.floating):
            raise TypeError(f"{self.kind}: expected an array of floats, got {describe(x)}")
        self.output_shape(x.shape[1:])

    def check_descent(self, y: Array, context: Context) -> None:
        """Check that what comes down has the shape and dtype of what went up."""
        shape, dtype = self.went_up(context)
        is_floating = isinstance(y, np.ndarray) and np.issubdtype(y.dtype, np.floating)
        if not is_floating or y.shape != shape or dtype not in (y.dtype, None):
            raise ValueError(
                f"{self.kind}: expected {dtype or 'floats'} of shape {shape} on the way down,"
                f" as on the way up, got {describe(y)}"
            )

    def went_up(self, context: Context) -> tuple[Shape, np.dtype[Any] | None]:
        """Return the shape of the outputs of the pass that left `context`, and their dtype if it is known.

        They follow from the first entry of the context: the batch that went in or another array of
        its shape, or the shape itself.
        """
        x = context[0] if isinstance(context, tuple) and context else None
        if isinstance(x, np.ndarray):
            dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else None
            return (len(x), *self.output_shape(x.shape[1:])), dtype
        if not isinstance(x, tuple):
            raise TypeError(
                f"{self.kind}: expected a context that begins with what went in, or its shape,"
                f" got {describe(context)}"
            )
        return (x[0], *self.output_shape(x[1:])), None

    def __call__(self, x: Array) -> Array:
        """Compute the outputs of a batch, without the context."""
        return self.forward(x)[0]

    @property
    def kind(self) -> str:
        """What messages call the layer."""
        return type(self).__name__

    def __repr__(self) -> str:
        """Return the constructor's arguments, as far as attributes are called so, and the parameters' shapes.

        It is the same in every process, so that a run can compare its layers with what it finds.
        """
        arguments = inspect.signature(type(self)).parameters
        given = {name: vars(self)[name] for name in arguments if name in vars(self)}
        shown = [f"{name}={describe(value)}" for name, value in given.items()]
        shown += [f"{name}: {array.shape}" for name, array in self.parameters.items() if name not in given]
        return f"{self.kind}({', '.join(shown)})"


class LinearLayer(Layer):
    """A layer that is linear in its input (but for a bias): down is up, transposed.

    The projection and the gradient are then the same map, `_transpose`, written once. Neither
    calls the other, so that a change of the projection rule can never change the gradient.
    """

    linear = True

    @abstractmethod
    def _transpose(self, y: Array, context: Context) -> Array:
        """Apply the transposed map, without bias, to what `check_descent` has let pass."""

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of the parameters alone, which is all that a first layer needs."""
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
    """A layer that the paper's DeconvNet has no inverse of: `deconv` is the identity."""

    @abstractmethod
    def _gradient(self, dy: Array, context: Context) -> Array:
        """Return dx for a gradient that `check_descent` has let pass."""

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Apply the transposed Jacobian."""
        self.check_descent(dy, context)
        return self._gradient(dy, context), {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Return y."""
        self.check_descent(y, context)
        return y
