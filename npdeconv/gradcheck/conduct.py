"""The clauses of a layer's contract on its conduct: dtypes, batches, side effects, copies, refusals.

They are functions as in `clauses`.
"""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from npdeconv._types import Array
from npdeconv.gradcheck.trials import BrokenClauseError, all_ways, demand, in_dtype, is_close, is_equal
from npdeconv.layers import Layer

WAYS = ("forward", "backward", "deconv")


def dtype(layer: Layer, x: Array) -> None:
    """Every output has the dtype of the input, float32 or float64."""
    for kind in (np.dtype(np.float32), np.dtype(np.float64)):
        twin = in_dtype(layer, kind)
        names = (*WAYS, *(f"the gradient of {name}" for name in twin.parameters))
        for way, array in zip(names, all_ways(twin, x.astype(kind)), strict=False):
            demand(array.dtype == kind, f"{way} makes {array.dtype} of {kind}")


def batch(layer: Layer, x: Array, tolerance: float = 0.0) -> None:
    """A batch gives the same bits as its images one by one; an empty batch gives an empty output."""
    whole = all_ways(layer, x)
    for n in range(len(x)):
        for way, one, of_batch in zip(WAYS, all_ways(layer, x[n : n + 1]), whole, strict=False):
            is_same = np.allclose(one[0], of_batch[n], tolerance, tolerance, equal_nan=True)
            demand(is_same, f"{way} gives image {n} of a batch other values than the image alone")
    for way, none, of_batch in zip(WAYS, all_ways(layer, x[:0]), whole, strict=False):
        shape = (0, *of_batch.shape[1:])
        demand(none.shape == shape, f"{way} makes shape {none.shape} of an empty batch, expected {shape}")


def inputs(layer: Layer, x: Array) -> None:
    """Inputs are not written to, and may be read-only."""
    x = x.copy()
    y, context = layer.forward(x)
    before, dy = x.copy(), y.copy()
    layer.backward(dy, context)
    layer.deconv(dy, context)
    for way, array, expected in (("forward", x, before), ("the way down", dy, y)):
        demand(is_equal(array, expected), f"{way} writes into its input")
    x.flags.writeable = dy.flags.writeable = False
    try:
        _, context = layer.forward(x)
        layer.backward(dy, context)
        layer.deconv(dy, context)
    except ValueError as error:
        raise BrokenClauseError(f"a read-only input is refused ({error})") from error


def strides(layer: Layer, x: Array) -> None:
    """Inputs that are not contiguous in memory give the same results."""
    y, context = layer.forward(x)
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2]):
        demand(is_close(layer(other), y), "forward gives other values where x is not contiguous")
    down = np.asfortranarray(y)
    demand(
        is_close(layer.deconv(down, context), layer.deconv(y, context))
        and is_close(layer.backward(down, context)[0], layer.backward(y, context)[0]),
        "the way down gives other values where y is not contiguous",
    )


def interleaved(layer: Layer, x: Array) -> None:
    """A second pass between the forward and backward of a first does not change the first."""
    alone = all_ways(layer, x)
    y, context = layer.forward(x)
    all_ways(layer, x[:2][::-1] / 2)
    dx, gradients = layer.backward(y, context)
    found = [y, dx, layer.deconv(y, context), *gradients.values()]
    demand(
        all(map(is_equal, found, alone)), "the way down of a pass changes when another pass comes in between"
    )


def threads(layer: Layer, x: Array) -> None:
    """Eight threads that share the layer find the same bits as one."""
    twin, source = in_dtype(layer, np.float32), np.random.default_rng(4)
    batches = [source.permutation(x.ravel()).reshape(x.shape).astype(np.float32) for _ in range(16)]
    serial = [all_ways(twin, one) for one in batches]
    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(lambda one: all_ways(twin, one), batches), serial, strict=True):
            demand(all(map(is_equal, found, expected)), "eight threads get other values than one")


def trace(layer: Layer, x: Array) -> None:
    """A pass changes no parameter and no other attribute of the layer."""
    before = dict(vars(layer))
    contents = {
        name: copy.copy(value)
        for name, value in {**before, **layer.parameters}.items()
        if isinstance(value, np.ndarray | list | dict | set)
    }
    y, context = layer.forward(x, rng=np.random.default_rng(0))
    layer.backward(y, context)
    layer.deconv(y, context)
    after = vars(layer)
    changed = {name for name in before.keys() | after.keys() if before.get(name) is not after.get(name)}
    for name, value in contents.items():
        now: Any = {**after, **layer.parameters}.get(name)
        is_same = is_equal(now, value) if isinstance(value, np.ndarray) else now == value
        changed |= set() if is_same else {name}
    demand(not changed, f"a pass changes {', '.join(sorted(changed))} of the layer")


def copies(layer: Layer, x: Array) -> None:
    """Copied and pickled layers give the same outputs and share no parameters."""
    for way in ("copied", "pickled"):
        try:
            other = copy.deepcopy(layer) if way == "copied" else pickle.loads(pickle.dumps(layer))
        except Exception as error:  # attributes of a user's layer may raise anything
            raise BrokenClauseError(f"the layer can't be {way} ({type(error).__name__}: {error})") from error
        demand(is_equal(other(x), layer(x)), f"a {way} layer gives other outputs")
        for name, array in layer.parameters.items():
            demand(not np.shares_memory(other.parameters[name], array), f"a {way} layer shares {name}")


def descent(layer: Layer, x: Array) -> None:
    """`backward` and `deconv` refuse arrays of another shape than the outputs, with a ValueError."""
    y, context = layer.forward(x)
    wrong = np.concatenate([y, y])
    for name, way in (("backward", layer.backward), ("deconv", layer.deconv)):
        try:
            way(wrong, context)
        except ValueError:
            continue
        raise BrokenClauseError(
            f"{name} accepts shape {wrong.shape} for outputs of shape {y.shape}; use check_descent"
        )
