"""NaN and infinity: analyses raise an error that names the layer where they began.

Layers let them pass, so that nothing is hidden. An analysis would turn them into a plausible
answer: a map that holds NaN looks like a dead one, and the largest of ten NaNs is the first.
Functions that analyze a network are therefore decorated with `finite_answers`.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from npdeconv._types import Array, Generator
from npdeconv.data import Dataset, as_input
from npdeconv.layers import Layer, Sequential
from npdeconv.parallel import shards

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class NotFiniteError(FloatingPointError):
    """Some output is not finite; `finite_answers` finds the layer where this began."""


class Culprit(NamedTuple):
    """The first layer of a pass whose output is not finite."""

    layer: str
    parameter: str | None  # the layer's first parameter that is not finite


def is_finite(array: Array) -> bool:
    """Tell whether an array holds neither NaN nor infinity."""
    if array.dtype.kind != "f":
        return True
    flat = array.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.dot(flat, flat)):  # reads each number once, and takes no memory
            return True
    return bool(np.isfinite(array).all())  # perhaps only the squares of large numbers overflowed


def must_be_finite(outputs: Array) -> None:
    """Check outputs that do not appear in the answer."""
    if not is_finite(outputs):
        raise NotFiniteError("expected finite outputs, got NaN or infinity")


def ruined_parameter(layer: Layer) -> str | None:
    """Return the name of the first parameter that is not finite."""
    return next((name for name, array in layer.parameters.items() if not is_finite(array)), None)


def check_parameters(layer: Layer, who: str) -> None:
    """Check that all parameters of a layer or a chain are finite."""
    name = ruined_parameter(layer)
    if name is not None:
        place, _, parameter = name.rpartition(".")
        raise FloatingPointError(
            f"{who}: expected finite parameters, got NaN or infinity in the {parameter} of"
            f" {f'layer {place!r}' if place else layer.kind}"
        )


def find_culprit(chain: Sequential, passes: Iterable[tuple[Array, Generator | None]]) -> Culprit | None:
    """Repeat forward passes of (x, rng), and return the first layer whose output is not finite."""
    for x, rng in passes:
        with np.errstate(over="ignore", invalid="ignore"):
            for name, y in chain.outputs(x, list(chain.layers), rng=rng):
                if not is_finite(y):
                    return Culprit(name, ruined_parameter(chain[name]))
    return None


def finite_answers(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Let a function that analyzes a `network` raise FloatingPointError instead of interpreting NaN.

    The parameters are checked first. Outputs are checked only if the answer is not finite, or where
    the function calls `must_be_finite`.
    """
    return _guarded(function, parameters_first=True)


def finite_predictions(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Do the same, but check the answer first, and the parameters only if it is not finite.

    Checking AlexNet's parameters takes longer than passing one image through it.
    """
    return _guarded(function, parameters_first=False)


def _guarded(function: Callable[Asked, Answer], parameters_first: bool) -> Callable[Asked, Answer]:
    who, signature = function.__name__, inspect.signature(function)

    @wraps(function)
    def ask(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        given = signature.bind_partial(*args, **kwargs).arguments
        network = given.get("network")
        if not isinstance(network, Layer):
            return function(*args, **kwargs)  # raises its own error
        if parameters_first:
            check_parameters(network, who)
        try:
            answer = function(*args, **kwargs)
        except NotFiniteError:
            raise _explain(given, who) from None
        if not _all_finite(answer):
            check_parameters(network, who)
            raise _explain(given, who)
        return answer

    return ask


def _all_finite(answer: Any) -> bool:
    if isinstance(answer, np.ndarray):
        return is_finite(answer)
    if isinstance(answer, Mapping):
        return all(map(_all_finite, answer.values()))
    if isinstance(answer, tuple):
        return all(map(_all_finite, answer))
    return not isinstance(answer, float | np.floating) or bool(np.isfinite(answer))


def _explain(given: Mapping[str, Any], who: str) -> FloatingPointError:
    """Name the layer in which NaN or infinity began, for the images passed to a function."""
    network = given["network"]
    images = next((given[name] for name in ("images", "image", "dataset") if name in given), None)
    if isinstance(images, Dataset):
        images = images.images
    if images is None or not isinstance(network, Sequential):
        return FloatingPointError(f"{who}: expected finite outputs of {network.name}, got NaN or infinity")
    if images.ndim == 3:
        images = images[np.newaxis]
    return explain_outputs(network, images, who)


def explain_outputs(chain: Sequential, images: Array, who: str) -> FloatingPointError:
    """Name the layer in which NaN or infinity began, for some images."""
    passes = ((as_input(images[cut], chain.dtype), None) for cut in shards(images))
    culprit = find_culprit(chain, passes)
    where = "computed from them" if culprit is None else f"first in the output of layer {culprit.layer!r}"
    return FloatingPointError(f"{who}: expected finite outputs of {chain.name}, got NaN or infinity, {where}")
