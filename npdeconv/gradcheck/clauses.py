"""The clauses of a layer's contract on its arithmetic: gradients, way down, shapes, receptive fields.

Each is a function of a float64 layer and a batch x. It raises `BrokenClauseError` with one sentence.
It returns None, or a reason why the clause does not apply to the layer.
"""

from typing import get_args

import numpy as np

from npdeconv._types import Array, Box, Rule
from npdeconv.gradcheck.adjoint import check_adjoint
from npdeconv.gradcheck.differences import check_gradients
from npdeconv.gradcheck.trials import BrokenClauseError, all_ways, demand, in_dtype, is_close, is_equal
from npdeconv.layers import Layer, Sequential
from npdeconv.layers.window import Window

ADJOINT_TOLERANCE = 1e-10


def finite_differences(layer: Layer, x: Array) -> None:
    """`backward` agrees with central differences of `forward`."""
    report = check_gradients(layer, x, samples=64)
    for name, error, *_ in report.tensors:
        demand(
            error <= report.tolerance,
            f"backward: the gradient of {name} differs from finite differences by {error:.1e} of its size",
        )
    undecided = ", ".join(report.undecided)
    demand(report.passed, f"backward: finite differences could not be taken of {undecided}")


def adjoint(layer: Layer, x: Array) -> str | None:
    """`deconv` and `backward` of a linear layer are the transpose of `forward`."""
    if not layer.linear:
        return "the layer is no LinearLayer"
    for way, error in check_adjoint(layer, x)._asdict().items():
        demand(error < ADJOINT_TOLERANCE, f"{way} is not the transpose of forward, it is off by {error:.1e}")
    return None


def homogeneity(layer: Layer, x: Array) -> None:
    """`deconv` of 3 * y is 3 * `deconv` of y."""
    y, context = layer.forward(x)
    y = np.random.default_rng(2).normal(size=y.shape)
    demand(
        is_close(layer.deconv(3 * y, context), 3 * layer.deconv(y, context)),
        "deconv of 3 * y is not 3 * deconv of y",
    )


def rules(layer: Layer, x: Array) -> None:
    """Rule "deconv" is `deconv`; the other rules are `backward`, except in rectifiers."""
    y, context = layer.forward(x)
    y = np.random.default_rng(2).normal(size=y.shape)
    dx, down = layer.backward(y, context)[0], layer.deconv(y, context)
    expected = {rule: ("deconv", down) if rule == "deconv" else ("backward", dx) for rule in get_args(Rule)}
    if layer.rectifies:
        expected |= {
            "guided": ("deconv of backward", layer.deconv(dx, context)),
            "linear": ("the identity", y),
        }
    if isinstance(layer, Sequential):  # its parts follow the rules, and it has none of its own
        expected = {rule: expected[rule] for rule in ("deconv", "gradient")}
    for rule in get_args(Rule):
        found = layer.descend(y, context, rule)
        demand(found.shape == x.shape, f"descend by {rule!r} gives shape {found.shape}, expected {x.shape}")
        if rule in expected:
            way, answer = expected[rule]
            demand(is_equal(found, answer), f"descend by {rule!r} is not {way}")


def output_shape(layer: Layer, x: Array) -> None:
    """`output_shape` is the shape of the outputs; `backward` and `deconv` return the shape of x."""
    (y, dx, down, *_), said = all_ways(layer, x), layer.output_shape(x.shape[1:])
    demand(y.shape[1:] == said, f"output_shape says {said}, forward gives {y.shape[1:]}")
    demand(len(y) == len(x), f"forward gives {len(y)} outputs for {len(x)} inputs")
    for way, array in (("backward", dx), ("deconv", down)):
        demand(array.shape == x.shape, f"{way} gives shape {array.shape} for inputs of shape {x.shape}")


def gradients(layer: Layer, x: Array) -> None:
    """Each parameter has a gradient of its shape."""
    y, context = layer.forward(x)
    found = {name: array.shape for name, array in layer.backward(y, context)[1].items()}
    expected = {name: array.shape for name, array in layer.parameters.items()}
    demand(found == expected, f"backward gives gradients of shapes {found}, the parameters are {expected}")


def receptive_field(layer: Layer, x: Array) -> str | None:
    """Inputs outside the `receptive_field` of a unit do not change it."""
    y = layer(x)
    if x.ndim != 4 or y.ndim != 4:
        return "its inputs or outputs are not feature maps"
    other = np.random.default_rng(3).permutation(x.ravel()).reshape(x.shape)
    for row in sorted({0, y.shape[1] // 2, y.shape[1] - 1}):
        for column in sorted({0, y.shape[2] // 2, y.shape[2] - 1}):
            box = layer.receptive_field(Box(row, row + 1, column, column + 1), x.shape[1:])
            inside = np.s_[:, max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)]
            changed = other.copy()
            changed[inside] = x[inside]
            demand(
                is_close(layer(changed)[:, row, column], y[:, row, column]),
                f"unit ({row}, {column}) depends on inputs outside its receptive field {tuple(box)}",
            )
    return None


def outputs(layer: Layer, x: Array) -> str | None:
    """The outputs are the inputs' numbers, or probabilities, as `passes_on` and `probabilities` say."""
    if not layer.passes_on and layer.probabilities is None:
        return "it says nothing of them"
    y = layer(x)
    if layer.passes_on:
        demand(np.array_equal(y.ravel(), x.ravel()), "passes_on is True, but other numbers come out")
    if layer.probabilities is not None:
        said = f"probabilities is {layer.probabilities!r}, but the outputs"
        demand(bool((y >= 0).all() and (y <= 1).all()), f"{said} are not from 0 to 1")
        if layer.probabilities == "exclusive":
            demand(np.allclose(y.sum(axis=-1), 1), f"{said} do not add up to 1")
    return None


def locality(layer: Layer, x: Array) -> str | None:
    """A piece of the input gives a piece of the output, as `locality`, `window` and `beyond` declare."""
    if layer.locality is None or x.ndim != 4:
        return "it declares no locality on feature maps"
    if layer.locality == "position":
        padded, bare, stride = x, layer, (1, 1)
    elif layer.window is None:
        raise BrokenClauseError("locality is 'window', and window is None")
    elif layer.beyond is None and layer.window.pads:
        return "beyond is None: it is never computed in pieces"
    else:
        padded, bare, stride = _padded(layer, layer.window, x), in_dtype(layer, x.dtype), layer.window.stride
        bare.window = layer.window.unpadded()
    y, said = layer(x), f"locality is {layer.locality!r}"
    demand(is_close(bare(padded), y), f"{said}, but beyond the image the layer does not see {layer.beyond}")
    if min(y.shape[1:3]) > 1:
        piece = bare(padded[:, stride[0] :, stride[1] :])
        demand(is_close(piece, y[:, 1:, 1:]), f"{said}, but a piece of the input gives other outputs")
    return None


def _padded(layer: Layer, window: Window, x: Array) -> Array:
    """Return x with its padding of `beyond`, without rows and columns that no window reaches."""
    offset, out_shape = window.place(x.shape[1:], layer.kind)
    sides = [
        (n - 1) * step + span for n, step, span in zip(out_shape, window.stride, window.span, strict=True)
    ]
    filled = np.full(
        (len(x), *(side + length for side, length in zip(sides, x.shape[1:3], strict=True)), x.shape[3]),
        0.0 if layer.beyond is None else layer.beyond,
    )
    (top, left), (height, width) = offset, x.shape[1:3]
    filled[:, top : top + height, left : left + width] = x
    return filled[:, : sides[0], : sides[1]]
