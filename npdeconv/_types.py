"""The types that all modules share."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Gradients: TypeAlias = Mapping[str, Array]
Pair: TypeAlias = tuple[int, int]
Generator: TypeAlias = np.random.Generator

Rule: TypeAlias = Literal["deconv", "gradient", "guided", "linear"]
"""How a projection passes a ReLU, see `npdeconv.layers.ReLU`."""
Descent: TypeAlias = Rule | Literal["ascent"]
"""All rules of descent: those of projections, and that of activation maximization."""


class Box(NamedTuple):
    """A rectangle of rows [top, bottom) and columns [left, right); may leave the image.

    Examples
    --------
    >>> box = nd.visualize.Box(top=2, bottom=5, left=0, right=4)
    >>> box.bottom - box.top, box.right - box.left  # height and width
    (3, 4)
    """

    top: int
    bottom: int
    left: int
    right: int
