"""Keras' .h5 files, in both layouts, and hostile ones."""

import subprocess
import sys

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.layers import Conv2D, Sequential
from tests.tiny import assert_same_bits, copy_of, tiny_network
from tests.weights.test_npz_and_layer_lists import refuse

h5py = pytest.importorskip("h5py")

GROUPS = {"conv2d_4": "conv1", "conv2d_10": "conv2", "dense_1": "logits"}


def write(path, *, under=None, encode=str, arrays=None, tamper=lambda root: None):
    """Write weights like Keras 2: attributes list the layers and arrays in order."""
    arrays = tiny_network(seed=1).parameters if arrays is None else arrays
    with h5py.File(path, "w") as file:
        root = file if under is None else file.create_group(under)
        layers = ["conv2d_4", "max_pooling2d", "conv2d_10", "dense_1"]
        root.attrs["layer_names"] = [encode(layer) for layer in layers]
        for layer in layers:
            group, names = root.create_group(layer), []
            if layer in GROUPS:
                for ours, theirs in {"weight": "kernel", "bias": "bias"}.items():
                    names.append(f"{layer}/{theirs}:0")
                    group[names[-1]] = arrays[f"{GROUPS[layer]}.{ours}"]
            group.attrs["weight_names"] = [encode(name) for name in names]
        tamper(root)


@pytest.mark.parametrize("under", [None, "model_weights"])
@pytest.mark.parametrize("encode", [str, str.encode])
def test_both_layouts(tmp_path, under, encode):
    write(tmp_path / "w.h5", under=under, encode=encode)
    network = tiny_network(seed=2)
    weights.load_keras(network, str(tmp_path / "w.h5"))
    assert_same_bits(network.parameters, tiny_network(seed=1).parameters)


def test_attributes_of_fixed_length_bytes(tmp_path):
    def shorten(root):
        root.attrs["layer_names"] = np.array([b"conv2d_4", b"max_pooling2d", b"conv2d_10", b"dense_1"])

    write(tmp_path / "w.h5", tamper=shorten)
    network = tiny_network(seed=2)
    weights.load_keras(network, tmp_path / "w.h5")
    assert_same_bits(network.parameters, tiny_network(seed=1).parameters)


def test_other_stacks(tmp_path):
    path = tmp_path / "w.h5"
    write(path, arrays=tiny_network(width=5).parameters)
    refuse_h5(path, r"expected conv1\.weight of shape \(3, 3, 1, 4\), conv2d_4/kernel:0 has \(3, 3, 1, 5\)$")
    write(path, arrays=copy_of(tiny_network().parameters) | {"conv2.bias": np.arange(4)})
    refuse_h5(path, r"expected conv2\.bias to hold floats, conv2d_10/bias:0 has int64$")


def replace_bias(make):
    def tamper(root):
        del root["dense_1/dense_1/bias:0"]
        make(root["dense_1/dense_1"])

    return tamper


def test_nothing_is_read_from_other_files(tmp_path):
    path, other = tmp_path / "w.h5", tmp_path / "secret.h5"
    with h5py.File(other, "w") as file:
        file["bias"] = np.ones(3, np.float32)
    raw = tmp_path / "raw"
    raw.write_bytes(bytes(12))

    def external_link(group):
        group["bias:0"] = h5py.ExternalLink(str(other), "bias")

    def soft_link(group):
        group["bias:0"] = h5py.SoftLink("/conv2d_4/conv2d_4/bias:0")

    def external_storage(group):
        group.create_dataset("bias:0", (3,), "f4", external=[(str(raw), 0, 12)])

    def virtual(group):
        layout = h5py.VirtualLayout((3,), "f4")
        layout[:] = h5py.VirtualSource(str(other), "bias", (3,))
        group.create_virtual_dataset("bias:0", layout)

    itself = r"expected dense_1/bias:0 in the file itself, got "
    for make, message in {
        external_link: itself + "ExternalLink$",
        soft_link: itself + "SoftLink$",
        external_storage: r"expected dense_1/bias:0 in the file itself, got numbers of another file$",
        virtual: r"expected dense_1/bias:0 in the file itself, got numbers of another file$",
    }.items():
        write(path, tamper=replace_bias(make))
        refuse_h5(path, message)

    with h5py.File(path, "w") as file:
        file["model_weights"] = h5py.ExternalLink(str(other), "/")
    refuse_h5(path, r"expected model_weights in the file itself, got ExternalLink$")


def test_giants_are_refused_before_they_take_memory(tmp_path):
    path = tmp_path / "w.h5"
    write(
        path, tamper=replace_bias(lambda group: group.create_dataset("bias:0", (10**12,), "f4", chunks=(9,)))
    )
    refuse_h5(path, r"expected logits\.bias of shape \(3,\), dense_1/bias:0 has \(1000000000000,\)$")
    write(
        path,
        tamper=replace_bias(lambda group: group.create_dataset("bias:0", (3,), "S900000000", chunks=(1,))),
    )
    refuse_h5(path, r"expected logits\.bias to hold floats, dense_1/bias:0 has \|S900000000$")


@pytest.mark.parametrize(
    "tamper",
    [
        lambda root: root.attrs.pop("layer_names"),
        lambda root: root.attrs.create("layer_names", 3),
        lambda root: root.attrs.create("layer_names", [1.5, 2.5]),
        lambda root: root.attrs.create("layer_names", ["conv2d_4", "../x"]),
        lambda root: root.attrs.create("layer_names", ["conv2d_4", ""]),
        lambda root: root.attrs.create("layer_names", h5py.Empty("f4")),
        lambda root: root.attrs.create("layer_names", np.array([b"conv2d_4", b"\xff"])),
        lambda root: root["conv2d_4"].attrs.pop("weight_names"),
        lambda root: root["conv2d_4"].attrs.create("weight_names", ["conv2d_4"]),
        lambda root: root["conv2d_4"].attrs.create("weight_names", ["conv2d_4/kernel:0/x"]),
        replace_bias(lambda group: None),
        replace_bias(lambda group: group.create_group("bias:0")),
        replace_bias(lambda group: group.create_dataset("bias:0", data=h5py.Empty("f4"))),
    ],
)
def test_files_with_false_descriptions(tmp_path, tamper):
    write(tmp_path / "w.h5", tamper=tamper)
    refuse_h5(tmp_path / "w.h5", r"w\.h5: expected ")


def test_files_that_are_something_else(tmp_path):
    refuse_h5(tmp_path / "no.h5", r"no\.h5: there is no such file$", FileNotFoundError)
    refuse_h5(tmp_path, r": expected a file, got something else$")
    for content in (b"", b"conv1", b"\x89HDF\r\n\x1a\n"):
        (tmp_path / "x.h5").write_bytes(content)
        refuse_h5(tmp_path / "x.h5", r"expected a Keras \.h5 file of weights, got a file that can't be read")


def test_files_cut_short_anywhere(tmp_path):
    path = tmp_path / "w.h5"
    write(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 1201):
        path.write_bytes(whole[:length])
        refuse_h5(path, r"expected a Keras \.h5 file of weights, got a file that can't be read as one \(")


def test_without_h5py_the_message_says_what_to_install(tmp_path, monkeypatch):
    write(tmp_path / "w.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(
        ImportError, match=r"^load_keras: reading \.h5 files needs h5py: pip install npdeconv\[keras\]$"
    ):
        weights.load_keras(tiny_network(), tmp_path / "w.h5")


def test_h5py_is_loaded_only_when_needed():
    code = "import npdeconv, sys; print('h5py' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def refuse_h5(path, match, error=ValueError):
    refuse(path, match, error, weights.load_keras)


def test_batch_normalizations_are_folded_in(tmp_path):
    rng = np.random.default_rng(0)
    kernel, moments = rng.normal(size=(3, 3, 1, 4)), rng.uniform(0.5, 2, (4, 4))
    norm = dict(zip(("gamma", "beta", "moving_mean", "moving_variance"), moments, strict=True))
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = ["conv", "norm"]
        file.create_group("conv").attrs["weight_names"] = ["conv/kernel:0"]
        file["conv/conv/kernel:0"] = kernel
        file.create_group("norm").attrs["weight_names"] = [f"norm/{name}:0" for name in norm]
        for name, array in norm.items():
            file[f"norm/norm/{name}:0"] = array
    layer = Conv2D(1, 4, 3, rng=rng, dtype=float)
    network = Sequential({"conv1": layer}, input_shape=(5, 5, 1))
    x = rng.normal(size=(2, 5, 5, 1))
    for names, epsilon in [(None, 1e-3), ({"conv1": ("conv", "norm")}, 0.5)]:
        layer.weight[...], layer.bias[...] = kernel, 0
        plain = layer(x)
        scale = norm["gamma"] / np.sqrt(norm["moving_variance"] + epsilon)
        weights.load_keras(network, tmp_path / "w.h5", names, fold=names is None, epsilon=epsilon)
        np.testing.assert_allclose(
            network(x), (plain - norm["moving_mean"]) * scale + norm["beta"], atol=1e-12
        )
    with pytest.raises(KeyError, match=r"load_keras: expected only layers .* in `names`, got 'conv2'"):
        weights.load_keras(network, tmp_path / "w.h5", {"conv2": "conv"})
