"""Exercises that check themselves: in an editor with `npdeconv learn`, or in a notebook.

    from npdeconv import learn

    print(learn.skeleton("3.1"))            # what to write
    learn.test("3.1", max_pool)             # a function of the notebook, or ...
    learn.start("course")                   # ... a folder of files, one for each exercise
    learn.test("3.1", folder="course")
    learn.hint("3.1")                       # the next hint for the idea that failed last
    learn.solution("3.1")                   # the reference solution
    learn.overview("course")

A test stops at the first idea that does not hold and names it. Files run in a process of their own, with a
time limit; functions of a notebook run in the notebook, where the time limit needs a system with alarms (not
Windows).

An answer that takes npdeconv, SciPy or a deep-learning framework is not passed. This is a courtesy check, not
a jail: `npdeconv.learn.origin` says what it finds. How to add an exercise: `npdeconv.learn.exercises`.
"""

from pathlib import Path
from typing import Any

from npdeconv._checks import positive_int
from npdeconv.learn.common import COMMON
from npdeconv.learn.examine import Event, Verdict, examine, verdict_of
from npdeconv.learn.exercise import Exercise, find
from npdeconv.learn.files import skeleton_text, solution_text
from npdeconv.learn.folder import Record, Started, is_started, start_folder
from npdeconv.learn.origin import refuse_borrowed_value
from npdeconv.learn.overview import overview_text
from npdeconv.learn.process import examine_file

__all__ = [
    "Started",
    "Text",
    "Verdict",
    "hint",
    "overview",
    "skeleton",
    "solution",
    "start",
    "test",
]


class Text(str):
    """Text that a notebook shows with its line breaks.

    Examples
    --------
    >>> nd.learn.Text("one line" + chr(10) + "another")
    one line
    another
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def start(folder: str | Path) -> Started:
    """Write a skeleton file for each exercise into a folder; files that are there stay as they are.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     started = nd.learn.start(f"{folder}/course")
    >>> len(started.written) > 10, started.kept
    (True, ())
    """
    return start_folder(Path(folder))


def test(exercise: str | float, *functions: Any, folder: str | Path = ".") -> Verdict:  # noqa: PT028
    """Check an answer, idea after idea, until the first that does not hold.

    Parameters
    ----------
    exercise : str
        Its number, such as "3.1".
    *functions : functions
        The answer; without them, the exercise's file in the folder is tested.
    folder : str or Path
        The learner's folder, which remembers the result.

    Returns
    -------
    Verdict
        `passed`, and a text for the learner.

    Raises
    ------
    LookupError
        If there is no such exercise.
    FileNotFoundError
        If the folder or the file is missing.
    TypeError
        If there are more or fewer functions than the exercise asks for.

    Examples
    --------
    >>> nd.learn.test("2.3", lambda layers: 1).failed_idea is None
    False
    """
    one, place = find(exercise), Path(folder)
    if functions:
        record = _record(place)
        verdict = _test_functions(one, functions)
    else:
        record = Record.read(place)
        path = place / one.file_name
        if not path.is_file():
            raise FileNotFoundError(
                f"{path}: there is no such file; `npdeconv learn start {place}` writes it"
            )
        verdict = examine_file(one, path)
    record.add(one, verdict)
    return verdict


def hint(exercise: str | float, *, level: int | None = None, folder: str | Path = ".") -> Text:
    """Return a hint for the idea that failed last, or else for the first: the next one, or that of a level.

    A folder that was started remembers which idea failed and which hints were given; else, the process does.

    Examples
    --------
    >>> len(nd.learn.hint("2.3")) > 0
    True
    """
    one, record = find(exercise), _record(Path(folder))
    failed = record.of(one).get("failed")
    idea = next((idea for idea in (*one.ideas, *COMMON) if idea.name == failed), one.ideas[0])
    last = len(idea.hints)
    wanted = record.next_hint(one, idea.name) if level is None else positive_int(level, "hint", "level")
    shown = min(wanted, last)
    return Text(f"{idea.name}\nHint {shown} of {last}: {idea.hints[shown - 1]}")


def skeleton(exercise: str | float) -> Text:
    """Return what the learner starts from, as source text.

    Examples
    --------
    >>> "def receptive_field" in nd.learn.skeleton("2.3")
    True
    """
    return Text(skeleton_text(find(exercise)))


def solution(exercise: str | float, *, folder: str | Path = ".") -> Text:
    """Return the reference solution, as source text; a started folder remembers that it was shown.

    Examples
    --------
    >>> "def receptive_field" in nd.learn.solution("2.3")
    True
    """
    one, record = find(exercise), _record(Path(folder))
    record.of(one)["solution"] = True
    record.write()
    return Text(solution_text(one))


def overview(folder: str | Path = ".") -> Text:
    """Return the list of exercises, with what has been reached in a folder.

    Examples
    --------
    >>> "2.3" in nd.learn.overview()
    True
    """
    return Text(overview_text(Path(folder)))


_UNKEPT = Record(None, {})


def _record(folder: Path) -> Record:
    """Return the record of a folder, or of this process if the folder was not started."""
    return Record.read(folder) if is_started(folder) else _UNKEPT


def _test_functions(exercise: Exercise, functions: tuple[Any, ...]) -> Verdict:
    if len(functions) != len(exercise.functions):
        wanted = ", ".join(exercise.functions)
        raise TypeError(f"test: exercise {exercise.number} asks for {wanted}, got {len(functions)} functions")
    events: list[Event] = []

    def load() -> tuple[Any, ...]:
        for function in functions:
            refuse_borrowed_value(function)
        return functions

    examine(exercise, load, events.append)
    return verdict_of(exercise, events)
