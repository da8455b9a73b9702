"""The file's values as outputs of layers, with axes in another order."""

import math
from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Shape

MAPS = ("N", "C", "H", "W")
"""The axes on which ONNX's convolutions and poolings work."""

VECTORS = ("N", "C")


class Value(NamedTuple):
    """A value of the file: the layer that makes it, and the file's axes.

    The layer's output is (H, W, C) or a vector (C,) for each image.
    """

    layer: str
    shape: Shape
    """The shape of one output of the layer."""

    axes: tuple[str, ...]
    """The file's axes: "N" images, "H", "W", "C"; "HW" rows and columns in one; "1" an axis of length 1."""

    order: Array | None = None
    """For a flattened map, the index in the layer's vector of each number of the file's; None if equal."""

    @property
    def lengths(self) -> dict[str, int]:
        """The length of each axis, except the images'."""
        *image, channels = self.shape
        rows, columns = image or (1, 1)
        return {"H": rows, "W": columns, "C": channels, "HW": rows * columns, "1": 1}

    def file_shape(self, batch: int) -> Shape:
        """Return the value's shape in the file."""
        lengths = {**self.lengths, "N": batch}
        return tuple(lengths[axis] for axis in self.axes)

    def to_file(self, y: Array) -> Array:
        """Return a layer's outputs (N, ...) with the file's axes."""
        if self.order is not None:
            y = y[:, self.order]
        kept = [axis for axis in self.axes if axis != "1"]
        if len(y.shape) == 4:
            kept = [own for axis in kept for own in (("H", "W") if axis == "HW" else (axis,))]
            y = y.transpose(["NHWC".index(axis) for axis in kept])
        return y.reshape(self.file_shape(len(y)))


def regrouped(value: Value, target: Shape, batch: int) -> Value | None:
    """Return the value in another shape in the file, if its numbers stay in place; else None.

    This covers `Reshape`, `Flatten`, `Squeeze` and `Unsqueeze`, except of maps to vectors, see `flattened`.
    """
    if value.axes[:1] != ("N",) or target[:1] != (batch,):
        return None
    if value.file_shape(batch) == target:
        return value
    lengths, rest = value.lengths, target[1:]
    channels = value.shape[-1]
    if len(value.shape) == 1:
        if math.prod(rest) != channels or max(rest, default=0) != channels:
            return None
        place = rest.index(channels)
        return value._replace(axes=("N", *("C" if i == place else "1" for i in range(len(rest)))))
    for axes in (("C", "HW"), ("C", "H", "W"), ("HW", "C"), ("H", "W", "C")):
        before, after = "".join(value.axes[1:]), "".join(axes)
        if channels == 1:  # numbers stay in place, wherever an axis of length 1 goes
            before, after = before.replace("C", ""), after.replace("C", "")
        if before == after and tuple(lengths[axis] for axis in axes) == rest:
            return value._replace(axes=("N", *axes))
    return None


def flattened(value: Value, target: Shape, batch: int) -> Value | None:
    """Return the flattened value if a map becomes (N, D) or (N, D, 1, 1) in the file; else None."""
    count, rest = math.prod(value.shape), target[1:]
    is_flat = target[:1] == (batch,) and math.prod(rest) == count and max(rest, default=0) == count
    if len(value.shape) != 3 or value.axes[:1] != ("N",) or not is_flat:
        return None
    places = np.arange(count).reshape(1, *value.shape)
    order = value.to_file(places).reshape(-1)
    place = rest.index(count)
    axes = ("N", *("C" if i == place else "1" for i in range(len(rest))))
    return Value(value.layer, (count,), axes, None if np.array_equal(order, np.arange(count)) else order)
