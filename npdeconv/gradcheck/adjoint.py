"""Check that `deconv` and `backward` are the transpose of `forward`."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe
from npdeconv._types import Array, Generator
from npdeconv.layers import Layer


class AdjointReport(NamedTuple):
    """How far `deconv` and `backward` are from the transpose of `forward`, relative to the norms.

    Attributes
    ----------
    deconv : float
    backward : float

    Examples
    --------
    >>> report = nd.gradcheck.check_adjoint(nd.layers.Flatten(), np.ones((1, 2, 2, 1)))
    >>> report.deconv < 1e-10, report.backward < 1e-10
    (True, True)
    """

    deconv: float
    backward: float


def check_adjoint(layer: Layer, x: Array, *, rng: Generator | None = None) -> AdjointReport:
    """Test the identity <f(x) - f(0), y> == <x, f'(y)> with a random y.

    It holds for every layer that is linear up to a bias (`Conv2D`, `Dense`, `Flatten`), and for
    `MaxPool2D` with the switches of x. It does not hold for rectifiers.

    Parameters
    ----------
    layer : Layer
    x : floats (N, ...)
    rng : numpy.random.Generator, optional
        Draws y; seed 0 unless given.

    Returns
    -------
    AdjointReport
        ``|left - right| / (|f(x) - f(0)| |y|)`` for `deconv` and for `backward`: only a rounding error
        (below 1e-10 in float64) if the identity holds.

    Examples
    --------
    >>> conv = nd.layers.Conv2D(1, 2, 3, stride=2, rng=np.random.default_rng(0), dtype=np.float64)
    >>> report = nd.gradcheck.check_adjoint(conv, np.random.default_rng(1).random((1, 7, 7, 1)))
    >>> report.deconv < 1e-10
    True
    """
    x = checked_input(x)
    rng = np.random.default_rng(0) if rng is None else rng
    output, context = layer.forward(x)
    linear = output - layer(np.zeros_like(x))
    y = rng.standard_normal(output.shape).astype(output.dtype)
    scale = float(np.linalg.norm(linear) * np.linalg.norm(y)) or 1.0
    up = np.vdot(linear, y)
    down = np.vdot(x, layer.deconv(y, context)), np.vdot(x, layer.backward(y, context)[0])
    return AdjointReport(*(float(abs(up - inner)) / scale for inner in down))


def checked_input(x: Array) -> Array:
    """Return x if it is an array of finite floats."""
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"gradcheck: expected x to be an array of floats, got {describe(x)}")
    if not np.isfinite(x).all():
        raise ValueError("gradcheck: expected finite x, got NaN or infinity")
    return x
