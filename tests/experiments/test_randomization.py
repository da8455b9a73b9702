"""Randomizing a network, on networks whose answer is known."""

import sys

import numpy as np
import pytest

from npdeconv import initializers
from npdeconv.data import load_strokes
from npdeconv.experiments import randomization, randomize, randomized_maps
from npdeconv.experiments.explanations import usual_methods
from npdeconv.experiments.randomization_plan import weights_down
from npdeconv.experiments.randomization_result import MEASURES
from npdeconv.layers import (
    Add,
    Conv2D,
    Dense,
    GlobalAveragePool,
    Graph,
    MaxPool2D,
    ReLU,
    Scale,
    Sequential,
    Softmax,
)
from npdeconv.visualize import class_activation_maps, compare_maps, occlude, project

IMAGES = load_strokes(3).images
TWO = {"seeds": [0, 1]}


@pytest.fixture(autouse=True)
def _scikit_image():
    pytest.importorskip("skimage")


def chain():
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(1, 4, 3, padding="same", rng=rng),
        "relu1": ReLU(),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(4, 6, 3, padding="same", rng=rng),
        "scale2": Scale(6),
        "relu2": ReLU(),
        "conv3": Conv2D(6, 6, 3, padding="same", rng=rng),
        "relu3": ReLU(),
        "mean": GlobalAveragePool(),
        "logits": Dense(6, 10, rng=rng),
        "softmax": Softmax(),
    }
    return Sequential(layers, input_shape=(28, 28, 1), name="little")


def graph():
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(1, 4, 3, padding="same", rng=rng),
        "relu1": ReLU(),
        "conv2": Conv2D(4, 4, 3, padding="same", rng=rng),
        "side": Conv2D(4, 4, 3, padding="same", rng=rng),
        "add": Add(),
        "relu2": ReLU(),
    }
    inputs = {"side": "relu1", "add": ("conv2", "relu1"), "relu2": "add"}
    layers["sum"] = Add()
    return Graph(layers, inputs={**inputs, "sum": ("relu2", "side")}, input_shape=(28, 28, 1))


@pytest.mark.parametrize("rule", ["deconv", "gradient", "guided", "linear"])
@pytest.mark.parametrize(("build", "above"), [(chain, ["conv3", "logits"]), (graph, ["side"])])
def test_new_weights_above_the_unit_change_nothing_at_all(build, above, rule):
    network = build()
    other = randomize(network, above, rng=np.random.default_rng(5))
    before, after = (project(one, IMAGES, "relu2", 1, rule=rule) for one in (network, other))
    assert before.pixels.any()
    for one, two in zip(before, after, strict=True):
        assert np.array_equal(one, two)


def test_layers_above_the_unit_are_refused():
    message = r"^randomization: expected layers with weights that 'relu2' depends on .*, got 'conv3'"
    with pytest.raises(ValueError, match=message):
        randomization(chain(), IMAGES, "relu2", layers=["conv3"], **TWO)
    with pytest.raises(ValueError, match="got 'side'; new weights elsewhere change nothing"):
        randomization(graph(), IMAGES, "relu2", layers=["side"], **TWO)


def test_randomizing_begins_at_the_units_own_layer_and_takes_its_scale_along():
    assert weights_down(chain(), "relu3") == {
        "conv3": ("conv3",),
        "conv2": ("conv2", "scale2"),
        "conv1": ("conv1",),
    }
    assert list(weights_down(graph(), "relu2")) == ["conv2", "conv1"]


def test_a_map_copied_from_the_input_is_found_out():
    result = randomization(chain(), IMAGES, "relu3", methods=["deconv", "image"], **TWO)
    assert (result.similarity[:, 1] > 1 - 1e-6).all()
    assert not result.silent()[1].any()
    copied = "image: its similarity stays 1.00 whatever is randomized: it says nothing about the weights"
    assert result.sentences()[1] == copied
    assert "stays" not in result.sentences()[0]


@pytest.mark.parametrize("explained", ["original", "predicted"])
def test_the_class_that_is_explained_is_the_one_named(explained):
    network = chain()
    network["logits"].bias[3] = 10  # the network as it is predicts 3; a random one has no biases
    methods = ["gradient", "class map"]
    kept = {"layers": ["logits"], "methods": methods, "initializer": initializers.he_normal, **TWO}
    result = randomization(network, IMAGES, "logits", explained=explained, **kept)
    assert result.feature_maps.tolist() == [3, 3, 3]
    for seed in TWO["seeds"]:
        rng = np.random.default_rng(seed)
        other = randomize(network, ["logits"], rng=rng, initializer=initializers.he_normal)
        labels = np.full(3, 3) if explained == "original" else other(IMAGES / np.float32(255)).argmax(axis=1)
        theirs = (
            project(other, IMAGES, "logits", labels, rule="gradient").pixels,
            class_activation_maps(other, IMAGES, labels=labels[:, None]).upsampled[:, 0, ..., None],
        )
        own = (
            project(network, IMAGES, "logits", 3, rule="gradient").pixels,
            class_activation_maps(network, IMAGES, labels=[3]).upsampled[:, 0, ..., None],
        )
        for method in range(2):
            wanted = [compare_maps(*pair) for pair in zip(own[method], theirs[method], strict=True)]
            np.testing.assert_array_equal(result.similarity[seed, method, 0], wanted)


@pytest.mark.parametrize(
    ("order", "randomized"),
    [
        ("cascading", [["conv3"], ["conv3", "conv2", "scale2"], ["conv3", "conv2", "scale2", "conv1"]]),
        ("independent", [["conv3"], ["conv2", "scale2"], ["conv1"]]),
    ],
)
def test_similarities_are_those_of_the_same_map_in_the_randomized_network(order, randomized):
    network = chain()
    result = randomization(network, IMAGES, "relu3", 2, order=order, methods=["guided", "occlusion"], **TWO)
    assert result.layers == ("conv3", "conv2", "conv1")
    own = project(network, IMAGES, "relu3", 2, rule="guided").pixels
    for step, layers in enumerate(randomized):
        other = randomize(network, layers, rng=np.random.default_rng(1))
        theirs = project(other, IMAGES, "relu3", 2, rule="guided").pixels
        wanted = [compare_maps(*pair) for pair in zip(own, theirs, strict=True)]
        np.testing.assert_array_equal(result.similarity[1, 0, step], wanted)
    dropped = []
    for one in (network, other):
        seen = occlude(one, IMAGES[0], "relu3", 2, label=0, stride=4)
        dropped.append(seen.clean_activity - seen.activity)
    found = result.similarity[1, 1, 2, 0]
    np.testing.assert_allclose(found[:2], compare_maps(*dropped)[:2], atol=1e-12)


def test_silent_units_are_counted_and_never_correlated():
    network = chain()
    network["conv3"].weight[...], network["conv3"].bias[...] = 0, 1  # fires everywhere, and is blank below

    def below_zero(shape, rng, dtype):
        return np.full(shape, -1, dtype)

    given = {"layers": ["conv3"], "methods": ["deconv", "occlusion", "image"], **TWO}
    result = randomization(network, IMAGES, "relu3", initializer=below_zero, **given)
    assert result.silent()[:, 0].tolist() == [6, 6, 0]
    assert np.isnan(result.interval().mean[:2]).all()
    assert result.sentences()[0].startswith("deconv: every unit is silent after randomizing")


def test_unrelated_maps_are_those_of_other_images_and_of_the_strongest_other_map():
    network = chain()
    result = randomization(network, IMAGES, "relu3", methods=["deconv"], layers=["conv3"], **TWO)
    strongest = network[:"relu3"](IMAGES / np.float32(255)).max(axis=(1, 2)).argsort(axis=1)[:, ::-1]
    assert np.array_equal(result.feature_maps, strongest[:, 0])
    own, other = (project(network, IMAGES, "relu3", strongest[:, place]).pixels for place in range(2))
    for place, theirs in enumerate((own[[2, 0, 1]], other)):
        wanted = [compare_maps(*pair) for pair in zip(own, theirs, strict=True)]
        np.testing.assert_array_equal(result.unrelated[0, place], wanted)


def test_a_network_of_one_layer():
    network = Sequential({"conv": Conv2D(1, 1, 5, rng=np.random.default_rng(0))}, input_shape=(28, 28, 1))
    result = randomization(network, IMAGES, "conv", **TWO)
    assert result.layers == ("conv",)
    assert result.methods == usual_methods(network, IMAGES, "conv")
    assert np.isnan(result.unrelated[:, 1]).all()  # there is no other map
    assert np.isfinite(result.similarity[:, -1]).all()


def test_finished_seeds_are_kept_and_found_again(tmp_path, monkeypatch):
    room, network = sys.modules["npdeconv.experiments.randomization"], chain()
    given = {"methods": ["deconv"], "layers": ["conv3", "conv1"], "folder": tmp_path}
    compute, asked = room._of_seed, []

    def noted(plan, seed, bar):
        asked.append(seed)
        return compute(plan, seed, bar)

    def killed_in_the_third(plan, seed, bar):
        if seed == 2:
            raise KeyboardInterrupt
        return noted(plan, seed, bar)

    monkeypatch.setattr(room, "_of_seed", killed_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        randomization(network, IMAGES, "relu3", seeds=range(3), **given)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(room, "_of_seed", noted)
    result = randomization(network, IMAGES, "relu3", seeds=range(3), **given)
    assert asked == [0, 1, 2]
    whole = randomization(network, IMAGES, "relu3", seeds=range(3), **{**given, "folder": None})
    np.testing.assert_array_equal(result.similarity, whole.similarity)
    network["conv1"].weight[0, 0, 0, 0] += 1  # another network: none of the files is its own
    asked.clear()
    randomization(network, IMAGES, "relu3", seeds=range(2), **given)
    assert asked == [0, 1]


def test_the_picture_shows_the_maps_that_are_compared():
    network, methods = chain(), ["deconv", "gradient", "class map", "image"]
    result = randomized_maps(network, IMAGES[0], "logits", methods=methods, seed=1)
    numbers = randomization(network, IMAGES, "logits", methods=methods, **TWO)
    assert result.layers == numbers.layers == ("logits", "conv3", "conv2", "conv1")
    np.testing.assert_array_equal(
        result.similarity[:, 1:], numbers.similarity[1, :, :, 0, MEASURES.index("rank")]
    )


def test_intervals_are_over_seeds_that_have_a_map():
    result = randomization(chain(), IMAGES, "relu3", methods=["deconv"], layers=["conv3"], **TWO)
    planted = np.full((4, 1, 1, 2, 4), np.nan)
    planted[:3, 0, 0, 0] = np.array([1, 2, 3])[:, None]
    found = result._replace(similarity=planted).interval()
    assert found.mean.item() == 2
    assert found.high.item() == pytest.approx(4.484, abs=1e-3)
    assert result._replace(similarity=planted).silent().item() == 5
    planted[1:] = np.nan
    assert np.isnan(result._replace(similarity=planted).interval().low).all()


SENTENCES = [
    ((0.5, 0.5), 0.1, 0.3, "more than another map of the image (0.30): it is not from these weights"),
    ((0.5, 0.5), 0.1, 0.7, "more than maps of other images (0.10): part of it is from elsewhere"),
    ((0.5, 0.5), 0.1, np.nan, "more than maps of other images (0.10): part of it is from elsewhere"),
    ((0.1, 0.1), 0.2, 0.7, "no more than unrelated maps (0.20): it depends on these weights"),
    ((0.0, 1.0), 0.4, np.nan, "maps of other images 0.40: these seeds can't tell them apart"),
]


@pytest.mark.parametrize(("scores", "image", "other", "said"), SENTENCES)
def test_what_the_numbers_mean(scores, image, other, said):
    result = randomization(chain(), IMAGES, "relu3", methods=["deconv"], layers=["conv3"], **TWO)
    similarity = np.broadcast_to(np.array(scores).reshape(2, 1, 1, 1, 1), (2, 1, 1, 3, 4))
    unrelated = np.broadcast_to(np.array([image, other]).reshape(1, 2, 1, 1), (1, 2, 3, 4))
    (sentence,) = result._replace(similarity=similarity, unrelated=unrelated).sentences()
    assert sentence.endswith(said)
    assert "with new weights in conv3" in sentence


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"images": IMAGES[:1]}, ValueError, "expected at least two images, got 1"),
        ({"seeds": [3]}, ValueError, "expected at least two seeds, got 1"),
        ({"feature_map": 6}, IndexError, "layer 'relu3' has the maps 0 to 5, got 6"),
        ({"methods": ["class map"]}, ValueError, "class map can't explain layer 'relu3' of little"),
        ({"feature_map": 0.5}, TypeError, "feature_map must be an integer or one per image, got 0.5"),
        ({"methods": []}, ValueError, "methods must have at least one name, got none"),
        ({"layers": []}, ValueError, "layers must have at least one name, got none"),
        ({"methods": ["magic"]}, ValueError, "methods must be"),
        ({"order": "downward"}, ValueError, "order must be"),
        ({"explained": "predicted"}, ValueError, "only the classes of 'logits' can be predicted"),
        ({"layer": "relu9"}, KeyError, "no layer 'relu9'"),
    ],
)
def test_wrong_arguments(changed, error, message):
    given = {"network": chain(), "images": IMAGES, "layer": "relu3", **TWO, **changed}
    with pytest.raises(error, match=message):
        randomization(**given)


def test_a_network_without_weights_below_the_unit():
    network = Sequential({"pool": MaxPool2D(2)}, input_shape=(28, 28, 1))
    with pytest.raises(ValueError, match="expected a layer with weights at or below 'pool', there is none"):
        randomization(network, IMAGES, "pool", **TWO)


def test_a_folder_may_be_a_text(tmp_path):
    found = [
        randomization(
            chain(), IMAGES, "relu3", methods=["image"], layers=["conv3"], folder=str(tmp_path / "new"), **TWO
        )
        for _ in range(2)
    ]
    np.testing.assert_array_equal(found[0].similarity, found[1].similarity)
    assert len(list((tmp_path / "new").iterdir())) == 2
