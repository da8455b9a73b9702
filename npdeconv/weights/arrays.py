"""From the arrays of a file to those of a network: all of them, or none."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from npdeconv._checks import describe
from npdeconv._files import UnexpectedError
from npdeconv._types import Array, Shape
from npdeconv.layers import Sequential

Probe: TypeAlias = tuple[Array, Array]
"""Inputs (N, H, W, C), and the outputs that the network must return for them."""

PROBE_TOLERANCE = 1e-3
"""A share of the largest expected output: frameworks round differently, wrong networks differ by more."""

BFLOAT16 = np.dtype([("bfloat16", "<u2")])
"""The upper 16 bits of a float32; NumPy has no such type."""


class Stored(NamedTuple):
    """An array in a file: its description, and a function that reads it."""

    source: str  # its name in the file
    shape: Shape
    dtype: np.dtype[Any] | str  # a string for a type that NumPy lacks
    read: Callable[[], Array]

    def check(self, shape: Shape, name: str) -> "Stored":
        """Check that it fits the parameter `name`, before it is read."""
        if self.shape != shape:
            raise UnexpectedError(f"expected {name} of shape {shape}, {self.source} has {self.shape}")
        is_float = isinstance(self.dtype, np.dtype) and self.dtype.kind == "f"
        if not is_float and self.dtype != BFLOAT16:
            raise UnexpectedError(f"expected {name} to hold floats, {self.source} has {self.dtype}")
        return self

    def floats(self) -> Array:
        """Read the array, bfloat16 as float32."""
        array = self.read()
        if self.dtype == BFLOAT16:
            return (array["bfloat16"].astype(np.uint32) << 16).view(np.float32)
        return array


def assign(live: Mapping[str, Array], stored: Mapping[str, Array], path: Path) -> None:
    """Copy arrays of the right names and shapes into live ones, if all are finite and fit the dtype.

    Examples
    --------
    >>> from pathlib import Path
    >>> live = {"bias": np.zeros(2)}
    >>> nd.weights.assign(live, {"bias": np.array([1.0, 2.0])}, Path("net.npz"))
    >>> live["bias"]
    array([1., 2.])
    """
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


def assign_probed(network: Sequential, stored: Mapping[str, Array], path: Path, probe: Probe | None) -> None:
    """Assign the arrays if the network then returns the probe's outputs."""
    if probe is not None:
        if not isinstance(probe, tuple | list) or len(probe) != 2:
            raise TypeError(f"probe must be a pair of inputs and expected outputs, got {describe(probe)}")
        trial = copy.deepcopy(network)
        assign(trial.parameters, stored, path)
        inputs, expected = (np.asarray(array) for array in probe)
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = trial(inputs.astype(trial.dtype, copy=False))
        if outputs.shape != expected.shape:
            raise ValueError(
                f"{path}: expected outputs of shape {expected.shape} for the probe, got {outputs.shape}"
            )
        difference = np.abs(outputs - expected).max(initial=0)
        allowed = PROBE_TOLERANCE * np.abs(expected).max(initial=0)
        if not difference <= allowed:  # NaN is not
            raise ValueError(
                f"{path}: expected the probe's outputs within {allowed:.2g}, the largest difference is"
                f" {difference:.4g}; the weights fit by their shapes, but belong to another network"
            )
    assign(network.parameters, stored, path)
