"""How Numba compiles: the only `njit` arguments in the project."""

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.compiler import Compiler

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a kernel: serial, without the GIL, cached on disk.

    Contraction (a multiplication and an addition become one fused instruction) is allowed: it
    is faster and more exact. No other liberty is taken, so NaN and infinities keep their
    meaning. `parallel=True` is not used: some of Numba's threading layers abort when several
    Python threads enter them together. `npdeconv.parallel` does this work.

    The arrays passed to a kernel must not overlap. The compiler relies on it, and so needs no check
    before every inner loop.
    """
    compile_lazily = numba.njit(
        nogil=True,
        fastmath={"contract"},
        error_model="numpy",
        pipeline_class=_WithoutOverlaps,
    )
    return cast(Function, _cached(compile_lazily(function)))


def inlined(function: Function) -> Function:
    """Compile a function as if it were written out in the kernels that call it.

    What a kernel knows of the shapes of its arrays and of the functions that it hands on is not lost.
    """
    return cast(Function, numba.njit(inline="always")(function))


def _cached(compiled: Any) -> Any:
    """Cache compiled code in Numba's own folder, else in a temporary one, else not at all.

    Numba has no folder if neither the installation nor the home is writable, as in containers.
    """
    config: Any = numba.config
    if config.DISABLE_JIT:
        return compiled
    given = config.CACHE_DIR
    for place in (given, _temporary_folder()):
        config.CACHE_DIR = place
        with suppress(RuntimeError):
            compiled._cache = _Cache(compiled.py_func)  # type: ignore[no-untyped-call]
            break
    config.CACHE_DIR = given
    return compiled


class _Cache(FunctionCache):
    """Numba's cache, which skips saving where the disk is full."""

    def save_overload(self, signature: Any, result: Any) -> None:
        with suppress(OSError):
            super().save_overload(signature, result)  # type: ignore[no-untyped-call]


@cache
def _temporary_folder() -> str:
    """Return a folder that only this user can write to, since its code will be run; or ""."""
    if not hasattr(os, "getuid"):
        return ""
    try:
        place = Path(tempfile.gettempdir()) / f"npdeconv-{os.getuid()}"
        place.mkdir(mode=0o700, exist_ok=True)
        there = place.lstat()
    except OSError:
        return ""
    is_own = stat.S_ISDIR(there.st_mode) and not there.st_mode & 0o077 and there.st_uid == os.getuid()
    return str(place) if is_own else ""


class _WithoutOverlaps(Compiler):
    """Numba's compiler, told that no two arguments overlap (C's `restrict`)."""

    def define_pipelines(self) -> Any:
        self.state.flags.noalias = True
        return super().define_pipelines()  # type: ignore[no-untyped-call]


def on_first_compilation(tell: Callable[[], object]) -> None:
    """Call `tell` once, before the first kernel that is missing from the cache is compiled."""
    event.register("numba:compile", _CallOnce(tell))  # type: ignore[no-untyped-call]


class _CallOnce(event.Listener):
    def __init__(self, tell: Callable[[], object]) -> None:
        self.tell: Callable[[], object] | None = tell

    def on_start(self, _: object) -> None:
        tell, self.tell = self.tell, None
        if tell is not None:
            tell()

    def on_end(self, _: object) -> None:
        pass
