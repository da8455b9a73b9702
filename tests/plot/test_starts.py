"""The drawing of a unit beside random values."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import models, plot
from npdeconv.data import load_strokes
from npdeconv.plot.images import in_box, vivid
from npdeconv.visualize import compare_starts


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_pictures_and_numbers_stand_where_they_belong():
    net, images = models.deck_model4(rng=np.random.default_rng(0)), load_strokes(3).images
    rules = ["deconv", "guided"]
    result = compare_starts(net, images, "relu4", 7, rules=rules, draws=2, rng=np.random.default_rng(0))
    assert not result.unit.silent[2]
    axes = plot.starts(images[2], result, image_index=2, title="a unit")
    assert axes.shape == (2, 4)
    assert axes[0, 0].figure.get_suptitle() == "a unit"
    for r, row in enumerate(axes):
        np.testing.assert_array_equal(row[0].images[0].get_array(), images[2, :, :, 0])
        every = result.pixels, result.random_pixels, result.centered_pixels
        for ax, pictures in zip(row[1:], every, strict=True):
            expected = in_box(vivid(pictures[r, 2]), result.unit.box[2])[..., 0]
            np.testing.assert_array_equal(ax.images[0].get_array(), expected)
        numbers = result.to_image[r, 2], result.to_random[r, 2, 0], result.to_centered[r, 2, 0]
        shown = [ax.get_title().removeprefix("with the image ") for ax in row[1:]]
        assert shown == [f"{number:.2f}" for number in numbers]
        assert rules[r] in [text.get_text() for text in row[0].texts]


def test_a_silent_unit_has_no_box_and_no_numbers():
    net, images = models.deck_model4(rng=np.random.default_rng(0)), load_strokes(1).images
    net["conv4"].bias[...] = -100
    axes = plot.starts(images[0], compare_starts(net, images, "relu4", 7, rng=np.random.default_rng(0)))
    assert not axes[0, 0].patches
    assert [ax.get_title() for ax in axes[0, 1:]] == ["silent"] * 3
