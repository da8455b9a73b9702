"""Weight files: exact round trips, and thousands of damaged files."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from npdeconv import _files, weights
from tests.tiny import assert_same_bits, copy_of, tiny_network


@pytest.fixture
def saved(tmp_path):
    """A file of the weights of one network."""
    path = tmp_path / "weights.npz"
    weights.save(tiny_network(seed=1), path)
    return path


def refuse(path, match, error=ValueError, load=weights.load, network=None):
    """Check that a file is refused in one line that names it, and changes nothing."""
    network = tiny_network() if network is None else network
    before = copy_of(network.parameters)
    with pytest.raises(error, match=match) as caught:
        load(network, path)
    assert type(caught.value) is error
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert_same_bits(network.parameters, before)


def rewrite(path, **changes):
    """Write the file anew with some arrays changed, added, or (None) left out."""
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saved_parameters_are_loaded(tmp_path, dtype):
    trained, path = tiny_network(seed=1, dtype=dtype), str(tmp_path / "w.npz")
    trained.parameters["conv1.bias"][...] = [1e-45, -0.0, np.pi, 3e38]
    weights.save(trained, path)
    fresh = tiny_network(seed=2, dtype=dtype)
    live = fresh["conv1"].weight
    weights.load(fresh, path)
    assert_same_bits(fresh.parameters, trained.parameters)
    assert fresh["conv1"].weight is live


def test_the_format_is_plain_npz(saved):
    with np.load(saved, allow_pickle=False) as file:
        assert_same_bits(dict(file), tiny_network(seed=1).parameters)


@pytest.mark.parametrize("name", ["allow_pickle", "file", "args", "kwds", "weight"])
def test_arrays_may_have_any_name(tmp_path, name):
    path, arrays = tmp_path / "a.npz", {name: np.arange(3.0), "other": np.float32(1)}
    _files.write_arrays(path, arrays)
    assert_same_bits(_files.read_arrays(path, {name: (3,), "other": ()}), arrays)
    with np.load(path, allow_pickle=False) as file:
        assert_same_bits(dict(file), arrays)


def test_objects_are_not_pickled(tmp_path):
    with pytest.raises(ValueError, match=r"^Object arrays cannot be saved when allow_pickle=False$"):
        _files.write_arrays(tmp_path / "a.npz", {"weight": np.array([None])})
    assert not list(tmp_path.iterdir())


def test_other_precisions_are_converted(tmp_path):
    narrow, wide = tiny_network(seed=1), tiny_network(seed=2, dtype=np.float64)
    weights.save(narrow, tmp_path / "narrow.npz")
    weights.load(wide, tmp_path / "narrow.npz")
    for name, array in wide.parameters.items():
        assert array.dtype == np.float64
        np.testing.assert_array_equal(array, narrow.parameters[name])

    wide = tiny_network(seed=3, dtype=np.float64)
    weights.save(wide, tmp_path / "wide.npz")
    weights.load(narrow, tmp_path / "wide.npz")
    for name, array in narrow.parameters.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, wide.parameters[name].astype(np.float32))


def test_numbers_too_large_for_the_network_are_refused(saved):
    rewrite(saved, **{"logits.bias": np.array([1.0, 1e300, 2.0])})
    refuse(saved, r"expected logits\.bias to fit into float32, got values up to 1e\+300$")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["conv1.weight", "logits.bias"])  # the first array and the last
def test_numbers_that_are_not_finite_are_refused(saved, name, value):
    spoiled = tiny_network(seed=1).parameters[name].copy()
    spoiled.flat[-1] = value
    rewrite(saved, **{name: spoiled})
    refuse(saved, rf"expected {name} to hold finite numbers, got NaN or infinity$")


def test_arrays_in_fortran_order_are_the_same_arrays(saved):
    with np.load(saved) as file:
        turned = {name: np.asfortranarray(array) for name, array in file.items()}
    np.savez_compressed(saved, **turned)
    network = tiny_network(seed=2)
    weights.load(network, saved)
    assert_same_bits(network.parameters, tiny_network(seed=1).parameters)


def test_missing_surplus_and_misshapen_arrays(saved):
    rewrite(saved, **{"conv1.bias": None})
    refuse(saved, r"expected the arrays of the network, but the file lacks conv1\.bias$")
    rewrite(saved, **{"conv9.bias": np.zeros(3)})
    refuse(saved, r"but the file lacks conv1\.bias and also holds conv9\.bias$")
    rewrite(saved, **{"conv1.bias": np.zeros(4), "conv9.bias": None, "logits.bias": np.zeros((1, 3))})
    refuse(saved, r"expected logits\.bias of shape \(3,\), got \(1, 3\)$")


def test_the_file_of_another_network(tmp_path):
    other = tiny_network(width=5)
    weights.save(other, tmp_path / "other.npz")
    refuse(tmp_path / "other.npz", r"expected conv1\.weight of shape \(3, 3, 1, 4\), got \(3, 3, 1, 5\)$")
    renamed = {f"x{name}": array for name, array in other.parameters.items()}
    np.savez(tmp_path / "other.npz", **renamed)
    refuse(tmp_path / "other.npz", r"lacks conv1\.bias, conv1\.weight, conv2\.bias and 3 more and also holds")


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "complex64"])
def test_other_kinds_of_numbers(saved, dtype):
    rewrite(saved, **{"logits.bias": np.zeros(3, dtype)})
    refuse(saved, r"expected logits\.bias to hold floats, got " + dtype)


@pytest.mark.parametrize("dtype", ["U7", "S7", "V8", "M8[s]", [("a", "f4"), ("b", "f4")]])
def test_arrays_that_hold_no_numbers(saved, dtype):
    rewrite(saved, **{"logits.bias": np.zeros(3, dtype)})
    refuse(saved, r"expected logits\.bias to hold numbers, got ")


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_pickles_are_never_loaded(saved, tmp_path):
    planted = tmp_path / "planted"
    pickle.loads(pickle.dumps(Bomb(planted))).close()
    assert planted.exists()  # the bomb works
    planted.unlink()

    rewrite(saved, **{"logits.bias": np.array([Bomb(planted)] * 3, dtype=object)})
    refuse(saved, r"expected logits\.bias to hold numbers, got pickled objects$")
    saved.write_bytes(pickle.dumps(Bomb(planted)))
    refuse(
        saved,
        r"expected a whole \.npz archive, got a file that can't be read as one \(File is not a zip file\)$",
    )
    with zipfile.ZipFile(saved, "w") as archive:
        for name in tiny_network().parameters:
            archive.writestr(f"{name}.npy", pickle.dumps(Bomb(planted)))
    refuse(saved, r"expected conv1\.weight to be an array, got something else \(")
    assert not planted.exists()


def write_member(path, name, content):
    """Replace one member of the archive by some bytes."""
    with zipfile.ZipFile(path) as archive:
        members = {other: archive.read(other) for other in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, data in (members | {name: content}).items():
            archive.writestr(other, data)


def npy_header(shape, descr="<f4"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


def test_giants_are_refused_before_they_take_memory(saved):
    write_member(saved, "logits.bias.npy", npy_header((10**13,)) + bytes(100))
    refuse(saved, r"expected logits\.bias of shape \(3,\), got \(10000000000000,\)$")
    write_member(saved, "logits.bias.npy", npy_header((3,), "<U500000000"))
    refuse(saved, r"expected logits\.bias to hold numbers, got ")
    write_member(saved, "logits.bias.npy", npy_header((3,)) + bytes(10))
    refuse(saved, r"expected the whole of logits\.bias, got a part \(")
    write_member(saved, "logits.bias.npy", npy_header((3,)) + bytes(10**7))
    refuse(saved, r"expected logits\.bias to be one array, got more bytes after it$")
    header = b"\x93NUMPY\x02\x00" + (2 * 10**9).to_bytes(4, "little") + bytes(10**6)
    write_member(saved, "logits.bias.npy", header)
    refuse(saved, r"expected logits\.bias to be an array, got something else \(format 2\.0\)$")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00\x10\x00",
        b"\x93NUMPY\x01\x00\xff\xff{'descr'",
        b"\x93NUMPY\x01\x00\x04\x00((((",
        b"\x93NUMPY\x01\x00\x04\x00\x80abc",
        b"\x93NUMPY\x01\x00\xe8\x03" + b"(" * 1000,
        b"\x93NUMPY\x01\x00\xe8\x03" + b"-" * 1000,
        npy_header((3,)).replace(b"(3,)", b"('3',)"[:4]),
        npy_header((-3,)),
    ],
)
def test_damaged_headers(saved, content):
    write_member(saved, "logits.bias.npy", content)
    refuse(saved, r"logits\.bias")


def test_members_without_their_suffix_are_not_arrays(saved):
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.removesuffix(".npy"), data)
    refuse(saved, r"expected the arrays of the network, but the file lacks ")


def test_files_that_are_something_else(tmp_path):
    refuse(tmp_path / "missing.npz", r"missing\.npz: there is no such file$", FileNotFoundError)
    refuse(
        tmp_path,
        r": expected a whole \.npz archive, got a file that can't be read as one \(Is a directory\)$",
    )
    for name, content in {"empty": b"", "text": b"conv1.weight 0.5\n", "png": b"\x89PNG\r\n\x1a\n"}.items():
        (tmp_path / name).write_bytes(content)
        refuse(
            tmp_path / name, rf"{name}: expected a whole \.npz archive, got .* \(File is not a zip file\)$"
        )
    np.save(tmp_path / "one.npy", np.zeros(3))
    refuse(
        tmp_path / "one.npy",
        r"expected a whole \.npz archive, got a file that can't be read as one \(File is not a zip file\)$",
    )


def test_files_cut_short_anywhere(saved):
    whole = saved.read_bytes()
    for length in [*range(0, len(whole), 37), len(whole) - 1]:
        saved.write_bytes(whole[:length])
        refuse(saved, r"expected a whole \.npz archive, got a file that can't be read as one \(")


def check_refused_or_harmless(path, expected):
    """Load a damaged file; it is refused, or gives the right parameters. Return whether it was refused."""
    network, message = tiny_network(), None
    before = copy_of(network.parameters)
    try:
        weights.load(network, path)
    except ValueError as error:
        message = str(error)
    assert_same_bits(network.parameters, expected if message is None else before)
    if message is not None:
        assert message.startswith(f"{path}: expected ")
        assert "\n" not in message
    return message is not None


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_flipped_bits_are_noticed_or_harmless(saved, write):
    """Some bits, such as those of dates, have no effect."""
    with np.load(saved) as file:
        write(saved, **dict(file))
    whole, rng = saved.read_bytes(), np.random.default_rng(0)
    expected = copy_of(tiny_network(seed=1).parameters)
    refused = 0
    for position in rng.integers(0, 8 * len(whole), 400):
        flipped = bytearray(whole)
        flipped[position // 8] ^= 1 << (position % 8)
        saved.write_bytes(flipped)
        refused += check_refused_or_harmless(saved, expected)
    assert refused > 200


def test_random_overwrites_are_noticed_or_harmless(saved):
    whole, rng = saved.read_bytes(), np.random.default_rng(1)
    expected = copy_of(tiny_network(seed=1).parameters)
    for _ in range(300):
        damaged = bytearray(whole)
        start, length = rng.integers(0, len(whole)), rng.integers(1, 40)
        damaged[start : start + length] = rng.bytes(length)
        saved.write_bytes(damaged)
        check_refused_or_harmless(saved, expected)


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(saved, monkeypatch):
    before = files_in(saved.parent)

    def full_disk(file, *_, **__):
        file.write(b"PK" * 100)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_files.npy, "write_array", full_disk)
    with pytest.raises(OSError, match=r"weights\.npz: could not be written \(No space left on device\)$"):
        weights.save(tiny_network(seed=2), saved)
    assert files_in(saved.parent) == before


def test_an_interrupted_save_leaves_the_old_file_and_nothing_else(saved, monkeypatch):
    before = files_in(saved.parent)

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        weights.save(tiny_network(seed=2), saved)
    assert files_in(saved.parent) == before


def test_a_reader_never_sees_half_a_file(tmp_path):
    path, seen = tmp_path / "file", []
    path.write_bytes(b"old")

    def write(file):
        file.write(b"ne")
        file.flush()
        seen.append(path.read_bytes())
        file.write(b"w")

    _files.replace(path, write)
    assert seen == [b"old"]
    assert files_in(tmp_path) == {"file": b"new"}


def test_saving_to_an_unwritable_place(tmp_path):
    missing = tmp_path / "no" / "w.npz"
    with pytest.raises(
        FileNotFoundError, match=r"no/w\.npz: could not be written \(No such file or directory"
    ):
        weights.save(tiny_network(), missing)
    with pytest.raises(IsADirectoryError, match=r": could not be written \(Is a directory\)$"):
        weights.save(tiny_network(), tmp_path)
    assert files_in(tmp_path) == {}
