"""How fast is each layer, up and down, on the shapes of the deck's networks and of AlexNet?

And how fast are fused convolution, ReLU and pooling, compared with separate layers?
"""

from typing import Any, NamedTuple

from benchmarks.contest import Case, Contender, Contest
from benchmarks.geometries import ALEXNET, DECK_LARGE, DECK_SMALL, Convolution
from benchmarks.records import Record

TURN_SECONDS = 0.1
OPERATIONS = ("forward", "backward", "deconv")


class _Layer(NamedTuple):
    name: str
    kind: str  # see `benchmarks.inputs.build_layer`
    options: dict[str, Any]
    input_shape: tuple[int, ...]
    batch: int


def _convolution(shape: Convolution, batch: int) -> _Layer:
    options = {
        "filters": shape.filters, "kernel_size": shape.kernel,
        "stride": shape.stride, "padding": shape.padding,
    }  # fmt: skip
    return _Layer(f"conv {shape.name}", "conv", options, (*shape.size, shape.channels), batch)


SMALL = tuple(_convolution(shape, 128) for shape in DECK_SMALL)
LARGE = tuple(_convolution(shape, 4) for shape in DECK_LARGE)
ALEX = tuple(_convolution(shape, 16) for shape in ALEXNET)
OTHERS = (
    _Layer("pool 2x2, 28x28x32", "pool", {"window": 2}, (28, 28, 32), 128),
    _Layer("pool 3x3/2, 56x56x64", "pool", {"window": 3, "stride": 2}, (56, 56, 64), 16),
    _Layer("ReLU, 28x28x64", "relu", {}, (28, 28, 64), 128),
    _Layer("dense 12544 to 64", "dense", {"outputs": 64}, (12544,), 128),
)
BLOCKS = (  # input shape, filters, whether pooled
    ((28, 28, 1), 32, False),
    ((28, 28, 32), 64, True),
    ((14, 14, 64), 64, True),
    ((7, 7, 64), 64, False),
)


def measure(contest: Contest) -> list[Record]:
    """Measure forward, backward (all gradients) and deconv of every layer."""
    measured: tuple[_Layer, ...] = contest.settings.pick(
        tiny=(OTHERS[2]._replace(batch=2), SMALL[-1]._replace(batch=2)),
        quick=(SMALL[0], SMALL[2], OTHERS[0], OTHERS[3]),
        full=(*SMALL, *LARGE, *ALEX, *OTHERS),
    )
    contenders = contest.contenders(PyTorch=("contiguous", "channels_last"))
    records = []
    for layer in measured:
        # A rectifier's deconv differs from its gradient, and torch has only the gradient.
        for operation in OPERATIONS[:2] if layer.kind == "relu" else OPERATIONS:
            arguments = {**layer._asdict(), "operation": operation}
            name = f"{arguments.pop('name')}, batch {layer.batch}: {operation}"
            facts = {"operation": operation}
            records += contest.compete(
                Case("layers", name, "layer", arguments, contenders, facts, turn_seconds=TURN_SECONDS)
            )
    return records + _measure_blocks(contest)


def _measure_blocks(contest: Contest) -> list[Record]:
    first, *others = contest.contenders(PyTorch=("contiguous", "channels_last"))
    contenders = (first, Contender("npdeconv", "layer by layer"), *others)
    records = []
    for input_shape, filters, pooled in contest.settings.pick(
        tiny=BLOCKS[-1:], quick=BLOCKS[1:2], full=BLOCKS
    ):
        batch = contest.settings.pick(tiny=2, quick=128, full=128)
        for operation in ("forward", "forward and backward"):
            height, width, channels = input_shape
            parts = "conv, ReLU, pool" if pooled else "conv, ReLU"
            name = f"{parts} {height}x{width}, {channels} to {filters}, batch {batch}: {operation}"
            arguments = {
                "input_shape": input_shape, "filters": filters, "pooled": pooled,
                "batch": batch, "operation": operation,
            }  # fmt: skip
            case = Case("layers", name, "block", arguments, contenders, turn_seconds=TURN_SECONDS)
            records += contest.compete(case)
    return records
