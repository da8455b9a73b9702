"""What are the machine's limits? Matrix products and copies by one thread and by all: the roofline's roof.

OPENBLAS_CORETYPE makes OpenBLAS use the kernels of another processor. If it is set, the largest
product is also measured without it, which shows the machine's real limit.
"""

import os

from benchmarks.contest import Case, Contender, Contest
from benchmarks.control import COPIED
from benchmarks.records import Record, Settings
from benchmarks.remote import Remote
from benchmarks.wording import counted

CORETYPE = "OPENBLAS_CORETYPE"


def measure(contest: Contest) -> list[Record]:
    """Measure BLAS's matrix product and copies."""
    settings = contest.settings
    sides = settings.pick(tiny=(64,), quick=(1024, 2048), full=(512, 1024, 2048, 4096))
    size = settings.pick(tiny=2**16, quick=COPIED, full=4 * COPIED)
    records = []
    for threads in sorted({1, settings.threads}):
        cases = [_product(side, threads) for side in sides] + [_copy(size, threads)]
        for case in cases:
            records += contest.compete(case)
        if CORETYPE in os.environ:
            records.append(_without_coretype(cases[-2], settings))
    return records


def _product(side: int, threads: int) -> Case:
    facts = {"flops": 2 * side**3, "bytes": 12 * side**2, "threads": threads}
    arguments = {"side": side, "threads": threads}
    name = f"product {side}x{side}, {counted(threads, 'thread')}"
    return Case("peak", name, "product", arguments, (Contender("NumPy"),), facts)


def _copy(size: int, threads: int) -> Case:
    facts = {"flops": 0, "bytes": 2 * size, "threads": threads}
    arguments = {"size": size, "threads": threads}
    return Case(
        "peak", f"copy, {counted(threads, 'thread')}", "copy", arguments, (Contender("NumPy"),), facts
    )


def _without_coretype(case: Case, settings: Settings) -> Record:
    variant = f"without {CORETYPE}"
    record = Record(case.topic, case.name, "NumPy", variant, "s", [], facts=dict(case.facts))
    with Remote("NumPy", settings.threads, {CORETYPE: None}) as remote:
        remote.ask("prepare", 0, case.task, case.arguments, variant)
        record.values += [remote.ask("turn", 0, settings.turn_seconds) for _ in range(settings.rounds)]
    return record
