"""Published networks: their layers, shapes and sizes, against the publications.

Tests of shapes draw no random numbers: unread weights of zeros take no time and no memory, even VGG's
138 million.
"""

import json
import re

import numpy as np
import pytest

from npdeconv import cli, initializers, models, optimizers, plain, weights
from npdeconv.anatomy import summarize
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePool,
    GlobalMaxPool,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Softmax,
)


@pytest.fixture
def blank(monkeypatch):
    """Build networks of zeros."""
    monkeypatch.setattr(initializers, "he_normal", lambda shape, rng, dtype: np.zeros(shape, dtype))


def build(name, **settings):
    return models.build(name, rng=np.random.default_rng(0), **settings)


PARAMETERS = {
    "plotka": 2_395_434,
    "bonaccorso": 776_394,
    "cam_net": 288_298,
    "cam_net_max": 288_298,
    "alexnet": 61_100_840,
    "alexnet_grouped": 60_965_224,
    "zfnet": 62_357_608,
    "vgg16": 138_357_544,
    "squeezenet": 1_739_944,
    "tiny_darknet": 1_039_912,
}
MAPS = {  # the shapes of all maps, as the papers and decks give them
    "plotka": "conv1 32 32, pool1 16 32, conv3 16 64, pool2 8 64, conv6 8 128, pool3 4 128",
    "bonaccorso": "conv1 30 32, conv2 28 64, pool1 14 64, conv3 12 128, pool2 6 128, conv4 4 128,"
    " pool3 2 128",
    "cam_net": "conv1 32 32, conv2 16 32, conv3 16 64, conv4 8 64, conv6 8 128",
    "cam_net_max": "conv1 32 32, conv2 16 32, conv3 16 64, conv4 8 64, conv6 8 128",
    "alexnet": "conv1 55 64, pool1 27 64, conv2 27 192, pool2 13 192, conv3 13 384, conv4 13 256,"
    " conv5 13 256, pool5 6 256",
    "alexnet_grouped": "conv1 55 96, pool1 27 96, conv2 27 256, pool2 13 256, conv3 13 384, conv4 13 384,"
    " conv5 13 256, pool5 6 256",
    "zfnet": "conv1 110 96, pool1 55 96, conv2 26 256, pool2 13 256, conv3 13 384, conv4 13 384,"
    " conv5 13 256, pool5 6 256",
    "vgg16": "conv1_2 224 64, pool1 112 64, conv2_2 112 128, pool2 56 128, conv3_3 56 256, pool3 28 256,"
    " conv4_3 28 512, pool4 14 512, conv5_3 14 512, pool5 7 512",
    "squeezenet": "conv1 111 96, pool1 55 96, fire2_expand 55 128, fire4_expand 55 256, pool4 27 256,"
    " fire5_expand 27 256, fire8_expand 27 512, pool8 13 512, fire9_expand 13 512, conv10 15 1000",
    "tiny_darknet": "conv1 224 16, pool1 112 16, conv2 112 32, pool2 56 32, conv6 56 128, pool6 28 128,"
    " conv10 28 256, pool10 14 256, conv14 14 512, conv15 14 128, conv16 14 1000",
}


def test_every_network_is_here():
    assert set(models.names()) >= set(PARAMETERS)
    assert set(models.__all__) - {"names", "build", "register", "source", "with_classes", "PUBLISHED"} == set(
        models.names()
    )


@pytest.mark.usefixtures("blank")
@pytest.mark.parametrize("name", PARAMETERS)
def test_shapes_and_sizes(name):
    network = build(name)
    assert network.name == name
    assert sum(array.size for array in network.parameters.values()) == PARAMETERS[name]
    shapes = dict(network.output_shapes(network.input_shape))
    for layer, side, maps in re.findall(r"(\w+) (\d+) (\d+)", MAPS[name]):
        assert shapes[layer] == (int(side), int(side), int(maps)), layer
    classes = 10 if network.input_shape == (32, 32, 3) else 1000
    assert shapes["softmax"] == (classes,)
    assert isinstance(list(network.layers.values())[-1], Softmax)


@pytest.mark.usefixtures("blank")
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_rectifier_follows_every_layer_but_the_last(name):
    network = build(name)
    layers = list(network.layers.items())
    weighted = [n for n, (_, layer) in enumerate(layers) if layer.parameters]
    for n in weighted[:-1]:
        (below, _), (above, rectifier) = layers[n : n + 2]
        assert isinstance(rectifier, ReLU)
        assert isinstance(rectifier, LeakyReLU) == (name == "tiny_darknet")
        stem = above.replace("relu_", "").replace("_relu", "").replace("relu", "")
        assert below.removeprefix("conv").removeprefix("fc") == stem
    assert isinstance(layers[weighted[-1] + 1][1], ReLU) == (name == "squeezenet")


@pytest.mark.usefixtures("blank")
@pytest.mark.parametrize("name", ["alexnet", "alexnet_grouped", "zfnet", "vgg16"])
def test_dense_layers_of_the_large_networks(name):
    network = build(name)
    dense = {key: layer.weight.shape for key, layer in network.layers.items() if isinstance(layer, Dense)}
    inputs = 25088 if name == "vgg16" else 9216
    assert dense == {"fc6": (inputs, 4096), "fc7": (4096, 4096), "fc8": (4096, 1000)}
    assert [layer.rate for layer in network.layers.values() if isinstance(layer, Dropout)] == [0.5, 0.5]


@pytest.mark.usefixtures("blank")
def test_the_towers_of_the_original_alexnet():
    network = build("alexnet_grouped")
    groups = {key: layer.groups for key, layer in network.layers.items() if isinstance(layer, Conv2D)}
    assert groups == {"conv1": 1, "conv2": 2, "conv3": 1, "conv4": 2, "conv5": 2}
    assert network["conv2"].weight.shape == (5, 5, 48, 256)
    layers = list(network.layers)
    for number in "12":
        start = layers.index(f"conv{number}")
        assert layers[start + 1 : start + 4] == [f"relu{number}", f"norm{number}", f"pool{number}"]
    x = np.random.default_rng(0).normal(size=(1, 2, 2, 8)) * 50
    sums = [(x[..., max(0, i - 2) : i + 3] ** 2).sum(axis=-1) for i in range(8)]
    expected = x / (2 + 1e-4 * np.stack(sums, axis=-1)) ** 0.75
    np.testing.assert_allclose(network["norm1"](x), expected, rtol=1e-12)


@pytest.mark.usefixtures("blank")
def test_zfnets_first_layers():
    network = build("zfnet")
    first, second = network["conv1"], network["conv2"]
    assert first.weight.shape == (7, 7, 3, 96)
    assert second.weight.shape == (5, 5, 96, 256)
    assert first.window.stride == second.window.stride == (2, 2)
    assert list(network.layers)[:4] == ["conv1", "relu1", "pool1", "norm1"]
    assert isinstance(network["norm1"], LocalResponseNorm)


@pytest.mark.usefixtures("blank")
def test_torchvisions_squeezenet_rounds_up():
    network = models.squeezenet(variant="torchvision", rng=np.random.default_rng(0))
    shapes = dict(network.output_shapes((224, 224, 3)))
    assert network.input_shape == (224, 224, 3)
    sides = [shapes[layer][0] for layer in ("conv1", "pool1", "pool4", "pool8", "conv10")]
    assert sides == [109, 54, 27, 13, 13]  # of 54, rounding down would leave 26


@pytest.mark.usefixtures("blank")
@pytest.mark.parametrize("name", PARAMETERS)
def test_info_describes_each_network(capsys, name):
    assert cli.main(["info", name]) == 0
    network = build(name)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{name}: input {' x '.join(map(str, network.input_shape))}; classes: ")
    rows = [re.split(r" {2,}", line) for line in lines[2:]]
    assert [row[0] for row in rows] == [*network.layers, "total"]
    assert [row[1] for row in rows[:-1]] == [type(layer).__name__ for layer in network.layers.values()]
    assert rows[-1][1] == f"{PARAMETERS[name]:,}"
    assert len({len(line) for line in lines[1:-1]}) == 1  # the columns are straight


@pytest.mark.usefixtures("blank")
def test_receptive_fields_of_known_networks():
    fields = {
        name: {row.name: row.receptive_field[0] for row in summarize(build(name))}
        for name in ("alexnet_grouped", "vgg16", "zfnet")
    }
    # Pixels that one unit sees, as found in the literature (alexnet: 11, 51, 99, 131, 163).
    alexnet = [fields["alexnet_grouped"][f"conv{n}"] for n in range(1, 6)]
    assert alexnet == [11, 51, 99, 131, 163]
    vgg = [
        fields["vgg16"][layer] for layer in ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3", "pool5")
    ]
    assert vgg == [5, 14, 40, 92, 196, 212]
    assert [fields["zfnet"][f"conv{n}"] for n in range(1, 6)] == [7, 27, 75, 107, 139]


def test_an_unknown_variant_of_squeezenet():
    message = r"^squeezenet: variant must be one of original, torchvision, got 'caffe'$"
    with pytest.raises(ValueError, match=message):
        models.squeezenet(variant="caffe", rng=np.random.default_rng(0))


def test_a_fire_module_is_two_convolutions_side_by_side():
    network = build("squeezenet", dtype=np.float64)
    weight, bias = network["fire2_expand"].weight, network["fire2_expand"].bias
    bias[...] = np.random.default_rng(1).normal(size=bias.shape)
    x = np.random.default_rng(2).normal(size=(2, 5, 6, 16))
    pointwise = x @ weight[1, 1, :, :64] + bias[:64]
    spatial = plain.Conv(weight[..., 64:], bias[64:], padding=((1, 1), (1, 1))).forward(x)[0]
    expected = np.concatenate([pointwise, spatial], axis=-1)
    np.testing.assert_allclose(network["fire2_expand"](x), expected, atol=1e-12)


def test_squeezenets_published_number_of_parameters_excludes_the_zeros():
    network = build("squeezenet")
    zeros = sum((array == 0).sum() for name, array in network.parameters.items() if name.endswith("weight"))
    assert PARAMETERS["squeezenet"] - zeros == 1_248_424
    for name, array in network.parameters.items():
        if name.endswith("expand.weight"):  # the variance of each half follows from its own fan-in
            half = array.shape[3] // 2
            fan_in = array.shape[2]
            assert abs(array[1, 1, :, :half].var() * fan_in / 2 - 1) < 0.2
            assert abs(array[..., half:].var() * 9 * fan_in / 2 - 1) < 0.2


@pytest.mark.parametrize("name", ["squeezenet", "tiny_darknet"])
@pytest.mark.usefixtures("blank")
def test_the_networks_are_those_of_the_weights(name, real_data):
    card = json.loads((real_data / "weights" / f"{name}_imagenet.json").read_text(encoding="utf-8"))
    network = build(name)
    assert network.input_shape == tuple(card["input_shape_hwc"])
    ours = [layer for layer in network.layers.values() if not isinstance(layer, Dropout | Softmax)]
    for layer, theirs in zip(ours, card["layers"], strict=True):
        kinds = {"conv": Conv2D, "relu": ReLU, "leaky_relu": LeakyReLU, "maxpool": MaxPool2D}
        assert type(layer) is kinds.get(theirs["type"], GlobalAveragePool), theirs["name"]
        if "kernel" in theirs:
            assert layer.window.size == (theirs["kernel"],) * 2
            assert layer.window.stride == (theirs["stride"],) * 2
        if theirs["type"] == "conv":
            assert layer.weight.shape[2:] == (theirs["in"], theirs["out"])
            same = layer.window.padding == "same" and theirs["stride"] == 1
            (pad, _), _ = (
                ((theirs["kernel"] // 2,) * 2,) * 2
                if same
                else ((0, 0),) * 2
                if layer.window.padding == "valid"
                else layer.window.padding
            )
            assert pad == theirs["pad"], theirs["name"]
        if theirs["type"] == "leaky_relu":
            assert layer.slope == theirs["slope"]
    weights.load(network, real_data / "weights" / f"{name}_imagenet.npz")  # names and shapes agree


def test_dropout_of_the_networks_for_cifar():
    rates = {
        name: [layer.rate for layer in build(name).layers.values() if isinstance(layer, Dropout)]
        for name in ("plotka", "bonaccorso")
    }
    assert rates == {"plotka": [0.2] * 5, "bonaccorso": [0.25] * 3}
    layers = list(build("plotka").layers)
    assert layers[:6] == ["conv1", "relu1", "dropout1", "conv2", "relu2", "pool1"]
    assert layers[-8:] == [
        *["pool3", "flatten", "dropout4", "dense1", "relu_dense1", "dropout5", "logits", "softmax"]
    ]


@pytest.mark.parametrize(("pool", "kind"), [("average", GlobalAveragePool), ("max", GlobalMaxPool)])
@pytest.mark.parametrize(("side", "last"), [(28, 7), (32, 8), (64, 16)])
def test_cam_net_accepts_pictures_of_several_sizes(pool, kind, side, last):
    rng = np.random.default_rng(0)
    network = models.cam_net(pool=pool, input_shape=(side, side, 1), class_count=3, rng=rng)
    assert network[:"relu6"].output_shape(network.input_shape) == (last, last, 128)
    assert list(network.layers)[-4:] == ["relu6", "pool", "logits", "softmax"]
    assert isinstance(network["pool"], kind)
    assert not any(isinstance(layer, MaxPool2D | AvgPool2D) for layer in network.layers.values())
    x = rng.random((2, side, side, 1), np.float32)
    np.testing.assert_allclose(network(x).sum(axis=1), 1, rtol=1e-5)


def test_cam_net_checks_its_arguments():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"^cam_net: pool must be one of average, max, got 'mean'$"):
        models.cam_net(pool="mean", rng=rng)
    message = r"^cam_net: expected an input of shape \(H, W, C\), got \(784,\)$"
    with pytest.raises(ValueError, match=message):
        models.cam_net(input_shape=(784,), rng=rng)


def test_plotkas_constraint_names_its_dense_layer():
    network = build("plotka")
    network["dense1"].weight *= 10
    before = network["logits"].weight.copy()
    optimizers.MaxNorm(3, "dense1.weight")(network.parameters)
    np.testing.assert_allclose(np.linalg.norm(network["dense1"].weight, axis=0), 3, rtol=1e-5)
    np.testing.assert_array_equal(network["logits"].weight, before)


def test_a_large_draw_in_parts_equals_one_draw():
    drawn = initializers.normal((3, 500_000), np.random.default_rng(4), deviation=2.0)
    assert drawn.size > initializers.DRAWN_AT_ONCE
    whole = 2 * np.random.default_rng(4).standard_normal((3, 500_000))
    np.testing.assert_array_equal(drawn, whole.astype(np.float32))
