"""The drawing of the eight rules."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.visualize import compare_rules
from tests.visualize.test_rules import chain


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_every_projection_has_its_own_scale_and_title():
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 2), np.uint8)
    result = compare_rules(chain(), image, "relu2", 0)
    result = result._replace(pixels=result.pixels[..., :1])  # two channels can't be drawn
    axes = plot.rules(image[..., :1], result)
    assert len(axes) == 10
    assert axes[0].get_title() == "image, and what the unit sees"
    limits = [np.abs(pixels).max() for pixels in result.pixels]
    assert [ax.get_title() for ax in axes[1:5]] == [
        f"deconv ±{limits[0]:.2g}\ngated on the way down",
        f"gradient ±{limits[1]:.2g}\ngated on the way up",
        f"guided ±{limits[2]:.2g}\ngated on both ways",
        f"linear ±{limits[3]:.2g}\nnot gated",
    ]
    assert axes[8].get_title() == f"linear to centers ±{limits[7]:.2g}\nnot gated"
    for ax, pixels in zip(axes[1:9], result.pixels[..., 0], strict=True):
        top, bottom, left, right = np.maximum(result.unit.box[0], 0)
        pixels = pixels[top:bottom, left:right]
        shown = ax.images[0].get_array()
        np.testing.assert_allclose(shown, 0.5 + pixels / (2 * np.abs(pixels).max()))
    texts = [text.get_text() for text in axes[9].texts]
    assert texts == [f"{value:.2f}" for value in result.correlation.ravel()]


def test_rows_that_are_the_same_are_said_to_be():
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 2), np.uint8)
    for layer, is_same in {"relu1": True, "relu2": False}.items():
        result = compare_rules(chain(), image, layer, 0)
        axes = plot.rules(image[..., :1], result._replace(pixels=result.pixels[..., :1]))
        (caption,) = axes[0].figure.texts
        said = "both rows are the same: switches of max poolings make no difference here"
        assert caption.get_text().endswith(said) is is_same


def test_a_silent_unit_has_no_box():
    net, image = chain(), np.zeros((5, 6, 2), np.uint8)
    net["conv2"].bias[...] = -100
    result = compare_rules(net, image, "relu2", 0)
    result = result._replace(pixels=result.pixels[..., :1])
    axes = plot.rules(image[..., :1], result)
    assert axes[0].get_title() == "the unit is silent here"
    assert not axes[0].patches
    assert (axes[1].images[0].get_array() == 0.5).all()
