"""The text of measurements: three digits, a suitable unit, Markdown."""

from collections.abc import Iterable

from benchmarks.records import Record
from benchmarks.timing import summarize


def measured(record: Record) -> str:
    """Return a record's median, with its quartiles if there was more than one round."""
    median, lower, upper, rounds = summarize(record.values)
    text = in_words(median, record.unit)
    if rounds == 1:
        return text
    return f"{text} ({number(lower, median, record.unit)} to {number(upper, median, record.unit)})"


def in_words(value: float, unit: str) -> str:
    """Return a value with a suitable unit.

    Examples
    --------
    >>> in_words(0.01234, "s"), in_words(123.4, "MB")
    ('12.3 ms', '123 MB')
    """
    return f"{number(value, value, unit)} {_scale(value, unit)[1]}"


def number(value: float, like: float, unit: str) -> str:
    """Return a value with three digits, in the unit that suits the value `like`."""
    scaled = value * _scale(like, unit)[0]
    return f"{scaled:.0f}" if scaled >= 100 else f"{scaled:.3g}"


def _scale(value: float, unit: str) -> tuple[float, str]:
    if unit != "s" or value >= 1:
        return 1, unit
    return (1e3, "ms") if value >= 1e-3 else (1e6, "µs")


def counted(count: int, thing: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "thread"), counted(2, "thread")
    ('1 thread', '2 threads')
    """
    return f"{count} {thing}{'' if count == 1 else 's'}"


def label(record: Record) -> str:
    """Name a contender."""
    return f"{record.library} {record.variant}".strip()


def table(header: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(header)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [names, ["---"] * len(names), *lines])
