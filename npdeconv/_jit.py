"""How Numba compiles: the only `njit` arguments in the project."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core import event
from numba.core.compiler import Compiler

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a kernel: serial, without the GIL, cached on disk.

    Contraction (a multiplication and an addition become one fused instruction) is allowed: it
    is faster and more exact. No other liberty is taken, so NaN and infinities keep their
    meaning. `parallel=True` is not used: some of Numba's threading layers abort when several
    Python threads enter them together; parallelism is the business of `npdeconv.parallel`.

    The arrays that a kernel is given must not overlap: the compiler is told that what is written
    to one cannot change another, without which it would have to check before every inner loop.
    """
    compiled = numba.njit(
        nogil=True,
        cache=True,
        fastmath={"contract"},
        error_model="numpy",
        pipeline_class=_WithoutOverlaps,
    )(function)
    return cast(Function, compiled)


class _WithoutOverlaps(Compiler):
    """Numba's compiler, told that no two arguments overlap (C's `restrict`)."""

    def define_pipelines(self) -> Any:
        self.state.flags.noalias = True
        return super().define_pipelines()  # type: ignore[no-untyped-call]


def on_first_compilation(tell: Callable[[], object]) -> None:
    """Call `tell` once, when a kernel is about to be compiled because the cache on disk lacks it."""
    event.register("numba:compile", _First(tell))  # type: ignore[no-untyped-call]


class _First(event.Listener):
    def __init__(self, tell: Callable[[], object]) -> None:
        self.tell: Callable[[], object] | None = tell

    def on_start(self, _: object) -> None:
        tell, self.tell = self.tell, None
        if tell is not None:
            tell()

    def on_end(self, _: object) -> None:
        pass
