"""The streams of a process: failing output must not end the work."""

import io
import os
import sys
import warnings
from contextlib import suppress
from typing import Any

from npdeconv._text import visible


def mend_streams() -> None:
    r"""Open closed streams, escape characters that a console lacks as `\xe9`, and never fail on stderr.

    Replaced streams, as in tests, stay as they are.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file to be opened would get this number, and our output
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    elif sys.stdout is sys.__stdout__:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    elif sys.stderr is sys.__stderr__:
        sys.stderr = _Lossy(
            sys.stderr.buffer,  # type: ignore[union-attr]
            sys.stderr.encoding,  # type: ignore[union-attr]
            "backslashreplace",
            line_buffering=True,
        )


class _Lossy(io.TextIOWrapper):
    """A stream that drops text it can't write: a full disk must not end training at a progress message."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def settle_stdout() -> None:
    """Flush stdout, or drop its text, so that the interpreter does not fail on it at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Print one line to stderr."""
    print(f"npdeconv: {visible(text)}", file=sys.stderr)


def one_line_warnings() -> None:
    """Print warnings of this package as a line, without the place in the code."""
    warnings.formatwarning = _format_warning


_format_other_warning = warnings.formatwarning


def _format_warning(message: Any, category: Any, *place: Any, **more: Any) -> str:
    if category is UserWarning:
        return f"npdeconv: {visible(str(message))}\n"
    return _format_other_warning(message, category, *place, **more)


def sentence(error: BaseException) -> str:
    """Return what an error says, with its notes."""
    # str(KeyError) is the repr of its message.
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    notes = " ".join(f"({note})" for note in getattr(error, "__notes__", ()))
    return f"{text or type(error).__name__} {notes}".rstrip()
