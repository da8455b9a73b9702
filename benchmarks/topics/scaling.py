"""How much faster are more workers, and how does time grow with the number of images?"""

from benchmarks.contest import Case, Contender, Contest
from benchmarks.records import Record
from benchmarks.wording import counted

NETWORK = "deck_model3"


def measure(contest: Contest) -> list[Record]:
    """Measure 1, 2, 4 ... workers in turn, and predictions of growing numbers of images."""
    pick = contest.settings.pick
    batch, images = pick(tiny=4, quick=128, full=128), pick(tiny=40, quick=1000, full=10000)
    counts = pick(tiny=(1, 4), quick=(1, 16, 128, 1024), full=(1, 16, 128, 1024, 10000))
    workers = worker_counts(contest.settings.threads)
    contenders = tuple(
        Contender("npdeconv", counted(count, "worker"), {"workers": count}) for count in workers
    )  # fmt: skip
    cases = [
        Case("scaling", f"{NETWORK}, batch {batch}", "training_step",
             {"network": NETWORK, "batch": batch}, contenders),
        Case("scaling", f"{NETWORK}, prediction of {images}", "prediction",
             {"network": NETWORK, "images": images}, contenders, rounds=7),
    ]  # fmt: skip
    for count in counts:
        cases.append(  # noqa: PERF401
            Case("images", f"{NETWORK}, {count} images", "prediction",
                 {"network": NETWORK, "images": count}, (Contender("npdeconv"),), {"images": count}, 5)
        )  # fmt: skip
    return [record for case in cases for record in contest.compete(case)]


def worker_counts(threads: int) -> list[int]:
    """Return 1, 2, 4 ... and the number of threads itself."""
    powers = [2**power for power in range(threads.bit_length()) if 2**power <= threads]
    return sorted({*powers, threads})
