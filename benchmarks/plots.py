"""Plots of a run."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import roofline
from benchmarks.records import Record, Run, grouped
from benchmarks.timing import summarize
from benchmarks.wording import counted, label

COMPARED = ("training", "prediction", "projection", "occlusion", "alexnet")
COLORS = {
    "npdeconv": "#c23b22", "PyTorch": "#4c78a8", "Captum": "#4c78a8", "Keras": "#8c8c8c",
}  # fmt: skip
ALGORITHM_COLORS = ("#4c78a8", "#c23b22", "#54a24b", "#b279a2", "#eeca3b")


def draw_all(run: Run, path: Path) -> list[Path]:
    """Draw every plot that the run has numbers for, into PNG files named after the run's."""
    drawn = []
    for name, draw in (("comparison", comparison), ("roofline", roof), ("scaling", scaling)):
        if (figure := draw(run)) is not None:
            target = path.with_name(f"{path.stem}-{name}.png")
            figure.savefig(target, dpi=110, bbox_inches="tight")
            plt.close(figure)
            drawn.append(target)
    return drawn


def comparison(run: Run) -> Any:
    """Draw a bar for each contender of each case, as a multiple of npdeconv's time."""
    cases = [
        (case, records)
        for topic in COMPARED
        for (case,), records in grouped(run.select(topic=topic), ["case"])
        if len({record.library for record in records}) > 1
    ]
    if not cases:
        return None
    count = sum(len(records) + 1 for _, records in cases)
    figure, ax = plt.subplots(figsize=(8, 0.26 * count + 0.8))
    place, ticks, labels = 0.0, [], []
    for case, records in cases:
        own = summarize(records[0].values).median
        ax.text(0, place, case, weight="bold", va="center", size=9)
        for record in records:
            place += 1
            _bar(ax, place, record, own)
            ticks.append(place)
            labels.append(label(record))
        place += 1.3
    ax.axvline(1, color=COLORS["npdeconv"], linewidth=0.8)
    ax.set_yticks(ticks, labels, size=8)
    ax.invert_yaxis()
    ax.set_xlabel("time, as a multiple of npdeconv's (whiskers: quartiles)")
    ax.spines[["top", "right", "left"]].set_visible(False)
    return figure


def _bar(ax: Any, place: float, record: Record, own: float) -> None:
    median, lower, upper, _ = (value / own for value in summarize(record.values))
    ax.barh(place, median, color=COLORS[record.library], height=0.8)
    ax.errorbar(
        median, place, xerr=[[median - lower], [upper - median]], color="black", capsize=2, linewidth=0.8
    )
    ax.text(upper + 0.05, place, f"{median:.2f}", va="center", size=8)


def roof(run: Run) -> Any:
    """Draw the kernels under the roof: a panel for each number of threads."""
    if not run.select(topic="kernels") or not run.select(topic="peak"):
        return None
    found = roofline.roofs(run)
    figure, axes = plt.subplots(1, len(found), figsize=(6 * len(found), 4.5), squeeze=False, sharey=True)
    points = roofline.points(run)
    names = list(dict.fromkeys(point.record.variant for point in points))
    lowest, highest = (choose(point.intensity for point in points) for choose in (min, max))
    intensities = np.geomspace(lowest / 2, highest * 2, 200)
    for ax, (threads, limit) in zip(axes[0], sorted(found.items()), strict=True):
        ax.loglog(intensities, [limit.rate(one) / 1e9 for one in intensities], color="black")
        for name, color in zip(names, ALGORITHM_COLORS, strict=False):
            here = [p for p in points if (p.record.variant, p.record.facts["threads"]) == (name, threads)]
            ax.plot(
                [p.intensity for p in here],
                [p.rate / 1e9 for p in here],
                "o",
                color=color,
                label=name,
                alpha=0.7,
            )
        ax.set_title(counted(threads, "thread"), size=10)
        ax.set_xlabel("operations per byte that must be moved")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("GFLOP/s, counted as the direct sum")
    axes[0][0].legend(frameon=False)
    return figure


def scaling(run: Run) -> Any:
    """Draw the speed-up by workers, and images a second by the number of images."""
    if not run.select(topic="scaling"):
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
    most = 1
    for (case,), records in grouped(run.select(topic="scaling"), ["case"]):
        workers = [int(record.variant.split()[0]) for record in records]
        seconds = [summarize(record.values).median for record in records]
        left.plot(workers, [seconds[0] / one for one in seconds], "o-", label=case)
        most = max(most, *workers)
    left.plot([1, most], [1, most], color="gray", linewidth=0.8, linestyle=":")
    left.set_xticks(sorted({1, most}))
    left.set_xlabel("workers")
    left.set_ylabel("times faster than one worker")
    left.legend(frameon=False)
    counted = run.select(topic="images")
    counts = [record.facts["images"] for record in counted]
    right.semilogx(
        counts, [n / summarize(r.values).median for n, r in zip(counts, counted, strict=True)], "o-"
    )
    right.set_xlabel("images")
    right.set_ylabel("predictions a second")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    return figure
