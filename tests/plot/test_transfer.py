"""Curves of transfer and of probes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.experiments import Probes, Transfer, t_interval


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def curves(ax):
    """The points of each curve, and the ends of its bars."""
    shown = {}
    for container in ax.containers:
        line, _, bars = container.lines
        ends = np.array(bars[0].get_segments())[:, :, 1] if bars else None
        shown[container.get_label()] = (line.get_xdata(), line.get_ydata(), ends)
    return shown


def result(seeds=3, scratch=2):
    rng = np.random.default_rng(0)
    counts = np.array([1, 5, 30])
    return Transfer(
        "relu7",
        counts,
        np.arange(seeds),
        rng.random((seeds, 3)),
        np.arange(scratch),
        rng.random((scratch, 3)),
    )


def test_curves_are_means_with_their_intervals():
    given = result()
    ax = plot.transfer(given, chance=0.1, title="digits")
    shown = curves(ax)
    assert list(shown) == ["new classifier on frozen relu7", "trained from scratch on the same images"]
    for (x, y, ends), values in zip(shown.values(), (given.frozen, given.scratch), strict=True):
        interval = t_interval(values)
        assert list(x) == [1, 5, 30]
        np.testing.assert_allclose(y, values.mean(axis=0))
        np.testing.assert_allclose(ends, np.stack([interval.low, interval.high], axis=1))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "5", "30"]
    assert ax.get_title().startswith("digits\n")
    assert "guessing" in ax.get_legend_handles_labels()[1]


def test_one_seed_has_no_interval_and_no_scratch_no_curve():
    shown = curves(plot.transfer(result(seeds=1, scratch=0)))
    ((_, _, ends),) = shown.values()
    assert ends is None


def test_probes_go_up_from_the_pixels():
    rng = np.random.default_rng(0)
    layers = ("pixels", "conv1", "logits")
    given = Probes(layers, np.array([784, 100, 10]), np.array([30]), np.arange(4), rng.random((4, 1, 3)))
    control = given._replace(accuracy=rng.random((4, 1, 3)))
    ax = plot.probes(given, control, chance=0.1, title="probes")
    shown = curves(ax)
    np.testing.assert_allclose(shown["trained"][1], given.accuracy[:, 0].mean(axis=0))
    np.testing.assert_allclose(
        shown["the same network with random weights"][1], control.accuracy[:, 0].mean(axis=0)
    )
    assert [label.get_text() for label in ax.get_xticklabels()] == list(layers)
    assert list(curves(plot.probes(given))) == ["trained"]
    several = given._replace(per_class=np.array([15, 30]), accuracy=rng.random((4, 2, 3)))
    shown = curves(plot.probes(several))
    assert list(shown) == ["trained, 15 images of each class", "trained, 30 images of each class"]
    for k, (_, heights, _) in enumerate(shown.values()):
        np.testing.assert_allclose(heights, several.accuracy[:, k].mean(axis=0))
    with pytest.raises(ValueError, match="probes: expected a control of the same layers"):
        plot.probes(given, control._replace(layers=("pixels",)))
