"""Helpers of the clauses: inputs, copies of a layer in another dtype, all of a layer's passes at once."""

import copy
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Array, Generator, Shape
from npdeconv.layers import Layer


class BrokenClauseError(AssertionError):
    """A layer breaks a clause of the contract; the message is one sentence."""


def demand(holds: Any, sentence: str) -> None:
    """Raise `BrokenClauseError` unless a condition holds."""
    if not holds:
        raise BrokenClauseError(sentence)


def is_close(found: Array, expected: Array) -> bool:
    """Tell whether two float64 arrays are equal up to rounding; NaNs are equal."""
    return found.shape == expected.shape and np.allclose(found, expected, 1e-9, 1e-12, equal_nan=True)


def is_equal(found: Array, expected: Array) -> bool:
    """Tell whether two arrays are equal in all values; NaNs are equal."""
    return np.array_equal(found, expected, equal_nan=True)


def distinct(shape: Shape, rng: Generator) -> Array:
    """Return shuffled values from -2 to 2, 4 / size apart from each other and at least 1 / size from 0.

    They avoid the kink of a rectifier, and ties in a pooling window.
    """
    size = int(np.prod(shape))
    return rng.permutation((np.arange(size) + 0.25) / size * 4 - 2).reshape(shape)


def in_dtype(layer: Layer, dtype: DTypeLike) -> Layer:
    """Return a copy of a layer with its parameters in a dtype."""
    return copy.deepcopy(layer, {id(array): array.astype(dtype) for array in layer.parameters.values()})


def all_ways(layer: Layer, x: Array) -> list[Array]:
    """Return the outputs for x, then `backward` and `deconv` of these outputs, and the gradients."""
    y, context = layer.forward(x)
    dx, gradients = layer.backward(y, context)
    return [y, dx, layer.deconv(y, context), *gradients.values()]
