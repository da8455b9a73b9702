"""The drawing of layers removed and resized."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.experiments import Ablation

NAMES = ("full", "wider convolutions")
TRAIN, TEST = np.array([[0.1, 0.2], [0.3, 0.2]]), np.array([[0.5, 0.25], [0.7, 0.35]])


def result(seeds):
    whole = np.ones((seeds, 2), int)
    return Ablation(
        NAMES, whole[0], np.arange(seeds), TRAIN[:seeds], TEST[:seeds], whole, whole > 0, TRAIN[:seeds]
    )


def test_bars_are_means_and_dots_are_seeds_in_percent():
    axes = plot.ablation(result(2), title="two of them")
    widths = [[bar.get_width() for bar in bars] for ax in axes for bars in ax.containers]
    np.testing.assert_allclose(widths, [[20, 20], [60, 30], [35.1, 18.8], [40.5, 37.5]])
    train, test = (line.get_xdata() for line in axes[0].lines)
    np.testing.assert_allclose(train, 100 * TRAIN.ravel())
    np.testing.assert_allclose(test, 100 * TEST.ravel())
    assert not axes[1].lines
    assert [label.get_text() for label in axes[0].get_yticklabels()] == list(NAMES)
    assert axes[0].get_title() == "two of them"
    assert axes[0].yaxis_inverted()  # the full network is on top
    axes[0].figure.canvas.draw()


def test_one_seed_is_a_bar_without_dots_on_given_axes():
    figure, axes = plt.subplots(1, 2)
    drawn = plot.ablation(result(1), axes)
    assert np.shares_memory(drawn, axes)
    assert not axes[0].lines
    assert axes[0].containers[1][1].get_width() == pytest.approx(25)
    figure.canvas.draw()
