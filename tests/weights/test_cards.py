"""Pretrained networks and their cards: real ones, and invalid or hostile ones."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw

from npdeconv import data, inference, weights
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Flatten,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)

SQUARE = {"kernel": 3, "stride": 2, "pad": 1}
LAYERS = [
    {"type": "conv", "name": "conv1", **SQUARE, "in": 3, "out": 4},
    {"type": "lrn", "name": "norm1", "size": 3, "alpha": 0.5, "beta": 0.75, "k": 2.0},
    {"type": "relu", "name": "relu1"},
    {"type": "maxpool", "name": "pool1", "kernel": 3, "stride": 1, "pad": 1},
    {"type": "conv", "name": "conv2", "kernel": 1, "stride": 1, "pad": 0, "in": 4, "out": 5},
    {"type": "leaky_relu", "name": "relu2", "slope": 0.2},
    {"type": "avgpool", "name": "pool2", "kernel": 2, "stride": 2, "pad": 0},
    {"type": "flatten", "name": "flatten"},
    {"type": "dense", "name": "dense1", "out": 6},
    {"type": "tanh", "name": "tanh"},
    {"type": "sigmoid", "name": "sigmoid"},
    {"type": "dense", "name": "logits", "out": 3},
    {"type": "softmax", "name": "softmax"},
]
CARD = {
    "input_shape_hwc": [9, 11, 3],
    "channel_order": "RGB",
    "mean_rgb": [10.0, 20.0, 30.0],
    "preprocessing": "shorter side to 12, center crop, subtract mean_rgb, no division",
    "class_names": ["x", "y", "z"],
    "layers": LAYERS,
    "notes": ["whatever"],
}


def network_of_card():
    rng = np.random.default_rng(3)
    layers = {
        "conv1": Conv2D(3, 4, 3, stride=2, padding=((1, 1), (1, 1)), rng=rng),
        "norm1": LocalResponseNorm(3, alpha=0.5, beta=0.75, k=2.0),
        "relu1": ReLU(),
        "pool1": MaxPool2D(3, stride=1, padding=((1, 1), (1, 1))),
        "conv2": Conv2D(4, 5, 1, rng=rng),
        "relu2": LeakyReLU(0.2),
        "pool2": AvgPool2D(2),
        "flatten": Flatten(),
        "dense1": Dense(2 * 3 * 5, 6, rng=rng),
        "tanh": Tanh(),
        "sigmoid": Sigmoid(),
        "logits": Dense(6, 3, rng=rng),
        "softmax": Softmax(),
    }
    return Sequential(layers, input_shape=(9, 11, 3))


@pytest.fixture
def path(tmp_path):
    """A card with its weights beside it."""
    weights.save(network_of_card(), tmp_path / "small.npz")
    (tmp_path / "small.json").write_text(json.dumps(CARD))
    return tmp_path / "small.json"


def photos(count=3):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (20 + n, 30, 3), dtype=np.uint8) for n in range(count)]


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_a_card_loads_its_network(path, suffix):
    pretrained = weights.load_card(str(path.with_suffix(suffix)))
    assert pretrained.classes == ("x", "y", "z")
    assert pretrained.network.name == "small"
    assert pretrained.network.input_shape == (9, 11, 3)
    x = pretrained.preprocessing.apply(photos())
    np.testing.assert_array_equal(pretrained.network(x), network_of_card()(x))
    expected = pretrained.preprocessing.fit(photos()).astype(np.float32) - np.float32([10, 20, 30])
    np.testing.assert_array_equal(x, expected)


def test_a_network_on_pixels_takes_them_like_any_other(path):
    pretrained = weights.load_card(path)
    chain = pretrained.on_pixels()
    pixels = pretrained.preprocessing.fit(photos())
    expected = inference.predict(pretrained.network, pretrained.preprocessing.normalize(pixels))
    np.testing.assert_allclose(inference.predict(chain, pixels), expected, rtol=1e-4)
    assert chain.parameters["conv1.weight"] is pretrained.network.parameters["conv1.weight"]
    assert (chain.name, chain.input_shape) == ("small", (9, 11, 3))


def test_pixels_divided_by_255_need_nothing_more(path):
    write(path, preprocessing="9x11, RGB / 255", mean_rgb=None)
    pretrained = weights.load_card(path)
    assert pretrained.preprocessing == data.Preprocessing((9, 11))
    assert pretrained.on_pixels() is pretrained.network


def test_a_card_with_standard_deviations(path):
    write(
        path,
        preprocessing="RGB / 255, minus mean_rgb, divided by std_rgb",
        mean_rgb=[0.5] * 3,
        std_rgb=[1, 2, 4],
    )
    preprocessing = weights.load_card(path).preprocessing
    assert preprocessing == data.Preprocessing((9, 11), mean=0.5, std=(1, 2, 4))


def write(path, **changes):
    path.write_text(json.dumps(CARD | changes))


def refuse(path, match, error=ValueError):
    with pytest.raises(error, match=match) as caught:
        weights.load_card(path)
    assert type(caught.value) is error
    assert str(path.parent) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_classes_in_a_table(path):
    (path.parent / "list.csv").write_text('index,wordnet_id,name\n0,n1,crane\n1,n2,"a, b"\n2,n3,crane\n')
    write(path, class_names=None, classes="list.csv")
    assert weights.load_card(path).classes == ("crane (n1)", "a, b", "crane (n3)")
    (path.parent / "list.csv").write_text("index,wordnet_id\n0,n1\n")
    refuse(path, r"list\.csv: expected a first line with a column 'name', got 'index,wordnet_id'$")
    (path.parent / "list.csv").write_text('index,name\n0,"x\n')
    refuse(path, r"list\.csv: expected a table of classes, got a file that can't be read")
    (path.parent / "list.csv").unlink()
    refuse(path, r"list\.csv: there is no such file$", FileNotFoundError)


@pytest.mark.parametrize("name", ["../list.csv", "/etc/passwd", "a/b", "..\\list.csv", "", ".", 3, ["x"]])
def test_tables_elsewhere(path, name):
    write(path, class_names=None, classes=name)
    refuse(path, r"expected classes to be a file beside the card, got ")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"input_shape_hwc": [9, 11]}, r"expected input_shape_hwc to be \[H, W, C\], got \[9, 11\]$"),
        ({"input_shape_hwc": None}, r"expected input_shape_hwc to be \[H, W, C\], got None$"),
        ({"input_shape_hwc": [9, "11", 3]}, r"input_shape_hwc must be an integer, got '11'"),
        ({"input_shape_hwc": [9, 10**9, 3]}, r"expected an input of at most 4096 pixels a side, got \[9, 10"),
        (
            {"input_shape_hwc": [9, 11, 1]},
            r"expected channel_order RGB or grey, with 3 or 1 channels, got 'RGB'",
        ),
        ({"channel_order": "BGR"}, r"expected channel_order RGB or grey, with 3 or 1 channels, got 'BGR'$"),
        ({"channel_order": ["RGB"]}, r"expected channel_order RGB or grey"),
        (
            {"preprocessing": "as usual"},
            r"expected preprocessing to say '/ 255' or 'no division', got 'as usu",
        ),
        ({"preprocessing": None}, r"expected preprocessing to say '/ 255' or 'no division', got None$"),
        ({"preprocessing": "shorter side to 5, / 255"}, r"shorter_side must be at least the size"),
        (
            {"mean_rgb": [123, 117, 104], "preprocessing": "RGB / 255, subtract mean_rgb"},
            r"expected mean_rgb of pixels from 0 to 1, as in preprocessing, got \[123, 117, 104\]$",
        ),
        ({"std_rgb": [0, 1, 1]}, r"scale and std must be above 0, got"),
        ({"mean_rgb": [1, 2]}, r"mean must be one finite number or 3, got \[1, 2\]"),
        ({"mean_rgb": [1, 2, float("nan")]}, r"mean must be one finite number or 3"),
        ({"mean_rgb": "red"}, r"mean must be numbers, got 'red'"),
        ({"class_names": ["x", "x", "z"]}, r"expected each class name once, got 1 repeated$"),
        ({"class_names": ["x", 2, "z"]}, r"expected class_names to be a list of names, got \['x', 2, 'z'\]$"),
        ({"class_names": ["x", "y"]}, r"expected 2 outputs, one per class, got outputs of shape \(3,\)$"),
        ({"layers": {}}, r"expected a list of layers, got \{\}$"),
        ({"layers": []}, r"expected a list of layers, got \[\]$"),
        ({"layers": ["conv"]}, r"expected a list of layers with settings, got 'conv' in it$"),
        ({"layers": [*LAYERS, LAYERS[-1]]}, r"expected each layer once, got two called 'softmax'$"),
    ],
    ids=str,
)
def test_invalid_cards(path, changes, match):
    write(path, **changes)
    refuse(path, match)


@pytest.mark.parametrize(
    ("position", "changes", "match"),
    [
        (0, {"name": "a.b"}, r"expected layers to have names without dots, got 'a\.b'$"),
        (0, {"name": 3}, r"expected layers to have names without dots, got 3$"),
        (0, {"type": "lambda"}, r"layer 'conv1': expected one of conv, dense, .*, got 'lambda'$"),
        (0, {"type": ["conv"]}, r"layer 'conv1': expected one of conv, dense, .*, got \['conv'\]$"),
        (
            0,
            {"groups": 2},
            r"layer 'conv1': expected the settings in, kernel, out, pad, stride, got groups, in, ",
        ),
        (2, {"slope": 1}, r"layer 'relu1': expected the settings nothing, got slope$"),
        (0, {"kernel": 0}, r"layer 'conv1': Conv2D: size must be at least 1, got 0$"),
        (0, {"kernel": 3.5}, r"layer 'conv1': Conv2D: size must be an integer, got 3\.5$"),
        (
            0,
            {"out": 10**9},
            r"layer 'conv1': expected at most the \d+ weights that the file still has, got 27000000000$",
        ),
        (0, {"in": 4}, r"layer 'conv1': Conv2D: expected 4 input channels, got 3$"),
        (0, {"stride": "2"}, r"layer 'conv1': Conv2D: stride must be "),
        (0, {"pad": -1}, r"layer 'conv1': Conv2D: padding must be "),
        (3, {"kernel": 50}, r"layer 'pool1': MaxPool2D: a window of 50x50 .* does not fit"),
        (3, {"pad": 3}, r"layer 'pool1': MaxPool2D: padding must be smaller than the window"),
        (
            8,
            {"out": 10**12},
            r"layer 'dense1': expected at most the \d+ weights that the file still has, got 3000",
        ),
        (1, {"k": 0}, r"layer 'norm1': LocalResponseNorm: k must be above 0, got 0$"),
        (
            5,
            {"slope": float("inf")},
            r"layer 'relu2': LeakyReLU: slope must be at least 0 and below 1, got inf$",
        ),
    ],
    ids=str,
)
def test_invalid_layers(path, position, changes, match):
    layers = [dict(layer) for layer in LAYERS]
    layers[position] |= changes
    write(path, layers=layers)
    refuse(path, match)


def test_many_layers_together_are_not_too_large_either(path):
    wide = [{"type": "dense", "name": f"dense{n}", "out": 3} for n in range(200)]
    write(path, layers=[{"type": "flatten", "name": "flatten"}, *wide])
    refuse(path, r"layer 'dense\d+': expected at most the \d weights that the file still has, got 9$")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "can't be read as one"),
        (b"{", "can't be read as one"),
        (b"\xff\xfe", "can't be read as one"),
        (b"[" * 100_000, "can't be read as one"),
        (b"[]", r"expected a card of a network, got \[\]$"),
        (b"{}", "expected input_shape_hwc"),
        (b" " * (2**22 + 1), "expected at most 4194304 bytes, got more$"),
    ],
)
def test_files_that_are_no_cards(path, content, match):
    path.write_bytes(content)
    refuse(path, match)


def test_missing_files_and_other_weights(path):
    refuse(
        path.with_name("small.txt"), r"small\.txt: expected a card, NAME\.json, or its weights, NAME\.npz$"
    )
    refuse(path.with_name("other.npz"), r"other\.json: there is no such file$", FileNotFoundError)
    shutil.copy(path, path.with_name("other.json"))
    refuse(path.with_name("other.json"), r"other\.npz: there is no such file$", FileNotFoundError)
    path.with_name("other.npz").write_bytes(b"PK")
    refuse(
        path.with_name("other.json"), r"other\.npz: expected a whole \.npz archive, got a file that can't be"
    )
    np.savez(path.with_name("other.npz"), **{"conv1.weight": np.zeros(3000)})
    refuse(
        path.with_name("other.json"), r"other\.npz: expected the arrays of the network, but the file lacks "
    )


def top_five(pretrained, images):
    probabilities = inference.predict(pretrained.network, pretrained.preprocessing.apply(images))
    return [[pretrained.classes[n] for n in row.argsort()[:-6:-1]] for row in probabilities]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "first"), [("squeezenet", 10), ("tiny_darknet", 13)])
def test_the_imagenet_networks_know_the_photos(real_data, name, first):
    with (real_data / "photos" / "photos.csv").open() as file:
        known = {row["file"].removesuffix(".jpg"): row["imagenet_class"] for row in csv.DictReader(file)}
    photos = data.load_photos(real_data / "photos")
    guesses = top_five(
        weights.load_card(real_data / "weights" / f"{name}_imagenet.json"), [photo.image for photo in photos]
    )
    assert all(known[photo.name] in five for photo, five in zip(photos, guesses, strict=True))
    right = sum(known[photo.name] == five[0] for photo, five in zip(photos, guesses, strict=True))
    assert right == first


def test_tiny_vgg_recognizes_its_training_classes(real_data):
    pretrained = weights.load_card(real_data / "weights" / "tinyvgg_10class.npz")
    chosen = {"coffee_cup": "espresso", "sports_car": "sport car", "taxi": "school bus"}
    images = [data.load_photos(real_data / "photos" / f"{name}.jpg")[0].image for name in chosen]
    assert [five[0] for five in top_five(pretrained, images)] == list(chosen.values())


def test_caffenet_sees_edges_and_colors(real_data):
    network = weights.load_card(real_data / "weights" / "caffenet_conv12.json").network
    assert network.output_shape((227, 227, 3)) == (13, 13, 256)
    filters = network["conv1"].weight
    above, below = filters[:-1].reshape(-1, 96), filters[1:].reshape(-1, 96)
    likeness = (above * below).sum(0) / np.sqrt((above**2).sum(0) * (below**2).sum(0))
    assert np.median(likeness) > 0.8  # neighboring weights correlate; noise would give 0
    # One tower sees shapes and the other colors; the weights of conv2 between the towers are 0.
    color = ((filters - filters.mean(2, keepdims=True)) ** 2).sum((0, 1, 2)) / (filters**2).sum((0, 1, 2))
    assert np.median(color[:48]) < 0.1 < 0.8 < np.median(color[48:])
    across = network["conv2"].weight
    assert not across[:, :, :48, 128:].any()
    assert not across[:, :, 48:, :128].any()


def doodle(draw):
    image = Image.new("L", (280, 280))
    draw(ImageDraw.Draw(image))
    return np.asarray(image)[..., np.newaxis]


def ladder(pen):
    for line in ([90, 15, 90, 265], [190, 15, 190, 265], *([90, y, 190, y] for y in range(45, 260, 45))):
        pen.line(line, fill=255, width=14)


def face(pen):
    for circle in ([20, 20, 260, 260], [85, 90, 105, 115], [175, 90, 195, 115]):
        pen.ellipse(circle, outline=255, width=12)
    pen.arc([80, 110, 200, 210], 20, 160, fill=255, width=14)


def sun(pen):
    pen.ellipse([85, 85, 195, 195], outline=255, width=14)
    for angle in np.arange(10) * 2 * np.pi / 10:
        ray = np.array([np.cos(angle), np.sin(angle)])
        pen.line([*(140 + 75 * ray), *(140 + 125 * ray)], fill=255, width=14)


def test_doodle_net_knows_drawings(real_data):
    pretrained = weights.load_card(real_data / "weights" / "doodlenet_345.json")
    guesses = top_five(pretrained, [doodle(draw) for draw in (ladder, face, sun)])
    assert [five[0] for five in guesses] == ["ladder", "face", "sun"]
