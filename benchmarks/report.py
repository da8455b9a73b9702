"""Tables and plots of a run, written from its JSON file: `python -m benchmarks.report RUN.json`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import machine, plots, roofline
from benchmarks.goals import Row, best, rows
from benchmarks.records import Record, Run, grouped
from benchmarks.timing import ratios, summarize
from benchmarks.wording import counted, in_words, label, measured, table

TITLES = {
    "peak": "What the machine can do",
    "kernels": "Kernels",
    "layers": "Layers",
    "training": "Training steps",
    "prediction": "Prediction",
    "projection": "The nine strongest of every map, found and projected",
    "occlusion": "Occlusion",
    "alexnet": "AlexNet's forward pass",
    "scaling": "Workers",
    "images": "Number of images",
    "memory": "Peak memory of training, above what the imported libraries hold",
    "startup": "Start-up",
}


def write_report(run: Run, path: Path) -> list[Path]:
    """Write the tables and plots of a run beside its JSON file; return their paths."""
    drawn = plots.draw_all(run, path)
    tables = path.with_suffix(".md")
    pictures = [f"![{one.stem}]({one.name})" for one in drawn]
    tables.write_text("\n\n".join([page(run), *pictures]) + "\n", encoding="utf-8")
    return [tables, *drawn]


def page(run: Run) -> str:
    """Return all tables of a run as Markdown."""
    settings = run.settings
    measured_how = f"{counted(settings['threads'], 'thread')}, {counted(settings['rounds'], 'round')}"
    parts = [
        f"# A {settings['size']} run",
        f"{machine.sentence(run.machine)}. {measured_how}; medians, and quartiles in parentheses.",
        _variables(run),
        control_sentence(run),
        "## Goals",
        goals_table(rows(run)),
        before_table(run),
    ]
    for topic, title in TITLES.items():
        if records := run.select(topic=topic):
            parts += [f"## {title}", topic_table(records), *_messages(records)]
    if run.select(topic="kernels") and run.select(topic="peak"):
        parts += ["## Roofline", roofline.table(run)]
    failures = [
        f"* {record.topic}, {record.case}, {record.library}" for record in run.records if record.error
    ]
    if failures:
        parts += ["## What failed", "\n".join(failures)]
    return "\n\n".join(filter(None, parts))


def goals_table(shown: Sequence[Row]) -> str:
    """Return a table of goals: npdeconv's value, the other's, the ratio, the goal."""
    header = ("what", "npdeconv", "other", "ratio", "goal", "")
    return table(header, (_goal_cells(row) for row in shown))


def before_table(run: Run) -> str:
    """Return a table of cases with another checkout: before, now, and the ratio."""
    lines = []
    for (topic, case), group in grouped(run.records, ["topic", "case"]):
        now, before = (
            next((record for record in group if (record.library, record.variant) == (who, "")), None)
            for who in ("npdeconv", "before")
        )
        if now and before and now.values and before.values:
            middle = summarize(ratios(now.values, before.values))
            ratio = f"{middle.median:.2f} ({middle.lower:.2f} to {middle.upper:.2f})"
            lines.append([f"{topic}: {case}", measured(before), measured(now), ratio])
    return table(("", "before", "now", "times longer"), lines) if lines else ""


def topic_table(records: Sequence[Record]) -> str:
    """Return a row per case with a column per contender, and the factor by which npdeconv is faster."""
    labels = list(dict.fromkeys(label(record) for record in records))
    has_others = any(_rivals(group) for _, group in grouped(records, ["case"]))
    header = ["", *labels, *(["times faster"] if has_others else [])]
    lines = []
    for (case,), group in grouped(records, ["case"]):
        cells = {label(record): measured(record) for record in group}
        speed = [_speed(group)] if has_others else []
        lines.append([case, *(cells.get(label, "") for label in labels), *speed])
    return table(header, lines)


def control_sentence(run: Run) -> str:
    """Return a sentence about how steady the machine was."""
    parts = []
    for name, what in (("product", "matrix product"), ("copy", "copy")):
        values = [check[name] for check in run.control]
        low, middle, high = (in_words(f(values), "s") for f in (min, median, max))
        parts.append(f"{what} {middle} ({low} to {high})")
    return f"Control, {len(run.control)} times during the run: {', '.join(parts)}."


def _goal_cells(row: Row) -> list[str]:
    goal = row.goal
    if not goal.other:
        target, ratio = f"under {goal.target:g} s", ""
    else:
        word = "less" if goal.topic == "memory" else "faster"
        least = {"less": "no more", "faster": "no slower"}
        target = least[word] if goal.target == 1 else f"{goal.target:g} times {word}"
        ratio = f"{row.reached:.2f}" if row.reached is not None else "not measured"
        if row.spread is not None:
            ratio += f" ({row.spread[0]:.2f} to {row.spread[1]:.2f})"
    own = measured(row.own) if row.own is not None else "not measured"
    other = "" if row.other is None else f"{label(row.other)}: {measured(row.other)}"
    return [goal.what, own, other, ratio, target, {True: "yes", False: "no", None: ""}[row.is_met]]


def _messages(records: Sequence[Record]) -> list[str]:
    """Quote the messages on stderr that a waiting user would see."""
    return [
        f"During the {record.case}, it said: `{line}`"
        for record in records
        for line in record.facts.get("said", [])
    ]


def _rivals(group: Sequence[Record]) -> list[Record]:
    return [record for record in group if record.library not in ("npdeconv", "before", "NumPy")]


def _speed(group: Sequence[Record]) -> str:
    """Return the factor by which npdeconv is faster than the best of the others."""
    own = next((record for record in group if (record.library, record.variant) == ("npdeconv", "")), None)
    rival = best(_rivals(group))
    if own is None or rival is None:
        return ""
    return f"{summarize(ratios(rival.values, own.values)).median:.2f}"


def _variables(run: Run) -> str:
    variables = run.machine["environment"]
    if not variables:
        return ""
    return "Environment: " + ", ".join(f"`{name}={value}`" for name, value in variables.items()) + "."


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(*write_report(Run.load(Path(argument)), Path(argument)))
