"""Calls of a learner's functions: what they raise, and what they do to their inputs, becomes a sentence."""

import copy
import os
import signal
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from npdeconv._checks import describe
from npdeconv.learn.common import ENDS, INPUTS_KEPT, RUNS, WRITTEN
from npdeconv.learn.exercise import Wrong

LIMIT = 10.0
"""Seconds of processor time that a check may take: on a busy machine a right answer is as right."""

PATIENCE = 60.0
"""Seconds by the clock that a check may take: code that waits for something uses no processor time."""

COMPUTED, WAITED = "{:g} seconds of computing", "{:g} seconds by the clock"
"""How a limit is told."""

_LOOKS = 20
"""How often the limits are looked at while `LIMIT` or `PATIENCE` goes by, whichever is shorter."""

_LINES = 3
"""Lines of a traceback that are shown."""

_LIBRARIES = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
_OURS = tuple(f"{Path(place).resolve()}{os.sep}" for place in [str(Path(__file__).parents[1]), *_LIBRARIES])


class _TooLong(BaseException):
    """Ends code that does not end; no `except Exception` catches it."""


def guarded(function: Any, name: str) -> Callable[..., Any]:
    """Return a function that calls the learner's with copies of its arguments.

    It raises `Wrong` where the learner's function raises anything, or changes an argument.
    """
    if not callable(function):
        raise Wrong(f"{name} must be a function, yours is {describe(function)}", RUNS)

    def call(*arguments: Any) -> Any:
        given = copy.deepcopy(arguments)
        with explained(f"{name}({', '.join(map(_brief, arguments))})"):
            result = function(*given)
        for place, (before, after) in enumerate(zip(arguments, given, strict=True)):
            # A number that is added and subtracted again may round: that is no change.
            if not _equal(before, after):
                what = _argument(function, place)
                raise Wrong(f"{name} changes its argument {what}; work on a copy", INPUTS_KEPT)
        return result

    return call


def _argument(function: Any, place: int) -> str:
    """Return an argument's name in the learner's code, or its number."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()
    return f"`{names[place]}`" if place < len(names) else f"number {place + 1}"


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn everything that code raises into `Wrong`, with the learner's own lines."""
    try:
        yield
    except Wrong:
        raise
    except NotImplementedError as error:
        raise Wrong(
            f"{what} is not written yet: {error or 'it raises NotImplementedError'}", WRITTEN
        ) from None
    except SystemExit:
        raise Wrong(f"{what} ends Python with exit(); return a result instead", RUNS) from None
    except _TooLong as error:
        raise Wrong(f"{what} did not end within {error}{_own_lines(error)}", ENDS) from None
    except SyntaxError as error:
        where = f"\n  line {error.lineno}: {(error.text or '').strip()}" if error.lineno else ""
        raise Wrong(f"{what} is no Python: {error.msg}{where}", RUNS) from None
    except Exception as error:
        said = " ".join(str(error).split())
        kind = type(error).__name__
        raise Wrong(f"{what} raised {kind}{': ' if said else ''}{said}{_own_lines(error)}") from None


@contextmanager
def time_limit() -> Iterator[None]:
    """Interrupt Python code beyond the limits, where the system has alarms (not on Windows)."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return

    computed, began = time.thread_time(), time.monotonic()
    pause = min(LIMIT, PATIENCE) / _LOOKS

    def look(_signal: int, _frame: FrameType | None) -> None:
        if time.thread_time() - computed > LIMIT:
            raise _TooLong(COMPUTED.format(LIMIT))
        if time.monotonic() - began > PATIENCE:
            raise _TooLong(WAITED.format(PATIENCE))

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, pause, pause)  # again, if the code caught it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _own_lines(error: BaseException) -> str:
    """Return the learner's lines of a traceback, without those of libraries and of this package."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<frozen", "<__array", *_OURS))
    ][-_LINES:]
    several = len({frame.filename for frame in frames}) > 1
    lines = [f"line {frame.lineno}, in {frame.name}: {frame.line}" for frame in frames]
    if several:
        lines = [f"{Path(frame.filename).name}, {line}" for frame, line in zip(frames, lines, strict=True)]
    return "".join(f"\n  {line}" for line in lines)


def _brief(value: Any) -> str:
    """Write an argument into a sentence."""
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}"
    if isinstance(value, list):
        return f"list of {len(value)}"
    return getattr(value, "__name__", None) or describe(value)


def _equal(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and np.allclose(before, after, rtol=1e-9, atol=1e-12)
    if isinstance(before, tuple | list):
        return len(before) == len(after) and all(map(_equal, before, after))
    return before is after or bool(before == after)
