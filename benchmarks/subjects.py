"""The kernels that are measured: a line each, and so for every new one.

Addressed through the public functions of `npdeconv.kernels`, each beside the plain twin that it
is held to.
"""

from collections.abc import Callable
from math import prod
from types import ModuleType
from typing import NamedTuple

import numpy as np

from benchmarks import winograd_calls
from benchmarks.geometries import Convolution, Pooling
from npdeconv._types import Array
from npdeconv.fast import winograd
from npdeconv.kernels import convolution, pooling, reference


class Algorithm(NamedTuple):
    """A module with the three kernels of a convolution, and the shapes that it is made for."""

    module: ModuleType
    suits: Callable[[Convolution], bool]


def _suits_winograd(shape: Convolution) -> bool:
    return shape.kernel == 3 and shape.stride == 1 and winograd.is_suited(shape.channels, shape.filters)


ALGORITHMS = {
    "im2col": Algorithm(convolution, lambda shape: True),
    "Winograd": Algorithm(winograd_calls, _suits_winograd),
}
"""Those that compete; the plain twin of all is `npdeconv.kernels.reference`."""

OPERATIONS = ("convolve", "convolve_transposed", "weight_gradient")


def convolution_call(algorithm: str, operation: str, shape: Convolution) -> Callable[[], Array]:
    """Return a call of one algorithm's kernel on random arrays."""
    module = reference if algorithm == "twin" else ALGORITHMS[algorithm].module
    offset, out_shape = shape.place
    stride = (shape.stride, shape.stride)
    x = _draw(shape.batch, *shape.size, shape.channels)
    weight = _draw(shape.kernel, shape.kernel, shape.channels, shape.filters)
    bias, dy = _draw(shape.filters), _draw(shape.batch, *out_shape, shape.filters)
    calls: dict[str, Callable[[], Array]] = {
        "convolve": lambda: module.convolve(x, weight, bias, stride, offset, out_shape),
        "convolve_transposed": lambda: module.convolve_transposed(dy, weight, stride, offset, shape.size),
        "weight_gradient": lambda: module.weight_gradient(x, dy, weight.shape, stride, offset),
    }
    return calls[operation]


def pooling_call(algorithm: str, operation: str, shape: Pooling) -> Callable[[], Array]:
    """Return a call of `max_pool` or `unpool`, or of its twin, on random arrays."""
    window, stride = (shape.window, shape.window), (shape.stride, shape.stride)
    offset, out_shape = shape.place
    x = _draw(shape.batch, *shape.size, shape.channels)
    best, switches = reference.max_pool(x, window, stride, offset, out_shape)
    y, positions = np.empty_like(best), np.empty_like(switches)
    down = np.zeros((shape.batch, prod(shape.size), shape.channels), x.dtype)

    def max_pool() -> Array:
        pooling.max_pool(x, window, stride, offset, y, positions)
        return y

    def unpool() -> Array:
        down[:] = 0
        pooling.unpool(best, switches, down)
        return down

    calls: dict[tuple[str, str], Callable[[], Array]] = {
        ("kernel", "max_pool"): max_pool,
        ("twin", "max_pool"): lambda: reference.max_pool(x, window, stride, offset, out_shape)[0],
        ("kernel", "unpool"): unpool,
        ("twin", "unpool"): lambda: reference.unpool(best, switches, shape.size),
    }
    return calls[algorithm, operation]


def _draw(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
