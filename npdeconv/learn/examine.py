"""The examination of an answer: idea after idea, until the first that does not hold."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from npdeconv._repr import brief
from npdeconv.learn import guard
from npdeconv.learn.common import RUNS
from npdeconv.learn.exercise import Exercise, Wrong


@brief
class Verdict(NamedTuple):
    """What an examination found; its text is for the learner.

    Attributes
    ----------
    exercise : str
        Its number, such as "3.1".
    title : str
    passed_ideas : tuple of str
        Names of the ideas that hold, up to the first that does not.
    failed_idea : str or None
        The name of the first idea that does not hold.
    shown : dict of str
        By idea: the numbers of a hand-sized case; for the failed one, what is wrong.
    printed : str
        What the code printed, cut after some lines.

    Examples
    --------
    >>> verdict = nd.learn.test("2.3", lambda layers: 1)
    >>> isinstance(verdict, nd.learn.Verdict), verdict.failed_idea is None
    (True, False)
    """

    exercise: str
    title: str
    passed_ideas: tuple[str, ...]
    failed_idea: str | None
    shown: Mapping[str, str]
    printed: str = ""

    @property
    def passed(self) -> bool:
        """Whether all ideas hold."""
        return self.failed_idea is None

    def __repr__(self) -> str:
        more = "" if self.passed else f' learn.hint("{self.exercise}") gives a hint.'
        return f"{self}{more}"

    def __str__(self) -> str:
        lines = [f"Exercise {self.exercise}: {self.title}"]
        if self.printed:
            lines += ["  your code printed:", *_indented(self.printed, 4)]
        for name in self.passed_ideas:
            lines += [f"  ok     {name}", *_indented(self.shown.get(name, ""))]
        if self.failed_idea is None:
            return "\n".join([*lines, "Passed: all ideas hold."])
        lines += [f"  WRONG  {self.failed_idea}", *_indented(self.shown[self.failed_idea])]
        return "\n".join([*lines, "Not yet."])


Event = Mapping[str, str]
"""A step of an examination: {"passed" or "failed": an idea's name, "shown": text}."""


def examine(exercise: Exercise, load: Callable[[], Iterable[Any]], say: Callable[[Event], None]) -> None:
    """Check the ideas of an exercise in order; `say` is told each result, and the first failure ends it.

    Parameters
    ----------
    exercise : Exercise
    load : function
        Returns the learner's functions, in the order of `exercise.functions`; may raise `Wrong`.
    say : function
    """
    failed = RUNS
    try:
        with guard.explained("your code"), guard.time_limit():
            functions = [guard.guarded(*pair) for pair in zip(load(), exercise.functions, strict=True)]
        for failed in exercise.ideas:
            with guard.explained(f"the check of {exercise.functions[0]}"), guard.time_limit():
                shown = failed.check(*functions)
            say({"passed": failed.name, "shown": shown or ""})
    except Wrong as error:
        say({"failed": (error.idea or failed).name, "shown": str(error)})


def verdict_of(exercise: Exercise, events: Iterable[Event], printed: str = "") -> Verdict:
    """Sum up what `examine` said."""
    told = list(events)
    passed = tuple(event["passed"] for event in told if "passed" in event)
    failed = next((event["failed"] for event in told if "failed" in event), None)
    shown = {event.get("passed") or event["failed"]: event["shown"] for event in told}
    return Verdict(exercise.number, exercise.title, passed, failed, shown, printed)


def _indented(text: str, by: int = 9) -> list[str]:
    return [" " * by + line for line in text.splitlines()]
