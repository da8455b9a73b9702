"""Shared by layers with one parameter per channel."""

import numpy as np

from npdeconv._checks import batch_of
from npdeconv._types import Array, Shape
from npdeconv.kernels.product import column_sums


def check_channels(x: Array, parameter: Array, who: str) -> None:
    """Check that `x` is a batch (N, ..., C) for a parameter (C,), and of its dtype."""
    places = (None,) * max(0, np.ndim(x) - 2)
    batch_of(x, parameter.dtype, (*places, len(parameter)), who)


def check_shape(input_shape: Shape, parameter: Array, who: str) -> Shape:
    """Return the shape (..., C) of an input that fits a parameter (C,)."""
    if input_shape[-1:] != parameter.shape:
        raise ValueError(f"{who}: expected {len(parameter)} channels, got shape {input_shape}")
    return input_shape


def channel_sums(values: Array) -> Array:
    """Return the sum of values (N, ..., C) over all places, (C,)."""
    return column_sums(values.reshape(-1, values.shape[-1])).astype(values.dtype)
