"""The builder of the named networks."""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator, Shape
from npdeconv.layers import Add, Concat, Conv2D, Dense, Graph, Layer, MergingLayer, Sequential
from npdeconv.layers.sequential import INPUT
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

    Attributes
    ----------
    top : str
        The layer that the next one reads: the last one, unless set to another to branch.
    """

    def __init__(
        self, name: str, input_shape: Shape, *, rng: Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self._name, self._input_shape = name, input_shape
        self._rng, self._dtype = rng, dtype
        self._layers: dict[str, Layer] = {}
        self._shapes: dict[str, Shape] = {INPUT: input_shape}
        self._inputs: dict[str, tuple[str, ...]] = {}
        self.top = INPUT

    def put(self, **layers: Layer) -> None:
        """Put layers on top, under their names."""
        for name, layer in layers.items():
            self._shapes[name] = layer.output_shape(self._shapes[self.top])
            if self.top != next(reversed(self._layers), INPUT):
                self._inputs[name] = (self.top,)
            self._layers[name] = layer
            self.top = name

    def add(self, name: str, *above: str) -> None:
        """Put on an `Add` of other layers' outputs."""
        self._merge(name, Add(), above)

    def concat(self, name: str, *above: str) -> None:
        """Put on a `Concat` of other layers' outputs."""
        self._merge(name, Concat(), above)

    def _merge(self, name: str, layer: MergingLayer, above: tuple[str, ...]) -> None:
        self._shapes[name] = layer.output_shape(tuple(self._shapes[one] for one in above))
        self._layers[name], self._inputs[name] = layer, above
        self.top = name

    @property
    def channels(self) -> int:
        """The number of channels that the next layer reads."""
        return self._shapes[self.top][-1]

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
            self.channels,
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
        self.put(**{name: Dense(self.channels, outputs, rng=self._rng, dtype=self._dtype)})

    def network(self) -> Sequential:
        """Return a chain of all layers, or a graph if the network branches."""
        if not self._inputs:
            return Sequential(self._layers, input_shape=self._input_shape, name=self._name)
        return Graph(self._layers, inputs=self._inputs, input_shape=self._input_shape, name=self._name)
