"""The report's class activation maps and the images made for classes."""

import numpy as np
import pytest

from npdeconv import models
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.report import collect, render
from npdeconv.report.classes import STEPS, WANTED, find_wanted
from npdeconv.report.heatmaps import over
from npdeconv.visualize import class_activation_maps, maximize_activation
from tests.report.test_page import payload_of, tile_of
from tests.report_cases import hostile_report
from tests.tiny import tiny_dataset, tiny_network


@pytest.fixture(scope="module")
def seen():
    """A network with class maps, a data set on which it predicts at least two classes, and their report."""
    rng = np.random.default_rng(3)
    network = models.cam_net(input_shape=(8, 8, 1), class_count=3, rng=rng)
    plain = tiny_dataset(30)
    answers = network(plain.images / np.float32(255)).argmax(axis=1)
    dataset = Dataset(plain.images, answers, plain.classes, "agreed")
    return network, dataset, collect(network, dataset, image_count=10)


def test_class_maps_are_those_of_the_examples(seen):
    network, dataset, report = seen
    found = report.class_maps
    assert found.image_indices.tolist() == [example.image_index for example in report.examples]
    np.testing.assert_array_equal(found.labels, dataset.labels[found.image_indices])
    expected = class_activation_maps(network, dataset.images[found.image_indices], k=3)
    np.testing.assert_array_equal(found.maps, expected.upsampled)
    np.testing.assert_array_equal(found.likeliest, expected.labels)
    page = payload_of(render(report))["classMaps"]
    assert page["likeliest"] == expected.labels.tolist()
    np.testing.assert_allclose(page["probability"], expected.probability, rtol=1e-3)
    shown = tile_of(page["maps"], 1, 0)
    np.testing.assert_array_equal(shown, over(found.images, found.maps)[0, 1])


def test_images_are_made_for_every_class(seen):
    network, _, report = seen
    expected = maximize_activation(network, "logits", [0, 1, 2], steps=STEPS)
    np.testing.assert_array_equal(report.wanted.pixels, expected.pixels)
    page = payload_of(render(report))["wanted"]
    assert page["labels"] == [0, 1, 2]
    np.testing.assert_allclose(page["activation"], expected.activation[-1], rtol=1e-4)
    np.testing.assert_array_equal(tile_of(page["pixels"], 0, 2), expected.pixels[2, ..., 0])


def test_images_are_made_for_classes_of_the_examples_if_there_are_many():
    network = tiny_network(classes=WANTED + 1)
    assert find_wanted(network, WANTED + 1, np.array([7, 7, 1]), None).labels.tolist() == [1, 7]
    assert find_wanted(network, WANTED + 1, np.array([]), None) is None


def test_absent_sections_are_not_shown(tmp_path, seen):
    network, dataset, report = seen
    page = render(report)
    for section in ("class-maps", "wanted"):
        assert f'<section id="{section}"' in page
        assert f'<a href="#{section}">' in page
    plain = render(collect(tiny_network(), tiny_dataset(9)))
    assert '<section id="wanted"' in plain
    assert "class-maps-examples" not in plain.partition("<script")[0]
    assert payload_of(plain)["classMaps"] is None
    quick = collect(network, dataset, image_count=10, examples=0)
    assert quick.class_maps is quick.wanted is None
    assert "wanted-images" not in render(quick).partition("<script")[0]
    loose = Sequential(network.layers, name="loose")
    assert collect(loose, dataset, image_count=4).wanted is None
    assert hostile_report(tmp_path).wanted is not None  # so that its names are tested there


def test_positive_values_are_drawn_in_color_over_gray():
    pictures = np.full((1, 1, 2, 3), (30, 60, 90), np.uint8)
    maps = np.array([[[[2, 0]], [[0, -1]]]], np.float32)
    shown = over(pictures, maps)
    assert shown.shape == (1, 2, 1, 2, 3)
    np.testing.assert_array_equal(shown[0, 1], np.full((1, 2, 3), 60))
    np.testing.assert_array_equal(shown[0, 0, 0, 1], [60, 60, 60])
    bright = 0.25 * 60 + 0.75 * np.array([252, 255, 164])  # the last color of inferno
    np.testing.assert_allclose(shown[0, 0, 0, 0], bright, atol=1)
