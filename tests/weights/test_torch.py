"""PyTorch's files, and the conversion of its layers to ours.

`golden/small.pth` and `golden/small_legacy.pth` were written by PyTorch, see
`golden/make_torch_networks.py`.
"""

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from tests.tiny import assert_same_bits, copy_of, tiny_network
from tests.torch_files import (
    FILES,
    GOLDEN,
    Call,
    dumps,
    plain_network,
    plain_tensors,
    refuse_torch,
    small_network,
    tensor,
    torch_zip,
)
from tests.weights.test_npz_and_layer_lists import refuse

both_formats = pytest.mark.parametrize("golden", FILES, ids=["zip", "legacy"])


NAMES = {"conv1": ("conv1", "norm1"), "conv2": ("conv2", "norm2"), "dense": ("dense", "norm3")}


def check_logits(network):
    with np.load(GOLDEN / "small.npz") as file:
        np.testing.assert_allclose(network(file["image"]), file["logits"], rtol=1e-4, atol=1e-5)


@both_formats
@pytest.mark.parametrize("names", [None, NAMES])
def test_files_of_pytorch_give_its_logits(golden, names):
    network = small_network()
    weights.load_torch(network, str(golden), names, fold=names is None)
    check_logits(network)


def test_epsilon_is_an_argument():
    network = small_network()
    weights.load_torch(network, FILES[0], fold=True, epsilon=0.5)
    with pytest.raises(AssertionError):
        check_logits(network)


def test_name_maps_that_do_not_fit(tmp_path):
    network = small_network()
    before = copy_of(network.parameters)
    with pytest.raises(
        KeyError, match=r"load_torch: expected only layers with parameters in `names`, got 'conv9'"
    ):
        weights.load_torch(network, FILES[0], NAMES | {"conv9": "conv1"})
    with pytest.raises(
        KeyError, match=r"load_torch: expected every layer with parameters in `names`, got none for 'dense'"
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
        FILES[0],
        r"expected conv1\.weight of shape \(4, 1, 3, 3\), conv1\.weight has \(4, ",
        network=other,
        fold=True,
    )
    chain = Sequential(dict(list(small_network().layers.items())[:3]), input_shape=(8, 8, 3), name="half")
    refuse_torch(FILES[0], r"expected 1 layers with parameters for half, the file has 3$", network=chain)
    with pytest.raises(
        ValueError, match=r"^load_torch: expected a network with an input_shape, Sequential has"
    ):
        weights.load_torch(Sequential(small_network().layers), FILES[0])
    with pytest.raises(TypeError, match=r"^load_torch: unused must be a list of names, got 'conv2'$"):
        weights.load_torch(small_network(), FILES[0], unused="conv2")  # else, all that begin with c, o, n ...


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_filters_are_transposed(tmp_path, dtype):
    tensors, network = plain_tensors(dtype), plain_network()
    torch_zip(tmp_path / "w.pth", tensors)
    weights.load_torch(network, tmp_path / "w.pth")
    for f in range(3):
        for c in range(2):
            expected = tensors["conv.weight"][f, c]  # (KH, KW)
            np.testing.assert_array_equal(network["conv"].weight[:, :, c, f], expected.astype(np.float32))
    np.testing.assert_array_equal(network["conv"].bias, [0, 1, 2])


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
    with pytest.raises(KeyError, match=r"load: expected only layers with parameters in `names`, got 'x'"):
        weights.load(network, tmp_path / "w.npz", names | {"x": "conv1"})


def described(tensors):
    return {name: tensor(str(n), array) for n, (name, array) in enumerate(tensors.items())}


def wrapped(path, content, tensors=None):
    """Write a checkpoint: a pickle around the tensors of the plain network."""
    torch_zip(path, plain_tensors() if tensors is None else tensors, content=dumps(content))
    return path


@pytest.mark.parametrize("end", ["pth.tar", "ckpt", "bin", "th", "h5"])
def test_checkpoints_with_any_suffix(tmp_path, end):
    """A state dictionary among an epoch, an optimizer, and numbers of NumPy."""
    scalar = Call("numpy._core.multiarray.scalar", Call("numpy.dtype", "f8", False, True), "........")
    content = {
        "epoch": 3,
        "best": scalar,
        "optimizer": {"state": {0: {"step": 7}}, "param_groups": [{"lr": 0.1}]},
        "model_state_dict": described(plain_tensors()),
    }
    path, network = wrapped(tmp_path / f"w.{end}", content), plain_network()
    weights.reader_of(path)(network, path)
    np.testing.assert_array_equal(network["conv"].bias, [0, 1, 2])


def test_several_state_dictionaries_are_listed(tmp_path):
    own = described(plain_tensors())
    refuse_torch(
        wrapped(tmp_path / "w.pth", {"model": own, "ema": own}),
        r"expected one state dictionary, the file has 'model', 'ema': in PyTorch, save model\.state_dict\(\)",
        network=plain_network(),
    )


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("names", [None, {"conv": "conv"}, {"conv": ["module.conv"]}])
def test_prefixes_of_wrappers_are_dropped(tmp_path, prefix, names):
    tensors = {f"{prefix}{name}": array for name, array in plain_tensors().items()}
    torch_zip(tmp_path / "w.pth", tensors)
    network = plain_network()
    weights.load_torch(network, tmp_path / "w.pth", names)
    np.testing.assert_array_equal(network["conv"].bias, [0, 1, 2])


def test_errors_of_other_contents_tell_what_to_save(tmp_path):
    path, remedy = tmp_path / "w.pth", r": in PyTorch, save model\.state_dict\(\) alone$"
    torch_zip(path, plain_tensors(), content=dumps(Call("__main__.Net")))
    refuse_torch(path, r"asks for '__main__\.Net'; nothing was executed" + remedy, network=plain_network())
    torch_zip(path, plain_tensors(), extra={"archive/code/__torch__.py": b"", "archive/constants.pkl": b""})
    refuse_torch(
        path, r"expected a state dictionary, got a TorchScript archive" + remedy, network=plain_network()
    )


def test_a_missing_bias_is_0(tmp_path):
    torch_zip(tmp_path / "w.pth", {"conv.weight": plain_tensors()["conv.weight"]})
    network = plain_network()
    network["conv"].bias[...] = 7
    weights.load_torch(network, tmp_path / "w.pth")
    np.testing.assert_array_equal(network["conv"].bias, [0, 0, 0])


def test_bfloat16_in_any_view(tmp_path):
    """1, -2, 0.15625 and the largest: a bfloat16 is the upper half of a float32."""
    halves = np.array([0, 0x3F80, 0xC000, 0x3E20, 0x7F7F], np.uint16)
    content = {
        "conv.weight": tensor("0", halves, shape=(3, 2, 2, 1), strides=(0, 0, 0, 0), kind="BFloat16"),
        "conv.bias": tensor("0", halves, offset=1, shape=(3,), strides=(1,), kind="BFloat16"),
    }
    torch_zip(tmp_path / "w.pth", {}, storages={"0": halves}, content=dumps(content))
    network = plain_network()
    weights.load_torch(network, tmp_path / "w.pth")
    np.testing.assert_array_equal(network["conv"].bias, [1, -2, 0.15625])
    content["conv.bias"] = tensor("0", halves, offset=4, shape=(3,), strides=(0,), kind="BFloat16")
    torch_zip(tmp_path / "w.pth", {}, storages={"0": halves}, content=dumps(content))
    weights.load_torch(network, tmp_path / "w.pth")
    np.testing.assert_array_equal(network["conv"].bias, np.float32(3.3895313892515355e38))


def test_a_normalization_is_folded_only_on_request():
    refuse_torch(
        FILES[0],
        r"expected fold=True \(--fold\) if the batch normalization 'norm1' comes right behind 'conv1',"
        r" below any activation, or else the names of the modules that make each layer, got a file that",
    )


def test_a_probe_detects_another_network():
    """A layer between a convolution and its normalization does not change the shapes."""
    with np.load(GOLDEN / "small.npz") as file:
        probe = file["image"], file["logits"]
    network = small_network()
    weights.load_torch(network, FILES[0], fold=True, probe=probe)
    check_logits(network)
    with pytest.raises(
        TypeError, match=r"^probe must be a pair of inputs and expected outputs, got an array"
    ):
        weights.load_torch(network, FILES[0], fold=True, probe=probe[0])
    layers = dict(small_network().layers) | {"relu1": MaxPool2D(1)}  # without the rectifier
    refuse_torch(
        FILES[0],
        r"expected the probe's outputs within \d.*, the largest difference is \d.*; the weights fit by their",
        network=Sequential(layers, input_shape=(8, 8, 3), name="other"),
        fold=True,
        probe=probe,
    )
