"""What an exercise is: ideas in an order, each with a check and hints; and where exercises are found."""

import re
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

from npdeconv._checks import did_you_mean


class Idea(NamedTuple):
    """One thing that has to be right.

    Attributes
    ----------
    name : str
        What holds if it is right, as a short statement.
    check : function
        Is called with the learner's functions, in the order of `FUNCTIONS`. Raises `Wrong`, or returns
        None, or a text that is shown (the numbers of a hand-sized case).
    hints : tuple of str
        From a nudge to nearly the answer.
    """

    name: str
    check: Callable[..., str | None]
    hints: tuple[str, ...]


class Wrong(Exception):  # noqa: N818  (an answer is wrong; the program has no error)
    """An answer is wrong: what was expected and what came, to be read below the idea's name.

    Parameters
    ----------
    text : str
    idea : Idea, optional
        Names another idea than the one that was being checked.
    """

    def __init__(self, text: str, idea: Idea | None = None) -> None:
        super().__init__(text)
        self.idea = idea


class Exercise(NamedTuple):
    """An exercise: a folder of `npdeconv.learn.exercises`.

    Attributes
    ----------
    chapter, place : int
        The 3 and the 1 of exercise 3.1.
    title : str
    key : str
        The folder's name, such as e3_1_max_pool, and that of the learner's file.
    """

    chapter: int
    place: int
    title: str
    key: str

    @property
    def number(self) -> str:
        """The number as it is written: "3.1"."""
        return f"{self.chapter}.{self.place}"

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of what the learner defines."""
        return tuple(self._checks.FUNCTIONS)

    @property
    def ideas(self) -> tuple[Idea, ...]:
        """The ideas, in the order in which they are checked."""
        return tuple(self._checks.IDEAS)

    @property
    def file_name(self) -> str:
        """The name of the learner's file."""
        return f"{self.key}.py"

    @property
    def _checks(self) -> Any:
        return import_module(f"{_FOLDER}.{self.key}.checks")


_FOLDER = "npdeconv.learn.exercises"


def exercises() -> list[Exercise]:
    """Return all exercises, in the order of their numbers."""
    found = []
    for module in iter_modules(import_module(_FOLDER).__path__):
        if match := re.fullmatch(r"e(\d+)_(\d+)_\w+", module.name):
            docstring = import_module(f"{_FOLDER}.{module.name}").__doc__ or ""
            title = docstring.strip().rstrip(".")
            found.append(Exercise(int(match[1]), int(match[2]), title, module.name))
    return sorted(found)


def find(exercise: str | float) -> Exercise:
    """Return the exercise of a number, such as "3.1", or of a name, such as "max_pool".

    Raises
    ------
    LookupError
        If there is none.
    """
    wanted, known = str(exercise).strip(), dict[str, Exercise]()
    for one in exercises():
        known |= {one.number: one, one.key: one, one.key.split("_", 2)[2]: one}
    if wanted not in known:
        numbers = ", ".join(one.number for one in exercises())
        hint = did_you_mean(wanted, known)
        raise LookupError(f"learn: expected the number of an exercise ({numbers}), got {wanted!r}{hint}")
    return known[wanted]
