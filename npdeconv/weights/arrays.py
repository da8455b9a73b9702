"""From arrays in a file to a network's live ones: all of them, or none."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npdeconv._files import UnexpectedError
from npdeconv._types import Array, Shape


class Stored(NamedTuple):
    """An array that lies in a file: what it says of itself, and how to read it."""

    source: str  # its name there
    shape: Shape
    dtype: np.dtype[Any] | str  # a string where NumPy has none
    read: Callable[[], Array]

    def check(self, shape: Shape, name: str) -> "Stored":
        """Check that it is what the parameter `name` needs, before any of it is read."""
        if self.shape != shape:
            raise UnexpectedError(f"expected {name} of shape {shape}, {self.source} has {self.shape}")
        if not isinstance(self.dtype, np.dtype) or self.dtype.kind != "f":
            raise UnexpectedError(f"expected {name} to hold floats, {self.source} has {self.dtype}")
        return self


def assign(live: Mapping[str, Array], stored: Mapping[str, Array], path: Path) -> None:
    """Copy arrays of the right names and shapes into live ones, once all are known to be finite and fit."""
    converted = {}
    for name, array in live.items():
        if not np.issubdtype(stored[name].dtype, np.floating):
            raise ValueError(f"{path}: expected {name} to hold floats, got {stored[name].dtype}")
        with np.errstate(over="ignore"):
            converted[name] = stored[name].astype(array.dtype, copy=False)
        if not np.isfinite(stored[name]).all():
            raise ValueError(f"{path}: expected {name} to hold finite numbers, got NaN or infinity")
        if np.isinf(converted[name]).any():
            largest = np.abs(stored[name]).max()
            raise ValueError(
                f"{path}: expected {name} to fit into {array.dtype}, got values up to {largest:.4g}"
            )
    for name, array in live.items():
        array[...] = converted[name]
