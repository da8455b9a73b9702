"""For unlabeled images, nothing is called true."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.data import Dataset, plant
from npdeconv.experiments import linear_probes, only_classes, transfer
from npdeconv.inference import evaluate, match, predict
from npdeconv.optimizers import SGD
from npdeconv.report import collect
from npdeconv.report.page import render
from npdeconv.training import train
from npdeconv.visualize import confusion, embed, find_mistakes
from tests.report.test_page import payload_of
from tests.tiny import CLASSES, fitted, tiny_dataset, tiny_network, trained


def bare(count=30):
    return Dataset(tiny_dataset(count).images, None, (), "bare")


@pytest.fixture(scope="module")
def network():
    return trained(epochs=3)[0]


NEED_LABELS = {
    "evaluate": evaluate,
    "confusion": confusion,
    "find_mistakes": find_mistakes,
    "only_classes": lambda _, dataset: only_classes(dataset, [0]),
    "transfer": lambda network, dataset: transfer(network, dataset, per_class=[1]),
    "linear_probes": lambda network, dataset: linear_probes(network, dataset, per_class=[1]),
    "fit": lambda network, dataset: fitted(network, dataset),
    "validation": lambda network, dataset: fitted(network, validation=dataset),
    "train": lambda network, dataset: train(
        network, dataset, SGD(0.1), epochs=1, batch_size=8, rng=np.random.default_rng(0)
    ),
}


@pytest.mark.parametrize("who", NEED_LABELS)
def test_functions_that_need_labels_refuse_unlabeled_data(who, network):
    message = rf"^{who}: expected images with labels, got the unlabeled ones of bare$"
    data = Dataset(bare().images, None, CLASSES, "bare") if who == "only_classes" else bare()
    with pytest.raises(ValueError, match=message):
        NEED_LABELS[who](network, data)


def test_answers_get_the_networks_names(network):
    assert match(network, bare()).classes == CLASSES
    assert match(tiny_network(), bare()).classes == ("0", "1", "2")
    assert match(network, bare()).labels is None


def test_planted_pictures_of_unlabeled_digits_have_no_labels():
    assert plant(bare(3), size=40).dataset.labels is None


def test_a_report_says_predicted_and_omits_parts_that_need_labels(network):
    dataset = bare(20)
    report = collect(network, dataset, examples=3)
    assert not report.labeled
    assert report.wrong is None
    assert report.scatter.agreement is report.scatter.pixel_agreement is None
    answers = predict(network, dataset.images).argmax(axis=1)
    np.testing.assert_array_equal(report.scatter.labels, answers)
    for view in report.layers:
        there = view.found.image_indices >= 0
        np.testing.assert_array_equal(view.labels[there], answers[view.found.image_indices[there]])
    assert [example.result.label for example in report.examples] == np.unique(answers).tolist()
    page = render(report)
    assert payload_of(page)["wrong"] is None
    assert payload_of(page)["labeled"] is False
    body = page[page.index("<body>") : page.index('<script type="application/json"')]
    assert "Nobody has labeled these images." in body
    assert "lowers the probability of the predicted class" in body
    for word in ("true class", "mistakes", "confusion", "truth", "share the class"):
        assert word not in body.casefold()


def test_a_report_of_labeled_images_says_true():
    page = render(collect(tiny_network(), tiny_dataset(20), examples=3))
    body = page[page.index("<body>") : page.index('<script type="application/json"')]
    assert payload_of(page)["labeled"] is True
    assert "Nobody has labeled" not in body
    assert "lowers the probability of the true class" in body
    assert "share the class" in body
    assert 'id="mistakes"' in body


def test_scatters_and_neighbors_name_no_class():
    dataset = bare(12)
    result = embed(tiny_network(), dataset.images, "relu2", k=2)
    ax = plot.scatter(result.pca.points, dataset.images, None, ())
    assert len(np.unique(ax.collections[0].get_facecolors(), axis=0)) == 1
    assert [text.get_text() for text in ax.texts] == []
    axes = plot.neighbors(dataset.images, result.neighbors, result.pixel_neighbors, None, ())
    assert axes[3, 0].get_title() == "image 3"
    assert axes[3, 1].get_title() == f"image {result.neighbors.image_indices[3, 0]}"
    assert not any(ax.patches for ax in axes.flat)
    plt.close("all")
