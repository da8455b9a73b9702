"""A margin around images."""

from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe, image_shape
from npdeconv._types import Array, Generator, Pair, Shape
from npdeconv.layers.base import LinearLayer
from npdeconv.layers.window import Window


class Pad(LinearLayer):
    """Put a margin of one value around each map, constant maps beside them: (N, H, W, C) -> (N, OH, OW, F).

    Parameters
    ----------
    padding : ((top, bottom), (left, right))
    value : float
    channels : (before, after)
        How many constant maps to put before and after the others, as some residual networks do (He
        et al., arXiv:1512.03385, section 3.3, option A).

    Notes
    -----
    It is linear apart from a constant, like a bias: `deconv` and the gradient cut the margin off. It
    is declared as a window of one pixel with padding.

    Examples
    --------
    >>> nd.layers.Pad(((1, 0), (0, 2)))(np.ones((1, 2, 2, 1)))[0, ..., 0]
    array([[0., 0., 0., 0.],
           [1., 1., 0., 0.],
           [1., 1., 0., 0.]])
    """

    locality = "window"
    window: Window

    class Context(NamedTuple):
        """The shape of the batch of inputs."""

        input_shape: Shape

    def __init__(self, padding: tuple[Pair, Pair], *, value: float = 0.0, channels: Pair = (0, 0)) -> None:
        if isinstance(padding, str):
            raise ValueError(f"{self.kind}: padding must be ((top, bottom), (left, right)), got {padding!r}")
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | np.number)
            or not np.isfinite(value)
        ):
            raise ValueError(f"{self.kind}: value must be a finite number, got {describe(value)}")
        self.window = Window.parse(1, 1, padding, self.kind, "window")
        self.beyond: float = float(value)
        self.channels = _parse_channels(channels, self.kind)

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Copy into a larger map."""
        self.check_input(x)
        y = np.full((len(x), *self.output_shape(x.shape[1:])), self.beyond, x.dtype)
        self._inside(y, x.shape)[...] = x
        return y, self.Context(x.shape)

    def _transpose(self, y: Array, context: Context) -> Array:
        return np.ascontiguousarray(self._inside(y, context.input_shape))

    def _inside(self, y: Array, input_shape: Shape) -> Array:
        """Return a view of y without the margin."""
        _, height, width, channels = input_shape
        (top, left), _ = self.window.place(input_shape[1:], self.kind)
        before, _ = self.channels
        return y[:, top : top + height, left : left + width, before : before + channels]

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H, W, C) -> (OH, OW, F)."""
        channels = image_shape(input_shape, self.kind)[2] + sum(self.channels)
        return (*self.window.place(input_shape, self.kind).out_shape, channels)

    def __repr__(self) -> str:
        channels = f", channels={self.channels}" if any(self.channels) else ""
        return f"Pad({self.window.padding}, value={self.beyond}{channels})"


def _parse_channels(channels: Any, who: str) -> Pair:
    if isinstance(channels, tuple) and len(channels) == 2:
        before, after = channels
        if type(before) is type(after) is int and min(channels) >= 0:
            return before, after
    raise ValueError(f"{who}: channels must be two counts, before and after, got {describe(channels)}")
