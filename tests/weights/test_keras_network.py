"""Whole networks from Keras' files, which describe their model."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from npdeconv.layers import Graph, Sequential
from npdeconv.weights import load_keras_network, pretrained_keras
from tests.keras_files import answer, layer, small_model, write_h5, write_keras, write_vars

h5py = pytest.importorskip("h5py")

GOLDEN = Path(__file__).parents[1] / "golden"
X = np.random.default_rng(1).normal(size=(5, 6, 6, 2)).astype(np.float32)
INPUT = {"batch_input_shape": [None, 6, 6, 2]}


def save(path, layers, kind="Sequential"):
    with h5py.File(path, "w") as file:
        write_h5(file, layers, kind)
    return path


def small(**changes):
    """Return the layers of a small model that says its input shape."""
    return small_model(**{"input": layer("InputLayer", "in", **INPUT), **changes})


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize(("name", "kind"), [("chain", Sequential), ("branches", Graph)])
def test_files_that_keras_wrote_give_its_outputs(name, kind, suffix):
    """Made by `tests/golden/make_keras.py`."""
    network = load_keras_network(GOLDEN / f"keras_{name}.{suffix}")
    assert type(network) is kind
    with np.load(GOLDEN / "keras_saved.npz") as golden:
        np.testing.assert_allclose(network(golden["images"]), golden[name], atol=1e-6)


def test_layers_have_the_models_names():
    names = [*load_keras_network(GOLDEN / "keras_chain.keras").layers]
    assert names == [
        *("rescaling", "conv1", "conv1_relu", "norm1", "pool1", "conv2", "norm2", "leaky2", "flatten"),
        *("dense", "dense_tanh", "scores", "scores_softmax"),
    ]


@pytest.mark.parametrize("write", ["h5", "keras"])
def test_all_kinds_of_files(tmp_path, write):
    layers, path = small(), tmp_path / f"m.{write}"
    if write == "h5":
        save(path, layers)
    else:
        write_keras(path, layers, h5py)
    np.testing.assert_allclose(load_keras_network(path)(X), answer(X, layers), atol=1e-5)


@pytest.mark.parametrize("name", ["keras_bn_after_relu", "keras_3.1.1", "nobias", "sigmoid"])
def test_files_that_other_tools_got_wrong(name, real_data):
    reports = real_data.parent / "reports"
    with np.load(reports / f"{name}_expected.npz") as expected:
        network = load_keras_network(reports / f"{name}.h5")
        np.testing.assert_allclose(network(expected["x"]), expected["y"], atol=1e-6)


def test_a_model_that_rescales_takes_pixels_up_to_255():
    pretrained, assumed = pretrained_keras(GOLDEN / "keras_chain.keras")
    assert assumed == (
        "keras_chain.keras: assumed RGB photos stretched to 12x10, pixels as they are, 0 to 255, mean 0, std"
        " 1, classes without names"
    )
    with np.load(GOLDEN / "keras_saved.npz") as golden:
        seen = pretrained.on_pixels()(golden["images"] / np.float32(255))
        np.testing.assert_allclose(seen, golden["chain"], atol=1e-5)


def test_a_size_that_the_file_leaves_open(tmp_path):
    open_size = {"batch_input_shape": [None, None, None, 2]}
    layers = [
        layer("InputLayer", "in", **open_size),
        layer("Conv2D", "c", [np.ones((3, 3, 2, 4)), np.ones(4)], filters=4),
    ]
    path = save(tmp_path / "m.h5", layers)
    assert load_keras_network(path, size=(6, 8)).input_shape == (6, 8, 2)
    refuse(
        path, r"an input with known lengths, got \(None, None, 2\); size=\(H, W\), on the command line --in"
    )
    refuse(save(tmp_path / "m.h5", small()), r"expected images of 5x5, the file takes \(6, 6, 2\)$", size=5)


def refuse(path, match, **options):
    with pytest.raises(ValueError, match=match) as caught:
        load_keras_network(path, **options)
    assert str(caught.value).startswith(f"{path}: ")


CONV = [np.ones((3, 3, 2, 4)), np.ones(4)]
NOT_HERE = {
    "unknown kind": (
        layer("Mixer", "mine"),
        r"layer 'mine' \(Mixer\) can't .* exported to ONNX \(model\.exp",
    ),
    "function": (
        layer("Lambda", "f", function="evil"),
        r"layer 'f' \(Lambda\) can't become a layer here; the nearest that works is a layer of Keras, since",
    ),
    "upsampling": (
        layer("UpSampling2D", "up"),
        r"'up' \(UpSampling2D\) can't .* is Conv2D and the poolings$",
    ),
    "activation": (
        layer("Activation", "a", activation="gelu"),
        r"layer 'a' \(Activation\): expected one of the activations linear, relu, .*, got 'gelu'$",
    ),
    "threshold": (
        layer("ReLU", "r", threshold=1.0),
        r"layer 'r' \(ReLU\): expected max_value or negative_slope, and no threshold, got",
    ),
    "dense on maps": (
        layer("Dense", "d", units=3),
        r"layer 'd' \(Dense\): expected vectors, as behind Flatten",
    ),
    "another axis": (
        layer("BatchNormalization", "n", np.ones((4, 4)), axis=1),
        r"layer 'n' \(BatchNormalization\): expected it to normalize channels, the last axis, got axis 1$",
    ),
    "softmax of rows": (layer("Softmax", "s", axis=1), r"'s' \(Softmax\): expected it along channels, "),
    "kept axes": (
        layer("GlobalAveragePooling2D", "g", keepdims=True),
        r"layer 'g' \(GlobalAveragePooling2D\): expected keepdims false",
    ),
    "negative scale": (
        layer("Rescaling", "r", scale=-1, offset=1),
        r"layer 'r' \(Rescaling\): expected a scale above 0, got -1$",
    ),
    "giant": (
        layer("Conv2D", "big", filters=10**9),
        r"layer 'big' \(Conv2D\): expected at most the \d+ weights that the file can hold, got 36000000000$",
    ),
    "giant output": (
        layer("ZeroPadding2D", "z", padding=[[10**5, 0], [10**5, 0]]),
        r"layer 'z' \(ZeroPadding2D\): expected at most 268435456 numbers of an image, got an output of",
    ),
    "window that does not fit": (
        layer("MaxPooling2D", "p", pool_size=[9, 9]),
        r"layer 'p' \(MaxPooling2D\): .* does not fit into an input of 4x4$",
    ),
    "sum of one": (layer("Add", "a"), r"layer 'a' \(Add\): expected it to read several layers, got c$"),
}


@pytest.mark.parametrize("what", NOT_HERE)
def test_what_has_no_layer_is_refused_by_name(tmp_path, what):
    refused, match = NOT_HERE[what]
    layers = [layer("InputLayer", "in", **INPUT), layer("Conv2D", "c", CONV, filters=4), refused]
    refuse(save(tmp_path / "m.h5", layers), match)


@pytest.mark.parametrize(
    "text", ["{", "3", '{"config": 3}', '{"config": {"layers": [{"class_name": 1}]}}', "[" * 60_000]
)
def test_invalid_descriptions_are_refused(tmp_path, text):
    path = save(tmp_path / "m.h5", small())
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = text
    refuse(path, r"expected a Keras file with its model, got a file that can't be read as one \(")


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        ([None, 10**6, 6, 2], r"expected sides from 1 to 4096, got"),
        ([None, 0, 6, 2], r"expected sides from 1 to 4096, got"),
        ([None, 6, "6", 2], r"expected sides from 1 to 4096, got"),
        ([None, 4096, 4096, 10**6], r"expected inputs of 1 to 268435456 numbers, got"),
        ([None, 6, 6, 0], r"expected inputs of 1 to 268435456 numbers, got"),
        ([None], r"expected a model that says the shape of its inputs"),
    ],
)
def test_inputs_of_impossible_shapes_are_refused(tmp_path, shape, match):
    first = layer("InputLayer", "in", batch_input_shape=shape)
    refuse(save(tmp_path / "m.h5", small_model(input=first)), match)


def test_channels_that_grow_beyond_the_file_are_refused(tmp_path):
    layers = [reading("InputLayer", "in", **INPUT)]
    for n, below in enumerate(["in", *(f"c{n}" for n in range(18))]):
        layers.append(reading("Concatenate", f"c{n}", below, below))
    scaled = layer("BatchNormalization", "n", (), ["c18"])
    match = r"'n' \(BatchNormalization\): expected at most the \d+ weights that .*, got 2097152$"
    refuse(save(tmp_path / "m.h5", [*layers, scaled], "Functional"), match)


def reading(kind, name, *reads, **config):
    return layer(kind, name, CONV if kind == "Conv2D" else (), list(reads), **config)


def test_branches_that_are_not_understood_are_refused(tmp_path):
    first, two = reading("InputLayer", "in", **INPUT), reading("InputLayer", "in2", **INPUT)
    conv = reading("Conv2D", "c", "in", filters=4)
    refuse(save(tmp_path / "m.h5", [first, two, conv]), r"expected a model with one input, got 'in', 'in2'$")
    below = [first, reading("Add", "a", "in", "c"), conv]
    refuse(save(tmp_path / "m.h5", below), r"expected layers to read layers before them, 'a' reads 'c'$")
    shared = reading("ReLU", "r", "c")
    shared[0]["inbound_nodes"] *= 2
    refuse(save(tmp_path / "m.h5", [first, conv, shared]), r"'r' \(ReLU\) is used 2 times; the nearest that")
    loose = [first, conv, reading("ReLU", "r", "c"), reading("Flatten", "f", "c")]
    refuse(save(tmp_path / "m.h5", loose), r"no layer reads 'r', and it is not the last one \('f'\)")


@pytest.mark.parametrize("word", ["kernel", "depthwise_kernel"])
def test_depthwise_filters_under_either_name(tmp_path, word):
    """Two filters for each of two channels; Keras 2 called them depthwise_kernel."""
    kernel = np.arange(4.0).reshape(1, 1, 2, 2)
    deep = layer(
        *("DepthwiseConv2D", "deep", [kernel, np.zeros(4)]),
        kernel_size=[1, 1],
        strides=[1, 1],
        padding="valid",
        depth_multiplier=2,
    )
    path = save(tmp_path / "m.h5", [layer("InputLayer", "in", **INPUT), deep])
    with h5py.File(path, "a") as file:
        group = file["model_weights/deep"]
        group.move("m/deep/kernel", f"m/deep/{word}:0")
        group.attrs["weight_names"] = [f"m/deep/{word}:0", "m/deep/bias"]
    network = load_keras_network(path)
    np.testing.assert_array_equal(network(X)[..., 2:], X[..., 1:] * np.float32([2, 3]))


def test_two_layers_of_one_name(tmp_path):
    twice = [layer("InputLayer", "in", **INPUT), layer("ReLU", "r"), layer("Flatten", "r")]
    write_keras(tmp_path / "m.keras", twice, h5py)
    refuse(tmp_path / "m.keras", r"expected each layer once, got two called 'r'$")


def test_a_shortcut_from_the_input(tmp_path):
    first = reading("InputLayer", "in", **INPUT)
    conv = layer("Conv2D", "c", [np.zeros((3, 3, 2, 2)), [1, 2]], ["in"], filters=2, padding="same")
    path = save(tmp_path / "m.h5", [first, conv, reading("Add", "a", "c", "in")], "Functional")
    np.testing.assert_allclose(load_keras_network(path)(X), X + np.array([1, 2]), rtol=1e-6)


def test_files_of_weights_alone_and_missing_files(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        write_vars(file, small())
    refuse(
        tmp_path / "w.h5", r"expected a file with its model \(model\.save\), got weights alone, which load_ke"
    )
    with pytest.raises(FileNotFoundError, match=r"no\.keras: there is no such file$"):
        load_keras_network(tmp_path / "no.keras")


def test_a_model_that_does_not_say_its_input(tmp_path):
    refuse(
        save(tmp_path / "m.h5", small_model()), r"expected a model that says the shape of its inputs, as a"
    )


def test_filters_that_the_model_says_otherwise(tmp_path):
    path = shutil.copy(GOLDEN / "keras_chain.h5", tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][3]["config"]["filters"] = 5
        file.attrs["model_config"] = json.dumps(config)
    refuse(
        path, r"expected conv1\.weight of shape \(3, 3, 3, 5\), sequential/conv1/kernel has \(3, 3, 3, 6\)$"
    )


def test_without_h5py_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(
        ImportError, match=r"^load_keras_network: reading Keras' files needs h5py: pip install"
    ):
        load_keras_network(GOLDEN / "keras_chain.h5")
