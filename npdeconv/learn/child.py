"""The process in which a learner's file runs: `python -m npdeconv.learn.child EXERCISE FILE REPORT LIMIT`.

It writes a line of JSON per event into REPORT; what the file prints goes to stdout, up to a limit.
"""

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from npdeconv.learn import guard
from npdeconv.learn.common import RUNS
from npdeconv.learn.examine import Event, examine
from npdeconv.learn.exercise import Exercise, Wrong, find
from npdeconv.learn.origin import refuse_borrowed, refuse_borrowed_function

PRINTED = 4000
"""Characters of output that are kept; an endless loop that prints must not fill a disk."""


def main(exercise_number: str, file: str, report: str, limit: str) -> None:
    """Examine a file."""
    guard.LIMIT = float(limit)
    exercise, lines = find(exercise_number), Path(report)

    def say(event: Event) -> None:
        with lines.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(event) + "\n")

    sys.stdout = sys.stderr = _Short(sys.stdout)
    sys.path.append(str(Path(file).parent))  # a learner's files may use each other
    examine(exercise, lambda: load_functions(exercise, Path(file)), say)


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
    functions = [getattr(module, name) for name in exercise.functions]
    for function in functions:
        refuse_borrowed_function(function)
    return functions


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
