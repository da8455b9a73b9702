"""Classes of networks and data sets are matched by name."""

import copy

import numpy as np
import pytest

from npdeconv.data import Dataset
from npdeconv.experiments import linear_probes, transfer
from npdeconv.inference import evaluate, match
from npdeconv.models import with_classes
from npdeconv.report import collect
from npdeconv.training import train
from npdeconv.visualize import confusion, find_mistakes
from npdeconv.weights import save
from tests.tiny import CLASSES, assert_same_bits, fitted, tiny_dataset, tiny_network, trained

MOVED = ("bottom", "Left", "right")


def moved(dataset, classes=MOVED):
    """Return the same images with the same classes in another order, and so with other labels."""
    numbers = np.array([list(map(str.casefold, classes)).index(name) for name in dataset.classes])
    return Dataset(dataset.images, numbers[dataset.labels], classes, "moved")


def renamed(dataset):
    """Return the data set with one class renamed."""
    return Dataset(dataset.images, dataset.labels, ("left", "top", "bottom"), "renamed")


UNKNOWN = r"^tiny: expected only its own classes, got unknown ones in renamed: top; missing: right$"


@pytest.fixture(scope="module")
def network():
    return trained(epochs=4)[0]


def test_training_tells_a_network_its_classes(network):
    assert tiny_network().classes is None
    assert network.classes == CLASSES
    assert copy.deepcopy(network).classes == CLASSES
    assert network["relu2":].classes == CLASSES
    assert network[:"logits"].classes is None
    assert with_classes(network, 3, np.random.default_rng(0)).classes is None


def test_a_finished_run_records_the_classes_too(tmp_path):
    settings = {"validation": 0.5, "patience": 1, "epochs": 1, "run": tmp_path / "run", "resume": True}
    fitted(tiny_network(), **settings)
    again = tiny_network()
    fitted(again, **settings)
    assert again.classes == CLASSES


def test_evaluation_ignores_the_order_of_classes(network):
    dataset = tiny_dataset(60, seed=1)
    assert evaluate(network, moved(dataset)) == evaluate(network, dataset)
    assert evaluate(network, dataset)[0] > 0.9
    np.testing.assert_array_equal(confusion(network, moved(dataset)), confusion(network, dataset))
    untrained = tiny_network()
    untrained.classes = CLASSES
    for got, expected in zip(
        find_mistakes(untrained, moved(dataset)), find_mistakes(untrained, dataset), strict=True
    ):
        np.testing.assert_array_equal(got, expected)


def test_a_network_without_class_names_matches_by_number():
    dataset = tiny_dataset(30)
    assert match(tiny_network(), moved(dataset)).labels.tolist() == moved(dataset).labels.tolist()


def test_a_class_may_have_no_images(network):
    dataset = tiny_dataset(30)
    few = dataset[dataset.labels != 1]
    without = Dataset(few.images, few.labels // 2, ("left", "bottom"), "few")
    assert evaluate(network, without) == evaluate(network, few)


@pytest.mark.parametrize("ask", [evaluate, confusion, find_mistakes, collect])
def test_unknown_classes_are_refused_and_listed(network, ask):
    with pytest.raises(ValueError, match=UNKNOWN):
        ask(network, renamed(tiny_dataset(30)))


def test_validation_images_are_matched():
    dataset, other = tiny_dataset(), tiny_dataset(30, seed=1)
    expected = fitted(tiny_network(), dataset, validation=other)
    assert (
        fitted(tiny_network(), dataset, validation=moved(other))["validation_loss"]
        == (expected["validation_loss"])
    )
    with pytest.raises(ValueError, match=UNKNOWN):
        fitted(tiny_network(), dataset, validation=renamed(other))


def test_fine_tuning_goes_on_with_the_same_classes(network):
    ours, theirs = copy.deepcopy(network), copy.deepcopy(network)
    trained(ours, tiny_dataset())
    trained(theirs, moved(tiny_dataset()))
    assert_same_bits(theirs.parameters, ours.parameters)
    assert theirs.classes == CLASSES
    with pytest.raises(ValueError, match=UNKNOWN):
        train(theirs, renamed(tiny_dataset()), None, epochs=1, batch_size=8, rng=np.random.default_rng(0))


def test_few_images_are_tested_on_the_same_classes(network):
    dataset, test = tiny_dataset(60), tiny_dataset(60, seed=1)
    settings = {"per_class": [3], "seeds": [0]}
    expected = transfer(network, dataset, test=test, **settings)
    assert transfer(network, dataset, test=moved(test), **settings).frozen == expected.frozen
    with pytest.raises(ValueError, match=r"^transfer: .* unknown ones in renamed: top; missing: right$"):
        transfer(network, dataset, test=renamed(test), **settings)
    with pytest.raises(ValueError, match=r"^linear_probes: .* unknown ones in renamed: top; missing: right"):
        linear_probes(network, dataset, test=renamed(test), per_class=[3])


def test_a_report_of_moved_classes_is_the_same(network, tmp_path):
    save(network, tmp_path / "epoch_0001.npz")
    dataset = tiny_dataset(20)
    ours, theirs = (collect(network, data, examples=1) for data in (dataset, moved(dataset)))
    assert ours.classes == theirs.classes == CLASSES
    np.testing.assert_array_equal(ours.wrong.result.confusion, theirs.wrong.result.confusion)
    np.testing.assert_array_equal(ours.layers[0].labels, theirs.layers[0].labels)
