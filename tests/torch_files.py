"""Files in PyTorch's format, valid and invalid, written without PyTorch."""

import pickle
import zipfile
from pathlib import Path

import numpy as np

from npdeconv import weights
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from tests.weights.test_npz_and_layer_lists import refuse

GOLDEN = Path(__file__).parent / "golden"
FILES = [GOLDEN / "small.pth", GOLDEN / "small_legacy.pth"]


def torch_zip(path, tensors, *, storages=None, content=None, root="archive", extra=None, **options):
    """Write a zip archive as PyTorch does, of (name, array) pairs or of a ready pickle."""
    storages = {str(n): array for n, array in enumerate(tensors.values())} if storages is None else storages
    content = pickled(tensors) if content is None else content
    members = {f"{root}/data.pkl": content, f"{root}/byteorder": b"little"}
    members |= {
        f"{root}/data/{key}": np.ascontiguousarray(array).tobytes() for key, array in storages.items()
    }
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in (members | (extra or {})).items():
            archive.writestr(name, data)


class Call:
    """Pickled as a call of a named function."""

    def __init__(self, name, *arguments):
        self.name, self.arguments = name, arguments


class Id:
    """Pickled as a persistent id."""

    def __init__(self, *key):
        self.key = key


class Global:
    """Pickled as a name."""

    def __init__(self, name):
        self.name = name


class Endless:
    """Pickled as nested pairs that share their parts, 200 levels deep: small, but endless to write out."""


def encode(value):
    """Pickle plain values, calls, names and persistent ids, without importing anything."""
    if isinstance(value, Global):
        module, _, name = value.name.rpartition(".")
        return f"c{module}\n{name}\n".encode()
    if isinstance(value, Endless):
        return b"K\x01" + b"q\x00h\x00\x86" * 200
    if isinstance(value, Call):
        return encode(Global(value.name)) + encode(value.arguments) + b"R"
    if isinstance(value, Id):
        return encode(value.key) + b"Q"
    if isinstance(value, dict):
        return b"}(" + b"".join(encode(key) + encode(item) for key, item in value.items()) + b"u"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(encode, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(encode, value)) + b"e"
    return pickle.dumps(value, 2)[2:-1]


def dumps(value):
    return b"\x80\x02" + encode(value) + b"."


CODES = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long"}


def tensor(key, array, *, offset=0, shape=None, strides=None, count=None, kind=None, legacy=False):
    """Describe a tensor that is a whole storage, perhaps with false numbers."""
    shape = array.shape if shape is None else shape
    if strides is None:
        strides = tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides)
    kind = Global(f"torch.{CODES[array.dtype.name] if kind is None else kind}Storage")
    count = array.size if count is None else count
    storage = Id("storage", kind, key, "cpu", count, *([None] if legacy else []))
    return Call("torch._utils._rebuild_tensor_v2", storage, offset, shape, strides, False, {})


def pickled(tensors):
    return dumps({name: tensor(str(n), array) for n, (name, array) in enumerate(tensors.items())})


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


def refuse_torch(path, match, error=ValueError, network=None, **options):
    network = small_network() if network is None else network
    refuse(path, match, error, lambda net, file: weights.load_torch(net, file, **options), network)


def plain_network():
    rng = np.random.default_rng(0)
    return Sequential({"conv": Conv2D(2, 3, (2, 1), rng=rng)}, input_shape=(5, 5, 2), name="plain")


def plain_tensors(dtype=np.float32):
    rng = np.random.default_rng(1)
    return {
        "conv.weight": rng.normal(size=(3, 2, 2, 1)).astype(dtype),
        "conv.bias": np.arange(3).astype(dtype),
    }
