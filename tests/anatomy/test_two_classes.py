"""A network of one output and a Sigmoid works as a classifier of two classes everywhere."""

import numpy as np
import pytest

from npdeconv import models, optimizers, report, training, visualize
from npdeconv.anatomy import below_softmax, two_classes
from npdeconv.anatomy.roles import answer_shape, answers, logits_layer
from npdeconv.data import Dataset, as_input
from npdeconv.inference import evaluate, predict
from npdeconv.layers import (
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    TwoClasses,
)
from npdeconv.visualize.occluder import occlude_plainly
from tests.graphs import residual


def yes_or_no(**options) -> Sequential:
    rng = np.random.default_rng(0)
    layers = {
        "conv": Conv2D(1, 6, 3, padding="same", rng=rng),
        "relu": ReLU(),
        "mean": GlobalAveragePool(),
        "logit": Dense(6, 1, rng=rng),
        "yes": Sigmoid(),
    }
    return Sequential(layers, name="yes_or_no", **{"input_shape": (8, 9, 1), **options})


def twin(network) -> Sequential:
    """Return the same classifier, written with two outputs and a softmax."""
    dense = Dense(6, 2, rng=np.random.default_rng(1))
    weight, bias = network["logit"].weight, network["logit"].bias
    dense.weight[:], dense.bias[:] = (
        np.concatenate([-weight, weight], axis=1) / 2,
        np.array([-bias[0], bias[0]]) / 2,
    )
    layers = {**network[:"mean"].layers, "logit": dense, "yes": Softmax()}
    return Sequential(layers, input_shape=(8, 9, 1))


def dataset(count=60) -> Dataset:
    """Vertical and horizontal stripes."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    stripes = (
        np.broadcast_to(np.arange(9) % 2 * 200, (8, 9)),
        np.broadcast_to(np.arange(8)[:, None] % 2 * 200, (8, 9)),
    )
    pixels = np.stack([stripes[label] for label in labels])[..., np.newaxis]
    return Dataset(
        (pixels + rng.integers(0, 50, pixels.shape)).astype(np.uint8), labels, ("stands", "lies"), "stripes"
    )


def test_half_of_the_logit_with_both_signs():
    y, context = TwoClasses().forward(np.array([[3.0], [-5.0]]))
    np.testing.assert_array_equal(y, [[-1.5, 1.5], [2.5, -2.5]])
    down = np.array([[1.0, 4.0], [2.0, 0.0]])
    np.testing.assert_array_equal(TwoClasses().deconv(down, context), [[1.5], [-1]])
    with pytest.raises(ValueError, match=r"TwoClasses: expected one logit, got an input of shape \(2,\)"):
        TwoClasses().output_shape((2,))


@pytest.mark.parametrize("options", [{}, {"input_shape": None}])
def test_an_equal_network_of_two_classes(options):
    network = yes_or_no(**options)
    both, x = two_classes(network), as_input(dataset(5).images)
    yes = network(x)
    np.testing.assert_allclose(both(x), np.concatenate([1 - yes, yes], axis=1), rtol=1e-5)
    assert list(both.layers) == ["conv", "relu", "mean", "logit", "two_classes", "yes"]
    assert (both.name, both.parameters.keys()) == (network.name, network.parameters.keys())
    assert both.parameters["logit.weight"] is network.parameters["logit.weight"]
    assert answer_shape(network, (8, 9, 1)) == (2,)
    assert (answers(network), logits_layer(network)) == ("exclusive", "logit")
    assert logits_layer(below_softmax(network)) == "two_classes"


def test_other_networks_stay_as_they_are():
    several = Sequential({"dense": Dense(4, 3, rng=np.random.default_rng(0)), "end": Sigmoid()})
    for network in (residual(), several, Sequential({"end": Sigmoid()}), yes_or_no()[:"logit"]):
        assert two_classes(network) is network


def test_it_learns():
    network, data = yes_or_no(), dataset()
    before = evaluate(network, data)
    history = training.fit(
        network, data, optimizers.Adam(0.02), epochs=20, batch_size=20, rng=np.random.default_rng(0),
        validation=data,
    )  # fmt: skip
    after = evaluate(network, data)
    assert after.accuracy == 1
    assert after.loss < before.loss / 3
    assert history["loss"][-1] < history["loss"][0] / 3
    assert network.classes == ("stands", "lies")
    yes = network(as_input(data.images))[:, 0]
    expected = -np.log(np.where(data.labels == 1, yes, 1 - yes)).mean()  # the logistic loss
    assert after.loss == pytest.approx(expected, rel=1e-4)


def test_one_step_is_that_of_the_logistic_loss():
    network, data = yes_or_no(), dataset(12)
    x = as_input(data.images)
    _, tape = network[:"logit"].forward(x)
    residue = (network(x) - data.labels[:, np.newaxis]) / 12
    _, gradients = network[:"logit"].backward(residue.astype(np.float32), tape)
    before = {name: array.copy() for name, array in network.parameters.items()}
    training.fit(network, data, optimizers.SGD(0.5), epochs=1, batch_size=12, rng=np.random.default_rng(0))
    for name, array in network.parameters.items():
        np.testing.assert_allclose(array, before[name] - 0.5 * gradients[name], atol=1e-6, err_msg=name)


def test_it_is_looked_into_as_its_twin_of_two_outputs():
    network, data = yes_or_no(), dataset(6)
    other, image = twin(network), data.images[0]
    np.testing.assert_allclose(predict(network, data.images), predict(other, data.images), atol=1e-6)
    for label in (0, 1):
        options = {"label": label, "layer": "relu", "feature_map": 2, "size": 3, "progress": False}
        found, expected = (visualize.occlude(net, image, **options) for net in (network, other))
        np.testing.assert_allclose(found.probability, expected.probability, atol=1e-6)
        np.testing.assert_array_equal(found.most_likely, expected.most_likely)
        maps, others = (
            visualize.class_activation_maps(net, data.images, labels=[label]) for net in (network, other)
        )
        np.testing.assert_allclose(maps.maps, others.maps, atol=1e-5)
        np.testing.assert_allclose(maps.logit, others.logit, atol=1e-5)
    np.testing.assert_array_equal(visualize.confusion(network, data), visualize.confusion(other, data))
    wrong, others = (visualize.find_mistakes(net, data, k=3) for net in (network, other))
    np.testing.assert_array_equal(wrong.image_indices, others.image_indices)
    np.testing.assert_allclose(wrong.misled_by, others.misled_by, atol=1e-6)
    saliency, others = (
        visualize.saliency(net, data.images, labels=data.labels).maps for net in (network, other)
    )
    np.testing.assert_allclose(saliency, others, atol=1e-6)


def test_plainly_occluded():
    network, image = yes_or_no(), dataset(2).images[1]
    result = visualize.occlude(network, image, label=1, layer="relu", feature_map=0, size=4, progress=False)
    boxes = [
        visualize.Box(row, row + 4, column, column + 4) for row in result.rows for column in result.columns
    ]
    probability, _ = occlude_plainly(network, image, "relu", 0, label=1, boxes=boxes, fill="gray")
    np.testing.assert_allclose(result.probability.ravel(), probability, atol=1e-6)


def test_a_report():
    found = report.collect(yes_or_no(), dataset(10), examples=2)
    assert found.classes == ("stands", "lies")
    assert found.wanted.labels.tolist() == [0, 1]


def test_two_classes_leave_it_its_one_output():
    network = yes_or_no()
    other = models.with_classes(network, 2, np.random.default_rng(5))
    assert other["logit"].weight.shape == (6, 1)
    assert not np.array_equal(other["logit"].weight, network["logit"].weight)
    with pytest.raises(ValueError, match="with_classes: expected 2 classes for yes_or_no, which has one"):
        models.with_classes(network, 7, np.random.default_rng(5))


def test_a_layer_of_that_name_is_in_the_way():
    layers = {"two_classes": Flatten(), "logit": Dense(4, 1, rng=np.random.default_rng(0)), "yes": Sigmoid()}
    with pytest.raises(
        ValueError, match="expected a network without a layer 'two_classes', which comes last"
    ):
        two_classes(Sequential(layers, input_shape=(2, 2, 1)))
