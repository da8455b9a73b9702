"""The drawings of class maps, maximized images and localization."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from npdeconv import plot
from npdeconv.data import load_strokes, plant
from npdeconv.experiments.pooling_comparison import MAPS, Localization, LocalizationExample
from npdeconv.plot.pooling_comparison import TRUE_COLOR
from npdeconv.visualize import ClassActivationMaps, Regularizers, maximize_activation
from tests.cases import small_network
from tests.visualize.test_projection import corner_finder


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def two_maps():
    maps = np.zeros((1, 2, 3, 4))
    maps[0, 0, 1, 2], maps[0, 1, 2, 3], maps[0, 1, 0, 0] = 4, 1, -8
    return ClassActivationMaps(
        labels=np.array([[1, 0]]),
        probability=np.array([[0.98765, 0.0001]]),
        logit=np.array([[3.21, -1.0]]),
        bias=np.zeros((1, 2)),
        maps=maps,
        upsampled=maps,
    )


def test_class_maps_share_one_scale_and_only_positive_values_are_opaque():
    pixels = np.zeros((3, 4, 3), np.uint8)
    axes = plot.class_activation(pixels, two_maps(), classes=("cat", "a name of more than twenty letters"))
    assert [ax.get_title() for ax in axes] == [
        "the image",
        "a name of more than t…\nprobability 98.8 %, logit 3.2",
        "cat\nprobability below 0.1 %, logit -1.0",
    ]
    for k, ax in enumerate(axes[1:]):
        drawn = ax.images[-1]
        assert drawn.get_clim() == (0, 4)
        np.testing.assert_array_equal(drawn.get_array(), two_maps().upsampled[0, k])
        opaque = np.asarray(drawn.get_alpha()) > 0
        np.testing.assert_array_equal(opaque, two_maps().upsampled[0, k] > 0)
    sure = two_maps()._replace(probability=np.array([[0.9999, 0.0]]))
    title = plot.class_activation(pixels, sure)[1].get_title()
    assert title == "class 1\nprobability above 99.9 %, logit 3.2"
    axes[0].figure.canvas.draw()


def test_a_map_without_positive_values_can_be_drawn():
    silent = two_maps()._replace(upsampled=-np.ones((1, 2, 3, 4)))
    axes = plot.class_activation(np.zeros((3, 4, 1), np.uint8), silent)
    assert not np.asarray(axes[1].images[-1].get_alpha()).any()
    axes[0].figure.canvas.draw()


def test_maximized_images_and_enlarged_patches():
    result = maximize_activation(corner_finder(), "conv1", [0, 1], steps=3, regularizers=Regularizers.none())
    axes = plot.maximized(result, titles=["corner", "nothing"], title="conv1")
    np.testing.assert_array_equal(axes[0].images[0].get_array(), result.pixels[0, ..., 0])
    assert [ax.get_title() for ax in axes] == ["corner", "nothing"]
    assert axes[1].texts[0].get_text() == "activation -1"
    speck = result._replace(box=np.array([[5, 7, 5, 8], [0, 12, 0, 12]]))
    axes = plot.maximized(speck)
    assert axes[0].images[0].get_array().shape == (2, 3)
    assert axes[0].texts[0].get_text().endswith(" (2x3, enlarged)")
    assert axes[1].images[0].get_array().shape == (12, 12)
    axes[0].figure.canvas.draw()


def test_a_title_is_not_wider_than_the_one_image_below_it():
    result = maximize_activation(corner_finder(), "conv1", [0], steps=1)
    axes = plot.maximized(result, title="what excites resnet20: logits most, after 30 steps up from noise")
    figure = axes[0].figure
    figure.draw_without_rendering()
    extent = figure._suptitle.get_window_extent()
    assert 0 <= extent.x0 < extent.x1 <= figure.bbox.width


def test_ascents_are_lines_of_the_activations():
    result = maximize_activation(small_network(np.float32), "logits", [0, 2], steps=4)
    ax = plot.ascents(result, titles=["a", "b"])
    for line, values in zip(ax.lines, result.activation.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_localization_is_drawn_as_means_of_the_seeds():
    rng = np.random.default_rng(0)
    energy, error, best = rng.random((3, 3, 2, 3))
    result = Localization(
        ("average", "max"), MAPS, np.arange(3), rng.random((3, 2)), energy, error, error, best, 0.3
    )
    axes = plot.localization(result)
    for ax, values in zip(axes, (energy, error), strict=True):
        heights = [[bar.get_height() for bar in bars] for bars in ax.containers if hasattr(bars, "patches")]
        np.testing.assert_allclose(heights, values.mean(axis=0))
    assert axes[0].lines[-1].get_ydata() == [0.3, 0.3]
    single = Localization(*(part[:1] if isinstance(part, np.ndarray) else part for part in result))
    plot.localization(single)[0].figure.canvas.draw()


def test_examples_show_the_true_box_beside_the_found_ones():
    pictures = plant(load_strokes(2))
    maps = np.random.default_rng(0).random((3, 2, 40, 40))
    example = LocalizationExample(
        "max", pictures, maps, np.tile(pictures.boxes + np.array([1, 2, 0, -1]), (3, 1, 1))
    )
    axes = plot.localization_examples(example)
    assert axes.shape == (2, 4)
    top, bottom, left, right = pictures.boxes[1]
    true = axes[1, 0].patches[-1]
    assert (true.get_x(), true.get_y()) == (left - 0.5, top - 0.5)
    assert true.get_edgecolor()[:3] == to_rgb(TRUE_COLOR)
    found = axes[1, 2].patches[-1]
    assert (found.get_width(), found.get_height()) == (right - 1 - left, bottom + 2 - top - 1)
    assert axes[0, 3].get_title() == "smoothed saliency"
    axes[0, 0].figure.canvas.draw()
