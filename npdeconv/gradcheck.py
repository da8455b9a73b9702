"""Finite differences for everyone: do a layer's `backward` and `deconv` tell the truth?

Works on any `Layer`, a user's own too, and on whole networks. Use float64: float32 leaves about
three digits of a difference quotient.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import describe, positive_int
from npdeconv._types import Array, Generator
from npdeconv.layers.base import Layer


class TensorCheck(NamedTuple):
    """How one array's gradient fared."""

    name: str  # "x", or the parameter's name
    error: float  # largest relative error among the checked entries that sit at no kink
    checked: int
    kinks: int  # entries at which the function bends, so that there is no gradient to compare


class GradientReport(NamedTuple):
    """What `check_gradients` found; `str` of it is a table."""

    tensors: tuple[TensorCheck, ...]
    tolerance: float

    @property
    def error(self) -> float:
        """The largest relative error."""
        return max(tensor.error for tensor in self.tensors)

    @property
    def kinks(self) -> int:
        """The number of entries that sit at a kink or at a changing switch."""
        return sum(tensor.kinks for tensor in self.tensors)

    @property
    def passed(self) -> bool:
        """Whether every error is below the tolerance, and every array had an entry to compare."""
        conclusive = all(tensor.kinks < tensor.checked or not tensor.checked for tensor in self.tensors)
        return conclusive and self.error <= self.tolerance

    def __str__(self) -> str:
        width = max(len(tensor.name) for tensor in self.tensors)
        lines = [f"{'gradient of':<{max(width, 11)}}  relative error  checked  at a kink"]
        for name, error, checked, kinks in self.tensors:
            lines.append(f"{name:<{max(width, 11)}}  {error:14.1e}  {checked:7d}  {kinks:9d}")
        verdict = "passed" if self.passed else "FAILED"
        lines.append(f"{verdict}: largest relative error {self.error:.1e}, tolerance {self.tolerance:.0e}")
        return "\n".join(lines)


def check_gradients(
    layer: Layer,
    x: Array,
    *,
    rng: Generator | None = None,
    samples: int = 32,
    step: float = 1e-5,
    tolerance: float = 1e-6,
    progress: Callable[[str], object] | None = None,
) -> GradientReport:
    """Compare `layer.backward` with central differences of `layer.forward`.

    The loss is the inner product of the outputs with a random `dy`. Up to `samples` random
    entries of x and of each parameter are moved up and down by `step`.

    Parameters
    ----------
    layer : Layer
        Its parameters are moved and put back while the check runs: share it with no other thread.
    x : floats (N, ...)
        A batch; float64 for the default step and tolerance.
    rng : numpy.random.Generator, optional
        Picks the entries and `dy`; seed 0 unless given. A layer with noise gets the same noise
        in every evaluation.
    samples : int
        Entries checked per array.
    step : float
        How far an entry is moved, in units of max(1, abs(entry)).
    tolerance : float
        The relative error up to which the report says passed.
    progress : callable, optional
        Called with the name of each array before it is checked.

    Returns
    -------
    GradientReport

    Raises
    ------
    TypeError, ValueError
        If x is no array of floats, or not finite.

    Notes
    -----
    The relative error of an entry is |analytic - numeric| / (max(|analytic|, |numeric|) + s),
    where s is a thousandth of the array's largest checked gradient: it keeps entries whose
    gradient is 0 from dividing rounding errors by 0.

    Where the function has a kink within the step (a ReLU at 0, a pooling window whose winner
    changes), the slopes to both sides differ, and a central difference may be wrong by up to
    that difference. An entry whose error is no larger is therefore looked at again with steps of
    a 16th and a 256th. It is counted as a kink, and not as an error, if the error goes away and
    the slopes agree at once (the kink was near), or if the slopes go on to differ (it is right
    there). In a function that is merely curved, the slopes approach one another step by step, and
    the error of a wrong gradient stays.
    """
    x = _checked(x)
    rng = np.random.default_rng(0) if rng is None else rng
    samples = positive_int(samples, "check_gradients", "samples")
    noise = int(rng.integers(2**63))

    def forward() -> tuple[Array, Any]:
        return layer.forward(x, rng=np.random.default_rng(noise))

    x = x.copy()
    y, context = forward()
    y = y.copy()  # it may be a view of x, as that of `Flatten` is
    dy = rng.standard_normal(y.shape).astype(y.dtype)
    dx, gradients = layer.backward(dy, context)
    missing = set(layer.parameters) ^ set(gradients)
    if missing:
        raise ValueError(f"{layer.name}: parameters and gradients differ in {', '.join(sorted(missing))}")
    checks = []
    pairs = [("x", x, dx), *((name, array, gradients[name]) for name, array in layer.parameters.items())]
    for name, array, gradient in pairs:
        if gradient.shape != array.shape:
            raise ValueError(
                f"{layer.name}: the gradient of {name} has shape {gradient.shape}, not {array.shape}"
            )
        if progress is not None:
            progress(name)
        entries = rng.permutation(array.size)[:samples]
        probe = partial(_slopes, lambda: forward()[0], y, dy, array, step)
        checks.append(_compare(name, gradient.reshape(-1)[entries], entries, probe, tolerance))
    return GradientReport(tuple(checks), tolerance)


class AdjointReport(NamedTuple):
    """How far `deconv` and `backward` are from the transpose of `forward`, relative to the norms."""

    deconv: float
    backward: float


def check_adjoint(layer: Layer, x: Array, *, rng: Generator | None = None) -> AdjointReport:
    """Test the identity <f(x) - f(0), y> == <x, f'(y)> with a random y.

    It holds for every layer that is linear but for a bias (`Conv2D`, `Dense`, `Flatten`), and for
    `MaxPool2D`, whose switches are those of x. A rectifier breaks it, as it should.

    Parameters
    ----------
    layer : Layer
    x : floats (N, ...)
    rng : numpy.random.Generator, optional
        Draws y; seed 0 unless given.

    Returns
    -------
    AdjointReport
        |left - right| / (|f(x) - f(0)| |y|) for `deconv` and for `backward`; rounding errors only
        (below 1e-10 in float64) where the identity holds.
    """
    x = _checked(x)
    rng = np.random.default_rng(0) if rng is None else rng
    output, context = layer.forward(x)
    linear = output - layer(np.zeros_like(x))
    y = rng.standard_normal(output.shape).astype(output.dtype)
    scale = float(np.linalg.norm(linear) * np.linalg.norm(y)) or 1.0
    up = np.vdot(linear, y)
    down = np.vdot(x, layer.deconv(y, context)), np.vdot(x, layer.backward(y, context)[0])
    return AdjointReport(*(float(abs(up - inner)) / scale for inner in down))


def _checked(x: Array) -> Array:
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"gradcheck: expected x to be an array of floats, got {describe(x)}")
    if not np.isfinite(x).all():
        raise ValueError("gradcheck: expected finite x, got NaN or infinity")
    return x


def _slopes(
    forward: Callable[[], Array], y: Array, dy: Array, array: Array, step: float, entry: int, shrink: int = 1
) -> tuple[float, float]:
    """Return the slopes of the loss below and above one entry of an array, which is moved in place."""
    flat = array.flat
    value = flat[entry]
    distance = step * max(1.0, abs(float(value))) / shrink
    losses = []
    try:
        for moved in (value - distance, value + distance):
            flat[entry] = moved
            # The outputs are subtracted before they are summed: less is lost to cancellation.
            losses.append(float(np.vdot(dy, forward() - y)) / abs(float(flat[entry] - value)))
    finally:
        flat[entry] = value
    return -losses[0], losses[1]


def _compare(
    name: str,
    analytic: Array,
    entries: Array,
    probe: Callable[..., tuple[float, float]],
    tolerance: float,
) -> TensorCheck:
    if not len(analytic):
        return TensorCheck(name, 0.0, 0, 0)
    slopes = np.array([probe(entry) for entry in entries])
    numeric = slopes.mean(axis=1)
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    scale = size + 1e-3 * size.max() + np.finfo(float).tiny
    error, bend = np.abs(analytic - numeric) / scale, np.abs(slopes[:, 1] - slopes[:, 0]) / scale
    kink = np.zeros(len(entries), bool)
    for n in np.flatnonzero((error > tolerance) & (error <= bend)):
        for shrink in (16, 256):
            below, above = probe(entries[n], shrink)
            nearer = abs(analytic[n] - (below + above) / 2) / scale[n]
            left = abs(above - below) / scale[n] / bend[n]  # of a curve, about 1 / shrink
            if nearer <= tolerance:
                kink[n] = left < 1 / (4 * shrink)  # or else the first step was too long for the curve
                error[n] = nearer
                break
            kink[n] = left > 0.5
    return TensorCheck(name, float(np.max(error[~kink], initial=0.0)), len(error), int(kink.sum()))
