"""The models in Keras' files, and the layouts of its versions."""

import json
import zipfile

import numpy as np
import pytest

from npdeconv import weights
from npdeconv.layers import Conv2D, Dense, Flatten, LeakyReLU, Sequential, Sigmoid
from tests.keras_files import answer, layer, small_model, small_network, write_h5, write_keras, write_vars
from tests.weights.test_npz_and_layer_lists import refuse

h5py = pytest.importorskip("h5py")

X = np.random.default_rng(1).normal(size=(5, 6, 6, 2)).astype(np.float32)


def save(path, layers, kind="Sequential", config=True):
    with h5py.File(path, "w") as file:
        write_h5(file, layers, kind, config)
    return path


def refuse_model(path, match, network=None, **options):
    refuse(
        path,
        match,
        load=lambda net, file: weights.load_keras(net, file, **options),
        network=small_network() if network is None else network,
    )


def test_the_place_and_epsilon_of_a_normalization_come_from_the_file(tmp_path):
    layers, net = small_model(), small_network()
    path = save(tmp_path / "m.h5", layers)
    weights.load_keras(net, path)
    np.testing.assert_allclose(net(X), answer(X, layers), atol=1e-5)
    weights.load_keras(net, path, {"conv1": ("first", "norm"), "dense": "last"}, epsilon=0.25)
    np.testing.assert_allclose(net(X), answer(X, layers), atol=1e-5)
    refuse_model(path, r"expected epsilon 0\.25, as the file says of 'norm', got 0\.001$", epsilon=1e-3)
    refuse_model(
        path,
        r"expected conv1 to be made of first, norm, as the file's model says, names say first$",
        names={"conv1": "first", "dense": "last"},
    )


def test_a_file_of_weights_alone_folds_only_on_request(tmp_path):
    layers, net = small_model(), small_network()
    path = save(tmp_path / "w.h5", layers, config=False)
    refuse_model(
        path,
        r"expected fold=True \(--fold\) if the batch normalization 'norm' comes right behind 'first',"
        r" below any activation, or else the names of the modules that make each layer, got a file that",
    )
    for options in ({"fold": True}, {"names": {"conv1": ["first", "norm"], "dense": "last"}}):
        weights.load_keras(net, path, epsilon=0.25, **options)
        np.testing.assert_allclose(net(X), answer(X, layers), atol=1e-5)


MARGINS = [[1, 1], [1, 1]]
NO_NORM = {"norm": None, "relu": None, "conv": {"activation": "relu"}}

CONTRADICTIONS = {
    "activation below the normalization": (
        {"conv": {"activation": "relu"}, "relu": None},
        r"'norm' right behind a convolution or dense layer, .*got it behind ReLU of 'first'$",
    ),
    "activation of its own below it": (
        {"norm": layer("Activation", "early", activation="relu"), "relu": layer("BatchNormalization", "n2")},
        r"the batch normalization 'n2' right behind .*got it behind ReLU of 'early'$",
    ),
    "pooling below it": (
        NO_NORM | {"drop": layer("BatchNormalization", "late")},
        r"the batch normalization 'late' right behind .*got it behind MaxPool2D of 'pool'$",
    ),
    "normalization first": (
        NO_NORM | {"input": layer("BatchNormalization", "early")},
        r"the batch normalization 'early' right behind .*got it behind the input$",
    ),
    "another axis": (
        {"norm": {"axis": 1}},
        r"expected 'norm' to normalize channels, .* got axis 1$",
    ),
    "no activation": (
        {"relu": None},
        r"the layers of small, but where it has 'relu1', ReLU, the file's model has 'pool', MaxPool2D$",
    ),
    "another activation": ({"relu": {"activation": "tanh"}}, r"the file's model has 'act', Tanh$"),
    "sigmoid": ({"dense": {"activation": "sigmoid"}}, r"has its end, the file's model has 'last', Sigmoid$"),
    "unknown activation": (
        {"relu": {"activation": "swish"}},
        r"expected one of the activations linear, relu, .*, 'act' has 'swish'$",
    ),
    "capped rectifier": (
        {"relu": layer("ReLU", "six", max_value=6.0)},
        r"expected relu1 to have limits \(0, 0, 0\), the file's model has \(6\.0, 0, 0\) at 'six'$",
    ),
    "padding": (
        {"conv": {"padding": "same"}},
        r"expected conv1 to have padding and places .*\(4, 4\)\), the file's .*\(6, 6\)\) at 'first'$",
    ),
    "stride": (
        {"conv": {"strides": [2, 2]}},
        r"conv1 to have stride \(1, 1\), the file's model has \(2, 2\)",
    ),
    "groups": (
        {"conv": {"groups": 2}},
        r"conv1 to have groups 1, the file's model has 2 at 'first'$",
    ),
    "dilation": (
        {"conv": {"dilation_rate": [2, 2]}},
        r"conv1 to have dilation \(1, 1\), the file's model ",
    ),
    "window": (
        {"pool": {"pool_size": [3, 3]}},
        r"pool1 to have window \(2, 2\), the file's model has \(3, 3",
    ),
    "kind of pooling": (
        {"pool": layer("AveragePooling2D", "mean", pool_size=[2, 2], strides=[2, 2], padding="valid")},
        r"where it has 'pool1', MaxPool2D, the file's model has 'mean', AvgPool2D$",
    ),
    "channels first": (
        {"flatten": {"data_format": "channels_first"}},
        r"expected a model of channels_last, got channels_first in layer 'flat'$",
    ),
    "bias": (
        NO_NORM | {"dense": layer("Dense", "last", [np.ones((16, 3))], activation="softmax", use_bias=True)},
        r"expected a bias in 'last', as the file's model says, it has none$",
    ),
    "unknown layer": (
        {"pool": layer("Lambda", "mine")},
        r"expected layers of known kinds, got 'mine' of kind 'Lambda'$",
    ),
    "padding of pixels": (
        {
            "norm": None,
            "conv": {"activation": "relu"},
            "relu": layer("ZeroPadding2D", "m", padding=[[1, 1]] * 2),
        },
        r"expected ZeroPadding2D below convolutions of padding 'valid' only, got 'pool'$",
    ),
    "padding of what is flattened": (
        {"drop": layer("ZeroPadding2D", "z", padding=MARGINS)},
        r"expected ZeroPadding2D below convolutions of padding 'valid' only, got 'flat'$",
    ),
    "missing layer": ({"dense": None}, r"where it has 'dense', Dense, the file's model has its end$"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_contradictions(tmp_path, what):
    changes, match = CONTRADICTIONS[what]
    refuse_model(save(tmp_path / "m.h5", small_model(**changes)), match)


def chain(*layers, shape=(6, 6, 2)):
    return Sequential({f"layer{n}": each for n, each in enumerate(layers)}, input_shape=shape)


def test_activations_and_padding_as_separate_layers(tmp_path):
    rng = np.random.default_rng(0)
    kernel, bias, dense = rng.normal(size=(3, 3, 2, 4)), rng.normal(size=4), rng.normal(size=(36, 1))
    layers = [
        layer("ZeroPadding2D", "margin", padding=[[1, 0], [0, 1]]),
        layer("Conv2D", "conv", [kernel, bias], strides=[2, 2]),
        layer("LeakyReLU", "leaky", alpha=0.30000001192092896),  # 0.3 in float32, as Keras 2 writes it
        layer("Flatten", "flat"),
        layer("Dense", "dense", [dense], activation="sigmoid", use_bias=False),
    ]
    path = save(tmp_path / "m.h5", layers)
    conv = Conv2D(2, 4, 3, stride=2, padding=((1, 0), (0, 1)), rng=rng)
    net = chain(conv, LeakyReLU(0.3), Flatten(), Dense(36, 1, rng=rng), Sigmoid())
    weights.load_keras(net, path)
    np.testing.assert_array_equal(conv.weight, kernel.astype(np.float32))
    np.testing.assert_array_equal(net["layer3"].weight, dense.astype(np.float32))
    np.testing.assert_array_equal(net["layer3"].bias, [0])
    other = chain(conv, LeakyReLU(0.1), Flatten(), Dense(36, 1, rng=rng), Sigmoid())
    refuse_model(path, r"expected layer1 to have slope 0\.1, the file's model has 0\.3 at 'leaky'$", other)
    valid = chain(Conv2D(2, 4, 3, stride=2, rng=rng), shape=(7, 7, 2))
    refuse_model(path, r"expected layer0 to have padding and places ", valid)


def residual():
    rng = np.random.default_rng(0)
    return [
        layer("InputLayer", "in", reads=[]),
        layer("ZeroPadding2D", "margin", (), ["in"], padding=MARGINS),
        layer("Conv2D", "a", [rng.normal(size=(3, 3, 2, 2))], ["margin"], use_bias=False),
        layer("BatchNormalizationV1", "n", np.ones((4, 2)), ["a"], epsilon=0.5),
        layer("Conv2D", "b", [rng.normal(size=(3, 3, 2, 2))], ["n"], padding="same", use_bias=False),
        layer("Add", "add_1", (), ["n", "b"]),
    ]


def two_convolutions(**options):
    """Return a chain that fits the weights of `residual`; the options apply to the first convolution."""
    rng = np.random.default_rng(0)
    options = {"padding": "same"} | options
    return chain(Conv2D(2, 2, 3, rng=rng, **options), Conv2D(2, 2, 3, padding="same", rng=rng))


def test_a_model_that_is_no_chain(tmp_path):
    path, net = save(tmp_path / "m.h5", residual(), "Functional"), two_convolutions()
    refuse_model(
        path,
        r"whose layers each read the one before, 'add_1' reads 'n' and 'b': a network here is a chain$",
        net,
    )
    names = {"layer0": ("a", "n"), "layer1": "b"}
    weights.load_keras(net, path, names)  # explicit names are trusted
    kernel = residual()[2][1][0]
    np.testing.assert_allclose(net["layer0"].weight, kernel / np.sqrt(1.5), rtol=1e-6)
    refuse_model(
        path,
        r"the one before, 'n' reads 'a': a network here is a chain$",
        net,
        names={"layer0": "a", "layer1": ("b", "n")},
    )
    refuse_model(
        path,
        r"expected layer0 to have stride \(2, 2\), the file's model has \(1, 1\) at 'a'$",
        two_convolutions(stride=2),
        names=names,
    )
    refuse_model(
        path, r"expected layer0 to have padding and places ", two_convolutions(padding="valid"), names=names
    )


@pytest.mark.parametrize("numbered", [False, True])
def test_files_of_weights_with_merging_layers_are_refused(tmp_path, numbered):
    layers = [each for each in residual() if each[0]["config"]["name"] != "n"]
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        write_vars(file, layers) if numbered else write_h5(file, layers, config=False)
    refuse_model(
        tmp_path / "w.weights.h5",
        r"'add(_1)?' merges several: a network here is a chain$",
        two_convolutions(),
    )


def test_models_in_models(tmp_path):
    inner, rest = small_model()[:5], small_model()[5:]
    nested = {"class_name": "Sequential", "config": {"name": "base", "layers": [given for given, _ in inner]}}
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        write_h5(file, [*inner, *rest])
        layers = [nested, *(given for given, _ in rest)]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers})
        root = file["model_weights"]
        base, names = root.create_group("base"), []
        for name in ("first", "norm"):
            names += [f"{name}/{path}" for path in root[name].attrs["weight_names"]]
            root.move(name, f"base/{name}")
        base.attrs["weight_names"] = names
        root.attrs["layer_names"] = ["base", *(given["config"]["name"] for given, _ in rest)]
    net = small_network()
    weights.load_keras(net, path)
    np.testing.assert_allclose(net(X), answer(X, small_model()), atol=1e-5)


@pytest.mark.parametrize("named", [True, False])
def test_archives_of_keras_3(tmp_path, named):
    layers, net = small_model(), small_network()
    write_keras(tmp_path / "m.keras", layers, h5py, named)
    assert weights.reader_of(tmp_path / "m.keras") is weights.load_keras
    weights.load_keras(net, tmp_path / "m.keras")
    np.testing.assert_allclose(net(X), answer(X, layers), atol=1e-5)


def test_arrays_that_a_normalization_leaves_out(tmp_path):
    described, (_, beta, mean, variance) = small_model()[2]
    plain = (described | {"config": described["config"] | {"scale": False}}, [beta, mean, variance])
    write_keras(tmp_path / "m.keras", small_model(norm=plain), h5py)
    net = small_network()
    weights.load_keras(net, tmp_path / "m.keras")
    same = small_model(norm=(described, [np.ones(4, np.float32), beta, mean, variance]))
    np.testing.assert_allclose(net(X), answer(X, same), atol=1e-5)


def test_compressed_archives_are_refused(tmp_path):
    write_keras(tmp_path / "m.keras", small_model(), h5py, compression=zipfile.ZIP_DEFLATED)
    refuse_model(tmp_path / "m.keras", r"can't be read as one \(config\.json is compressed\)$")


def test_files_of_weights_of_keras_3_number_their_layers(tmp_path):
    """The tenth convolution comes after the second, and dense layers at the network's places."""
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=(1, 1, 2, 2)).astype(np.float32) for _ in range(12)]
    layers = [layer("Conv2D", f"c{n}", [kernel, np.zeros(2)]) for n, kernel in enumerate(kernels)]
    layers += [layer("Flatten", "f"), layer("Dense", "d", [np.ones((72, 1)), [3]])]
    path = tmp_path / "w.weights.h5"
    with h5py.File(path, "w") as file:
        write_vars(file, layers)
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)
        file["optimizer/vars/0"] = np.zeros(5)
    net = chain(*(Conv2D(2, 2, 1, rng=rng) for _ in kernels), Flatten(), Dense(72, 1, rng=rng))
    weights.load_keras(net, path)
    for n, kernel in enumerate(kernels):
        np.testing.assert_array_equal(net[f"layer{n}"].weight, kernel)
    np.testing.assert_array_equal(net["layer13"].bias, [3])
    short = chain(Conv2D(2, 2, 1, rng=rng), Flatten(), Dense(72, 1, rng=rng))
    refuse_model(path, r"expected 1 convolutions for Sequential, the file has 12$", short)


def test_files_of_weights_of_keras_3_without_an_order(tmp_path):
    path, net = tmp_path / "w.weights.h5", small_network()
    with h5py.File(path, "w") as file:
        write_vars(file, small_model())
    refuse_model(
        path, r"expected names, since the file does not keep the order of its layers 'norm', 'first', 'last'$"
    )
    weights.load_keras(net, path, {"conv1": ("first", "norm"), "dense": "last"}, epsilon=0.25)
    np.testing.assert_allclose(net(X), answer(X, small_model()), atol=1e-5)
    with h5py.File(path, "a") as file:
        del file["layers/batch_normalization/vars/3"]
    refuse_model(path, r"expected 'norm' to hold gamma, beta, moving_mean, moving_variance, .* got 3 arrays$")


def test_long_lists_of_names_are_cut(tmp_path):
    path, net = save(tmp_path / "m.h5", small_model()), small_network()
    with h5py.File(path, "a") as file:
        attributes = file["model_weights"].attrs
        names = list(attributes.pop("layer_names"))
        attributes["layer_names0"], attributes["layer_names1"] = names[:3], names[3:]
    weights.load_keras(net, path)
    np.testing.assert_allclose(net(X), answer(X, small_model()), atol=1e-5)


def test_two_layers_of_one_name(tmp_path):
    path = save(tmp_path / "m.h5", small_model())
    with h5py.File(path, "a") as file:
        attributes = file["model_weights"].attrs
        attributes["layer_names"] = [*attributes["layer_names"], "first"]
    refuse_model(path, r"expected one kernel in 'first', got two$")


def test_names_of_keras_1(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["convolution2d_1"]
        file["convolution2d_1/convolution2d_1_W"] = np.zeros((4, 2, 3, 3))
        file["convolution2d_1"].attrs["weight_names"] = ["convolution2d_1_W"]
    refuse_model(path, r"expected a file of Keras 2 or 3, got one of Keras 1 or before, .* weights\.load$")


@pytest.mark.parametrize(
    "text", ["{", "3", '{"config": 3}', '{"config": {"layers": [{"class_name": 1}]}}', "[" * 100_000]
)
def test_invalid_descriptions_of_models(tmp_path, text):
    path = save(tmp_path / "m.h5", small_model())
    with h5py.File(path, "a") as file:
        file.attrs.create("model_config", text[:60_000])
    refuse_model(path, r"expected a Keras \.h5 file of weights, got a file that can't be read as one \(")


def test_a_probe_detects_a_model_that_only_fits_by_shape(tmp_path):
    """A file of weights does not record the epsilon."""
    layers, net = small_model(), small_network()
    path = save(tmp_path / "w.h5", layers, config=False)
    weights.load_keras(net, path, fold=True, epsilon=0.25, probe=(X, answer(X, layers)))
    refuse_model(
        path,
        r"expected the probe's outputs within 0\.\d+, the largest difference is 0\.\d+; the weights fit",
        fold=True,
        probe=(X, answer(X, layers)),
    )
