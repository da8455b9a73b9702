"""A learner's folder: a file for each exercise, and what has been reached so far."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from npdeconv._files import replace
from npdeconv._repr import brief
from npdeconv.learn.examine import Verdict
from npdeconv.learn.exercise import Exercise, exercises
from npdeconv.learn.files import skeleton_text

RECORD = "progress.json"


@brief
class Started(NamedTuple):
    """What `start` did.

    Attributes
    ----------
    folder : Path
    written : tuple of str
        Names of new files.
    kept : tuple of str
        Names of files that were there already and stay as they are.

    Examples
    --------
    >>> from pathlib import Path
    >>> nd.learn.Started(Path("course"), written=("e3_2_unpool.py",), kept=()).kept
    ()
    """

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]

    def __str__(self) -> str:
        kept = f" {len(self.kept)} were there already and stay as they are." if self.kept else ""
        return f"{self.folder}: {len(self.written)} new files of exercises.{kept}"


def start_folder(folder: Path) -> Started:
    """Write the skeletons that a folder lacks; nothing in it is changed."""
    folder.mkdir(parents=True, exist_ok=True)
    written, kept = [], []
    for exercise in exercises():
        try:
            with (folder / exercise.file_name).open("x", encoding="utf-8") as file:
                file.write(skeleton_text(exercise))
            written.append(exercise.file_name)
        except FileExistsError:
            kept.append(exercise.file_name)
    if not is_started(folder):
        Record(folder, {}).write()
    return Started(folder, tuple(written), tuple(kept))


def is_started(folder: Path) -> bool:
    """Tell whether a folder is a learner's."""
    return (folder / RECORD).is_file()


class Record(NamedTuple):
    """What a learner has reached.

    Attributes
    ----------
    folder : Path or None
        None for a record that is not kept, of functions in a notebook.
    reached : dict
        By the numbers of exercises: "tries", "passed", "failed" (the idea that failed last), "hints" (how
        many were given, by idea) and "solution" (whether it was shown).
    """

    folder: Path | None
    reached: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> "Record":
        """Read the record of a folder.

        Raises
        ------
        FileNotFoundError
            If the folder was not started.
        ValueError
            If the file is damaged.
        """
        path = folder / RECORD
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder}: no folder of exercises; `npdeconv learn start DIR` makes one, --dir DIR names it"
            )
        try:
            reached = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            reached = None
        if not isinstance(reached, dict) or not all(map(_is_entry, reached.values())):
            raise ValueError(
                f"{path}: expected a record of progress, got something else; delete it to begin anew"
            )
        return cls(folder, reached)

    def write(self) -> None:
        """Write the record, if it is kept; a reader finds the old or the new one."""
        if self.folder is None:
            return
        text = json.dumps(self.reached, indent=1, sort_keys=True)
        replace(self.folder / RECORD, lambda file: file.write(text.encode()))

    def of(self, exercise: Exercise) -> dict[str, Any]:
        """Return what is recorded about an exercise, to be changed."""
        return self.reached.setdefault(exercise.number, {})

    def add(self, exercise: Exercise, verdict: Verdict) -> None:
        """Record a test. What once passed stays passed."""
        one = self.of(exercise)
        one["tries"] = one.get("tries", 0) + 1
        one["failed"] = verdict.failed_idea
        one["passed"] = one.get("passed", False) or verdict.passed
        self.write()

    def next_hint(self, exercise: Exercise, idea: str) -> int:
        """Count the hints of an idea; return the level of the next one, from 1."""
        given = self.of(exercise).setdefault("hints", {})
        given[idea] = given.get(idea, 0) + 1
        self.write()
        return int(given[idea])


def _is_entry(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("hints", {}), dict):
        return False
    counts = [one.get("tries", 0), *one.get("hints", {}).values()]
    return all(isinstance(count, int) for count in counts)
