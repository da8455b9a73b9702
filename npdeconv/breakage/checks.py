"""The public checks, asked of the parts of a deconvnet.

Each takes `Parts` and returns None, or a sentence about what is wrong.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from npdeconv._types import Array
from npdeconv.breakage.parts import Parts, build
from npdeconv.breakage.planted import planted_patch
from npdeconv.gradcheck import check_adjoint, check_gradients, check_layer
from npdeconv.layers import Conv2D, Layer, Sequential

_TOLERANCE = 1e-9


def _layers(parts: Parts) -> Mapping[str, Layer]:
    rng = np.random.default_rng(1)
    return {
        "conv": parts.conv(2, 3, 3, stride=2, padding="same", rng=rng, dtype=np.float64),
        "relu": parts.relu(),
        "pool": parts.pool(3, stride=2, padding=((1, 1), (1, 1))),
        "head_relu": parts.head_relu(),
    }


def _check_layer(parts: Parts) -> str | None:
    """Check every layer against the whole contract."""
    for name, layer in _layers(parts).items():
        report = check_layer(layer, (7, 9, 2))
        if not report.passed:
            return f"{name}: {report.failures[0]}"
    return None


def _check_adjoint(parts: Parts) -> str | None:
    """Compare the way down of the linear layers with the transpose of the way up."""
    x = np.random.default_rng(2).standard_normal((2, 7, 9, 2))
    for name, layer in _layers(parts).items():
        if isinstance(layer, Conv2D):
            layer.bias[...] = 0.5
        if layer.linear:
            error = max(check_adjoint(layer, x))
            if error > _TOLERANCE:
                return f"{name}: the way down is off the transpose by {error:.1e}"
    return None


def _check_gradients(parts: Parts) -> str | None:
    """Compare the gradients of a whole network with finite differences."""
    x = np.random.default_rng(3).random((2, 12, 12, 1))
    report = check_gradients(golden_network(parts), x, samples=40)
    return None if report.passed else f"gradients differ from finite differences by {report.error:.1e}"


@cache
def golden() -> Mapping[str, Array]:
    """Return the arrays that other programs computed, see `tests/golden/make_breakage.py`."""
    with np.load(Path(__file__).with_name("golden.npz"), allow_pickle=False) as file:
        return dict(file)


def golden_network(parts: Parts) -> Sequential:
    """Return the network of the golden projections."""
    network = build(parts, (12, 12, 1), (3, 4), 5, 3, np.float64)
    for name, array in network.parameters.items():
        array[...] = golden()[f"parameters {name}"]
    return network


def _golden_projections(parts: Parts) -> str | None:
    """Replay projections that Captum computed."""
    network, worst = golden_network(parts), ("", 0.0)
    y, tape = network.forward(golden()["image"])
    if not np.allclose(y, golden()["logits"], rtol=0, atol=_TOLERANCE):
        return "the outputs are not PyTorch's"
    for key, expected in golden().items():
        layer, *unit = key.split()
        if layer in network.layers:
            head = network[:layer]
            start = np.zeros((1, *head.output_shape((12, 12, 1))))
            start[(0, *map(int, unit))] = 1
            error = float(np.abs(head.deconv(start, tape) - expected).max() / np.abs(expected).max())
            worst = max(worst, (f"unit ({', '.join(unit)}) of {layer}", error), key=lambda found: found[1])
    name, error = worst
    return None if error < _TOLERANCE else f"the projection of {name} differs from Captum's by {error:.0%}"


def _golden_display(parts: Parts) -> str | None:
    """Show numbers whose grays are known: zero is mid-gray, and all share one scale."""
    for pixels, expected in (([-1.0, 0, 2], [0.25, 0.5, 1]), ([0.0, 0], [0.5, 0.5])):
        shown = parts.display(np.array(pixels))
        if not np.array_equal(shown, expected):
            return f"{pixels} is shown as {shown.tolist()}, expected {expected}"
    return None


def _golden_adam(parts: Parts) -> str | None:
    """Replay steps that PyTorch's Adam took."""
    adam, parameter = parts.adam(0.1), {"w": np.zeros(4)}
    for n, (gradient, expected) in enumerate(zip(golden()["gradients"], golden()["adam"], strict=True)):
        adam.update(parameter, {"w": gradient})
        if not np.allclose(parameter["w"], expected, rtol=_TOLERANCE, atol=0):
            return f"step {n + 1} differs from PyTorch's"
    return None


def _initial_weights(parts: Parts) -> str | None:
    """Correlate the initial weights of two layers of one shape."""
    one, two = parts.generators(np.random.default_rng(0), 2)
    first, second = (parts.conv(8, 8, 3, rng=rng).weight.ravel() for rng in (one, two))
    alike = float(np.corrcoef(first, second)[0, 1])
    return None if abs(alike) < 0.5 else f"the initial weights of two layers correlate by {alike:.2f}"


CHECKS: Mapping[str, Callable[[Parts], str | None]] = {
    "check_layer": _check_layer,
    "check_adjoint": _check_adjoint,
    "check_gradients": _check_gradients,
    "golden projections": _golden_projections,
    "planted patch": planted_patch,
    "golden display": _golden_display,
    "golden steps of Adam": _golden_adam,
    "initial weights": _initial_weights,
}
"""By name, in the order in which one would ask."""


def caught_by(parts: Parts) -> dict[str, str]:
    """Return the checks that find something wrong with the parts, and what they say.

    Examples
    --------
    >>> nd.breakage.caught_by(nd.breakage.Parts())
    {}
    """
    answers = {name: check(parts) for name, check in CHECKS.items()}
    return {name: said for name, said in answers.items() if said is not None}
