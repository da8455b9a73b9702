"""The builder of the named networks."""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator, Shape
from npdeconv.layers import Conv2D, Dense, Layer, Sequential
from npdeconv.layers.window import Padding


class Stack:
    """Named layers, each put on top of the last one and fitted to its output shape.

    Parameters
    ----------
    name : str
        The name of the network.
    input_shape : (H, W, C)
    rng : numpy.random.Generator
        Source of the initial weights, drawn in the order of the layers.
    dtype : float32 or float64
    """

    def __init__(
        self, name: str, input_shape: Shape, *, rng: Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self._name, self._input_shape = name, input_shape
        self._rng, self._dtype = rng, dtype
        self._layers: dict[str, Layer] = {}
        self._shape = input_shape

    def put(self, **layers: Layer) -> None:
        """Put layers on top, under their names."""
        for name, layer in layers.items():
            self._shape = layer.output_shape(self._shape)
            self._layers[name] = layer

    def conv(
        self,
        name: str,
        filters: int,
        size: int,
        *,
        stride: int = 1,
        padding: Padding = "same",
        groups: int = 1,
    ) -> Conv2D:
        """Put a convolution on top."""
        layer = Conv2D(
            self._shape[-1],
            filters,
            size,
            stride=stride,
            padding=padding,
            groups=groups,
            rng=self._rng,
            dtype=self._dtype,
        )
        self.put(**{name: layer})
        return layer

    def dense(self, name: str, outputs: int) -> None:
        """Put a dense layer on top."""
        self.put(**{name: Dense(self._shape[-1], outputs, rng=self._rng, dtype=self._dtype)})

    def network(self) -> Sequential:
        """Return the chain of all layers."""
        return Sequential(self._layers, input_shape=self._input_shape, name=self._name)
