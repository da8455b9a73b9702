"""Finite differences, compared with a layer's `backward`.

Works on any `Layer`, including a user's own, and on whole networks. Use float64: float32 leaves about
three digits of a difference quotient.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import positive_int
from npdeconv._repr import brief
from npdeconv._types import Array, Generator
from npdeconv.gradcheck.adjoint import checked_input
from npdeconv.layers import Layer

HIDDEN = 2.5e-4  # of a gradient: larger rounding could hide an error of a thousandth


class TensorCheck(NamedTuple):
    """The result for one array's gradient.

    Attributes
    ----------
    name : str, "x", or the parameter's name
    error : float, largest relative error among the entries that could be compared
    checked : int
    kinks : int, entries with a kink within the step; a smaller step may have passed it
    undecided : int, entries that sit right at a kink, or whose gradient is lost in rounding

    Examples
    --------
    >>> dense = nd.layers.Dense(2, 3, rng=np.random.default_rng(0), dtype=np.float64)
    >>> report = nd.gradcheck.check_gradients(dense, np.array([[1.0, 2.0]]))
    >>> [(tensor.name, tensor.checked) for tensor in report.tensors]
    [('x', 2), ('weight', 6), ('bias', 3)]
    """

    name: str
    error: float
    checked: int
    kinks: int
    undecided: int


@brief
class GradientReport(NamedTuple):
    """The result of `check_gradients`; `str` of it is a table.

    Attributes
    ----------
    tensors : tuple[TensorCheck, ...]
    tolerance : float

    Examples
    --------
    >>> report = nd.gradcheck.check_gradients(nd.layers.ReLU(), np.array([[-1.0, 0.0, 2.0]]))
    >>> report.passed, report.kinks  # the entry that is 0 sits at the kink
    (True, 1)
    """

    tensors: tuple[TensorCheck, ...]
    tolerance: float

    @property
    def error(self) -> float:
        """The largest relative error."""
        return max(tensor.error for tensor in self.tensors)

    @property
    def kinks(self) -> int:
        """The number of entries at or near a kink or a changing switch."""
        return sum(tensor.kinks for tensor in self.tensors)

    @property
    def undecided(self) -> tuple[str, ...]:
        """The names of arrays without any entry that could be compared."""
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
            lines[-1] += f"; only kinks or rounding in {', '.join(self.undecided)}"
        return "\n".join(lines)


def check_gradients(
    layer: Layer,
    x: Array,
    *,
    rng: Generator | None = None,
    samples: int = 32,
    step: float = 1e-5,
    tolerance: float = 1e-6,
    say: Callable[[str], object] | None = None,
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
        Entries checked per array: the one with the largest gradient, and random others.
    step : float
        How far an entry is moved, in units of max(1, abs(entry)).
    tolerance : float
        The largest relative error that passes.
    say : callable, optional
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
    The relative error of an entry is ``|analytic - numeric| / (max(|analytic|, |numeric|) + s)``,
    where s is a thousandth of the array's largest gradient: it keeps rounding errors of a gradient of
    0 from being divided by 0. The rounding error of the quotient is subtracted from the difference
    first. It is measured with a step so small that the loss should change evenly to both sides: any
    unevenness is rounding. An entry is undecided if rounding may hide an error of a thousandth.

    If the function has a kink within the step (a ReLU at 0, a pooling window with a changing
    winner), a central difference is wrong though the gradient may be right. An entry with an
    error is therefore checked again with steps of a 16th and a 256th. It counts as a kink,
    and not as an error, in three cases: the error vanishes and the slopes to both sides agree (the
    kink was near); the slopes still differ by as much (the entry is at the kink); or the error
    shrinks with the step (there are many kinks: one weight moves all the units of a large map).
    The error of a wrong gradient does not shrink.

    Examples
    --------
    >>> conv = nd.layers.Conv2D(1, 2, 3, rng=np.random.default_rng(0), dtype=np.float64)
    >>> report = nd.gradcheck.check_gradients(conv, np.random.default_rng(1).random((1, 5, 5, 1)))
    >>> report.passed, report.error < 1e-6
    (True, True)
    """
    x = checked_input(x)
    rng = np.random.default_rng(0) if rng is None else rng
    samples = positive_int(samples, "check_gradients", "samples")
    noise = int(rng.integers(2**63))

    def forward() -> tuple[Array, Any]:
        return layer.forward(x, rng=np.random.default_rng(noise))

    x = x.copy()
    y, context = forward()
    y = y.copy()  # it may be a view of x, as for `Flatten`
    dy = rng.standard_normal(y.shape).astype(y.dtype)
    dx, gradients = layer.backward(dy, context)
    missing = set(layer.parameters) ^ set(gradients)
    if missing:
        raise ValueError(f"{layer.kind}: parameters and gradients differ in {', '.join(sorted(missing))}")
    checks = []
    pairs = [("x", x, dx), *((name, array, gradients[name]) for name, array in layer.parameters.items())]
    for name, array, gradient in pairs:
        if gradient.shape != array.shape:
            raise ValueError(
                f"{layer.kind}: the gradient of {name} has shape {gradient.shape}, not {array.shape}"
            )
        if say is not None:
            say(name)
        entries = _pick(gradient, samples, rng)
        probe = _Probe(lambda: forward()[0], y, dy, array, step)
        checks.append(_compare(name, gradient.reshape(-1), entries, probe, tolerance))
    return GradientReport(tuple(checks), tolerance)


def _pick(gradient: Array, samples: int, rng: Generator) -> Array:
    """Choose the entry with the largest gradient, where an error shows most, and random others."""
    order = rng.permutation(gradient.size)
    if not gradient.size:
        return order
    largest = int(np.abs(gradient).argmax())
    return np.concatenate([[largest], order[order != largest]])[:samples]


class _Probe(NamedTuple):
    """Moves single entries of an array, and measures the change of the loss."""

    forward: Callable[[], Array]
    y: Array
    dy: Array
    array: Array
    step: float

    def distance(self, entry: int) -> float:
        """Return how far an entry is moved."""
        return self.step * max(1.0, abs(float(self.array.flat[entry])))

    def slopes(self, entry: int, shrink: int = 1) -> tuple[float, float]:
        """Return the slopes of the loss below and above an entry."""
        (below, down), (above, up) = self._losses(entry, self.distance(entry) / shrink)
        return -below / down, above / up

    def rounding(self, entries: Array) -> float:
        """Return the rounding error of the loss: the median over some entries moved by tiny steps.

        It is at least the error from rounding the outputs, which would hide smaller changes.
        """
        uneven = []
        for entry in entries:
            (below, _), (above, _) = self._losses(entry, self.distance(entry) / 2**20)
            uneven.append(abs(below + above))
        return max(float(np.median(uneven)), float(np.linalg.norm(self.dy * np.spacing(self.y))) / 2)

    def _losses(self, entry: int, distance: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the change of the loss and the true distance of the entry, for a move down and a move up."""
        flat = self.array.flat
        value = flat[entry]
        found = []
        try:
            for moved in (value - distance, value + distance):
                flat[entry] = moved
                # Subtracting the outputs before summing them loses less to cancellation.
                loss = float(np.vdot(self.dy, self.forward() - self.y))
                found.append((loss, abs(float(flat[entry] - value))))
        finally:
            flat[entry] = value
        return found[0], found[1]


def _compare(name: str, gradient: Array, entries: Array, probe: _Probe, tolerance: float) -> TensorCheck:
    if not len(entries):
        return TensorCheck(name, 0.0, 0, 0, 0)
    analytic = gradient[entries]
    slopes = np.array([probe.slopes(entry) for entry in entries])
    numeric = slopes.mean(axis=1)
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    scale = size + 1e-3 * max(np.abs(gradient).max(), size.max()) + np.finfo(float).tiny
    rounding = 4 * probe.rounding(entries[:3]) / np.array([probe.distance(entry) for entry in entries])
    error = np.maximum(np.abs(analytic - numeric) - rounding, 0) / scale
    bend = np.abs(slopes[:, 1] - slopes[:, 0]) / scale
    kink, undecided = np.zeros(len(entries), bool), rounding > HIDDEN * scale
    for n in np.flatnonzero((error > tolerance) & ~undecided):
        for shrink in (16, 256):
            below, above = probe.slopes(entries[n], shrink)
            nearer = max(abs(analytic[n] - (below + above) / 2) - shrink * rounding[n], 0) / scale[n]
            rest = abs(above - below) / scale[n]  # a smooth curve leaves about 1 / shrink of its bend
            if nearer <= tolerance:
                kink[n] = rest <= bend[n] / (4 * shrink)  # otherwise the step was too long for a curve
                error[n], undecided[n] = nearer, False
                break
            is_here = rest > bend[n] / 2 and nearer <= rest
            kink[n] = undecided[n] = is_here or nearer < error[n] / 8
    largest = float(np.max(error[~undecided], initial=0.0))
    return TensorCheck(name, largest, len(error), int(kink.sum()), int(undecided.sum()))
