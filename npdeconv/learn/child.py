"""The process in which a learner's file runs: `python -m npdeconv.learn.child EXERCISE FILE REPORT LIMITS`.

It writes a line of JSON per event into REPORT; what the file prints goes to stdout, up to a limit. LIMITS are
those of `npdeconv.learn.guard`, and the seconds that are added where Python code cannot be interrupted.
"""

import io
import json
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from npdeconv.learn import guard
from npdeconv.learn.common import RUNS
from npdeconv.learn.examine import Event, examine
from npdeconv.learn.exercise import Exercise, Wrong, find
from npdeconv.learn.origin import refuse_borrowed, refuse_borrowed_value

PRINTED = 4000
"""Characters of output that are kept; an endless loop that prints must not fill a disk."""


def main(exercise_number: str, file: str, report: str, limit: str, patience: str, grace: str) -> None:
    """Examine a file."""
    guard.LIMIT, guard.PATIENCE = float(limit), float(patience)
    exercise, lines = find(exercise_number), Path(report)

    def say(event: Event) -> None:
        with lines.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(event) + "\n")
        end_after(guard.LIMIT + float(grace))

    end_after(guard.LIMIT + float(grace))
    sys.stdout = sys.stderr = _Short(sys.stdout)
    sys.path.append(str(Path(file).parent))  # a learner's files may use each other
    examine(exercise, lambda: load_functions(exercise, Path(file)), say)


def end_after(seconds: float) -> None:
    """Let the system end this process after so much more processor time: it also ends what runs in C."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def load_functions(exercise: Exercise, path: Path) -> list[Any]:
    """Run a learner's file as a module, and return what the exercise asks for."""
    code = compile(path.read_bytes(), str(path), "exec")
    refuse_borrowed(code, {})
    module = sys.modules[path.stem] = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(code, vars(module))
    for name in exercise.functions:
        if not hasattr(module, name):
            raise Wrong(f"{path.name} defines no function {name}", RUNS)
    for other in list(sys.modules.values()):  # the file, and files beside it that it has imported
        if Path(getattr(other, "__file__", None) or "").parent == path.parent:
            for value in vars(other).values():
                refuse_borrowed_value(value)
    return [getattr(module, name) for name in exercise.functions]


class _Short(io.TextIOBase):
    """A stream that drops what comes after the first `PRINTED` characters."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._left = stream, PRINTED

    def write(self, text: str) -> int:
        self._stream.write(text[: self._left])
        self._stream.flush()
        self._left -= min(len(text), self._left)
        return len(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
