"""What a plot returns is one line as the last line of a notebook's cell."""

import inspect

import matplotlib.pyplot as plt
import numpy as np

from npdeconv import plot
from npdeconv.plot.grid import AxesGrid
from tests.vocabulary import spelled

PICTURE = {"montage"}  # an array of pixels, not of axes


COLUMNS = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")
CURVES = {column: [1.0] for column in COLUMNS}


def test_axes_are_counted_in_one_line():
    axes = plot.curves(CURVES)
    assert repr(axes) == str(axes) == "<2 Axes>"
    assert isinstance(axes, np.ndarray)
    assert axes[1].get_ylabel() == "accuracy"


def test_given_axes_are_drawn_on_and_counted():
    _, given = plt.subplots(1, 2)
    axes = plot.curves(CURVES, given)
    assert repr(axes) == "<2 Axes>"
    assert axes[1] is given[1]
    assert repr(plt.subplots(2, 3)[1].view(AxesGrid)[:, 1:]) == "<2 x 2 Axes>"


def test_every_plot_that_returns_an_array_of_axes_does_so():
    functions = {name: getattr(plot, name) for name in plot.__all__}
    grids = {name for name, one in functions.items() if hasattr(one, "__wrapped__")}
    arrays = {
        name
        for name, one in functions.items()
        if spelled(inspect.signature(one).return_annotation) == "Array"
    }
    assert grids == arrays - PICTURE
