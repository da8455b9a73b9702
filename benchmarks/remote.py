"""A library in a separate process, controlled by messages.

Libraries in one process would share threads, allocator and peak memory. While one measures, the
others wait for a message, which costs nothing.
"""

import gc
import importlib
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

import benchmarks
from benchmarks.memory_use import peak_since, resident
from benchmarks.timing import seconds_of, turn

LIBRARIES = {  # the modules that hold their tasks, by name; only these import a framework
    "npdeconv": "benchmarks.tasks",
    "before": "benchmarks.tasks",  # of another checkout, see `_only_from`
    "NumPy": "benchmarks.control",
    "PyTorch": "benchmarks.peers_torch",
    "Keras": "benchmarks.peers_keras",
    "Captum": "benchmarks.peers_captum",
}
ANSWERS = 4096  # compared numbers of a result


class Task(NamedTuple):
    """A call that a library repeats; it is prepared once, outside all measurements."""

    call: Callable[[], Any]
    answer: Callable[[Any], Any] = np.asarray  # the result as numbers, the same for all libraries
    close: Callable[[], None] = lambda: None
    facts: Mapping[str, Any] = {}  # found while preparing, for the record


class Prepared(NamedTuple):
    """The report of a library before the first turn."""

    first_call: float  # seconds, with compilation and tracing
    answer: Any
    facts: Mapping[str, Any]


class _Host:
    """Executes the commands inside a library's process."""

    def __init__(self, library: str, threads: int, checkout: str | None) -> None:
        if checkout is not None:
            _only_from(checkout)
        self.module = importlib.import_module(LIBRARIES[library])
        self.module.use_threads(threads)
        gc.collect()
        self.baseline = resident()
        self.tasks: dict[int, Task] = {}

    def prepare(self, number: int, task: str, arguments: Mapping[str, Any], variant: str) -> Prepared:
        task_of = getattr(self.module, task)
        self.tasks[number] = prepared = task_of(**arguments, variant=variant)
        first_call, result = seconds_of(prepared.call)
        numbers = np.ravel(np.asarray(prepared.answer(result), np.float64))
        return Prepared(first_call, numbers[:: -(-numbers.size // ANSWERS)], prepared.facts)

    def turn(self, number: int, least: float) -> float:
        return turn(self.tasks[number].call, least)

    def release(self, number: int) -> None:
        if number in self.tasks:
            self.tasks.pop(number).close()
        gc.collect()

    def peak(self) -> float:
        """Return the peak memory in bytes above the memory held after the library's import."""
        return peak_since(self.baseline)

    def facts(self) -> Mapping[str, Any]:
        return self.module.facts()


def _only_from(checkout: str) -> None:
    """Import npdeconv and its tasks from another checkout; this module serves both."""
    sys.path.insert(0, checkout)
    benchmarks.__path__ = [str(Path(checkout) / "benchmarks")]
    for name in [name for name in sys.modules if name.partition(".")[0] == "npdeconv"]:
        del sys.modules[name]


def _serve(connection: Connection, library: str, threads: int, checkout: str | None) -> None:
    # Errors come by the connection; other output of libraries would hide the results.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        host = _Host(library, threads, checkout)
        connection.send((True, None))
    except Exception:
        connection.send((False, traceback.format_exc()))
        return
    while (message := connection.recv()) is not None:
        command, arguments = message
        try:
            connection.send((True, getattr(host, command)(*arguments)))
        except Exception:
            connection.send((False, traceback.format_exc()))


class RemoteError(RuntimeError):
    """A library failed in its process; the message is its traceback."""


class Remote:
    """A library in a separate process, with changed environment variables (None: unset)."""

    def __init__(
        self,
        library: str,
        threads: int,
        environment: Mapping[str, str | None] | None = None,
        checkout: str | None = None,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self.library = library
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, library, threads, checkout), daemon=True)
        with _environment(environment or {}):
            self._process.start()
        theirs.close()
        self._reply()

    def ask(self, command: str, *arguments: Any) -> Any:
        """Call one of the host's methods, and return its result."""
        with self._watched():
            self._connection.send((command, arguments))
        return self._reply()

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.is_alive()

    def _reply(self) -> Any:
        with self._watched():
            succeeded, result = self._connection.recv()
        if not succeeded:
            raise RemoteError(result)
        return result

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            raise RemoteError(f"the process of {self.library} ended with code {code}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.is_alive:
            self._connection.send(None)
        self._process.join(timeout=10)
        self._process.kill()


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Change environment variables while a process is started."""
    before = {name: os.environ.get(name) for name in changes}
    try:
        _set(changes)
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
