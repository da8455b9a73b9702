"""How fast is each kernel, beside its plain twin and the machine's limits?

A thread works on a worker's shard, 16 images of 28x28 or one large image; one thread is measured, and
all threads on separate shards. The twins take a hundred times as long, so they get one image.
"""

from benchmarks.contest import Case, Contender, Contest
from benchmarks.geometries import (
    ALEXNET,
    CONVOLUTIONS,
    DECK_LARGE,
    DECK_SMALL,
    POOLINGS,
    Convolution,
    Pooling,
)
from benchmarks.kernel_calls import ALGORITHMS, OPERATIONS
from benchmarks.records import Record
from benchmarks.wording import counted

TURN_SECONDS = 0.1
TWIN_FLOPS = 2 * 10**8  # per image; the twins would take seconds for larger ones


def measure(contest: Contest) -> list[Record]:
    """Measure every algorithm on every shape that suits it."""
    pick = contest.settings.pick
    convolutions = pick(
        tiny=DECK_SMALL[-1:],
        quick=(DECK_SMALL[0], DECK_SMALL[2], DECK_LARGE[2], ALEXNET[1]),
        full=CONVOLUTIONS,
    )
    poolings = pick(tiny=(), quick=POOLINGS[:1], full=POOLINGS)
    cases = [case for shape in convolutions for case in _convolutions(shape, contest.settings.threads)]
    cases += [case for shape in poolings for case in _poolings(shape, contest.settings.threads)]
    return [record for case in cases for record in contest.compete(case)]


def _convolutions(shape: Convolution, threads: int) -> list[Case]:
    suited = [name for name, algorithm in ALGORITHMS.items() if algorithm.suits(shape)]
    single = shape._replace(batch=1)
    cases = []
    for operation in OPERATIONS:
        cases += [_case(shape, operation, suited, count) for count in sorted({1, threads})]
        if single.flops <= TWIN_FLOPS:
            cases.append(_case(single, operation, [*suited, "twin"], 1, "one image, "))
    return cases


def _poolings(shape: Pooling, threads: int) -> list[Case]:
    single = shape._replace(batch=1)
    cases = []
    for operation in ("max_pool", "unpool"):
        cases += [_case(shape, operation, ["kernel"], count) for count in sorted({1, threads})]
        cases.append(_case(single, operation, ["kernel", "twin"], 1, "one image, "))
    return cases


def _case(
    shape: Convolution | Pooling, operation: str, variants: list[str], threads: int, prefix: str = ""
) -> Case:
    facts = {name: value * threads for name, value in shape.facts.items()}
    return Case(
        "kernels",
        f"{prefix}{shape.name}: {operation}, {counted(threads, 'thread')}",
        "kernel",
        {"shape": shape, "operation": operation, "threads": threads},
        tuple(Contender("npdeconv", variant) for variant in variants),
        {**facts, "threads": threads, "shape": shape.name, "operation": operation, "batch": shape.batch},
        turn_seconds=TURN_SECONDS,
    )
