"""Contenders take turns at the same task; each library has its own process."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from benchmarks.records import Record, Settings
from benchmarks.remote import Remote, RemoteError

Number = TypeVar("Number", int, float)

PAUSE = 0.03  # seconds before a turn, since threads of the last one still spin for a moment


class Contender(NamedTuple):
    """A library that takes part in a case, and its variant."""

    library: str
    variant: str = ""
    arguments: Mapping[str, Any] = {}  # of its task, besides those of the case


class Case(NamedTuple):
    """One comparison: the same task for all contenders."""

    topic: str
    name: str
    task: str  # a function of each library's module: (arguments, variant=...) -> Task
    arguments: Mapping[str, Any]
    contenders: tuple[Contender, ...]
    facts: Mapping[str, Any] = {}
    rounds: int | None = None  # the most rounds, where a turn takes long
    turn_seconds: float | None = None  # the longest turn, where there are many cases


class Contest:
    """The libraries' processes of one run, started on first use."""

    def __init__(
        self, settings: Settings, tell: Callable[[list[Record]], None] = lambda records: None
    ) -> None:
        self.settings, self.tell = settings, tell
        self._stack, self._remotes = ExitStack(), dict[str, Remote]()

    def remote(self, library: str) -> Remote:
        """Return the process of a library, a new one if the last has died."""
        if library not in self._remotes or not self._remotes[library].is_alive:
            checkout = self.settings.against if library == "before" else None
            remote = Remote(library, self.settings.threads, checkout=checkout)
            self._remotes[library] = self._stack.enter_context(remote)
        return self._remotes[library]

    def contenders(self, **variants: tuple[str, ...]) -> tuple[Contender, ...]:
        """Return npdeconv, its other checkout if there is one, and the variants of this run's peers."""
        return (
            Contender("npdeconv"),
            *([Contender("before")] if self.settings.against else []),
            *(
                Contender(library, variant)
                for library, names in variants.items()
                if library in self.settings.peers
                for variant in names
            ),
        )

    def compete(self, case: Case) -> list[Record]:
        """Let all contenders of a case take turns."""
        records = [
            Record(case.topic, case.name, who.library, who.variant, "s", [], facts=dict(case.facts))
            for who in case.contenders
        ]
        answers = [
            self._prepare(number, case, who, record)
            for number, (who, record) in enumerate(zip(case.contenders, records, strict=True))
        ]
        for record, answer in zip(records[1:], answers[1:], strict=True):
            if answer is not None and answers[0] is not None:
                record.difference = relative_difference(answer, answers[0])
        for at in range(_at_most(self.settings.rounds, case.rounds)):
            ready = [number for number, record in enumerate(records) if record.error is None]
            first = at % max(1, len(ready))  # the first contender changes
            for number in ready[first:] + ready[:first]:
                self._turn(number, case, records[number])
        for number, record in enumerate(records):
            if record.error is None:
                self.remote(record.library).ask("release", number)
        self.tell(records)
        return records

    def _prepare(self, number: int, case: Case, who: Contender, record: Record) -> Any:
        try:
            remote = self.remote(who.library)
            arguments = {**case.arguments, **who.arguments}
            prepared = remote.ask("prepare", number, case.task, arguments, who.variant)
            least = _at_most(self.settings.turn_seconds, case.turn_seconds)
            remote.ask("turn", number, least / 3)  # warm-up
        except RemoteError as error:
            record.error = str(error)
            return None
        record.first_call = prepared.first_call
        record.facts |= prepared.facts
        return prepared.answer

    def _turn(self, number: int, case: Case, record: Record) -> None:
        time.sleep(PAUSE)
        least = _at_most(self.settings.turn_seconds, case.turn_seconds)
        try:
            record.values.append(self.remote(record.library).ask("turn", number, least))
        except RemoteError as error:
            record.error, record.values = str(error), []

    def facts(self) -> dict[str, Any]:
        """Return the facts that each library reports about its threads."""
        return {library: remote.ask("facts") for library, remote in self._remotes.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _at_most(setting: Number, limit: Number | None) -> Number:
    return setting if limit is None else min(setting, limit)


def relative_difference(answer: Any, reference: Any) -> float | None:
    """Return the largest difference as a share of the reference's largest value; None for other shapes."""
    if np.shape(answer) != np.shape(reference):
        return None
    scale = float(np.abs(reference).max()) or 1.0
    return float(np.abs(answer - reference).max()) / scale
