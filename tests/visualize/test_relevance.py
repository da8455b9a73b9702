"""Does a map of relevance predict what matters? Truths that are planted, and Captum's numbers."""

import numpy as np
import pytest
from scipy.ndimage import convolve

from npdeconv.anatomy.maps import descent_start
from npdeconv.data import load_strokes
from npdeconv.inference import predict
from npdeconv.layers import Conv2D, Dense, Flatten, GlobalAveragePool, ReLU, Sequential, Sigmoid, Softmax
from npdeconv.visualize import (
    RelevanceConstants,
    explainers,
    infidelity,
    insertion_deletion,
    judge_relevance,
    max_sensitivity,
    project,
)
from npdeconv.visualize.insertion import _ranks
from tests import relevance_cases

SIDE, PATCH = 12, np.s_[3:6, 7:10]
FEW = RelevanceConstants(step=9, changes=40, draws=3, stride=2)


def reads_one_patch():
    """A classifier that adds up nine pixels, and asks whether there is more than half of what can be."""
    dense = Dense(SIDE * SIDE, 2, rng=np.random.default_rng(0), dtype=np.float64)
    weight = np.zeros((SIDE, SIDE))
    weight[PATCH] = 1
    dense.weight[...] = np.stack([0 * weight.ravel(), weight.ravel()], axis=1)
    dense.bias[...] = [4.5, 0]
    layers = {"flatten": Flatten(), "logits": dense, "softmax": Softmax()}
    return Sequential(layers, input_shape=(SIDE, SIDE, 1), name="reads one patch")


def planted():
    """Images whose patch is white, and the map that is right by construction."""
    images = np.random.default_rng(0).random((4, SIDE, SIDE, 1))
    images[:, *PATCH] = 1
    right = np.zeros((4, SIDE, SIDE))
    right[:, *PATCH] = 1
    return images, right


def test_the_right_map_wins_insertion_and_deletion():
    net, (images, right) = reads_one_patch(), planted()
    rng = np.random.default_rng(1)
    others = {"random": rng.random(right.shape), "edges": explainers(net, "logits")["edges"](images, None)}
    best = insertion_deletion(net, images, "logits", 1, maps=right, step=9)
    for maps in others.values():
        other = insertion_deletion(net, images, "logits", 1, maps=maps, step=9)
        assert (best.insertion_area > other.insertion_area).all()
        assert (best.deletion_area < other.deletion_area).all()
    wrong = insertion_deletion(net, images, "logits", 1, maps=-right, step=9)
    assert (wrong.insertion_area < best.insertion_area).all()
    clean, gone = 1 / (1 + np.exp(-4.5)), 1 / (1 + np.exp(4.5))  # by hand: the logits are 4.5 and 9 or 0
    expected = np.full(SIDE * SIDE // 9 + 1, gone)
    expected[0] = clean
    np.testing.assert_allclose(best.deletion, np.tile(expected, (4, 1)))
    np.testing.assert_allclose(best.insertion[:, 1:], clean)
    np.testing.assert_allclose(best.deletion_area, gone + (clean - gone) / 2 / (len(expected) - 1))


def test_insertion_begins_at_the_blurred_image_with_blank_around_it():
    net, (images, right) = reads_one_patch(), planted()
    line = np.exp(-np.square(np.arange(-5, 6)) / 50)
    kernel = np.outer(line, line) / line.sum() ** 2
    blurred = np.stack([convolve(image - 0.3, kernel, mode="constant") + 0.3 for image in images[..., 0]])
    logit = blurred[:, *PATCH].sum(axis=(1, 2)) - 4.5
    result = insertion_deletion(net, images, "logits", 1, maps=right, blank=0.3)
    np.testing.assert_allclose(result.insertion[:, 0], 1 / (1 + np.exp(-logit)))
    np.testing.assert_allclose(result.deletion[:, -1], 1 / (1 + np.exp(4.5 - 9 * 0.3)))


def test_equal_pixels_change_in_reading_order():
    maps = np.array([[[1, 5, 1], [5, 1, 1]]])
    assert _ranks(maps).tolist() == [[[2, 0, 3], [1, 4, 5]]]


def test_the_last_step_may_be_shorter_and_the_area_knows():
    net, (images, right) = reads_one_patch(), planted()
    result = insertion_deletion(net, images, "logits", 1, maps=right, step=100)
    assert result.changed.tolist() == [0, 100 / 144, 1]
    by_numpy = [
        np.interp(np.linspace(0, 1, 100_001), result.changed, curve).mean() for curve in result.deletion
    ]
    np.testing.assert_allclose(result.deletion_area, by_numpy, rtol=1e-4)


def test_the_weights_account_for_a_linear_network_and_halves_of_them_do_not():
    net, (images, right) = reads_one_patch(), planted()
    half = right.copy()
    half[:, 3] = 0
    for maps, perfect in ((right, True), (7 * right, True), (half, False)):
        result = infidelity(net, images, "logits", 1, maps=maps)
        assert (result.infidelity < 1e-20 if perfect else result.infidelity > 0.01).all()
    np.testing.assert_allclose(infidelity(net, images, "logits", 1, maps=7 * right).scale, 1 / 7)
    plain = infidelity(net, images, "logits", 1, maps=7 * right, scaled=False)
    np.testing.assert_allclose(plain.infidelity, 36 * plain.power)
    noise = infidelity(net, images, "logits", 1, maps=right, perturbations="noise", draws=4000)
    np.testing.assert_allclose(noise.power, 9 * 0.2**2, rtol=0.1)


def test_infidelity_and_sensitivity_are_captums():
    net, (images, labels, maps, changes) = relevance_cases.network(), relevance_cases.case()
    with np.load(relevance_cases.GOLDEN) as golden:
        for name, scaled in (("plain", False), ("scaled", True)):
            result = infidelity(
                net, images, "logits", labels, maps=maps, perturbations=changes, scaled=scaled
            )
            np.testing.assert_allclose(result.infidelity, golden[name], rtol=1e-9)
        rng = np.random.default_rng(relevance_cases.SEED)

        def gradient(x, labels):
            logits, tape = net.forward(x)
            return net.descend(descent_start(logits, labels, values=1), tape, "gradient")

        given = {"radius": relevance_cases.RADIUS, "draws": relevance_cases.DRAWS, "rng": rng}
        found = max_sensitivity(images, labels, explain=gradient, **given)
        np.testing.assert_allclose(found, golden["sensitivity"], rtol=1e-9)
    assert (found > 0.05).all()


def _same(value, images, feature_maps):
    return np.full(images.shape[:3], value)


def test_maps_of_one_number_are_steady_and_predict_nothing():
    net, (images, _) = reads_one_patch(), planted()
    for value in (0.0, 2.0):
        result = judge_relevance(
            net,
            images,
            "logits",
            1,
            explain=lambda x, _, value=value: np.full(x.shape[:3], value),
            constants=FEW,
        )
        assert not result.sensitivity.any()
        assert not result.agreement.any()
        by_place = np.linspace(1, 0, SIDE * SIDE).reshape(1, SIDE, SIDE).repeat(4, axis=0)
        in_order = insertion_deletion(net, images, "logits", 1, maps=by_place, step=9)
        np.testing.assert_array_equal(result.curves.deletion, in_order.deletion)
        assert (result.unexplained == 1).all() if value == 0 else (result.unexplained < 1).all()


def test_a_map_that_appears_where_there_was_none_has_a_sensitivity_of_one():
    images = np.zeros((1, 4, 4, 1))
    assert max_sensitivity(images, 0, explain=lambda x, _: x[..., 0]).tolist() == [1]


def test_a_unit_is_followed_as_a_share_of_its_own_activation():
    rng = np.random.default_rng(2)
    layers = {"conv": Conv2D(1, 2, 3, rng=rng), "relu": ReLU(), "flatten": Flatten()}
    layers |= {"logits": Dense(26 * 26 * 2, 10, rng=rng)}
    net, images = Sequential(layers, input_shape=(28, 28, 1)), load_strokes(3).images
    found = project(net, images, "relu", 1)
    result = insertion_deletion(net, images, "relu", 1, maps=found.pixels)
    np.testing.assert_allclose(result.deletion[:, 0], 1, rtol=1e-5)
    np.testing.assert_allclose(result.insertion[:, -1], 1, rtol=1e-5)
    silent = max(float(net["conv"].bias[1]), 0) / found.activation
    # The unit reads nine pixels, all among the first row's worth that are deleted.
    np.testing.assert_allclose(result.deletion[:, 1], silent, atol=1e-5)


def test_every_explainer_is_judged_and_any_number_of_workers_gives_the_same():
    net, (images, _) = reads_one_patch(), planted()
    every = explainers(net, "logits")
    assert list(every) == ["deconv", "gradient", "guided", "linear", "occlusion", "random", "edges"]
    one, two = (
        judge_relevance(net, images, "logits", 1, explain=every["gradient"], constants=FEW, workers=workers)
        for workers in (1, 2)
    )
    np.testing.assert_array_equal(one.curves.insertion, two.curves.insertion)
    np.testing.assert_array_equal(one.infidelity, two.infidelity)
    assert (one.unexplained < 1e-9).all()  # the gradient of a linear network accounts for everything
    assert (one.agreement > 0.9).all()
    random = judge_relevance(net, images, "logits", 1, explain=every["random"], constants=FEW)
    assert (random.curves.deletion_area > one.curves.deletion_area).all()
    assert (random.sensitivity > 0.5).all()
    places = every["occlusion"](images, np.ones(4, int))
    assert (places[:, *PATCH].mean(axis=(1, 2)) > 2 * np.abs(places).mean(axis=(1, 2))).all()


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"maps": np.zeros((3, SIDE, SIDE))}, ValueError, r"expected maps of shape \(4, 12, 12\) or"),
        ({"maps": [[0]]}, TypeError, "expected maps as an array of numbers"),
        ({"maps": np.full((4, SIDE, SIDE), np.nan)}, ValueError, "expected finite maps"),
        ({"step": 0}, ValueError, "step must be at least 1, got 0"),
        ({"kernel": 4}, ValueError, "kernel must be odd, got 4"),
        ({"blank": [0, 0, 0]}, TypeError, "blank must be a number, or one for each of 1 channels"),
        ({"blank": np.inf}, ValueError, "blank must be finite"),
    ],
)
def test_what_does_not_fit_is_refused(given, kind, message):
    net, (images, right) = reads_one_patch(), planted()
    with pytest.raises(kind, match=f"^insertion_deletion: {message}"):
        insertion_deletion(net, images, "logits", 1, **({"maps": right} | given))


def test_no_images_have_no_curves():
    net, nothing = reads_one_patch(), np.zeros((0, SIDE, SIDE, 1))
    edges = explainers(net, "logits")["edges"]
    assert insertion_deletion(net, nothing, "logits", 1, maps=nothing, step=9).insertion.shape == (0, 17)
    assert infidelity(net, nothing, "logits", 1, maps=nothing).infidelity.shape == (0,)
    assert max_sensitivity(nothing, 1, explain=edges).shape == (0,)


def test_units_and_changes_that_do_not_fit_are_refused():
    net, (images, right) = reads_one_patch(), planted()
    with pytest.raises(IndexError, match=r"^infidelity: layer 'logits' has the maps 0 to 1, got 2$"):
        infidelity(net, images, "logits", 2, maps=right)
    with pytest.raises(
        ValueError, match=r"^infidelity: expected one feature_map, or one per image \(4\), got"
    ):
        infidelity(net, images, "logits", [1, 1], maps=right)
    with pytest.raises(
        ValueError, match=r"^judge_relevance: expected one feature_map, or one per image \(4\)"
    ):
        judge_relevance(net, images, "logits", [1, 1], explain=explainers(net, "logits")["edges"])
    with pytest.raises(TypeError, match=r"^max_sensitivity: feature_map must be an integer or one per image"):
        max_sensitivity(images, 0.5, explain=explainers(net, "logits")["edges"])
    with pytest.raises(ValueError, match=r"^infidelity: expected perturbations of shape \(N, D, H, W, C\)"):
        infidelity(net, images, "logits", 1, maps=right, perturbations=np.zeros((4, SIDE, SIDE, 1)))
    with pytest.raises(ValueError, match=r"^infidelity: expected perturbations of shape \(N, D, H, W, C\)"):
        infidelity(net, images, "logits", 1, maps=right, perturbations=np.zeros((4, 0, SIDE, SIDE, 1)))
    with pytest.raises(ValueError, match=r"^infidelity: perturbations must be one of square, noise, got 'no"):
        infidelity(net, images, "logits", 1, maps=right, perturbations="nose")
    with pytest.raises(ValueError, match=r"map 0 of layer 'flatten' is silent on image 0$"):
        insertion_deletion(net, np.zeros_like(images), "flatten", 0, maps=right)


def test_the_probability_of_a_class_among_independent_ones_is_the_networks_own():
    dense = Dense(SIDE * SIDE, 3, rng=np.random.default_rng(0), dtype=np.float64)
    layers = {"flatten": Flatten(), "dense": dense, "sigmoid": Sigmoid()}
    net, (images, right) = Sequential(layers, input_shape=(SIDE, SIDE, 1)), planted()
    result = insertion_deletion(net, images, "sigmoid", 2, maps=right, step=9)
    np.testing.assert_allclose(result.insertion[:, -1], predict(net, images)[:, 2])


def test_the_one_output_of_a_yes_or_no_network_has_no_class_map():
    """Its class map of number 0 would be that of "no", but the output speaks for "yes"."""
    rng = np.random.default_rng(0)
    body = {"conv": Conv2D(1, 2, 3, rng=rng), "pool": GlobalAveragePool()}
    for outputs, end, expected in ((1, {"sigmoid": Sigmoid()}, False), (2, {"softmax": Softmax()}, True)):
        layers = {**body, "logits": Dense(2, outputs, rng=rng), **end}
        net = Sequential(layers, input_shape=(SIDE, SIDE, 1))
        assert ("class map" in explainers(net, "logits")) == expected


def test_an_occluder_moves_by_half_its_size_whichever_way_that_is_given():
    net, (images, _) = reads_one_patch(), planted()
    one, pair, spelled_out = (
        explainers(net, "logits", size=size, stride=stride)["occlusion"](images, np.ones(4, int))
        for size, stride in ((4, None), ((4, 4), None), (4, 2))
    )
    np.testing.assert_array_equal(one, spelled_out)
    np.testing.assert_array_equal(pair, spelled_out)
