"""BLAS on one thread, while several workers compute."""

from functools import cache
from threading import Lock

from threadpoolctl import OpenBLASController, ThreadpoolController


class _SingleThreadedBlas:
    """Limits BLAS to one thread; the last of several overlapping holders restores the old limit."""

    def __init__(self) -> None:
        self._lock, self._holders, self._limit = Lock(), 0, None

    def __enter__(self) -> None:
        with self._lock:
            if self._holders == 0:
                _take_control()
                self._limit = _libraries().limit(limits=1, user_api="blas")
            self._holders += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0 and self._limit is not None:
                _take_control()
                self._limit.restore_original_limits()
                _take_control()  # so that the next thread may set it


single_threaded_blas = _SingleThreadedBlas()


def _take_control() -> None:
    """Let this thread set OpenBLAS's limit.

    From version 3.8 on, threadpoolctl obeys only the first thread that set a limit, and another thread
    may restore it here.
    """
    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)


@cache
def _libraries() -> ThreadpoolController:
    """Find the loaded libraries once, since the search takes milliseconds."""
    return ThreadpoolController()
