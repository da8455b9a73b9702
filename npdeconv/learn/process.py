"""A learner's file examined in a process of its own, which may hang, crash or exit."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from npdeconv.learn import guard
from npdeconv.learn.common import ENDS, RUNS
from npdeconv.learn.examine import Event, Verdict, verdict_of
from npdeconv.learn.exercise import Exercise

_ROOT = Path(__file__).parents[2]


def examine_file(exercise: Exercise, path: Path) -> Verdict:
    """Examine a learner's file, in another process with a time limit.

    The process interrupts Python code that does not end by itself; this one kills it if that fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        report, output = Path(folder, "report"), Path(folder, "output")
        report.touch()
        with output.open("wb") as stream:
            command = [sys.executable, "-P", "-m", "npdeconv.learn.child"]
            process = subprocess.Popen(
                [*command, exercise.number, str(path.resolve()), str(report), str(guard.LIMIT)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=_environment(),
            )
            try:
                ending = _wait(process, report)
            finally:
                process.kill()
                process.wait()
        events: list[Event] = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
        printed = output.read_text("utf-8", errors="replace").rstrip()
    is_over = len([e for e in events if "passed" in e]) == len(exercise.ideas)
    if not is_over and not any("failed" in event for event in events):
        events.append(ending)
    return verdict_of(exercise, events, printed)


def _wait(process: "subprocess.Popen[bytes]", report: Path) -> Event:
    """Wait until the process ends, or until it has told nothing new for too long; return what happened."""
    size = -1
    while report.stat().st_size > size:
        size = report.stat().st_size
        try:
            status = process.wait(timeout=guard.LIMIT + 3)
        except subprocess.TimeoutExpired:
            continue
        return {"failed": RUNS.name, "shown": f"your code ended Python itself, with status {status}"}
    return {"failed": ENDS.name, "shown": f"your code did not end within {guard.LIMIT:g} seconds"}


def _environment() -> dict[str, str]:
    """Let the process find this package, wherever it lies; and speak UTF-8."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
