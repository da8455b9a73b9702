"""Shards and pools: complete and ordered results, bounded memory, BLAS limited and restored."""

import itertools
import os
import platform
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from npdeconv import parallel
from npdeconv.parallel import SHARD_SIZE, available_processors, each_shard, map_shards, pool, shards, slices
from npdeconv.training import predict
from tests.tiny import tiny_dataset, tiny_network


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two_blas_threads():
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("BLAS can't use two threads here")
        yield


@pytest.mark.parametrize(("count", "size"), [(0, 4), (1, 4), (3, 4), (4, 4), (9, 4), (16, 1)])
def test_slices_cover_everything_once_and_in_order(count, size):
    cuts = slices(count, size)
    assert list(itertools.chain(*(range(count)[cut] for cut in cuts))) == list(range(count))
    assert all(cut.stop - cut.start == size for cut in cuts[:-1])


@pytest.mark.parametrize(
    ("count", "side", "size"),
    [(40, 28, 20), (128, 28, SHARD_SIZE), (40, 64, 14), (40, 128, 4), (3, 300, 1), (2, 2000, 1), (0, 28, 1)],
)
def test_shards_are_of_about_one_size_and_bounded(count, side, size):
    cuts = shards(np.empty((count, side, side, 3), np.uint8))
    assert [cut.stop for cut in cuts] == [min(first + size, count) for first in range(0, count, size)]


class Sums(NamedTuple):
    rows: np.ndarray
    weighted: np.ndarray


def sums(images, weights=None):
    rows = images.sum(axis=(1, 2, 3), dtype=np.int64)
    return Sums(rows, rows if weights is None else rows * weights)


@pytest.mark.parametrize("workers", [None, 1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2 * SHARD_SIZE + 3])
def test_a_map_over_shards_is_as_one_call_of_the_function(workers, count):
    rng = np.random.default_rng(count)
    images, weights = rng.integers(0, 256, (count, 8, 8, 1), np.uint8), rng.integers(0, 9, count)
    found = map_shards(sums, images, weights, workers=workers)
    assert isinstance(found, Sums)
    for part, expected in zip(found, sums(images, weights), strict=True):
        np.testing.assert_array_equal(part, expected)
    plain = map_shards(lambda x: tuple(sums(x)), images, workers=workers)
    assert type(plain) is tuple
    np.testing.assert_array_equal(map_shards(lambda x: sums(x).rows, images, workers=workers), plain[0])


def test_a_map_over_shards_takes_an_open_pool_and_other_cuts():
    images, seen = np.arange(10).reshape(10, 1, 1, 1), []

    def noted(x):
        seen.append(len(x))
        return x

    cuts = slices(10, 4)
    with pool(1) as parallel_map:
        np.testing.assert_array_equal(map_shards(noted, images, cuts=cuts, workers=parallel_map), images)
    assert seen == [4, 4, 2]
    for (cut, part), expected in zip(each_shard(noted, images, cuts=cuts), cuts, strict=True):
        assert cut == expected
        np.testing.assert_array_equal(part, images[expected])


@pytest.mark.parametrize("workers", [None, 1, 2, 5])
def test_results_come_in_the_order_of_the_items(workers):
    def slow_at_first(item):
        time.sleep(0.02 if item % 3 == 0 else 0)
        return item

    with pool(workers) as parallel_map:
        assert list(parallel_map(slow_at_first, range(12))) == list(range(12))


def test_several_workers_work_at_the_same_time():
    meeting = threading.Barrier(3, timeout=10)
    with pool(3) as parallel_map:
        list(parallel_map(lambda _: meeting.wait(), range(3)))


@pytest.mark.parametrize("workers", [1, 3])
def test_an_endless_iterator_is_read_a_bounded_way_ahead(workers):
    taken = []

    def endless():
        for number in itertools.count():
            assert number < 1000, "read far ahead of the results"
            taken.append(number)
            yield number

    with pool(workers) as parallel_map:
        results = parallel_map(lambda item: item * item, endless())
        assert list(itertools.islice(results, 10)) == [n * n for n in range(10)]
    assert len(taken) <= 10 + 2 * workers


@pytest.mark.parametrize("workers", [1, 3])
def test_an_exception_arrives_and_ends_the_work(workers):
    started = []

    def fail_at_four(item):
        started.append(item)
        if item == 4:
            raise ValueError("four")
        time.sleep(0.005)
        return item

    with pool(workers) as parallel_map:
        results = parallel_map(fail_at_four, range(1000))
        assert [next(results) for _ in range(4)] == [0, 1, 2, 3]
        with pytest.raises(ValueError, match=r"^four$"):
            next(results)
    assert max(started) <= 4 + 2 * workers


def test_an_exception_of_the_items_cancels_pending_work():
    started, gate, ran = threading.Event(), threading.Event(), []

    def broken_items():
        yield from range(3)
        assert started.wait(10)
        raise OSError("no more")

    def wait(item):
        started.set()
        gate.wait(10)
        ran.append(item)

    with ThreadPoolExecutor(1) as executor:
        with pool(executor) as parallel_map, pytest.raises(OSError, match=r"^no more$"):
            list(parallel_map(wait, broken_items()))
        gate.set()
    assert ran == [0]


@pytest.mark.parametrize("workers", [1, 2, None])
def test_blas_is_held_to_one_thread_and_restored(two_blas_threads, workers):
    with pool(workers) as parallel_map:
        assert blas_threads() == {1}
        assert list(parallel_map(lambda _: blas_threads(), range(3))) == [{1}] * 3
    assert blas_threads() == {2}


def test_blas_is_restored_after_an_exception(two_blas_threads):
    with pytest.raises(KeyError), pool(2):
        raise KeyError
    assert blas_threads() == {2}


def test_overlapping_pools_hold_blas_until_the_last_is_closed(two_blas_threads):
    opened, closed = threading.Event(), threading.Event()

    def overlap():
        with pool(1):
            opened.set()
            closed.wait(10)

    thread = threading.Thread(target=overlap)
    with pool(2):
        thread.start()
        assert opened.wait(10)
    assert blas_threads() == {1}  # the first is closed, the second still works
    closed.set()
    thread.join()
    assert blas_threads() == {2}


def test_pools_of_one_thread_after_another(two_blas_threads):
    seen = []

    def work():
        with pool(2):
            seen.append(blas_threads())
        seen.append(blas_threads())

    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    work()
    assert seen == [{1}, {2}] * 3


def test_an_executor_is_used_and_left_open():
    with ThreadPoolExecutor(2, "guest") as executor:
        with pool(executor) as parallel_map:
            names = list(parallel_map(lambda _: threading.current_thread().name, range(5)))
        assert all(name.startswith("guest") for name in names)
        assert executor.submit(pow, 2, 5).result() == 32


def test_own_threads_end_with_the_pool():
    with pool(2) as parallel_map:
        list(parallel_map(abs, range(4)))
        assert any(thread.name.startswith("npdeconv") for thread in threading.enumerate())
    assert not any(thread.name.startswith("npdeconv") for thread in threading.enumerate())


def test_processes_return_the_same_bits():
    network, images = tiny_network(), tiny_dataset(40).images
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        spread = predict(network, images, workers=executor)
        assert executor.submit(pow, 2, 5).result() == 32
    assert spread.tobytes() == predict(network, images, workers=1).tobytes()


def multiply(seed):
    rng = np.random.default_rng(seed)
    return rng.random((333, 1111)) @ rng.random((1111, 222)), blas_threads()


def test_processes_hold_blas_to_one_thread_too():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        with pool(executor) as parallel_map:
            ((product, threads),) = parallel_map(multiply, [0])
        with pool(1):
            expected, _ = multiply(0)
    assert threads == {1}
    assert product.tobytes() == expected.tobytes()


def test_available_processors_respects_the_affinity():
    if not hasattr(os, "sched_setaffinity"):  # macOS
        assert available_processors() == os.cpu_count()
        return
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from npdeconv.parallel import available_processors; print(available_processors())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert available_processors() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("workers", "error", "message"),
    [
        (0, ValueError, r"pool: workers must be at least 1, got 0"),
        (-2, ValueError, r"pool: workers must be at least 1, got -2"),
        (1.5, TypeError, r"pool: workers must be an integer, got 1\.5"),
        (True, TypeError, r"pool: workers must be an integer, got True"),
    ],
)
def test_bad_workers(workers, error, message):
    with pytest.raises(error, match=f"^{message}$"), pool(workers):
        pass


def test_progress_is_shown_on_request_and_only_for_long_maps(capsys, monkeypatch):
    drawn = []

    def bar(results, **options):
        drawn.append(options)
        return results

    monkeypatch.setattr(parallel, "progress_bar", bar)
    for workers in (1, 2):
        with parallel.pool(workers) as parallel_map:
            assert list(parallel_map(abs, [-1, 2])) == [1, 2]
        assert not drawn
        with parallel.progress_bars(), parallel.pool(workers) as parallel_map:
            assert list(parallel_map(abs, [-1, 2])) == [1, 2]
        assert drawn.pop() == {"total": 2, "unit": "shard", "delay": 2, "leave": False}


@pytest.mark.parametrize("threads", [1, 2])
def test_an_executor_that_would_wait_for_itself_is_refused(threads):
    with ThreadPoolExecutor(threads) as outer, ThreadPoolExecutor(1) as other:
        inside = outer.submit(lambda: list(squares(outer)))
        with pytest.raises(RuntimeError, match=r"^pool: expected an executor of other threads, .*workers=1"):
            inside.result(timeout=20)
        assert outer.submit(lambda: squares(other)).result(timeout=20) == squares(1)
        assert outer.submit(lambda: squares(1)).result(timeout=20) == squares(1)


def squares(workers):
    with pool(workers) as parallel_map:
        return list(parallel_map(abs, range(-5, 5)))


FRESH_PAGES = """
import resource

import numpy as np

import npdeconv as nd

images = np.random.default_rng(0).integers(0, 256, (128, 28, 28, 1), dtype=np.uint8)
dataset = nd.data.Dataset(images, np.arange(128) % 10, tuple("0123456789"), "noise")
network = nd.models.deck_model3(rng=np.random.default_rng(0))
given = {"epochs": 15, "batch_size": 128, "rng": np.random.default_rng(0)}
for step in nd.training.train(network, dataset, nd.optimizers.SGD(0.001), **given):
    if step.epoch == 5:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library decides for itself")
def test_training_steps_reuse_the_memory_of_the_steps_before():
    """Without `_keep_freed_memory`, a step fetches more than 3,000 fresh pages; else a few."""
    run = subprocess.run([sys.executable, "-c", FRESH_PAGES], check=True, capture_output=True, text=True)
    assert int(run.stdout) < 500
