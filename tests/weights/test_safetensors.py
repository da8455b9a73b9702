"""Files of `.safetensors`, valid and invalid ones."""

import json
import struct
import subprocess
import sys

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.layers import Conv2D, Dense, Flatten, Sequential
from tests.weights.test_npz_and_layer_lists import refuse

numpy_files = pytest.importorskip("safetensors.numpy")


def network(seed=0):
    rng = np.random.default_rng(seed)
    layers = {"conv": Conv2D(2, 3, (2, 1), rng=rng), "flatten": Flatten(), "fc": Dense(60, 4, rng=rng)}
    return Sequential(layers, input_shape=(5, 5, 2), name="plain")


def tensors(dtype=np.float32):
    """Draw weights in PyTorch's layout."""
    rng = np.random.default_rng(1)
    shapes = {"conv.weight": (3, 2, 2, 1), "conv.bias": (3,), "fc.weight": (4, 60), "fc.bias": (4,)}
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("names", [None, {"conv": "features.0", "fc": "classifier.1"}])
def test_weights_are_turned_into_our_layout(tmp_path, dtype, names):
    stored, path = tensors(dtype), tmp_path / "w.safetensors"
    renamed = stored
    if names is not None:
        renamed = {".".join([names[n.split(".")[0]], n.split(".")[1]]): array for n, array in stored.items()}
    numpy_files.save_file(renamed, path)
    filled = network()
    weights.load_safetensors(filled, str(path), names)
    x = np.random.default_rng(2).normal(size=(1, 5, 5, 2)).astype(np.float32)
    maps = np.zeros((3, 4, 5))
    for (f, c, kh, _), weight in np.ndenumerate(stored["conv.weight"]):
        maps[f] += weight * x[0, kh : kh + 4, :, c]
    maps += stored["conv.bias"][:, np.newaxis, np.newaxis]
    expected = stored["fc.weight"].astype(float) @ maps.reshape(60) + stored["fc.bias"]
    np.testing.assert_allclose(filled(x)[0], expected, rtol=1e-3, atol=1e-3)


def refuse_file(path, match, error=ValueError, **options):
    refuse(path, match, error, lambda net, file: weights.load_safetensors(net, file, **options), network())


def test_names_and_shapes_that_do_not_fit(tmp_path):
    path, stored = tmp_path / "w.safetensors", tensors()
    numpy_files.save_file(stored, path)
    names = {"conv": "conv", "fc": "dense"}
    refuse_file(
        path, r"expected the layers of the network, but the file lacks dense and also hol", names=names
    )
    with pytest.raises(
        KeyError,
        match=r"load_safetensors: expected every layer with parameters in `names`, got none for 'fc'",
    ):
        weights.load_safetensors(network(), path, {"conv": "conv"})
    for name, array, message in [
        (
            "conv.weight",
            np.zeros((3, 2, 1, 2), np.float32),
            r"of shape \(3, 2, 2, 1\), conv\.weight has \(3, 2, 1,",
        ),
        (
            "conv.weight",
            np.zeros((3, 2, 2, 1), np.int64),
            r"expected conv\.weight to hold floats, conv\.weight has I",
        ),
        ("fc.bias", np.full(4, np.inf), r"expected fc\.bias to hold finite numbers, got NaN or infinity$"),
        ("fc.scale", np.zeros(4), r"expected arrays called weight, bias, .*, got 'fc\.scale'$"),
    ]:
        numpy_files.save_file(stored | {name: array}, path)
        refuse_file(path, message)


def write_raw(path, header, body):
    header = json.dumps(header).encode() if isinstance(header, dict) else header
    path.write_bytes(struct.pack("<Q", len(header)) + header + body)


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [4]},
        {"shape": [10**15], "data_offsets": [0, 4 * 10**15]},
        {"shape": [-3]},
        {"shape": [2**62, 4]},
        {"data_offsets": [0, 8]},
        {"data_offsets": [4, 16]},
        {"data_offsets": [12, 0]},
        {"dtype": "O"},
    ],
    ids=str,
)
def test_headers_with_false_descriptions(tmp_path, changes):
    described = {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]} | changes
    write_raw(tmp_path / "w.safetensors", {"conv.bias": described}, bytes(12))
    refuse_file(
        tmp_path / "w.safetensors", r"expected a whole \.safetensors file, got a file that can't be read as"
    )


def test_types_that_numpy_lacks(tmp_path):
    path = tmp_path / "w.safetensors"
    numpy_files.save_file(tensors(), path)
    write_raw(path, path.read_bytes()[8:].split(b"}}")[0].replace(b'"F32"', b'"I32"') + b"}}", b"")
    refuse_file(path, r"expected a whole \.safetensors file, got a file that can't be read as one")
    whole = {"conv": "a", "fc": "b"}
    header = {
        "a.weight": {"dtype": "F8_E4M3", "shape": [3, 2, 2, 1], "data_offsets": [0, 12]},
        "b.weight": {"dtype": "F8_E4M3", "shape": [4, 60], "data_offsets": [12, 252]},
    }
    write_raw(path, header, bytes(252))
    refuse_file(path, r"expected conv\.weight to hold floats, a\.weight has F8_E4M3$", names=whole)


def test_files_that_are_something_else(tmp_path):
    path = tmp_path / "w.safetensors"
    refuse_file(path, r"w\.safetensors: there is no such file$", FileNotFoundError)
    numpy_files.save_file(tensors(), path)
    whole = path.read_bytes()
    for content in (
        b"",
        b"PK\x03\x04",
        struct.pack("<Q", 2**60) + b"{}",
        *(whole[:n] for n in range(0, 1300, 53)),
    ):
        path.write_bytes(content)
        refuse_file(
            path, r"w\.safetensors: expected a whole \.safetensors file, got a file that can't be read as"
        )
    refuse_file(tmp_path, r": expected a whole \.safetensors file, got a file that can't be read as one")


def test_safetensors_is_loaded_only_when_needed(tmp_path):
    script = """
import sys
import npdeconv as nd
assert "safetensors" not in sys.modules
sys.modules["safetensors"] = None
try:
    nd.weights.load_safetensors(None, "w.safetensors")
except ImportError as error:
    assert str(error).endswith("needs safetensors: pip install npdeconv[safetensors]"), error
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True)
