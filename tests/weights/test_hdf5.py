"""Hostile and damaged HDF5 files, read in a child process."""

import os
import signal
import sys
import threading
import time
import zlib

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.weights import hdf5
from tests.tiny import assert_same_bits, tiny_network
from tests.weights.test_keras import refuse_h5, replace_bias, write

h5py = pytest.importorskip("h5py")

UNREADABLE = r"expected a Keras \.h5 file of weights, got a file that can't be read as one "


def hang(monkeypatch, tmp_path, seconds):
    """Replace the child by a program that ignores signals and never answers."""
    program = tmp_path / "deaf.py"
    program.write_text("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass\n")
    monkeypatch.setattr(hdf5, "_CHILD", program)
    monkeypatch.setattr(hdf5, "SECONDS", seconds)


def test_a_reader_that_hangs_is_killed(tmp_path, monkeypatch):
    write(tmp_path / "w.h5")
    hang(monkeypatch, tmp_path, 1.0)
    start = time.monotonic()
    refuse_h5(tmp_path / "w.h5", UNREADABLE + r"\(libhdf5 was not done after 1 seconds\)$")
    assert time.monotonic() - start < 10


def test_control_c_works_while_the_reader_hangs(tmp_path, monkeypatch):
    write(tmp_path / "w.h5")
    hang(monkeypatch, tmp_path, 60.0)
    # A shell starts background processes with this signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            weights.load_keras(tiny_network(), tmp_path / "w.h5")
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 30


def test_a_damaged_heap_of_names(tmp_path, monkeypatch):
    """An object of a wrong size in the heap makes libhdf5 2.0 loop forever."""
    path = tmp_path / "w.h5"
    write(path)
    content = bytearray(path.read_bytes())
    size_of_next = content.index(b"dense_1/bias:0\0\0") + 24
    assert content[size_of_next] == 16
    content[size_of_next] = 0xFF
    path.write_bytes(content)
    monkeypatch.setattr(hdf5, "SECONDS", 3.0)
    refuse_h5(path, UNREADABLE)


def test_a_reader_that_crashes(tmp_path, monkeypatch):
    write(tmp_path / "w.h5")
    (tmp_path / "crash.py").write_text("import os\nos.abort()\n")
    monkeypatch.setattr(hdf5, "_CHILD", tmp_path / "crash.py")
    refuse_h5(tmp_path / "w.h5", UNREADABLE + r"\(libhdf5 crashed with exit code -?\d+\)$")


def test_chunks_larger_than_their_array(tmp_path):
    def tamper(group):
        group.create_dataset("bias:0", (3,), "f4", chunks=(10**9,), maxshape=(None,))

    write(tmp_path / "w.h5", tamper=replace_bias(tamper))
    refuse_h5(
        tmp_path / "w.h5",
        UNREADABLE + r"\(dense_1/dense_1/bias:0 takes 12 bytes, but is stored in chunks of 4000000000\)$",
    )


def test_arrays_that_may_grow_have_larger_chunks(tmp_path):
    bias = np.arange(3, dtype=np.float32)
    write(
        tmp_path / "w.h5",
        tamper=replace_bias(
            lambda group: group.create_dataset(
                "bias:0", data=bias, chunks=(1024,), maxshape=(None,), compression="gzip"
            )
        ),
    )
    network = tiny_network()
    weights.load_keras(network, tmp_path / "w.h5")
    np.testing.assert_array_equal(network["logits"].bias, bias)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to a limit of memory")
@pytest.mark.slow  # tests with the oldest versions skip it, since their libhdf5 can't write such a file
def test_chunks_that_unpack_to_more_than_their_declared_size(tmp_path):
    bomb = zlib.compress(bytes(2**28), 1)

    def tamper(group):
        dataset = group.create_dataset("bias:0", (3,), "f4", chunks=(3,), compression="gzip")
        dataset.id.write_direct_chunk((0,), bomb)

    path = tmp_path / "w.h5"
    write(path, tamper=replace_bias(tamper))
    assert path.stat().st_size < 2**21
    refuse_h5(path, UNREADABLE + r"\(.*(memory|MB|filter)")


def test_large_attributes(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["layer_names"] = np.zeros(2**24 + 1, "S1")
    refuse_h5(path, UNREADABLE + r"\(the attribute layer_names takes 16777217 bytes\)$")


def test_groups_that_contain_one_another(tmp_path):
    def tie(root):
        root["conv2d_4/root"] = root

    write(tmp_path / "w.h5", tamper=tie)
    network = tiny_network(seed=2)
    weights.load_keras(network, tmp_path / "w.h5")
    assert_same_bits(network.parameters, tiny_network(seed=1).parameters)


def test_files_of_too_many_entries(tmp_path, monkeypatch):
    from npdeconv.weights import hdf5_child

    write(tmp_path / "w.h5")
    monkeypatch.setattr(hdf5_child, "MOST_ENTRIES", 5)
    with (
        h5py.File(tmp_path / "w.h5") as file,
        pytest.raises(ValueError, match=r"^it has more than 5 entries$"),
    ):
        hdf5_child.describe(file, {})


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bits(tmp_path, monkeypatch, seed):
    """A damaged file gives an error of one sentence in time, or finite weights."""
    path, rng = tmp_path / "w.h5", np.random.default_rng(seed)
    write(path)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    used = np.flatnonzero(content)
    content[rng.choice(used, 3)] ^= rng.integers(1, 256, 3, dtype=np.uint8)
    path.write_bytes(content.tobytes())
    monkeypatch.setattr(hdf5, "SECONDS", 5.0)
    network, start = tiny_network(), time.monotonic()
    said = f"{path}: expected "
    try:
        weights.load_keras(network, path)
    except ValueError as error:
        said = str(error)
    assert time.monotonic() - start < 30
    assert said.startswith(f"{path}: expected ")
    assert "\n" not in said
    assert all(np.isfinite(array).all() for array in network.parameters.values())
