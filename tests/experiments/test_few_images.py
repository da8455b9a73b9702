"""Transfer, probes and their parts: worked by hand, and with planted truths."""

import sys

import numpy as np
import pytest

from npdeconv.data import Dataset
from npdeconv.experiments import (
    Scratch,
    class_mean_accuracy,
    fit_classifier,
    linear_probes,
    only_classes,
    ranks_within_class,
    small_network,
    t_interval,
    transfer,
    untrained,
)
from npdeconv.experiments.sampling import make_plan
from npdeconv.layers import Conv2D, Dense, Flatten, ReLU, Sequential
from npdeconv.losses import softmax_cross_entropy
from npdeconv.visualize import layer_features
from tests.tiny import CLASSES, assert_same_bits, copy_of, tiny_dataset, tiny_network


def seeing_network():
    """Return a chain whose "mean" shows the class of `tiny_dataset`: the mean of each quarter, of 8x8x1."""
    rng = np.random.default_rng(0)
    mean = Conv2D(1, 1, 4, stride=4, rng=rng)
    mean.weight[...] = 1 / 16
    blind = Conv2D(1, 1, 1, rng=rng)
    blind.weight[...] = 0
    layers = {
        "mean": mean,
        "relu": ReLU(),
        "blind": blind,
        "flatten": Flatten(),
        "logits": Dense(4, 10, rng=rng),
    }
    return Sequential(layers, input_shape=(8, 8, 1), name="seeing")


def test_an_interval_by_hand():
    # Mean 4, deviations -3, -1, 1, 3: s = sqrt(20 / 3) = 2.58199; t(3, 97.5 %) = 3.18245 from a table.
    result = t_interval(np.array([1, 3, 5, 7]))
    half = 3.18245 * 2.58199 / 2
    np.testing.assert_allclose([result.mean, result.low, result.high], [4, 4 - half, 4 + half], atol=1e-4)
    both = t_interval(np.array([[1, 0], [3, 0], [5, 0], [7, 0]]), level=0.9)  # t(3, 95 %) = 2.35336
    np.testing.assert_allclose(both.high - both.mean, [2.35336 * 2.58199 / 2, 0], rtol=1e-5)
    with pytest.raises(ValueError, match="t_interval: expected at least two repetitions, got an array"):
        t_interval(np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"t_interval: level must be above 0 and below 1, got 95"):
        t_interval(np.ones(3), level=95)


def test_an_interval_contains_the_true_mean_at_its_level():
    drawn = np.random.default_rng(0).normal(7, 3, (4, 4000))
    result = t_interval(drawn)
    assert ((result.low <= 7) & (result.high >= 7)).mean() == pytest.approx(0.95, abs=0.01)


def test_ranks_are_an_order_within_each_class():
    labels = np.random.default_rng(0).integers(0, 4, 60)
    ranks = ranks_within_class(labels, np.random.default_rng(1))
    for label in range(4):
        assert sorted(ranks[labels == label]) == list(range((labels == label).sum()))
    assert not np.array_equal(ranks, ranks_within_class(labels, np.random.default_rng(2)))
    first = [ranks_within_class(np.zeros(3, int), np.random.default_rng(s)).tolist() for s in range(200)]
    assert all(40 < sum(ranks[n] == 0 for ranks in first) < 95 for n in range(3))  # each: a third
    with pytest.raises(TypeError, match=r"ranks_within_class: rng must be a numpy.random.Generator, got 3"):
        ranks_within_class(labels, 3)


def test_only_some_classes():
    dataset = tiny_dataset(30)
    some = only_classes(dataset, ["bottom", 0])
    assert some.classes == ("bottom", "left")
    kept = dataset.labels != 1
    np.testing.assert_array_equal(some.images, dataset.images[kept])
    np.testing.assert_array_equal(some.labels, (dataset.labels[kept] == 0).astype(int))
    grouped = Dataset(dataset.images, dataset.labels, CLASSES, "x", tuple(map(str, range(30))))
    assert only_classes(grouped, [1]).groups == tuple(map(str, np.flatnonzero(dataset.labels == 1)))
    for wrong in ("top", 3, -1):
        with pytest.raises(
            KeyError, match=rf"halves: no class {wrong!r}; the classes are left, right, bottom"
        ):
            only_classes(dataset, [wrong])
    with pytest.raises(
        ValueError, match=r"only_classes: expected some classes, each once, got \[0, 'left'\]"
    ):
        only_classes(dataset, [0, "left"])


@pytest.mark.parametrize("dimensions", [3, 40])  # fewer and more than images
def test_the_softmax_is_at_the_minimum_of_its_loss(dimensions):
    rng = np.random.default_rng(0)
    rows, labels = rng.standard_normal((25, dimensions)) + 5, np.arange(25) % 4
    fitted = fit_classifier(rows, labels, 4, weight_decay=0.01)
    inputs = (rows - fitted.center) / fitted.scale
    assert (inputs**2).sum(axis=1).mean() == pytest.approx(1)
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)

    def loss(weight, bias):
        return softmax_cross_entropy(inputs @ weight + bias, labels)[0] + 0.005 * (weight**2).sum()

    least = loss(fitted.weight, fitted.bias)
    for _ in range(20):
        step = 1e-3 * rng.standard_normal(fitted.weight.shape)
        assert loss(fitted.weight + step, fitted.bias) > least
        assert loss(fitted.weight, fitted.bias + 1e-3 * rng.permutation([1, -1, 0, 0])) > least


@pytest.mark.parametrize("kind", ["softmax", "svm"])
def test_features_that_separate_are_classified_and_noise_is_not(kind):
    if kind == "svm":
        pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    planted = np.eye(3)[labels] * 5 + rng.standard_normal((90, 3))
    noise = rng.standard_normal((90, 3))
    right = {}
    for name, rows in {"planted": planted, "noise": noise, "blank": np.ones((90, 3))}.items():
        fitted = fit_classifier(rows[:45], labels[:45], 3, kind)
        right[name] = class_mean_accuracy(fitted.predict(rows[45:]), labels[45:])
        again = fit_classifier(rows[:45].copy(), labels[:45], 3, kind)
        assert again.weight.tobytes() == fitted.weight.tobytes()
    assert right["planted"] > 0.95
    assert right["noise"] < 0.6
    assert right["blank"] == pytest.approx(1 / 3)


def test_classifiers_refuse_bad_arguments(monkeypatch):
    rows, labels = np.eye(4), np.array([0, 1, 0, 1])
    with pytest.raises(ValueError, match="fit_classifier: kind must be one of softmax, svm, got 'tree'"):
        fit_classifier(rows, labels, 2, "tree")
    for wrong, classes in ((labels, 3), (labels + 1, 2), (np.zeros(4, int), 1)):
        with pytest.raises(
            ValueError, match="fit_classifier: expected at least two classes and images of each"
        ):
            fit_classifier(rows, wrong, classes)
    with pytest.raises(
        TypeError, match="fit_classifier: expected 4 integer labels, one per row, got an array"
    ):
        fit_classifier(rows, labels[:3], 2)
    with pytest.raises(ValueError, match="fit_classifier: expected finite features, got NaN"):
        fit_classifier(rows * np.nan, labels, 2)
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    message = (
        r"^a linear SVM needs scikit-learn, which is not installed: pip install 'npdeconv\[embedding\]'$"
    )
    with pytest.raises(ImportError, match=message):
        fit_classifier(rows, labels, 2, "svm")


def test_accuracy_counts_every_class_alike():
    truth = np.array([0, 0, 0, 0, 2, 2])
    assert class_mean_accuracy(np.array([0, 0, 0, 0, 0, 0]), truth) == 0.5
    assert class_mean_accuracy(np.array([0, 1, 0, 1, 2, 2]), truth) == 0.75


def test_features_that_show_the_class_need_one_image_of_each():
    network, dataset = seeing_network(), tiny_dataset(60)
    before = copy_of(network.parameters)
    result = transfer(network, dataset, "relu", per_class=[5, 1], seeds=[3, 1, 2], workers=1)
    assert result.per_class.tolist() == [1, 5]
    assert result.seeds.tolist() == [3, 1, 2]
    assert result.frozen.shape == (3, 2)
    assert result.frozen.min() > 0.9
    assert result.scratch.shape == (0, 2)
    assert_same_bits(network.parameters, before)
    nothing = transfer(network, dataset, "blind", per_class=[5], seeds=[0], workers=1)
    assert nothing.frozen[0, 0] == pytest.approx(1 / 3)  # of 3 classes, all of equal features


def test_transfer_agrees_with_its_steps():
    network, dataset = tiny_network(), tiny_dataset(60)
    result = transfer(network, dataset, per_class=[2, 4], seeds=[7], workers=2)
    assert result.layer == "relu2"
    rows = network[:"relu2"]((dataset.images / 255).astype(np.float32)).reshape(60, -1)
    ranks = ranks_within_class(dataset.labels, np.random.default_rng(7))
    for k, count in enumerate([2, 4]):
        fitted = fit_classifier(rows[ranks < count], dataset.labels[ranks < count], 3)
        tested = ranks >= 4
        expected = class_mean_accuracy(fitted.predict(rows[tested]), dataset.labels[tested])
        assert result.frozen[0, k] == pytest.approx(expected, abs=0.02)
    again = transfer(network, dataset, per_class=[2, 4], seeds=[7], workers=1)
    assert again.frozen.tobytes() == result.frozen.tobytes()


def test_features_are_computed_only_for_drawn_and_test_images(monkeypatch):
    seen = []

    def counted(network, images, names, **options):
        seen.append(images)
        return layer_features(network, images, names, **options)

    monkeypatch.setattr(sys.modules["npdeconv.experiments.transfer"], "layer_features", counted)
    dataset, test = tiny_dataset(300), tiny_dataset(20, seed=9)
    transfer(seeing_network(), dataset, "relu", per_class=[1, 2], test=test, seeds=[0, 1], workers=1)
    ranks = [ranks_within_class(dataset.labels, np.random.default_rng(seed)) for seed in (0, 1)]
    drawn = dataset.images[(ranks[0] < 2) | (ranks[1] < 2)]
    np.testing.assert_array_equal(seen[0], np.concatenate([drawn, test.images]))


def test_a_separate_test_set_is_used():
    network, dataset = seeing_network(), tiny_dataset(60)
    swapped = Dataset(dataset.images, (dataset.labels + 1) % 3, CLASSES, "swapped")
    result = transfer(network, dataset, "relu", per_class=[20], test=swapped, seeds=[0, 1], workers=1)
    assert result.frozen.max() < 0.1  # the answers are right, and all labels of this test set are wrong


def test_training_from_scratch_sees_the_same_images_and_learns():
    dataset = tiny_dataset(90)
    built = []

    def build(rng):
        built.append(small_network((16, 16, 1), 3, rng))
        return built[-1]

    larger = dataset.images.repeat(2, axis=1).repeat(2, axis=2)
    scratch = Scratch(build, images=larger, steps=60, batch_size=16, learning_rate=3e-3)
    options = {"per_class": [10], "seeds": [0, 1], "scratch": scratch, "scratch_seeds": [0], "workers": 1}
    result = transfer(seeing_network(), dataset, "relu", **options)
    assert len(built) == 1
    assert result.scratch_seeds.tolist() == [0]
    assert result.scratch.shape == (1, 1)
    assert result.scratch[0, 0] > 0.8
    again = transfer(seeing_network(), dataset, "relu", **options)
    assert again.scratch.tobytes() == result.scratch.tobytes()


def test_steps_from_scratch_are_rounded_up_to_whole_epochs(monkeypatch):
    asked = []
    monkeypatch.setattr("npdeconv.experiments.scratch.fit", lambda *a, **options: asked.append(options))
    scratch = Scratch(lambda rng: tiny_network(), steps=10, batch_size=32)
    scratch.train(tiny_dataset(70), np.random.default_rng(0))
    scratch.train(tiny_dataset(3), np.random.default_rng(0))
    assert [options["epochs"] for options in asked] == [4, 10]
    assert [options["schedule"].every for options in asked] == [3, 7]


def test_probes_find_the_layer_that_shows_the_class():
    network, dataset = seeing_network(), tiny_dataset(60)
    result = linear_probes(network, dataset, per_class=[5], seeds=[0, 1], workers=1)
    assert result.layers == ("pixels", "mean", "relu", "blind", "logits")
    assert result.dimensions.tolist() == [64, 4, 4, 4, 10]
    assert result.accuracy.shape == (2, 1, 5)
    assert result.accuracy[..., :3].min() > 0.9
    np.testing.assert_allclose(result.accuracy[..., 3:], 1 / 3)
    some = linear_probes(network, dataset, ["relu"], per_class=[5], seeds=[0, 1], limit=16, workers=2)
    assert some.layers == ("pixels", "relu")
    assert some.dimensions.tolist() == [16, 4]
    np.testing.assert_array_equal(some.accuracy[..., 1], result.accuracy[..., 2])


def test_a_probe_is_a_transfer_with_one_number_of_images():
    network, dataset = tiny_network(), tiny_dataset(60)
    ask = {"per_class": [2, 4], "seeds": [5, 6], "test_per_class": 3, "workers": 1}
    probes = linear_probes(network, dataset, ["pool1"], **ask)
    moved = transfer(network, dataset, "pool1", **ask)
    assert probes.per_class.tolist() == [2, 4]
    np.testing.assert_array_equal(probes.accuracy[..., 1], moved.frozen)


def test_the_papers_protocol():
    """At most 50 test images of each class: of those that no draw took, or of the test set, by each seed."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(np.arange(3), [100, 60, 40]))
    dataset = Dataset(np.zeros((200, 8, 8, 1), np.uint8), labels, CLASSES, "halves")
    for few in make_plan(dataset, None, [30, 15], 50, "x").draws(3):
        assert np.bincount(labels[few.tested]).tolist() == [50, 30, 10]
        assert not np.intersect1d(few.chosen, few.tested).size
    few, more = make_plan(dataset, None, [30, 15], 50, "x").draws(3)
    assert set(few.chosen) < set(more.chosen)
    np.testing.assert_array_equal(few.tested, more.tested)
    plan = make_plan(dataset, dataset, [15], 20, "x")
    (one,), (other,) = plan.draws(0), plan.draws(1)
    assert np.bincount(labels[one.tested - 200]).tolist() == [20, 20, 20]
    assert not np.array_equal(one.tested, other.tested)
    assert len(make_plan(dataset, dataset, [15], None, "x").draws(0)[0].tested) == 200
    for wrong, kind in ((0, ValueError), ("50", TypeError)):
        with pytest.raises(kind, match=r"^transfer: test_per_class must be"):
            transfer(tiny_network(), tiny_dataset(60), per_class=[1], test_per_class=wrong)


def test_an_untrained_copy_has_other_weights_and_shares_none():
    network = tiny_network()
    network["conv1"].bias[...] = 1
    before = copy_of(network.parameters)
    blank = untrained(network, np.random.default_rng(3))
    assert_same_bits(network.parameters, before)
    for name, array in blank.parameters.items():
        if name.endswith("bias"):
            assert not array.any()
        else:
            assert not np.array_equal(array, before[name])
            fan_in = np.prod(array.shape[:-1])
            assert array.std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.5)
    with pytest.raises(TypeError, match=r"untrained: rng must be a numpy.random.Generator, got 1"):
        untrained(network, 1)


def test_experiments_refuse_bad_arguments():
    network, dataset = tiny_network(), tiny_dataset(30)
    with pytest.raises(TypeError, match="transfer: expected a Dataset, got an array"):
        transfer(network, dataset.images)
    with pytest.raises(TypeError, match="transfer: per_class must be a list of numbers of images, got 5"):
        transfer(network, dataset, per_class=5)
    message = (
        "transfer: expected 10 images of each class and at least one more to test on, halves has 10 of class"
    )
    with pytest.raises(ValueError, match=message):
        transfer(network, dataset, per_class=[1, 10])
    with pytest.raises(ValueError, match="linear_probes: expected 11 images of each class, halves has 10 of"):
        linear_probes(network, dataset, per_class=[11], test=dataset)
    with pytest.raises(
        ValueError, match="transfer: expected test images of the classes and size of halves, got"
    ):
        transfer(network, dataset, test=only_classes(dataset, [0, 1]), per_class=[1])
    for wrong, kind in ((5, TypeError), ("01", TypeError), ([0.5], TypeError)):
        with pytest.raises(kind, match="transfer: seeds must be a list of numbers, got"):
            transfer(network, dataset, per_class=[1], seeds=wrong)
    for wrong in ([], [1, 1], [-1]):
        with pytest.raises(
            ValueError, match="transfer: expected at least one seed, each once and not negative"
        ):
            transfer(network, dataset, per_class=[1], seeds=wrong)
    with pytest.raises(KeyError, match="no layer 'relu9'"):
        transfer(network, dataset, "relu9", per_class=[1])
    with pytest.raises(TypeError, match="linear_probes: layers must be a list of names, got 'relu1'"):
        linear_probes(network, dataset, "relu1", per_class=[1])
