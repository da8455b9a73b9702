"""A control without project code: a matrix product and a copy, in plain NumPy.

It is timed before every topic and at the end, and shows whether the machine was equally fast
throughout. With one thread and with all, it also measures the roof of the roofline.
"""

import statistics
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.machine import libraries
from benchmarks.remote import Task
from benchmarks.timing import seconds_of

SIDE = 1024  # rows and columns of the control's matrices
COPIED = 2**26  # bytes, more than caches hold


def use_threads(threads: int) -> None:
    """Limit BLAS to `threads` threads; `product` sets its own limit."""
    threadpool_limits(threads, user_api="blas")


def facts() -> Mapping[str, Any]:
    """Describe the loaded libraries."""
    return {"libraries": libraries()}


def product(side: int, threads: int, variant: str) -> Task:
    """Multiply two square matrices of float32."""
    left, right = np.random.default_rng(0).standard_normal((2, side, side), dtype=np.float32)
    out = np.empty_like(left)

    def call() -> Any:
        return np.matmul(left, right, out=out)

    limits = threadpool_limits(threads, user_api="blas")
    return Task(call, close=limits.restore_original_limits)


def copy(size: int, threads: int, variant: str) -> Task:
    """Copy an array of `size` bytes; each thread copies a part."""
    source, target = np.ones(size, np.uint8), np.ones(size, np.uint8)
    parts = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    executor = ThreadPoolExecutor(threads)

    def call() -> Any:
        list(executor.map(lambda part: np.copyto(*part), parts))
        return target[:1]

    return Task(call, close=executor.shutdown)


def check(repetitions: int = 5) -> dict[str, float]:
    """Return the median seconds of the control's product and copy, by one thread each."""
    product_task, copy_task = product(SIDE, 1, ""), copy(COPIED, 1, "")
    product_task.call()
    times = {
        "product": statistics.median(seconds_of(product_task.call)[0] for _ in range(repetitions)),
        "copy": statistics.median(seconds_of(copy_task.call)[0] for _ in range(repetitions)),
    }
    product_task.close()
    copy_task.close()
    return times
