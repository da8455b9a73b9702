"""Plots of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks import roofline
from benchmarks.records import Record, Run, grouped
from benchmarks.timing import summarize
from benchmarks.wording import counted, label

COMPARED = ("training", "prediction", "projection", "occlusion", "alexnet")
COLORS = {
    "npdeconv": "#c23b22",
    "before": "#e8a798",
    "PyTorch": "#4c78a8",
    "Captum": "#4c78a8",
    "Keras": "#8c8c8c",
}
ALGORITHM_COLORS = ("#4c78a8", "#c23b22", "#54a24b", "#b279a2", "#eeca3b")


def draw_all(run: Run, path: Path) -> list[Path]:
    """Draw every plot that the run has numbers for, into PNG files named after the run's file."""
    plots: dict[str, Callable[[Run], Figure | None]] = {
        "comparison": comparison, "roofline": under_the_roof, "scaling": scaling,
    }  # fmt: skip
    drawn = []
    for name, draw in plots.items():
        if (figure := draw(run)) is not None:
            target = path.with_name(f"{path.stem}-{name}.png")
            figure.savefig(target, dpi=110, bbox_inches="tight")
            drawn.append(target)
    return drawn


def comparison(run: Run) -> Figure | None:
    """Draw a bar for each contender of each case, as a multiple of npdeconv's time."""
    cases = [
        (case, records)
        for topic in COMPARED
        for (case,), records in grouped(run.select(topic=topic), ["case"])
        if len({record.library for record in records}) > 1 and records[0].library == "npdeconv"
    ]
    if not cases:
        return None
    rows = sum(len(records) + 1.3 for _, records in cases)
    figure = Figure(figsize=(8, 0.24 * rows + 0.8))
    ax = figure.subplots()
    place, ticks = 0.0, dict[float, str]()
    for case, records in cases:
        own = summarize(records[0].values).median
        ax.text(0, place, case, weight="bold", va="center", size=9)
        for record in records:
            place += 1
            ticks[place] = label(record)
            _bar(ax, place, record, own)
        place += 1.3
    ax.axvline(1, color=COLORS["npdeconv"], linewidth=0.8)
    ax.set_yticks(list(ticks), list(ticks.values()), size=8)
    ax.set_ylim(place, -1)
    ax.set_xlabel("time, as a multiple of npdeconv's (whiskers: quartiles)")
    ax.spines[["top", "right", "left"]].set_visible(False)
    return figure


def _bar(ax: Any, place: float, record: Record, own: float) -> None:
    median, lower, upper = (value / own for value in summarize(record.values)[:3])
    whiskers = [[median - lower], [upper - median]]
    ax.barh(place, median, color=COLORS[record.library], height=0.8)
    ax.errorbar(median, place, xerr=whiskers, color="black", capsize=2, linewidth=0.8)
    ax.annotate(f"{median:.2f}", (upper, place), (5, 0), textcoords="offset points", va="center", size=8)


def under_the_roof(run: Run) -> Figure | None:
    """Draw the kernels under the roof, in a panel for each number of threads."""
    if not run.select(topic="kernels") or not run.select(topic="peak"):
        return None
    roofs, points = sorted(roofline.roofs(run).items()), roofline.points(run)
    names = list(dict.fromkeys(point.record.variant for point in points))
    intensity = [point.intensity for point in points]
    span = np.geomspace(min(intensity) / 2, max(intensity) * 2, 200)
    figure = Figure(figsize=(5.5 * len(roofs), 4.2))
    axes = figure.subplots(1, len(roofs), squeeze=False, sharey=True)[0]
    for ax, (threads, roof) in zip(axes, roofs, strict=True):
        ax.loglog(span, [roof.rate(one) / 1e9 for one in span], color="black")
        for name, color in zip(names, ALGORITHM_COLORS, strict=False):
            here = [p for p in points if (p.record.variant, p.record.facts["threads"]) == (name, threads)]
            rates = [point.rate / 1e9 for point in here]
            ax.plot([point.intensity for point in here], rates, "o", color=color, label=name, alpha=0.6)
        ax.set_title(counted(threads, "thread"), size=10)
        ax.set_xlabel("operations for each byte that must be moved")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("GFLOP/s, counted as the direct sum's")
    axes[0].legend(frameon=False)
    return figure


def scaling(run: Run) -> Figure | None:
    """Draw the speed-up by the number of workers, and images per second by the number of images."""
    if not run.select(topic="scaling"):
        return None
    figure = Figure(figsize=(10, 3.4))
    left, right = figure.subplots(1, 2)
    most = 1
    for (case,), records in grouped(run.select(topic="scaling"), ["case"]):
        workers = [int(record.variant.split()[0]) for record in records]
        seconds = [summarize(record.values).median for record in records]
        left.plot(workers, [seconds[0] / one for one in seconds], "o-", label=case)
        most = max(most, *workers)
    left.plot([1, most], [1, most], color="gray", linewidth=0.8, linestyle=":")
    left.set_xticks(range(1, most + 1))
    left.set_xlabel("workers")
    left.set_ylabel("times faster than one worker")
    left.legend(frameon=False)
    images = {
        record.facts["images"]: summarize(record.values).median for record in run.select(topic="images")
    }
    right.semilogx(list(images), [count / seconds for count, seconds in images.items()], "o-")
    right.set_ylim(bottom=0)
    right.set_xlabel("images")
    right.set_ylabel("predictions a second")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    return figure
