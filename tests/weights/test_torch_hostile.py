"""Hostile PyTorch files: they are refused in one line, and nothing changes."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from npdeconv import weights
from tests.tiny import assert_same_bits, copy_of
from tests.torch_files import (
    FILES,
    Call,
    Endless,
    Global,
    Id,
    dumps,
    plain_network,
    plain_tensors,
    refuse_torch,
    small_network,
    tensor,
    torch_zip,
)

both_formats = pytest.mark.parametrize("golden", FILES, ids=["zip", "legacy"])


def refuse_plain(path, match, **tampered):
    refuse_torch(path, match, network=plain_network(), **tampered)


def write_changed(path, **changes):
    """Write the weight's tensor with false numbers."""
    tensors = plain_tensors()
    described = {
        "conv.weight": tensor("0", tensors["conv.weight"], **changes),
        "conv.bias": tensor("1", tensors["conv.bias"]),
    }
    torch_zip(path, tensors, content=dumps(described))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        (
            {"offset": 1},
            r"expected a tensor inside storage '0' of 12 numbers, got one that reaches number 12$",
        ),
        (
            {"offset": 10**30},
            r"expected a tensor inside storage '0' of 12 numbers, got one that reaches number 1",
        ),
        ({"strides": (4, 2, 2, 1)}, r"inside storage '0' of 12 numbers, got one that reaches number 12$"),
        ({"strides": (4, 2, 10**15, 1)}, r"inside storage '0' of 12 numbers, got one that reaches number 1"),
        (
            {"strides": (4, 2, -1, 1)},
            r"expected a tensor with offset, shape and strides, got something else$",
        ),
        ({"offset": -1}, r"expected a tensor with offset, shape and strides, got something else$"),
        ({"offset": 0.0}, r"expected a tensor with offset, shape and strides, got something else$"),
        ({"shape": (3, 2, 2)}, r"expected a tensor with offset, shape and strides, got something else$"),
        ({"shape": [3, 2, 2, 1]}, r"expected a tensor with offset, shape and strides, got something else$"),
        ({"shape": (3, 2, -2, 1)}, r"expected a tensor with offset, shape and strides, got something else$"),
        (
            {"shape": (3, 2, 1, 2), "strides": (4, 2, 1, 1)},
            r"of shape \(3, 2, 2, 1\), conv\.weight has \(3, 2, 1, 2\)",
        ),
        (
            {"shape": (10**9,) * 4, "strides": (0,) * 4},
            r"of shape \(3, 2, 2, 1\), conv\.weight has \(1000000000",
        ),
        ({"shape": (3, 0, 2, 1)}, r"of shape \(3, 2, 2, 1\), conv\.weight has \(3, 0, 2, 1\)$"),
        ({"count": 13}, r"expected 52 bytes in storage '0', got 48$"),
        ({"count": 10**12}, r"expected 4000000000000 bytes in storage '0', got 48$"),
        ({"count": -12}, r"expected a storage of numbers, got something else$"),
        ({"count": 12.0}, r"expected a storage of numbers, got something else$"),
        ({"kind": "Double"}, r"expected 96 bytes in storage '0', got 48$"),
        ({"kind": "Int"}, r"expected conv\.weight to hold floats, conv\.weight has int32$"),
        (
            {"kind": "ComplexFloat"},
            r"asks for 'torch\.ComplexFloatStorage'; nothing was executed: in PyTorch, sa",
        ),
        ({"legacy": True}, "harmless"),
    ],
    ids=str,
)
def test_tensors_with_false_descriptions(tmp_path, changes, match):
    write_changed(tmp_path / "w.pth", **changes)
    if match == "harmless":
        weights.load_torch(plain_network(), tmp_path / "w.pth")
    else:
        refuse_plain(tmp_path / "w.pth", match)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ([1], r"expected a dictionary of tensors, got a value of type list$"),
        (Endless(), r"expected a dictionary of tensors, got a value of type tuple$"),
        ({"conv.weight": Endless()}, r"got a value of type tuple as 'conv\.weight'$"),
        ({"conv.weight": 1}, r"expected a dictionary of tensors, got 1 as 'conv\.weight'$"),
        ({1: 1}, r"expected a dictionary of tensors, got 1 as 1$"),
        ({}, r"expected 1 layers with parameters for plain, the file has 0$"),
        (Call("collections.OrderedDict", [(("a",), 1)]), r"got one with other keys than names$"),
        (
            {"a": Call("torch._utils._rebuild_tensor_v2", "x", 0, (1,), (1,))},
            r"expected a tensor with offset",
        ),
        (
            {"a": Id("module", "x")},
            r"expected a PyTorch \.pth file of a state dictionary, got a file that can't",
        ),
        ({"a": Id("storage", "x", "0", "cpu", 3)}, r"expected a storage of numbers, got something else$"),
        (
            {"a": Id("storage", Global("torch.FloatStorage"), "../0", "cpu", 3)},
            r"expected the member archive/data",
        ),
        (
            {"a": Id("storage", Global("torch.FloatStorage"), "0", "cpu", 12, ("0", 1, 2))},
            r"to be whole, got a part",
        ),
        (
            {"a": Call("os.system", "true")},
            r"got one that asks for 'os\.system'; nothing was executed: in Py",
        ),
        (
            Call("torch.nn.modules.container.Sequential"),
            r"asks for 'torch\.nn\.modules\.container\.Sequential'; noth",
        ),
    ],
    ids=range(14),
)
def test_other_contents(tmp_path, content, match):
    torch_zip(tmp_path / "w.pth", plain_tensors(), content=dumps(content))
    refuse_plain(tmp_path / "w.pth", match)


def test_missing_and_surplus_arrays(tmp_path):
    path = tmp_path / "w.pth"
    torch_zip(path, plain_tensors() | {"conv.scale": np.zeros(3)})
    refuse_plain(path, r"expected arrays called weight, bias, .*, got 'conv\.scale'$")
    torch_zip(path, {"conv.bias": np.zeros(3)})
    refuse_plain(
        path, r"expected the arrays of a convolution, a dense layer or a batch normalization, 'conv' has b"
    )
    torch_zip(path, plain_tensors() | {"dense.weight": np.zeros((3, 3))})
    refuse_plain(path, r"expected 1 layers with parameters for plain, the file has 2$")
    torch_zip(path, plain_tensors() | {"norm.running_mean": np.zeros(3), "norm.running_var": np.zeros(4)})
    refuse_plain(path, r"expected conv\.variance of shape \(3,\), norm\.running_var has \(4,\)$", fold=True)
    torch_zip(path, plain_tensors() | {"norm.running_mean": np.zeros(3), "norm.running_var": -np.ones(3)})
    refuse_plain(
        path, r"fold_batch_norm: expected a variance above 0, got -1\.0 and epsilon 1e-05\)$", fold=True
    )
    torch_zip(path, plain_tensors() | {"conv.bias": np.array([1, np.nan, 2], np.float32)})
    refuse_plain(path, r"expected conv\.bias to hold finite numbers, got NaN or infinity$")


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_executed(tmp_path):
    path, planted = tmp_path / "w.pth", tmp_path / "planted"
    bomb = pickle.dumps(OrderedDict({"conv.weight": Bomb(planted)}), 2)
    pickle.loads(bomb)["conv.weight"].close()
    assert planted.exists()  # the bomb works
    planted.unlink()

    refused = (
        r"w\.pth: expected a pickle of arrays and nothing else, got one that asks for '.*'; nothing was exec"
    )
    torch_zip(path, plain_tensors(), content=bomb)
    refuse_plain(path, refused)
    whole = FILES[1].read_bytes()
    start = legacy_start(whole)
    for content in (bomb, whole[:start] + bomb, bomb + whole, whole[:start] + dumps({}) + bomb):
        path.write_bytes(content)
        refuse_plain(path, refused)
    assert not planted.exists()


def legacy_start(whole):
    """Return where the state dictionary starts: behind magic number, version and system."""
    file = io.BytesIO(whole)
    for _ in range(3):
        pickle.load(file)
    return file.tell()


def test_archives_with_false_descriptions(tmp_path):
    path, tensors = tmp_path / "w.pth", plain_tensors()
    torch_zip(path, tensors, compression=zipfile.ZIP_DEFLATED)
    refuse_plain(path, r"expected an archive without compression, archive/data\.pkl is compressed$")
    torch_zip(path, tensors, extra={"archive/byteorder": b"big"})
    refuse_plain(path, r"expected numbers in little-endian order, got another order$")
    torch_zip(path, tensors, extra={"other/data.pkl": b"N."})
    refuse_plain(path, r"expected an archive of one state dictionary, got 2 data\.pkl$")
    torch_zip(path, tensors, storages={"0": tensors["conv.weight"]})
    refuse_plain(path, r"expected the member archive/data/1, the archive has none$")
    torch_zip(path, tensors, storages={"0": np.zeros(3, np.float32), "1": np.zeros(3, np.float32)})
    refuse_plain(path, r"expected 48 bytes in storage '0', got 12$")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conv1.weight.npy", b"")
    refuse_plain(path, r"expected an archive of one state dictionary, got 0 data\.pkl$")


def test_older_files_with_false_descriptions(tmp_path):
    path, tensors = tmp_path / "w.pth", plain_tensors()
    header = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    named = {name: tensor(str(n), array, legacy=True) for n, (name, array) in enumerate(tensors.items())}
    storages = [struct.pack("<q", array.size) + array.tobytes() for array in tensors.values()]
    good = [*header, named, ["0", "1"]]

    def write(*pickles, behind=tuple(storages)):
        path.write_bytes(b"".join(map(dumps, pickles)) + b"".join(behind))

    write(*good)
    weights.load_torch(plain_network(), path)
    write(1, *good[1:])
    refuse_plain(path, r"expected PyTorch's magic number, got another pickle$")
    write(header[0], 1002, *good[2:])
    refuse_plain(path, r"expected version 1001 in little-endian order, got 1002$")
    write(header[0], 1001, {"little_endian": False}, *good[3:])
    refuse_plain(path, r"expected version 1001 in little-endian order, got 1001$")
    for keys in (["0"], ["0", "1", "2"], ["0", "0"], ["1", "1", "0"], {"0": 1}, ["0", 1], ["0", Endless()]):
        write(*good[:4], keys)
        refuse_plain(
            path, r"expected a list of the storages that the tensors use, got (another|something else)$"
        )
    write(*good, behind=[*storages, b"more"])
    refuse_plain(path, r"expected the file to end with its tensors, got 4 bytes more$")
    write(*good, behind=storages[:1])
    refuse_plain(path, r"expected 3 numbers in storage '1', got 0$")
    write(*good, behind=[storages[0], storages[1][:-1]])
    refuse_plain(path, r"expected 12 bytes in storage '1', got 11$")
    write(*good, behind=[struct.pack("<q", 2**62) + storages[0][8:], storages[1]])
    refuse_plain(path, r"expected 12 numbers in storage '0', got 4611686018427387904$")
    named["conv.bias"] = tensor("0", tensors["conv.bias"], legacy=True)
    write(*header, named, ["0", "1"])
    refuse_plain(path, r"expected one storage '0', got two that differ$")


@both_formats
def test_files_cut_short_anywhere(golden, tmp_path):
    path, whole = tmp_path / "w.pth", golden.read_bytes()
    for length in [*range(0, len(whole), 61), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refuse_torch(path, r"w\.pth: expected ")


@both_formats
def test_damage_is_noticed_or_harmless(golden, tmp_path):
    """The older format has no checksums, so numbers may change; everything else is refused."""
    path, whole, rng = tmp_path / "w.pth", golden.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        start, length = rng.integers(0, len(whole)), rng.integers(1, 9)
        damaged[start : start + length] = rng.bytes(length)
        path.write_bytes(damaged)
        network, message = small_network(), None
        before = copy_of(network.parameters)
        try:
            weights.load_torch(network, path)
        except ValueError as error:
            message = str(error)
        if message is not None:
            refused += 1
            assert message.startswith(f"{path}: expected ")
            assert "\n" not in message
            assert_same_bits(network.parameters, before)
    assert refused > 100


def test_files_that_are_something_else(tmp_path):
    refuse_torch(tmp_path / "missing.pth", r"missing\.pth: there is no such file$", FileNotFoundError)
    for name, content in {"empty": b"", "text": b"conv1.weight 0.5\n", "png": b"\x89PNG\r\n\x1a\n"}.items():
        (tmp_path / name).write_bytes(content)
        refuse_torch(tmp_path / name, rf"{name}: expected a (PyTorch \.pth file|pickle of plain data).* got ")
    refuse_torch(
        tmp_path, r": expected a PyTorch \.pth file of a state dictionary, got .* \(Is a directory\)$"
    )
