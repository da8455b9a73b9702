"""The contract of a layer.

A layer is configuration and parameters; a pass is data. `forward` hands its caller everything
that the way back needs (the *context*), and the layer itself never changes, so any number of
passes may share it, in any order, in any thread.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array, Box, Descent, Generator, Gradients, Shape

Context: TypeAlias = Any
"""What one layer's pass left: a NamedTuple that the layer declares and nobody else looks into."""


class Layer(ABC):
    """A differentiable map from a batch of inputs to a batch of outputs, with a way back to pixels."""

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
        return self.deconv(y, context) if rule == "deconv" else self.backward(y, context)[0]

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one output for the shape of one input; raise ValueError if it cannot fit."""

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """Return the box of inputs that a box of outputs depends on; it may leave the image.

        Layers that treat every position by itself, like those which do not override this, see
        the box itself.
        """
        return box

    def __call__(self, x: Array) -> Array:
        """Compute the outputs of a batch, without the context."""
        return self.forward(x)[0]

    @property
    def name(self) -> str:
        """The kind of layer, as messages call it."""
        return type(self).__name__

    def __repr__(self) -> str:
        """Return the constructor's arguments, as far as attributes are called so, and the parameters' shapes.

        It is the same in every process, so that a run can compare its layers with what it finds.
        """
        arguments = inspect.signature(type(self)).parameters
        given = {name: vars(self)[name] for name in arguments if name in vars(self)}
        shown = [f"{name}={describe(value)}" for name, value in given.items()]
        shown += [f"{name}: {array.shape}" for name, array in self.parameters.items() if name not in given]
        return f"{self.name}({', '.join(shown)})"


class LinearLayer(Layer):
    """A layer that is linear in its input (but for a bias): down is up, transposed.

    The projection and the gradient are then the same map, `_transpose`, written once. Neither
    calls the other, so that a change of the projection rule can never change the gradient.
    """

    @abstractmethod
    def _transpose(self, y: Array, context: Context) -> Array:
        """Apply the transposed map."""

    def deconv(self, y: Array, context: Context) -> Array:
        """Apply the transposed map, without bias."""
        return self._transpose(y, context)

    def descend(self, y: Array, context: Context, rule: Descent) -> Array:
        """Apply the transposed map, whatever the rule."""
        return self._transpose(y, context)


def check_floating(x: Array, who: str) -> None:
    """Check that a layer without parameters, which takes any float, was given floats."""
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"{who}: expected an array of floats, got {describe(x)}")


def check_descent(y: Array, shape: Shape, dtype: np.dtype[Any], who: str) -> None:
    """Check that what comes down has the shape and dtype of what went up."""
    if not isinstance(y, np.ndarray) or y.shape != shape or y.dtype != dtype:
        raise ValueError(
            f"{who}: expected {dtype} of shape {shape} on the way down, as on the way up, got {describe(y)}"
        )
