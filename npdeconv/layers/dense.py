"""Vectors: `Flatten` makes them, `Dense` maps them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from npdeconv import initializers
from npdeconv._checks import batch_of, positive_int, random_generator
from npdeconv._types import Array, Box, Generator, Gradients, Shape
from npdeconv.kernels.product import column_sums, product
from npdeconv.layers.base import LinearLayer


class Flatten(LinearLayer):
    """Read each image as one vector, in the order rows, columns, channels: (N, H, W, C) -> (N, D).

    Examples
    --------
    >>> nd.layers.Flatten()(np.zeros((10, 4, 4, 3))).shape
    (10, 48)
    """

    passes_on = True

    class Context(NamedTuple):
        """The shape of the batch."""

        shape: Shape

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Reshape."""
        self.check_input(x)
        return x.reshape(len(x), int(np.prod(x.shape[1:]))), self.Context(x.shape)

    def _transpose(self, y: Array, context: Context) -> Array:
        return y.reshape(context.shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (H * W * C,)."""
        return (int(np.prod(input_shape)),)

    def receptive_field(self, box: Box, input_shape: Shape) -> Box:
        """The whole map."""
        return Box(0, input_shape[0], 0, input_shape[1]) if len(input_shape) == 3 else box


class Dense(LinearLayer):
    """x @ weight + bias: (N, D) -> (N, M).

    Parameters
    ----------
    inputs, outputs : int
        D and M.
    rng : numpy.random.Generator
        Source of the initial weights, drawn by `npdeconv.initializers.he_normal`. Biases start at 0.
    dtype : float32 or float64

    Examples
    --------
    >>> dense = nd.layers.Dense(2, 3, rng=np.random.default_rng(0), dtype=np.float64)
    >>> dense.weight[:] = [[1, 2, 3], [4, 5, 6]]
    >>> dense(np.array([[1.0, 10.0]]))
    array([[41., 52., 63.]])
    """

    class Context(NamedTuple):
        """The inputs, (N, D)."""

        x: Array

    def __init__(self, inputs: int, outputs: int, *, rng: Generator, dtype: DTypeLike = np.float32) -> None:
        shape = (positive_int(inputs, self.kind, "inputs"), positive_int(outputs, self.kind, "outputs"))
        self.weight = initializers.he_normal(shape, random_generator(rng, self.kind), dtype)
        self.bias = np.zeros(shape[1], self.weight.dtype)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """`weight` (D, M) and `bias` (M,)."""
        return {"weight": self.weight, "bias": self.bias}

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Multiply, add the bias, and keep x."""
        batch_of(x, self.weight.dtype, (self.weight.shape[0],), self.kind)
        y = product(x, self.weight) + self.bias
        return y.astype(self.weight.dtype, copy=False), self.Context(x)

    def gradients(self, dy: Array, context: Context) -> Gradients:
        """Return the gradients of `weight` and `bias`."""
        dtype = self.weight.dtype
        dweight, dbias = product(context.x.T, dy), column_sums(dy)
        return {"weight": dweight.astype(dtype, copy=False), "bias": dbias.astype(dtype, copy=False)}

    def _transpose(self, y: Array, context: Context) -> Array:
        return product(y, self.weight.T).astype(self.weight.dtype, copy=False)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(D,) -> (M,)."""
        inputs, outputs = self.weight.shape
        if input_shape != (inputs,):
            raise ValueError(f"{self.kind}: expected an input of shape ({inputs},), got {input_shape}")
        return (outputs,)

    def __repr__(self) -> str:
        return f"Dense({self.weight.shape[0]}, {self.weight.shape[1]})"
