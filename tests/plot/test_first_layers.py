"""The drawing of coarse and fine first layers."""

import matplotlib.pyplot as plt
import numpy as np

from npdeconv import plot
from npdeconv.experiments import FirstLayers
from npdeconv.plot.first_layers import COLORS, CONTROLS, TITLES

NAMES = ("5x5/2", "5x5/2 renormalized", "3x3/1", "3x3/1 renormalized")
SEEDLESS = {"middle_noise", "noise_share"}


def result(seeds):
    """Different numbers for every measure, seed and variant."""
    rng = np.random.default_rng(0)
    measures = {name: rng.random(4 if name in SEEDLESS else (seeds, 4)) for name in FirstLayers._fields[2:]}
    return FirstLayers(NAMES, np.arange(seeds), **measures)


def test_bars_are_means_dots_are_seeds_and_marks_are_controls():
    drawn = result(2)
    axes = plot.first_layers(drawn, title="two seeds")
    assert axes.shape == (2, 3)
    assert axes[0, 0].figure.get_suptitle() == "two seeds"
    for ax, (name, title) in zip(axes.flat, TITLES.items(), strict=True):
        values = getattr(drawn, name)
        (bars,) = ax.containers
        np.testing.assert_allclose([bar.get_width() for bar in bars], values.mean(axis=0))
        assert [plt.matplotlib.colors.to_hex(bar.get_facecolor()) for bar in bars] == [*COLORS, *COLORS]
        dots, *marks = ax.lines
        np.testing.assert_array_equal(dots.get_xdata(), values.ravel())
        for line, control in zip(marks, CONTROLS.get(name, {}).values(), strict=True):
            given = getattr(drawn, control)
            np.testing.assert_allclose(line.get_xdata(), given if given.ndim == 1 else given.mean(axis=0))
        assert ax.get_title() == title
    assert [label.get_text() for label in axes[1, 0].get_yticklabels()] == list(NAMES)
    assert axes[0, 0].yaxis_inverted()  # the first variant is on top
    axes[0, 0].figure.canvas.draw()


def test_one_seed_has_no_dots_on_given_axes():
    figure, axes = plt.subplots(2, 3)
    drawn = plot.first_layers(result(1), axes)
    assert np.shares_memory(drawn, axes)
    assert not axes[0, 0].lines
    assert len(axes[1, 2].lines) == 3
    figure.canvas.draw()
