"""Only one process at a time trains in a run's folder."""

import json
import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from npdeconv import _files


class FolderLock:
    """Locks a folder; the operating system releases the lock when the process ends, however it ends.

    While the lock (.lock) is held, holder.json names the process that holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / ".lock")
        self._holder = folder / "holder.json"

    def acquire(self) -> None:
        """Lock the folder, unless this object has; BlockingIOError if another process has."""
        if self._lock.is_locked:
            return
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise BlockingIOError(
                f"{self._folder}: {self._describe_holder()} is training in this folder; wait until that has"
                " ended, or choose another folder"
            ) from None
        except OSError as error:
            raise type(error)(f"{self._folder}: could not be locked ({error.strerror or error})") from error
        since = datetime.now().astimezone().isoformat(" ", "seconds")
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        text = json.dumps(holder) + "\n"
        _files.replace(self._holder, lambda file: file.write(text.encode()))

    def release(self) -> None:
        """Release the folder, if this object has locked it."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    def _describe_holder(self) -> str:
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"process {holder['pid']} on {holder['host']}, since {holder['since']},"
        return "another process"
