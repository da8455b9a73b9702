"""Bounds on the norms of weights, which training enforces after each step."""

from collections.abc import Mapping

import numpy as np

from npdeconv._checks import not_negative
from npdeconv._types import Array


class FilterRenormalization:
    """Scale back every convolution filter whose root mean square exceeds a radius.

    Zeiler & Fergus, arXiv:1311.2901, section 3, use it to keep first-layer filters from dominating.
    Their radius of 0.1 holds for inputs of about +-128 (pixels 0 to 255 minus their mean). For pixels
    divided by 255, the same filters are 255 times larger.

    Parameters
    ----------
    radius : float
        The largest root mean square over a filter's KH * KW * C weights.

    Examples
    --------
    >>> filters = {"conv1.weight": np.full((3, 3, 1, 2), [0.05, 4.0])}
    >>> nd.optimizers.FilterRenormalization(0.1)(filters)
    >>> filters["conv1.weight"][0, 0, 0].round(3)  # the large filter is back at the radius
    array([0.05, 0.1 ])
    """

    def __init__(self, radius: float) -> None:
        self.radius = not_negative(radius, "FilterRenormalization", "radius")

    def __call__(self, parameters: Mapping[str, Array]) -> None:
        """Rescale filters (parameters of shape (KH, KW, C, F)) in place."""
        for weight in parameters.values():
            if weight.ndim == 4:
                size = np.sqrt(np.mean(weight**2, axis=(0, 1, 2)))
                weight *= np.divide(self.radius, size, out=np.ones_like(size), where=size > self.radius)

    def __repr__(self) -> str:
        return f"FilterRenormalization({self.radius})"


class MaxNorm:
    """Scale back every column of one layer's weights whose Euclidean norm exceeds a limit.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014),
    section 5.1: the input of a unit stays bounded at any learning rate.

    Parameters
    ----------
    limit : float
        The largest norm of the weights that lead into one unit: a column of dense weights (D, M),
        or one filter of (KH, KW, C, F).
    name : str
        The name of the weights, such as "dense1.weight".

    Examples
    --------
    >>> weights = {"dense1.weight": np.array([[3.0, 0.3], [4.0, 0.4]])}
    >>> nd.optimizers.MaxNorm(1, "dense1.weight")(weights)
    >>> weights["dense1.weight"].round(3)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    def __init__(self, limit: float, name: str) -> None:
        self.limit = not_negative(limit, "MaxNorm", "limit")
        self.name = name

    def __call__(self, parameters: Mapping[str, Array]) -> None:
        """Rescale the columns in place."""
        if self.name not in parameters:
            raise KeyError(f"MaxNorm: no parameter {self.name!r}; there are {', '.join(parameters)}")
        weight = parameters[self.name]
        norm = np.sqrt(np.sum(weight**2, axis=tuple(range(weight.ndim - 1))))
        weight *= np.divide(self.limit, norm, out=np.ones_like(norm), where=norm > self.limit)

    def __repr__(self) -> str:
        return f"MaxNorm({self.limit}, {self.name!r})"
