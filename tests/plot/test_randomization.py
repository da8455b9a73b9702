"""The pictures of randomized networks."""

import numpy as np
import pytest

from npdeconv import models, plot
from npdeconv.data import load_strokes
from npdeconv.experiments import randomization, randomized_maps

IMAGES = load_strokes(2).images


@pytest.fixture
def network():
    return models.deck_model4(rng=np.random.default_rng(0))


def titles(axes):
    return [[ax.get_title() for ax in row] for row in axes]


def test_rows_are_methods_and_columns_layers(network):
    result = randomized_maps(network, IMAGES[0], "relu2", methods=["deconv", "image"])
    axes = plot.randomized_maps(result)
    heads = titles(axes)
    score = f"{result.similarity[0, 1]:.2f}"
    assert heads[0] == [
        "the network\nas it is\n",
        f"random down to\nconv2\n{score}",
        f"random down to\nconv1\n{result.similarity[0, 2]:.2f}",
    ]
    assert heads[1] == ["", "1.00", "1.00"]
    assert [axes[row, 0].texts[0].get_text() for row in range(2)] == ["deconv", "image"]
    shown = axes[1, 2].images[0].get_array()
    np.testing.assert_allclose(shown, IMAGES[0, :, :, 0] / np.float32(255))


def test_silent_maps_say_so(network):
    result = randomized_maps(network, IMAGES[0], "relu2", methods=["deconv"])
    result.similarity[0, 2] = np.nan
    assert titles(plot.randomized_maps(result))[0][2].endswith("\nsilent")


def test_lines_show_the_intervals_and_what_unrelated_maps_score(network):
    pytest.importorskip("skimage")
    few = {"methods": ["deconv", "image"], "seeds": [0, 1]}
    result = randomization(network, IMAGES, "relu2", **few)
    axes = plot.randomization(result, "ssim")
    mean = result.interval("ssim").mean
    for row, ax in enumerate(axes):
        (line,) = [one for one in ax.lines if len(one.get_ydata()) == 2 and one.get_marker() == "o"]
        np.testing.assert_array_equal(line.get_ydata(), mean[row])
        levels = {one.get_ydata()[0] for one in ax.lines if one.get_linestyle() in (":", "--")}
        assert levels == set(result.calibration("ssim")[row])
        assert [tick.get_text() for tick in ax.get_xticklabels()] == ["conv2", "conv1"]
    assert axes[0].get_ylabel() == "structural similarity (SSIM)"
