"""The drawing of what filters tell: what is drawn is the result."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Ellipse

from npdeconv import plot
from npdeconv.visualize import filter_statistics
from npdeconv.visualize.spectra import NEAR
from tests.tiny import tiny_dataset, tiny_network

IMAGES = tiny_dataset(6).images


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def circles(ax):
    return [patch for patch in ax.patches if isinstance(patch, Ellipse)]


def test_each_panel_shows_its_measure():
    network = tiny_network()
    network["conv1"].bias[0] = -1e3
    result = filter_statistics(network, IMAGES, stride=4, k=2)
    sizes, spectrum, dead, grid = plot.filter_statistics(result, title="tiny")
    heights = [bar.get_height() for bar in sizes.patches]
    np.testing.assert_allclose(heights, np.sort(result.rms)[::-1])
    shown = np.asarray(spectrum.images[0].get_array())
    np.testing.assert_allclose(shown**2 * result.spectrum.max(), result.spectrum)
    assert [ring.radius for ring in circles(spectrum)] == [1 / 8, 3 / 8]
    np.testing.assert_allclose([bar.get_width() for bar in dead.patches], [d.mean() for d in result.dead])
    assert dead.texts[0].get_text() == f" {result.dead[0].sum()} of 4"
    centers = {ring.center for ring in circles(grid)}
    wanted = {(x / 4, y / 4) for x in range(-2, 3) for y in range(-2, 3) if x or y}
    assert centers == wanted
    assert {(ring.width, ring.height) for ring in circles(grid)} == {(1 / 16, 1 / 16)}


def test_rings_are_as_wide_as_the_frequencies_that_are_measured():
    result = filter_statistics(tiny_network(), IMAGES, stride=(2, 4), k=1)
    rings = circles(plot.filter_statistics(result)[3])
    assert {(ring.width, ring.height) for ring in rings} == {(2 * NEAR / 4, 2 * NEAR / 2)}


def test_zero_frequency_is_drawn_at_zero():
    result = filter_statistics(tiny_network())
    axes = plot.filter_statistics(result)
    left, right, bottom, top = axes[1].images[0].get_extent()
    assert (left, right, bottom, top) == pytest.approx((-0.5, 0.5, 0.5, -0.5))
    even = filter_statistics(tiny_network(), IMAGES, stride=2, k=1)
    left, right, _, _ = plot.filter_statistics(even)[3].images[0].get_extent()
    side = even.aliasing.spectrum.shape[1]
    pixel = 1 / side
    assert left + (side // 2 + 0.5) * pixel == pytest.approx(0)


@pytest.mark.parametrize(("given", "panels"), [({}, 2), ({"images": IMAGES}, 3)])
def test_what_was_not_measured_has_no_panel(given, panels):
    assert plot.filter_statistics(filter_statistics(tiny_network(), **given)).shape == (panels,)
