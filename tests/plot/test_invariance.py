"""The drawing of figure 5: a row of pictures, curves of layers, and a probability."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.layers import Conv2D, ReLU, Sequential
from npdeconv.visualize import invariance, transform_image
from tests.tiny import tiny_dataset, tiny_network

IMAGES = tiny_dataset(6).images


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_curves_are_the_results_and_pictures_the_transformed_images():
    result = invariance(tiny_network(), IMAGES[:2], ["relu1", "logits"], amounts=[-2, 0, 2])
    axes = plot.invariance(IMAGES[:2], result, title="shifted")
    for ax, values in zip(axes[1:], (*result.relative, result.probability), strict=True):
        curves = [line for line in ax.lines if line.get_linestyle() == "-"]
        np.testing.assert_array_equal([line.get_ydata() for line in curves], values)
        np.testing.assert_array_equal(curves[0].get_xdata(), [-2, 0, 2])
    sheet = axes[0].images[0].get_array()
    np.testing.assert_array_equal(sheet[:8, :8], transform_image(IMAGES[0], "shift", -2)[..., 0])
    np.testing.assert_array_equal(sheet[-8:, -8:], transform_image(IMAGES[1], "shift", 2)[..., 0])
    assert axes[0].get_title() == "shifted"
    assert [text.get_text() for text in axes[0].texts] == ["-2", "0", "2"]


def test_of_many_images_five_are_shown_and_the_mean_of_all():
    result = invariance(tiny_network(), IMAGES, ["logits"], amounts=[1, 3])
    axes = plot.invariance(IMAGES, result)
    *ones, mean, _ = axes[1].lines
    assert len(ones) == 5
    np.testing.assert_allclose(mean.get_ydata(), result.relative[0].mean(axis=0))
    assert axes[1].get_title().endswith("mean of 6 images")


def test_a_network_without_classes_has_no_probability():
    maps = Sequential({"conv": Conv2D(1, 2, 3, rng=np.random.default_rng(0)), "relu": ReLU()}, name="maps")
    assert plot.invariance(IMAGES, invariance(maps, IMAGES, amounts=[0, 1])).shape == (2,)
