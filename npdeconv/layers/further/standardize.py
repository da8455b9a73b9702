"""Pixels scaled as a pretrained network expects them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array, Generator, Shape
from npdeconv.layers.base import LinearLayer


class Standardize(LinearLayer):
    """(x - mean) / std, with one mean and one std per channel: (..., C) -> (..., C).

    As the first layer of a pretrained network, it scales the filters' input as in training. Images,
    boxes and projections stay in the colors of the originals.

    Parameters
    ----------
    mean, std : sequence of C floats
        For pixels from 0 to 1, in the order of the channels of x.
    reverse : bool, optional
        Reverse the order of the channels, for networks that take blue, green, red.

    Raises
    ------
    ValueError
        If the two are not of one length, or hold NaN, infinity, or a `std` that is not above 0.

    Examples
    --------
    >>> standardize = nd.layers.Standardize(mean=[1, 2], std=[10, 100])
    >>> standardize(np.array([[11.0, 202.0]]))
    array([[1., 2.]])
    """

    locality = "position"

    class Context(NamedTuple):
        """The shape of the batch."""

        shape: Shape

    def __init__(self, mean: Sequence[float], std: Sequence[float], *, reverse: bool = False) -> None:
        self.mean = np.array(mean, np.float64)
        self.std = np.array(std, np.float64)
        self.reverse = reverse
        got = f"{describe(mean)} and {describe(std)}"
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise ValueError(f"{self.kind}: expected as many means as stds, got {got}")
        if not np.isfinite([self.mean, self.std]).all() or self.std.min(initial=np.inf) <= 0:
            raise ValueError(f"{self.kind}: expected finite means, and stds above 0, got {got}")

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Subtract and divide; reverse the channels if chosen."""
        self.check_input(x)
        y = (x - self.mean.astype(x.dtype)) / self.std.astype(x.dtype)
        return self._reorder(y), self.Context(x.shape)

    def _transpose(self, y: Array, context: Context) -> Array:
        return self._reorder(y) / self.std.astype(y.dtype)

    def _reorder(self, x: Array) -> Array:
        return np.ascontiguousarray(x[..., ::-1]) if self.reverse else x

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        if input_shape[-1:] != self.mean.shape:
            raise ValueError(f"{self.kind}: expected {len(self.mean)} channels, got shape {input_shape}")
        return input_shape

    def __repr__(self) -> str:
        reverse = ", reverse=True" * self.reverse
        return f"Standardize({self.mean.tolist()}, {self.std.tolist()}{reverse})"
