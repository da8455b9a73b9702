"""A learner's file examined in a process of its own, which may hang, crash or exit."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from npdeconv.learn import guard
from npdeconv.learn.common import ENDS, RUNS
from npdeconv.learn.examine import Event, Verdict, verdict_of
from npdeconv.learn.exercise import Exercise

GRACE = 3.0
"""Seconds beyond a limit in which the process may end a loop by itself."""

_ROOT = Path(__file__).parents[2]


def examine_file(exercise: Exercise, path: Path) -> Verdict:
    """Examine a learner's file, in another process with limits of processor time and of time by the clock.

    The process interrupts Python code that does not end by itself; the system, or this process, ends it if
    that fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        report, output = Path(folder, "report"), Path(folder, "output")
        report.touch()
        with output.open("wb") as stream:
            command = [sys.executable, "-P", "-m", "npdeconv.learn.child"]
            limits = [str(seconds) for seconds in (guard.LIMIT, guard.PATIENCE, GRACE)]
            process = subprocess.Popen(
                [*command, exercise.number, str(path.resolve()), str(report), *limits],
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
        *whole, _ = report.read_text("utf-8").split("\n")  # a killed process may leave half a line
        events: list[Event] = [json.loads(line) for line in whole]
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
            status = process.wait(timeout=guard.PATIENCE + GRACE)
        except subprocess.TimeoutExpired:
            continue
        if sys.platform != "win32" and status == -signal.SIGPROF:
            return _endless(guard.COMPUTED.format(guard.LIMIT))
        return {"failed": RUNS.name, "shown": f"your code ended Python itself, with status {status}"}
    return _endless(guard.WAITED.format(guard.PATIENCE))


def _endless(limit: str) -> Event:
    return {"failed": ENDS.name, "shown": f"your code did not end within {limit}"}


def _environment() -> dict[str, str]:
    """Let the process find this package, wherever it lies; speak UTF-8; and compute in one thread.

    The processor time of a process is that of all its threads; several would reach the limit sooner.
    """
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
    return {**os.environ, **own, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
