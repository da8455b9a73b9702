"""The `repr` of results: a line per field, with long arrays summed up by dtype, shape and range."""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from npdeconv._html import FEW, as_html

Kind = TypeVar("Kind", bound=type)


def brief(kind: Kind) -> Kind:
    """Give a NamedTuple pictures in notebooks, and a short `repr` unless it has a text of its own."""
    if "__str__" not in vars(kind):
        kind.__repr__ = _show  # type: ignore[method-assign, assignment]
    kind._repr_html_ = _show_html  # type: ignore[attr-defined]
    return kind


def _show_html(result: Any) -> str:
    return as_html(result, _describe)


def _show(result: Any) -> str:
    fields = (f"{name}={_describe(value)}" for name, value in result._asdict().items())
    lines = [line for field in fields for line in field.splitlines()]
    return "\n  ".join([f"{type(result).__name__}(", *lines]) + "\n)"


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _describe_array(value)
    is_plain = isinstance(value, tuple | list) and not hasattr(value, "_fields")
    if is_plain and len(value) > FEW:
        return f"{type(value).__name__} of {len(value)}, the first {value[0]!r}"
    if isinstance(value, Mapping) and len(value) > FEW:
        return f"{type(value).__name__} of {len(value)}, the first {next(iter(value.items()))!r}"
    return repr(value)


def _describe_array(array: np.ndarray[Any, Any]) -> str:
    if array.size <= FEW:
        return " ".join(np.array2string(array, precision=4, separator=", ").split())
    kind = f"{array.dtype} {array.shape}"
    if array.dtype.kind == "b":
        return f"{kind}, {np.count_nonzero(array)} true"
    if array.dtype.kind not in "iuf":
        return kind
    finite = array[np.isfinite(array)]
    span = f", {finite.min():.4g} to {finite.max():.4g}" if finite.size else ""
    return f"{kind}{span}, {array.size - finite.size} not finite" if finite.size < array.size else kind + span
