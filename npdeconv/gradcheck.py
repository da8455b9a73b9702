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
    error: float  # largest relative error among the entries that could be compared
    checked: int
    kinks: int  # entries with a kink within the step; a smaller step may have passed it
    undecided: int  # those of them that sit right at a kink: there is no gradient to compare with


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
        """The number of entries that sit at or near a kink or a changing switch."""
        return sum(tensor.kinks for tensor in self.tensors)

    @property
    def undecided(self) -> tuple[str, ...]:
        """The names of arrays of which no entry could be compared."""
        return tuple(tensor.name for tensor in self.tensors if tensor.undecided == tensor.checked > 0)

    @property
    def passed(self) -> bool:
        """Whether every error is below the tolerance, and every array had an entry to compare."""
        return not self.undecided and self.error <= self.tolerance

    def __str__(self) -> str:
        width = max(11, *(len(tensor.name) for tensor in self.tensors))
        lines = [f"{'gradient of':<{width}}  relative error  checked  at a kink"]
        for name, error, checked, kinks, _ in self.tensors:
            lines.append(f"{name:<{width}}  {error:14.1e}  {checked:7d}  {kinks:9d}")
        verdict = "passed" if self.passed else "FAILED" if self.error > self.tolerance else "UNDECIDED"
        lines.append(f"{verdict}: largest relative error {self.error:.1e}, tolerance {self.tolerance:.0e}")
        if self.undecided:
            lines[-1] += f"; nothing but kinks in {', '.join(self.undecided)}"
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
    changes), a central difference is wrong though the gradient may be right. An entry with an
    error is therefore looked at again with steps of a 16th and a 256th. It is counted as a kink,
    and not as an error, if the error goes away and the slopes to both sides agree at once (the
    kink was near), if the slopes go on to differ by as much (it is right there), or if the error
    at least melts with the step (there are many: one weight moves all the units of a large map).
    The error of a wrong gradient stays what it is.
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
        return TensorCheck(name, 0.0, 0, 0, 0)
    slopes = np.array([probe(entry) for entry in entries])
    numeric = slopes.mean(axis=1)
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    scale = size + 1e-3 * size.max() + np.finfo(float).tiny
    error, bend = np.abs(analytic - numeric) / scale, np.abs(slopes[:, 1] - slopes[:, 0]) / scale
    kink, undecided = np.zeros(len(entries), bool), np.zeros(len(entries), bool)
    for n in np.flatnonzero(error > tolerance):
        for shrink in (16, 256):
            below, above = probe(entries[n], shrink)
            nearer = abs(analytic[n] - (below + above) / 2) / scale[n]
            rest = abs(above - below) / scale[n]  # of the bend; of a curve's, about 1 / shrink is left
            if nearer <= tolerance:
                kink[n] = rest <= bend[n] / (4 * shrink)  # or else the step was too long for the curve
                error[n], undecided[n] = nearer, False
                break
            is_here = rest > bend[n] / 2 and nearer <= rest
            kink[n] = undecided[n] = is_here or nearer < error[n] / 8
    largest = float(np.max(error[~undecided], initial=0.0))
    return TensorCheck(name, largest, len(error), int(kink.sum()), int(undecided.sum()))
