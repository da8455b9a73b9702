"""Shards: cut a batch, map over workers, take the results in order.

The unit of work is a shard of a fixed number of images. Neither the shards nor the order in which
results are combined depend on the workers. The results are therefore the same bits for any number
of workers.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from threading import current_thread
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

from npdeconv._blas import single_threaded_blas
from npdeconv._checks import positive_int
from npdeconv._progress import progress_bar
from npdeconv._types import Array

SHARD_SIZE = 32  # many small images share one read of a dense layer's weights
SHARD_PIXELS = 2**16  # bounds the memory of the activations of large images

Item = TypeVar("Item")
Result = TypeVar("Result")
Workers: TypeAlias = int | Executor | None
"""Number of threads (None: one per processor), or the caller's own executor."""


class OrderedMap(Protocol):
    """`map`, perhaps by several workers, with the results in the order of the items.

    Examples
    --------
    >>> def shouted(parallel_map: nd.parallel.OrderedMap) -> list[str]:
    ...     return list(parallel_map(str.upper, ["a", "b"]))
    >>> shouted(map)
    ['A', 'B']
    """

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        """Yield function(item) for every item."""


def shards(images: Array, most_pixels: int = SHARD_PIXELS) -> list[slice]:
    """Cut a batch of images (N, H, W, C) into slices of about one size, which depends on the shape alone.

    A shard has at most `most_pixels` pixels, which bounds its memory, but at least one image.

    Examples
    --------
    >>> [cut.stop - cut.start for cut in nd.parallel.shards(np.zeros((100, 28, 28, 1)))]
    [25, 25, 25, 25]
    >>> [cut.stop - cut.start for cut in nd.parallel.shards(np.zeros((3, 300, 300, 1)))]
    [1, 1, 1]
    """
    count, height, width = images.shape[:3]
    most = min(max(most_pixels // (height * width), 1), SHARD_SIZE)
    return slices(count, -(-count // max(1, -(-count // most))) or 1)


def slices(count: int, size: int) -> list[slice]:
    """Cut `count` items into slices of `size`; the last may be smaller.

    Examples
    --------
    >>> nd.parallel.slices(5, size=2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def map_shards(
    function: Callable[..., Result],
    *arrays: Array,
    cuts: Sequence[slice] | None = None,
    workers: "Workers | OrderedMap" = None,
) -> Result:
    """Map over the shards of a batch, and put the results together in order.

    Parameters
    ----------
    function : callable
        Called with the part of each array that is in one shard. It returns an array, or a tuple of
        arrays, named or not, with one entry per image. Of no images, it is called once.
    *arrays : (N, ...)
        The first are the images.
    cuts : sequence of slice, optional
        Those of `shards` unless given.
    workers : int, executor or open pool, optional
        See `pool`.

    Returns
    -------
    array (N, ...), or tuple of such
        As the function's.

    Examples
    --------
    >>> def brightest(images):
    ...     return images.max(axis=(1, 2, 3))
    >>> images = np.arange(5).reshape(5, 1, 1, 1)
    >>> nd.parallel.map_shards(brightest, images, workers=2)
    array([0, 1, 2, 3, 4])
    """
    parts: list[Any] = [part for _, part in each_shard(function, *arrays, cuts=cuts, workers=workers)]
    joined: Any
    if isinstance(parts[0], np.ndarray):
        joined = np.concatenate(parts)
    else:
        entries = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        joined = getattr(parts[0], "_make", tuple)(entries)
    return joined


def each_shard(
    function: Callable[..., Result],
    *arrays: Array,
    cuts: Sequence[slice] | None = None,
    workers: "Workers | OrderedMap" = None,
) -> Iterator[tuple[slice, Result]]:
    """Yield where each shard of a batch is and what a function returns for it, see `map_shards`.

    Examples
    --------
    >>> def brightest(images):
    ...     return images.max(axis=(1, 2, 3))
    >>> images = np.arange(5).reshape(5, 1, 1, 1)
    >>> cuts = nd.parallel.slices(5, size=3)
    >>> for cut, values in nd.parallel.each_shard(brightest, images, cuts=cuts):
    ...     print(cut, values)
    slice(0, 3, None) [0 1 2]
    slice(3, 5, None) [3 4]
    """
    cuts = (shards(arrays[0]) if cuts is None else cuts) or [slice(0)]
    work = [tuple(array[cut] for array in arrays) for cut in cuts]
    with nullcontext(workers) if callable(workers) else pool(workers) as parallel_map:
        yield from zip(cuts, parallel_map(partial(_apply, function), work), strict=True)


def _apply(function: Callable[..., Result], arguments: tuple[Array, ...]) -> Result:
    return function(*arguments)


@contextmanager
def pool(workers: Workers = None) -> Iterator[OrderedMap]:
    """Open a pool of workers, and yield the function that maps over them.

    While the pool is open, BLAS uses one thread per worker.

    Parameters
    ----------
    workers : int or concurrent.futures.Executor, optional
        Number of threads (kernels and BLAS release the GIL); one per available processor unless
        given. An executor is used and left open; for processes, functions must be picklable.

    Raises
    ------
    RuntimeError
        If called in one of the executor's own threads, which might then wait for itself.

    Examples
    --------
    >>> with nd.parallel.pool(2) as parallel_map:
    ...     list(parallel_map(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    if isinstance(workers, Executor):
        if _is_own_thread(workers):
            raise RuntimeError(
                "pool: expected an executor of other threads, got the calling thread's own, which might"
                " wait for itself forever; pass workers=1 here, or another executor"
            )
        with single_threaded_blas:
            yield _with_progress(_Ordered(workers, ahead=2 * available_processors()))
        return
    count = available_processors() if workers is None else positive_int(workers, "pool", "workers")
    _keep_freed_memory()
    with single_threaded_blas:
        if count == 1:
            yield _with_progress(map)
        else:
            with ThreadPoolExecutor(count, "npdeconv") as executor:
                yield _with_progress(_Ordered(executor, ahead=2 * count))


def _keep_freed_memory() -> None:
    """Let the C library keep the memory of freed arrays for the next ones.

    Memory that goes back to the system comes back as pages that it must clear first, for several
    percent of a step's time. glibc gives back large free blocks; what counts as large follows from the
    largest block that it ever mapped for itself and freed, and ends at 32 MB. This is such a block.
    None of its pages is touched.
    """
    np.empty(2**25 - 2**16, np.uint8)


_bars: ContextVar[bool] = ContextVar("bars", default=False)


@contextmanager
def progress_bars() -> Iterator[None]:
    """While open, maps over shards and files that take over two seconds show their progress on stderr.

    Examples
    --------
    >>> with nd.parallel.progress_bars():  # shows none here, since two seconds do not pass
    ...     nd.parallel.map_shards(np.negative, np.ones((2, 1, 1, 1)), workers=1).ravel()
    array([-1., -1.])
    """
    before = _bars.set(True)
    try:
        yield
    finally:
        _bars.reset(before)


def bars_are_wanted() -> bool:
    """Return whether `progress_bars` is open.

    Examples
    --------
    >>> nd.parallel.bars_are_wanted()
    False
    >>> with nd.parallel.progress_bars():
    ...     nd.parallel.bars_are_wanted()
    True
    """
    return _bars.get()


def _with_progress(parallel_map: OrderedMap) -> OrderedMap:
    if not bars_are_wanted():
        return parallel_map

    def mapped(function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        total = len(items) if isinstance(items, Sized) else None
        results = parallel_map(function, items)
        yield from progress_bar(results, total=total, unit="shard", delay=2, leave=False)

    return mapped


def available_processors() -> int:
    """Count the processors that this process may use.

    Examples
    --------
    >>> nd.parallel.available_processors() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_own_thread(executor: Executor) -> bool:
    if not isinstance(executor, ThreadPoolExecutor):
        return False
    with executor._shutdown_lock:  # `submit` holds it while it starts a thread and registers it
        return current_thread() in executor._threads


class _Ordered:
    """Maps with at most `ahead` results pending, which bounds the memory."""

    def __init__(self, executor: Executor, ahead: int) -> None:
        self.executor, self.ahead = executor, ahead

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(self.executor.submit(_compute, function, item))
                if len(pending) >= self.ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _compute(function: Callable[[Item], Result], item: Item) -> Result:
    """Compute one result in a worker, perhaps in another process."""
    with single_threaded_blas:
        return function(item)
