"""Average pooling."""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from npdeconv._types import Array, Generator, Pair, Shape
from npdeconv.layers.pool import Pool2D
from npdeconv.layers.window import Padding

Places: TypeAlias = tuple[slice, slice, slice]
"""An index of (N, rows, columns, C), all images and channels."""


class AvgPool2D(Pool2D):
    """Average each window: (N, H, W, C) -> (N, OH, OW, C).

    Parameters
    ----------
    window, stride, padding, ceil_mode
        As of every `Pool2D`.
    count_include_pad : bool
        If False, the mean is over the pixels of the window that lie in the image, as in TensorFlow.
        If True, padding counts as zeros, as in PyTorch; the overhang of `ceil_mode` does not count.

    Notes
    -----
    Pooling is linear: `deconv` and the gradient spread every value evenly over its window.

    Examples
    --------
    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> nd.layers.AvgPool2D(2)(x)[0, ..., 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    locality = "window"
    pools = "mean"

    class Context(NamedTuple):
        """The shape of the batch of inputs."""

        input_shape: Shape

    def __init__(
        self,
        window: int | Pair,
        *,
        stride: int | Pair | None = None,
        padding: Padding = "valid",
        ceil_mode: bool = False,
        count_include_pad: bool = False,
    ) -> None:
        super().__init__(window, stride=stride, padding=padding, ceil_mode=ceil_mode)
        self.count_include_pad = count_include_pad
        # None: no value stands for pixels that the mean leaves out.
        self.beyond = 0.0 if count_include_pad and not self.window.ceil else None

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Average."""
        self.check_input(x)
        y = np.zeros((len(x), *self.output_shape(x.shape[1:])), x.dtype)
        for pixels, outputs in self._taps(x.shape[1:]):
            y[outputs] += x[pixels]
        return y / self._counts(x.shape[1:], x.dtype), self.Context(x.shape)

    def _transpose(self, y: Array, context: Context) -> Array:
        image = context.input_shape[1:]
        x, shares = np.zeros(context.input_shape, y.dtype), y / self._counts(image, y.dtype)
        for pixels, outputs in self._taps(image):
            x[pixels] += shares[outputs]
        return x

    def _counts(self, input_shape: Shape, dtype: np.dtype[Any]) -> Array:
        """Return the number of pixels that each window averages, (1, OH, OW, 1)."""
        if self.count_include_pad:
            rows, columns = (self._within_padding(axis, input_shape[axis]) for axis in (0, 1))
            return (rows[:, np.newaxis] * columns).astype(dtype)[np.newaxis, :, :, np.newaxis]
        counts = np.zeros((1, *self.output_shape(input_shape)[:2], 1), dtype)
        for _, outputs in self._taps(input_shape):
            counts[outputs] += 1
        return counts

    def _within_padding(self, axis: int, length: int) -> Array:
        """Return how many rows or columns of each window lie in the image or its padding, along one axis."""
        before, places, after = self.window.axis(axis, length)
        start = np.arange(places) * self.window.stride[axis] - before
        return np.minimum(start + self.window.size[axis], length + after) - start

    def _taps(self, input_shape: Shape) -> Iterator[tuple[Places, Places]]:
        """Yield, for each position within the window, the pixels under it and the outputs they enter."""
        offset, out_shape = self.window.place(input_shape, self.kind)
        rows, columns = (
            list(_pairs(size, stride, before, places, length))
            for size, stride, before, places, length in zip(
                self.window.size, self.window.stride, offset, out_shape, input_shape[:2], strict=True
            )
        )
        every = slice(None)
        for row, output_row in rows:
            for column, output_column in columns:
                yield (every, row, column), (every, output_row, output_column)

    def __repr__(self) -> str:
        return super().__repr__()[:-1] + ", count_include_pad=True" * self.count_include_pad + ")"


def _pairs(size: int, stride: int, before: int, places: int, length: int) -> Iterator[tuple[slice, slice]]:
    """Yield the pixels and the outputs of each position within the window, along one axis."""
    for tap in range(size):
        # Output p sees pixel p * stride + tap - before; pixels beyond the image are left out.
        first = max(0, -((tap - before) // stride))
        last = min(places, (length - 1 - tap + before) // stride + 1)
        start = first * stride + tap - before
        yield (
            slice(start, max(start, start + (last - first) * stride), stride),
            slice(first, max(first, last)),
        )
