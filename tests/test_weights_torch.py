"""PyTorch's files: what PyTorch wrote, and what a file from a stranger can try.

`golden/small.pth` and `golden/small_legacy.pth` were written by PyTorch, see
`golden/make_torch_networks.py`.
"""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from tests.test_weights import refuse
from tests.tiny import assert_same_bits, copy_of, tiny_network
from tests.torch_files import Call, Endless, Global, Id, dumps, tensor, torch_zip

GOLDEN = Path(__file__).parent / "golden"
FILES = [GOLDEN / "small.pth", GOLDEN / "small_legacy.pth"]
NAMES = {"conv1": ("conv1", "norm1"), "conv2": ("conv2", "norm2"), "dense": ("dense", "norm3")}
both_formats = pytest.mark.parametrize("golden", FILES, ids=["zip", "legacy"])


def small_network():
    """Return the network of the golden files; its batch normalizations are folded in."""
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(3, 4, 3, padding="same", rng=rng),
        "relu1": ReLU(),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(4, 6, (3, 1), groups=2, rng=rng),
        "relu2": ReLU(),
        "flatten": Flatten(),
        "dense": Dense(48, 5, rng=rng),
    }
    return Sequential(layers, input_shape=(8, 8, 3), name="small")


def check_logits(network):
    with np.load(GOLDEN / "small.npz") as file:
        np.testing.assert_allclose(network(file["image"]), file["logits"], rtol=1e-4, atol=1e-5)


@both_formats
@pytest.mark.parametrize("names", [None, NAMES])
def test_files_of_pytorch_give_its_logits(golden, names):
    network = small_network()
    weights.load_torch(network, str(golden), names)
    check_logits(network)


def test_epsilon_is_an_argument():
    network = small_network()
    weights.load_torch(network, FILES[0], epsilon=0.5)
    with pytest.raises(AssertionError):
        check_logits(network)


def refuse_torch(path, match, error=ValueError, network=None, **options):
    network = small_network() if network is None else network
    refuse(path, match, error, lambda net, file: weights.load_torch(net, file, **options), network)


def test_name_maps_that_do_not_fit(tmp_path):
    network = small_network()
    before = copy_of(network.parameters)
    with pytest.raises(
        KeyError, match=r"load_torch: the network has no layer 'conv9' with parameters, which"
    ):
        weights.load_torch(network, FILES[0], NAMES | {"conv9": "conv1"})
    with pytest.raises(
        KeyError, match=r"load_torch: expected every layer with parameters in `names`, 'dense' is"
    ):
        weights.load_torch(network, FILES[0], {"conv1": "conv1", "conv2": "conv2"})
    assert_same_bits(network.parameters, before)
    refuse_torch(
        FILES[0],
        r"expected the layers of the network, but the file lacks norm9 and also holds norm1$",
        names=NAMES | {"conv1": ("conv1", "norm9")},
    )
    refuse_torch(
        FILES[0],
        r"expected conv1 to start with a layer, got a batch normalization$",
        names=NAMES | {"conv1": ("norm1", "conv1")},
    )
    refuse_torch(
        FILES[0],
        r"expected conv1\.weight of shape \(4, 3, 3, 3\), conv2\.weight has \(6, 2, 3, 1\)$",
        names=NAMES | {"conv1": ("conv2", "norm2"), "conv2": ("conv1", "norm1")},
    )


def test_networks_that_do_not_fit():
    other = tiny_network()
    refuse_torch(
        FILES[0], r"expected conv1\.weight of shape \(4, 1, 3, 3\), conv1\.weight has \(4, ", network=other
    )
    chain = Sequential(dict(list(small_network().layers.items())[:3]), input_shape=(8, 8, 3), name="half")
    refuse_torch(FILES[0], r"expected 1 layers with parameters for half, the file has 3$", network=chain)
    with pytest.raises(
        ValueError, match=r"^load_torch: expected a network with an input_shape, Sequential has"
    ):
        weights.load_torch(Sequential(small_network().layers), FILES[0])


def plain_network():
    rng = np.random.default_rng(0)
    return Sequential({"conv": Conv2D(2, 3, (2, 1), rng=rng)}, input_shape=(5, 5, 2), name="plain")


def plain_tensors(dtype=np.float32):
    rng = np.random.default_rng(1)
    return {
        "conv.weight": rng.normal(size=(3, 2, 2, 1)).astype(dtype),
        "conv.bias": np.arange(3).astype(dtype),
    }


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_filters_are_turned(tmp_path, dtype):
    tensors, network = plain_tensors(dtype), plain_network()
    torch_zip(tmp_path / "w.pth", tensors)
    weights.load_torch(network, tmp_path / "w.pth")
    for f in range(3):
        for c in range(2):
            expected = tensors["conv.weight"][f, c]  # (KH, KW)
            np.testing.assert_array_equal(network["conv"].weight[:, :, c, f], expected.astype(np.float32))
    np.testing.assert_array_equal(network["conv"].bias, [0, 1, 2])


def refuse_plain(path, match, **tampered):
    refuse_torch(path, match, network=plain_network(), **tampered)


def write_changed(path, **changes):
    """Write the weight's tensor with something that is not so."""
    tensors = plain_tensors()
    described = {
        "conv.weight": tensor("0", tensors["conv.weight"], **changes),
        "conv.bias": tensor("1", tensors["conv.bias"]),
    }
    torch_zip(path, tensors, content=dumps(described))


def test_views_of_storages(tmp_path):
    """A tensor may be any view that lies inside its storage."""
    path, tensors = tmp_path / "w.pth", plain_tensors()
    storage = np.arange(40, dtype=np.float32)
    described = {
        "conv.weight": tensor("0", storage, offset=3, shape=(3, 2, 2, 1), strides=(2, 17, 1, 5)),
        "conv.bias": tensor("0", storage, offset=39, shape=(3,), strides=(0,)),
    }
    torch_zip(path, tensors, storages={"0": storage}, content=dumps(described))
    network = plain_network()
    weights.load_torch(network, path)
    for (kh, kw, c, f), value in np.ndenumerate(network["conv"].weight):
        assert value == 3 + 2 * f + 17 * c + 1 * kh + 5 * kw
    np.testing.assert_array_equal(network["conv"].bias, [39, 39, 39])


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
        ({"kind": "BFloat16"}, r"got one that asks for 'torch\.BFloat16Storage'; nothing was executed$"),
        ({"legacy": True}, "harmless"),
    ],
    ids=str,
)
def test_tensors_that_lie(tmp_path, changes, match):
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
        ({"a": Call("os.system", "true")}, r"got one that asks for 'os\.system'; nothing was executed$"),
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
    torch_zip(path, {"conv.weight": plain_tensors()["conv.weight"]})
    refuse_plain(path, r"expected conv to have a bias, conv\.weight has none$")
    torch_zip(path, plain_tensors() | {"dense.weight": np.zeros((3, 3))})
    refuse_plain(path, r"expected 1 layers with parameters for plain, the file has 2$")
    torch_zip(path, plain_tensors() | {"norm.running_mean": np.zeros(3), "norm.running_var": np.zeros(4)})
    refuse_plain(path, r"expected conv\.variance of shape \(3,\), norm\.running_var has \(4,\)$")
    torch_zip(path, plain_tensors() | {"norm.running_mean": np.zeros(3), "norm.running_var": -np.ones(3)})
    refuse_plain(path, r"fold_batch_norm: expected a variance above 0, got -1\.0 and epsilon 1e-05\)$")
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


def test_archives_that_lie(tmp_path):
    path, tensors = tmp_path / "w.pth", plain_tensors()
    torch_zip(path, tensors, compression=zipfile.ZIP_DEFLATED)
    refuse_plain(path, r"expected an archive without compression, archive/data\.pkl is compressed$")
    torch_zip(path, tensors, extra={"archive/byteorder": b"big"})
    refuse_plain(path, r"expected numbers in little-endian order, got others$")
    torch_zip(path, tensors, extra={"other/data.pkl": b"N."})
    refuse_plain(path, r"expected an archive of one state dictionary, got 2 data\.pkl$")
    torch_zip(path, tensors, storages={"0": tensors["conv.weight"]})
    refuse_plain(path, r"expected the member archive/data/1, the archive has none$")
    torch_zip(path, tensors, storages={"0": np.zeros(3, np.float32), "1": np.zeros(3, np.float32)})
    refuse_plain(path, r"expected 48 bytes in storage '0', got 12$")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conv1.weight.npy", b"")
    refuse_plain(path, r"expected an archive of one state dictionary, got 0 data\.pkl$")


def test_older_files_that_lie(tmp_path):
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
    """Numbers may change in the older format, which has no checksums; all else is refused."""
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


def test_two_expansions_become_one(tmp_path):
    """SqueezeNet's fire modules: 1x1 and 3x3 filters side by side."""
    rng = np.random.default_rng(0)
    small, large = rng.normal(size=(2, 4, 1, 1)), rng.normal(size=(3, 4, 3, 3))
    tensors = {"a.weight": small, "a.bias": np.arange(2.0), "b.weight": large, "b.bias": np.arange(2.0, 5)}
    torch_zip(tmp_path / "w.pth", tensors)
    network = Sequential({"expand": Conv2D(4, 5, 3, padding="same", rng=rng)}, input_shape=(6, 6, 4))
    weights.load_torch(network, tmp_path / "w.pth", {"expand": ("a", "b")})
    x = rng.normal(size=(1, 6, 6, 4)).astype(np.float32)
    y = network(x)
    np.testing.assert_allclose(y[..., :2], x @ small[:, :, 0, 0].T + [0, 1], atol=1e-5)
    np.testing.assert_array_equal(network["expand"].weight[..., 2:], large.transpose(2, 3, 1, 0).astype("f4"))
    np.testing.assert_array_equal(network["expand"].bias, np.arange(5))

    wide = Sequential({"expand": Conv2D(4, 6, 3, rng=rng)}, input_shape=(6, 6, 4))
    refuse_torch(
        tmp_path / "w.pth",
        r"expected expand to have 6 filters, got 5$",
        network=wide,
        names={"expand": ("a", "b")},
    )
    even = Sequential({"expand": Conv2D(4, 5, 4, rng=rng)}, input_shape=(6, 6, 4))
    refuse_torch(
        tmp_path / "w.pth",
        r"expected filters of expand that can be centered in 4x4, a\.weight has 1x1$",
        network=even,
        names={"expand": ("a", "b")},
    )


def test_dense_weights_behind_a_flattening_are_reordered(tmp_path):
    weight = np.arange(24, dtype=np.float32).reshape(2, 12)  # of maps (C, H, W) = (2, 3, 2)
    torch_zip(tmp_path / "w.pth", {"fc.weight": weight, "fc.bias": np.zeros(2, np.float32)})
    layers = {"flatten": Flatten(), "relu": ReLU(), "fc": Dense(12, 2, rng=np.random.default_rng(0))}
    network = Sequential({"head": Sequential(layers)}, input_shape=(3, 2, 2))
    weights.load_torch(network, tmp_path / "w.pth", {"head.fc": "fc"})
    x = np.random.default_rng(0).normal(size=(1, 3, 2, 2)).astype(np.float32)
    np.testing.assert_allclose(
        network(x), np.maximum(x, 0).transpose(0, 3, 1, 2).reshape(1, 12) @ weight.T, rtol=1e-5
    )


def test_npz_files_with_other_names(tmp_path):
    trained, network = tiny_network(seed=1), tiny_network(seed=2)
    np.savez(tmp_path / "w.npz", **{f"my_{name}": array for name, array in trained.parameters.items()})
    names = {name: f"my_{name}" for name in ("conv1", "conv2", "logits")}
    weights.load(network, tmp_path / "w.npz", names)
    assert_same_bits(network.parameters, trained.parameters)
    refuse(
        tmp_path / "w.npz",
        r"lacks conv1\.bias, conv1\.weight and also holds my_conv1",
        load=lambda net, file: weights.load(net, file, names | {"conv1": "conv1"}),
    )
    with pytest.raises(
        KeyError, match=r"load: the network has no layer 'x' with parameters, which `names` has"
    ):
        weights.load(network, tmp_path / "w.npz", names | {"x": "conv1"})
