"""A scale and a shift for each channel, such as a batch normalization at inference."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import positive_int
from npdeconv._types import Array, Generator, Gradients, Shape
from npdeconv.layers.base import LinearLayer
from npdeconv.layers.further.channels import channel_sums, check_channels, check_shape


class Scale(LinearLayer):
    """weight * x + bias, with one weight and one bias per channel: (..., C) -> (..., C).

    A batch normalization with fixed statistics (Ioffe & Szegedy, arXiv:1502.03167, section 3.1)
    has weight = gamma / sqrt(variance + epsilon) and bias = beta - weight * mean.

    Parameters
    ----------
    channels : int
        C. Weights start at 1, biases at 0.
    dtype : float32 or float64

    Notes
    -----
    It is linear, so `deconv` multiplies by the same weights and adds no bias: folding the layer into
    the convolution below it changes no projection. (`deconv` is the identity for response normalization,
    where the scale depends on the image.)

    Examples
    --------
    >>> scale = nd.layers.Scale(2, dtype=np.float64)
    >>> scale.weight[:], scale.bias[:] = (2, 3), (0, 1)
    >>> scale(np.array([[10.0, 10.0]]))
    array([[20., 31.]])
    """

    locality = "position"

    class Context(NamedTuple):
        """The inputs, (N, ..., C)."""

        x: Array

    def __init__(self, channels: int, *, dtype: DTypeLike = np.float32) -> None:
        count = positive_int(channels, self.kind, "channels")
        self.weight, self.bias = np.ones(count, dtype), np.zeros(count, dtype)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """`weight` (C,) and `bias` (C,)."""
        return {"weight": self.weight, "bias": self.bias}

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Multiply and add, and keep x."""
        check_channels(x, self.weight, self.kind)
        return x * self.weight + self.bias, self.Context(x)

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of `weight` and `bias`."""
        return {"weight": channel_sums(dy * context.x), "bias": channel_sums(dy)}

    def _transpose(self, y: Array, context: Context) -> Array:
        return y * self.weight

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        return check_shape(input_shape, self.weight, self.kind)

    def __repr__(self) -> str:
        return f"Scale({len(self.weight)})"
