"""Does an answer take the finished operation from elsewhere? A courtesy check, not a jail.

It reads the names and texts in compiled code, and looks up what the names stand for: an import inside a
function, `__import__("torch")` and a function that was imported in another cell are found. Whoever wants to
get past it will (names put together at run time, for one). It tells everybody else that the exercise is
about building the operation. NumPy is allowed whole, `np.convolve` too: exercises need more than one line
of it.
"""

from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from npdeconv.learn.common import OWN_WORK
from npdeconv.learn.exercise import Wrong

FINISHED = {
    *("npdeconv", "scipy", "skimage", "sklearn", "cv2"),
    *("torch", "torchvision", "tensorflow", "keras", "jax", "jaxlib", "flax", "haiku", "equinox", "autograd"),
    *("mxnet", "chainer", "cupy", "paddle", "theano", "pytensor", "tinygrad", "mlx", "onnxruntime"),
}
"""Packages that have the operations of the exercises, or their gradients, ready."""


def refuse_borrowed(code: CodeType, namespace: dict[str, Any]) -> None:
    """Raise Wrong if code, or a function that it names, takes a finished package."""
    _refuse(_reached(code, namespace, set()))


def refuse_borrowed_function(function: Any) -> None:
    """Raise Wrong if a function, or a class, is of a finished package or takes one."""
    _refuse(_of_value(function, set()))


def _refuse(names: Iterator[str]) -> None:
    for name in names:
        package = name.partition(".")[0]
        if package in FINISHED:
            why = "has the answer ready" if package == "npdeconv" else "is not needed"
            raise Wrong(
                f"the code takes {name}; exercises are in plain NumPy, where {package} {why}", OWN_WORK
            )


def _reached(code: CodeType, namespace: dict[str, Any], seen: set[int]) -> Iterator[str]:
    """Yield all names and texts in code, and the origins of what the names stand for."""
    if id(code) in seen:
        return
    seen.add(id(code))
    yield from code.co_names
    for name in {*code.co_names, *code.co_freevars} & namespace.keys():
        yield from _of_value(namespace[name], seen)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _reached(constant, namespace, seen)
        elif isinstance(constant, str) and all(part.isidentifier() for part in constant.split(".")):
            yield constant


def _of_value(value: Any, seen: set[int]) -> Iterator[str]:
    """Yield where a value comes from; what a function of the learner's own, or a method, reaches."""
    if isinstance(value, ModuleType):
        yield value.__name__
        return
    yield str(getattr(value, "__module__", None) or type(value).__module__)
    for one in vars(value).values() if isinstance(value, type) else [value]:
        if isinstance(one, FunctionType):
            names = zip(one.__code__.co_freevars, one.__closure__ or (), strict=True)
            closed = {name: cell.cell_contents for name, cell in names}
            yield from _reached(one.__code__, {**one.__globals__, **closed}, seen)
