"""Untrusted HDF5 files, read in a child process.

libhdf5 trusts the sizes in a file. A damaged file can make it hang and ignore Ctrl-C, crash the
process, or take any amount of memory. It therefore runs in a child process, with these limits:

* Time: the child is killed after `SECONDS`, or later for a large file, on every system. Until then
  Ctrl-C works (on Windows only then).
* Crashes: only the child crashes.
* Declared sizes: shapes and types are compared with the network before an array is read, and the
  sizes of attributes and chunks are checked before these are read.
* Memory: compressed data may unpack to more than declared. The child's memory is limited to a
  multiple of the network's largest array, on Linux only; other systems have no limit.

The child is no sandbox: if a hole in libhdf5 lets code run, it has all rights of the user.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npdeconv._files import UnexpectedError
from npdeconv._types import Array, Shape
from npdeconv.weights.arrays import Stored

SECONDS = 20.0
"""The time limit for a small file, from the start of the child to the last array."""

BYTES_PER_SECOND = 5_000_000
"""The speed of a slow disk; the time limit of a file grows with its size by this."""

OVERHEAD = 2**26
"""Bytes that the child may take besides the arrays."""

_CHILD = Path(__file__).with_name("hdf5_child.py")


class Hdf5(NamedTuple):
    """The content of a file, by paths without a leading slash; the root has the empty path."""

    model: str | None
    """The `config.json` of a `.keras` archive."""

    groups: Mapping[str, Mapping[str, Any]]
    """The attributes that Keras' layouts need, by group."""

    arrays: Mapping[str, Stored]
    links: Mapping[str, str]
    """The kind of each link; links are not followed."""

    def array(self, group: str, name: str) -> Stored:
        """Return an array."""
        path = f"{group}/{name}".strip("/")
        if path not in self.arrays:
            self.group(path, name)
            raise UnexpectedError(f"expected {name} to be an array, got a group")
        return self.arrays[path]._replace(source=name)

    def group(self, path: str, name: str) -> Mapping[str, Any]:
        """Return the attributes of a group."""
        for link, kind in self.links.items():
            if f"{path}/".startswith(f"{link}/"):
                raise UnexpectedError(f"expected {name} in the file itself, got {kind}")
        if path not in self.groups:
            raise UnexpectedError(f"expected an entry {name!r}, the file has none")
        return self.groups[path]


@contextmanager
def open_hdf5(path: Path, largest: int) -> Iterator[Hdf5]:
    """Open an HDF5 file, or a `.keras` archive; its arrays can be read while the context is open.

    Parameters
    ----------
    path : path
    largest : int
        Numbers in the largest array that will be read.

    Raises
    ------
    Exception
        If the file can't be read, or takes too much time or memory: use this inside `_files.naming`.
    """
    if not path.is_file():
        raise UnexpectedError("expected a file, got something else")
    size = path.stat().st_size
    child = _Child(path, SECONDS + size / BYTES_PER_SECOND, OVERHEAD + 2 * size + 4 * 8 * largest)
    try:
        listed = child.ask()
        arrays = {
            name: Stored(name, tuple(shape), np.dtype(code), partial(child.read, name, shape, code))
            for name, (shape, code) in listed["arrays"].items()
        }
        yield Hdf5(listed["model"], listed["groups"], arrays, listed["links"])
    finally:
        child.end()


class _Child:
    """A process that runs `hdf5_child`, and is killed at its time limit."""

    def __init__(self, path: Path, seconds: float, memory: int) -> None:
        command = [sys.executable, "-P", str(_CHILD), str(path), str(memory)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.seconds = seconds
        self.timer = threading.Timer(seconds, self.process.kill)
        self.timer.daemon = True
        self.timer.start()

    def ask(self, question: str | None = None) -> Any:
        """Return the child's next answer; without a question, its first."""
        assert self.process.stdin
        assert self.process.stdout
        try:
            if question is not None:
                self.process.stdin.write(json.dumps(question).encode() + b"\n")
                self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = b""
        answer = json.loads(line) if line.endswith(b"\n") else {"error": self._reason()}
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def read(self, name: str, shape: Shape, code: str) -> Array:
        """Return an array."""
        assert self.process.stdout
        self.ask(name)
        array = np.empty(shape, code)
        content = array.reshape(-1).view(np.uint8)
        if self.process.stdout.readinto(content) != array.nbytes:  # type: ignore[attr-defined]
            raise ValueError(self._reason())
        return array

    def end(self) -> None:
        """Kill the child; it only reads, so nothing is lost."""
        self.timer.cancel()
        self.process.kill()
        self.process.communicate()

    def _reason(self) -> str:
        """Say why there is no answer."""
        self.process.wait()
        if not self.timer.is_alive():
            return f"libhdf5 was not done after {self.seconds:.0f} seconds"
        return f"libhdf5 crashed with exit code {self.process.returncode}"
