"""Rectifiers with a slope for negative values: one for all channels, or a learned one for each."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import fraction, positive_int
from npdeconv._types import Array, Generator, Gradients, Shape
from npdeconv.layers.base import Layer
from npdeconv.layers.further.channels import channel_sums, check_channels, check_shape
from npdeconv.layers.relu import ReLU


class LeakyReLU(ReLU):
    """x where it is positive, slope * x elsewhere.

    Maas, Hannun & Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).

    Parameters
    ----------
    slope : float
        At least 0 (`ReLU`) and below 1.

    Notes
    -----
    `deconv` is the layer's own function, applied to what comes down, by the paper's reasoning: its
    maps are never negative, so the DeconvNet rectifies to get "valid feature reconstructions at each
    layer" (arXiv:1311.2901, section 2.1). The maps of this layer may be negative, scaled by the slope,
    and so may their reconstructions. The rules are those of `ReLU`, with gates that pass slope times
    the value instead of 0. As slope goes to 0, projections become those of a network with `ReLU`; as
    it goes to 1, those of a linear one.

    Examples
    --------
    >>> nd.layers.LeakyReLU(0.5)(np.array([[-2.0, 0.0, 3.0]]))
    array([[-1.,  0.,  3.]])
    """

    locality = "position"

    def __init__(self, slope: float = 0.1) -> None:
        self.slope = fraction(slope, self.kind, "slope")

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, ReLU.Context]:
        """Rectify, and keep where x was positive."""
        self.check_input(x)
        return self._leak(x), self.Context(x > 0)

    def backward(self, dy: Array, context: ReLU.Context) -> tuple[Array, Gradients]:
        """Pass the gradient where x was positive, and slope times the gradient elsewhere."""
        self.check_descent(dy, context)
        # Looked up by the sign: numpy.where takes several times as long if signs change often.
        gates = np.array([self.slope, 1], dy.dtype)
        return dy * gates[context.positive.view(np.uint8)], {}

    def deconv(self, y: Array, context: ReLU.Context) -> Array:
        """Rectify again: carry down positive evidence, and slope times the negative."""
        self.check_descent(y, context)
        return self._leak(y)

    def _leak(self, x: Array) -> Array:
        return np.maximum(x, x.dtype.type(self.slope) * x)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"


class PReLU(Layer):
    """x where it is positive, slope * x elsewhere, with one slope per channel: (..., C) -> (..., C).

    He et al., "Delving Deep into Rectifiers" (arXiv:1502.01852), section 2.1.

    Parameters
    ----------
    channels : int
        C. Slopes start at 0.25, as in the paper.
    dtype : float32 or float64

    Notes
    -----
    `deconv` is the layer's own function, applied to what comes down, for the reason given at
    `LeakyReLU`; the rules are those of `LeakyReLU` with each channel's slope. A learned slope may be
    negative or above 1; `deconv` then treats negative values as the layer does on the way up.

    Examples
    --------
    >>> prelu = nd.layers.PReLU(2, dtype=np.float64)
    >>> prelu.parameters["slope"][:] = 0.5, 0.25
    >>> prelu(np.array([[-4.0, -4.0], [1.0, 1.0]]))
    array([[-2., -1.],
           [ 1.,  1.]])
    """

    locality = "position"
    rectifies = True

    class Context(NamedTuple):
        """The inputs, (N, ..., C)."""

        x: Array

    def __init__(self, channels: int, *, dtype: DTypeLike = np.float32) -> None:
        self.slope = np.full(positive_int(channels, self.kind, "channels"), 0.25, dtype)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """`slope` (C,)."""
        return {"slope": self.slope}

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Rectify, and keep x."""
        check_channels(x, self.slope, self.kind)
        return self._leak(x), self.Context(x)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Pass the gradient where x was positive, and slope times the gradient elsewhere."""
        self.check_descent(dy, context)
        negative = np.minimum(context.x, 0)
        dx = np.where(context.x > 0, dy, dy * self.slope)
        return dx, {"slope": channel_sums(dy * negative)}

    def deconv(self, y: Array, context: Context) -> Array:
        """Rectify again: carry down positive evidence, and slope times the negative."""
        self.check_descent(y, context)
        return self._leak(y)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        return check_shape(input_shape, self.slope, self.kind)

    def _leak(self, x: Array) -> Array:
        # numpy.where takes several times as long if signs change often.
        return np.maximum(x, 0) + self.slope * np.minimum(x, 0)

    def __repr__(self) -> str:
        return f"PReLU({len(self.slope)})"
