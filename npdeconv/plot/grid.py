"""The array of axes that a plot returns: one line as text, since notebooks print what a cell returns."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from npdeconv._types import Array

Given = ParamSpec("Given")


class AxesGrid(np.ndarray[Any, Any]):
    """An array of Axes whose `repr` tells only how many there are."""

    def __repr__(self) -> str:
        return f"<{' x '.join(map(str, self.shape))} Axes>"

    __str__ = __repr__


def returns_grid(plot: Callable[Given, Array]) -> Callable[Given, Array]:
    """Let a plot return its array of Axes as an `AxesGrid`; a decorator."""

    @wraps(plot)
    def drawn(*args: Given.args, **kwargs: Given.kwargs) -> Array:
        return plot(*args, **kwargs).view(AxesGrid)

    return drawn
