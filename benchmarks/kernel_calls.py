"""The measured kernels, one line for each.

They are the public functions of `npdeconv.kernels`, each beside its plain twin, which the tests compare
it with.
"""

from collections.abc import Callable
from math import prod
from types import ModuleType
from typing import NamedTuple

import numpy as np

from benchmarks import winograd_calls
from benchmarks.geometries import Convolution, Pooling
from npdeconv import plain
from npdeconv._types import Array, Pair
from npdeconv.fast import winograd
from npdeconv.kernels import convolution, pooling
from npdeconv.layers.window import Placement


class Algorithm(NamedTuple):
    """A module with the three kernels of a convolution, and the shapes that suit it."""

    module: ModuleType
    suits: Callable[[Convolution], bool]


def _suits_winograd(shape: Convolution) -> bool:
    return shape.kernel == 3 and shape.stride == 1 and winograd.is_suited(shape.channels, shape.filters)


ALGORITHMS = {
    "im2col": Algorithm(convolution, lambda shape: True),
    "Winograd": Algorithm(winograd_calls, _suits_winograd),
}
"""The competing algorithms; their plain twin is in `npdeconv.plain`."""

OPERATIONS = ("convolve", "convolve_transposed", "weight_gradient")


def convolution_call(algorithm: str, operation: str, shape: Convolution) -> Callable[[], Array]:
    """Return a call of one algorithm's kernel on random arrays."""
    offset, out_shape = shape.place
    stride = (shape.stride, shape.stride)
    x = _draw(shape.batch, *shape.size, shape.channels)
    weight = _draw(shape.kernel, shape.kernel, shape.channels, shape.filters)
    bias, dy = _draw(shape.filters), _draw(shape.batch, *out_shape, shape.filters)
    if algorithm == "twin":
        twin = plain.Conv(weight, bias, stride, _padding(shape.size, shape.kernel, shape.stride, shape.place))
        return {
            "convolve": lambda: twin.forward(x)[0],
            "convolve_transposed": lambda: twin.deconv(dy, x),
            "weight_gradient": lambda: twin.backward(dy, x)[1]["weight"],
        }[operation]
    module = ALGORITHMS[algorithm].module
    calls: dict[str, Callable[[], Array]] = {
        "convolve": lambda: module.convolve(x, weight, bias, stride, offset, out_shape),
        "convolve_transposed": lambda: module.convolve_transposed(dy, weight, stride, offset, shape.size),
        "weight_gradient": lambda: module.weight_gradient(x, dy, weight.shape, stride, offset),
    }
    return calls[operation]


def pooling_call(algorithm: str, operation: str, shape: Pooling) -> Callable[[], Array]:
    """Return a call of `max_pool` or `unpool`, or of its twin, on random arrays."""
    window, stride = (shape.window, shape.window), (shape.stride, shape.stride)
    offset, _ = shape.place
    x = _draw(shape.batch, *shape.size, shape.channels)
    twin = plain.MaxPool(window, stride, _padding(shape.size, shape.window, shape.stride, shape.place))
    best, context = twin.forward(x)
    switches = context[0].astype(np.int32)
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
        ("twin", "max_pool"): lambda: twin.forward(x)[0],
        ("kernel", "unpool"): unpool,
        ("twin", "unpool"): lambda: twin.deconv(best, context),
    }
    return calls[algorithm, operation]


def _padding(size: Pair, window: int, stride: int, place: Placement) -> tuple[Pair, Pair]:
    """Return the padding that the last window needs: ((top, bottom), (left, right))."""
    offset, places = place
    needed = [(places[axis] - 1) * stride + window - offset[axis] - size[axis] for axis in range(2)]
    return (offset[0], max(0, needed[0])), (offset[1], max(0, needed[1]))


def _draw(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
