"""How near is each kernel to the machine's limits? `python -m benchmarks.roofline [RUN.json]`.

The machine's rates of arithmetic and of memory traffic limit a kernel's speed: Williams, Waterman &
Patterson, "Roofline: an insightful visual performance model for multicore architectures" (2009). The
roof is measured: BLAS's largest rate for matrix products, and the rate of a copy larger than the
caches.

Operations are those of the direct sum. Winograd's algorithm needs a quarter of its multiplications
and may exceed the peak. Bytes are those of reading every input and writing every output once. A
kernel with its data in the cache may exceed the bandwidth.
"""

import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.records import Record, Run, newest
from benchmarks.timing import summarize
from benchmarks.wording import counted


class Roof(NamedTuple):
    """The limits of some number of threads."""

    flops: float  # per second
    bytes: float  # per second

    def rate(self, intensity: float) -> float:
        """Return the possible operations per second at `intensity` operations per byte."""
        return min(self.flops, intensity * self.bytes)


class Point(NamedTuple):
    """One kernel under the roof."""

    record: Record
    intensity: float  # operations per byte
    rate: float  # operations per second
    share_of_peak: float
    share_of_bandwidth: float
    share_of_roof: float


def roofs(run: Run) -> dict[int, Roof]:
    """Return the roof for each number of threads: the best rates among the records of "peak"."""
    found: dict[int, Roof] = {}
    for record in run.select(topic="peak"):
        seconds, facts = summarize(record.values).median, record.facts
        before = found.get(facts["threads"], Roof(0.0, 0.0))
        if facts["flops"]:
            found[facts["threads"]] = before._replace(flops=max(before.flops, facts["flops"] / seconds))
        else:
            found[facts["threads"]] = before._replace(bytes=facts["bytes"] / seconds)
    return found


def points(run: Run) -> list[Point]:
    """Place all kernels but the twins under the roof of their number of threads."""
    roof_of, found = roofs(run), []
    for record in run.select(topic="kernels"):
        if record.variant == "twin" or record.case.startswith("one image"):
            continue
        roof, facts = roof_of[record.facts["threads"]], record.facts
        seconds = summarize(record.values).median
        rate, intensity = facts["flops"] / seconds, facts["flops"] / facts["bytes"]
        found.append(
            Point(
                record,
                intensity,
                rate,
                rate / roof.flops,
                facts["bytes"] / seconds / roof.bytes,
                rate / roof.rate(intensity),
            )
        )
    return found


def table(run: Run) -> str:
    """Return a Markdown table of the roof and of all kernels under it."""
    lines = [
        f"Roof, {counted(threads, 'thread')}: {roof.flops / 1e9:.0f} GFLOP/s (matrix product), "
        f"{roof.bytes / 1e9:.1f} GB/s (copy)."
        for threads, roof in sorted(roofs(run).items())
    ]
    lines += [
        "",
        "| kernel | algorithm | GFLOP/s | of peak | GB/s | of bandwidth | of roof |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for point in points(run):
        bandwidth = point.rate / point.intensity / 1e9
        lines.append(
            f"| {point.record.case} | {point.record.variant} | {point.rate / 1e9:.1f} "
            f"| {point.share_of_peak:.0%} | {bandwidth:.2f} | {point.share_of_bandwidth:.0%} "
            f"| {point.share_of_roof:.0%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Run.load(Path(sys.argv[1]) if len(sys.argv) > 1 else newest())))
