"""NaN and infinity: layers let them pass, and analyses of a network report where they are."""

import inspect

import numpy as np
import pytest

from npdeconv import inference, report, visualize, weights
from npdeconv.data import Dataset
from npdeconv.finite import is_finite
from npdeconv.layers import Add, Conv2D, Dense, Flatten, GlobalAveragePool, Graph, MaxPool2D, ReLU, Sequential
from npdeconv.visualize import Strongest

pytestmark = pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")

IMAGES = np.random.default_rng(0).integers(1, 256, (5, 8, 8, 1), dtype=np.uint8)
DATASET = Dataset(IMAGES, np.arange(5) % 3, ("a", "b", "c"), "noise")
FOUND = Strongest(np.zeros((3, 1), int), np.zeros((3, 1, 2), int), np.ones((3, 1)), np.ones(3))

ASKED = {
    "aliasing": (IMAGES, "relu2"),
    "class_activation_maps": (IMAGES,),
    "compare_rules": (IMAGES[0], "relu2", 0),
    "compare_starts": (IMAGES, "relu2", 0),
    "confusion": (DATASET,),
    "correspondence": (IMAGES, ["relu2"]),
    "embed": (IMAGES, "relu2"),
    "explainers": ("relu2",),
    "feature_maps": (IMAGES[0], "relu2"),
    "filter_statistics": (IMAGES,),
    "find_mistakes": (DATASET,),
    "find_patches": (IMAGES, "relu2"),
    "find_strongest": (IMAGES, ["relu2"]),
    "first_filters": (),
    "fool": (IMAGES[0],),
    "infidelity": (IMAGES, "relu2", 0),
    "insertion_deletion": (IMAGES, "relu2", 0),
    "judge_relevance": (IMAGES, "relu2", 0),
    "invariance": (IMAGES,),
    "flip_class": (IMAGES,),
    "layer_features": (IMAGES, ["relu2"]),
    "maximize_activation": ("relu2", 0),
    "occlude": (IMAGES[0], "relu2"),
    "project": (IMAGES, "relu2", 0),
    "project_layers": (IMAGES[0],),
    "project_paths": (IMAGES[0], "relu2", 0),
    "saliency": (IMAGES,),
}
BY_NAME = {
    "aliasing": {"stride": 2},
    "compare_starts": {"rng": np.random.default_rng(0)},
    "correspondence": {
        "parts": {"middle": np.array([[2, 6, 2, 6]] * 5)},
        "draws": 1,
        "rng": np.random.default_rng(0),
    },
    "find_patches": {"found": FOUND},
    "fool": {"label": 1},
    "infidelity": {"maps": np.ones((5, 8, 8))},
    "insertion_deletion": {"maps": np.ones((5, 8, 8))},
    "judge_relevance": {"explain": lambda images, feature_maps: np.ones(images.shape[:3])},
    "occlude": {"label": 0},
    "saliency": {"labels": np.zeros(5, int)},
}
OF_FILES = {"evolve"}  # `weights.load` has checked them


def network(dtype=np.float32):
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(1, 3, 3, padding="same", rng=rng, dtype=dtype),
        "relu1": ReLU(),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(3, 3, 3, padding="same", rng=rng, dtype=dtype),
        "add": Add(),
        "relu2": ReLU(),
        "mean": GlobalAveragePool(),
    }
    return Graph(layers, inputs={"add": ("conv2", "pool1")}, input_shape=(8, 8, 1), name="small")


def ask(name, net):
    return getattr(visualize, name)(net, *ASKED[name], **BY_NAME.get(name, {}))


def test_every_public_function_of_a_network_is_tested():
    functions = [name for name in visualize.__all__ if inspect.isfunction(getattr(visualize, name))]
    takers = {n for n in functions if "network" in inspect.signature(getattr(visualize, n)).parameters}
    assert takers == ASKED.keys() | OF_FILES | {"blank_pixel", "has_class_maps"}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ASKED)
def test_analyses_refuse_parameters_that_are_not_finite(name, value):
    net = network()
    net["conv2"].weight[1, 1, 0, 0] = value
    message = rf"^{name}: expected finite parameters, got NaN or infinity in the weight of layer 'conv2'$"
    with pytest.raises(FloatingPointError, match=message):
        ask(name, net)


@pytest.mark.parametrize("name", ASKED.keys() - {"explainers", "first_filters"})
def test_analyses_refuse_outputs_that_are_not_finite(name):
    net = network()
    net["conv1"].weight[...] = 1e20
    net["conv2"].weight[...] = 1e30  # finite, but its outputs are not
    message = (
        r"^\w+: expected finite outputs of \w+, got NaN or infinity, first in the output of layer 'conv2'$"
    )
    with pytest.raises(FloatingPointError, match=message):
        ask(name, net)


def test_nan_between_finite_layers_is_not_taken_for_silence():
    net = network()
    net["conv1"].weight[...] = 1e20
    net["conv2"].weight[...] = 1e30
    net["conv2"].weight[:, :, 1] *= -1  # infinity minus infinity
    with pytest.raises(FloatingPointError, match=r"^find_strongest: .* first in .* layer 'conv2'$"):
        visualize.find_strongest(net, IMAGES, ["relu2"])


@pytest.mark.parametrize("kind", ["parameters", "outputs"])
@pytest.mark.parametrize("workers", [1, 2])
def test_predictions_refuse_nan_and_infinity(kind, workers):
    net = network()
    if kind == "parameters":
        net["conv2"].bias[2] = np.nan
        message = r"expected finite parameters, got NaN or infinity in the bias of layer 'conv2'$"
    else:
        net["conv1"].weight[...] = net["conv2"].weight[...] = 3e38
        message = (
            r"expected finite outputs of small, got NaN or infinity, first in the output of layer 'conv1'$"
        )
    with pytest.raises(FloatingPointError, match=rf"^predict: {message}"):
        inference.predict(net, IMAGES, workers=workers)
    with pytest.raises(FloatingPointError, match=rf"^evaluate: {message}"):
        inference.evaluate(net, DATASET, workers=workers)
    with pytest.raises(FloatingPointError, match=message):
        report.collect(net, DATASET)


def test_save_refuses_arrays_that_load_would_refuse(tmp_path):
    net = network()
    net["conv1"].bias[0] = np.inf
    with pytest.raises(FloatingPointError, match=r"^save: .* NaN or infinity in the bias of layer 'conv1'$"):
        weights.save(net, tmp_path / "weights.npz")
    with pytest.raises(FloatingPointError, match=r"^save: .* in the bias of Conv2D$"):
        weights.save(net["conv1"], tmp_path / "weights.npz")
    assert not list(tmp_path.iterdir())


def test_layers_and_chains_let_them_pass():
    net = network()
    net["conv1"].weight[...] = np.nan
    x = (IMAGES / 255).astype(np.float32)
    assert np.isnan(net(x)).all()
    assert np.isnan(net.forward(x)[0]).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_large_numbers_with_infinite_squares_are_finite(dtype):
    largest = np.full((2, 3), np.finfo(dtype).max)
    assert is_finite(largest)
    assert is_finite(np.zeros((0, 3), dtype))
    assert is_finite(np.arange(3))
    for value in (np.nan, np.inf, -np.inf):
        largest[1, 2] = value
        assert not is_finite(largest)


def test_errors_of_arguments_come_from_the_function_itself():
    with pytest.raises(TypeError, match="images"):
        inference.predict(network())
    net = Sequential({"flatten": Flatten(), "dense": Dense(64, 3, rng=np.random.default_rng(0))})
    with pytest.raises(KeyError, match="no layer 'relu2'"):
        visualize.project(net, images=IMAGES, layer="relu2", feature_map=0)
