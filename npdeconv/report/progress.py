"""Counts the parts of the work on a page."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from npdeconv.report.contents import LayerView

Say: TypeAlias = Callable[[str, int, int], object]
"""Called with the name of the current part, the number of parts done, and the number of parts."""


class Steps:
    """Counts the parts of the work, and reports progress."""

    def __init__(self, say: Say | None, total: int) -> None:
        self.say, self.total, self.done = say, total, 0

    def next(self, what: str) -> None:
        """Report that the next part begins."""
        if self.say is not None:
            self.say(what, self.done, self.total)
        self.done += 1

    def over(self, views: Iterable[LayerView], what: str) -> Iterator[LayerView]:
        """Yield the views; each is a part of the work."""
        for view in views:
            self.next(f"{view.name}: {what}")
            yield view
