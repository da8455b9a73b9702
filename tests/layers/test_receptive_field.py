"""Receptive fields by arithmetic, compared with the effect of perturbed pixels."""

import numpy as np
import pytest

from npdeconv import models
from npdeconv._types import Box
from npdeconv.anatomy import summarize
from npdeconv.layers import AvgPool2D, Conv2D, MaxPool2D, ReLU, Sequential
from tests.cases import small_network, towers


def strided_chain() -> Sequential:
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(1, 4, (3, 5), stride=(2, 1), padding=((1, 0), (2, 2)), rng=rng, dtype=float),
        "relu1": ReLU(),
        "pool1": MaxPool2D(3, stride=2, padding="same"),
        "conv2": Conv2D(4, 4, 2, rng=rng, dtype=float),
    }
    return Sequential(layers, input_shape=(19, 14, 1))


def averaging_chain() -> Sequential:
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(2, 4, 3, groups=2, rng=rng, dtype=float),
        "average": AvgPool2D((3, 2), stride=2, padding="same"),
    }
    return Sequential(layers, input_shape=(13, 14, 2))


@pytest.mark.parametrize(
    ("net", "layer"),
    [
        (strided_chain(), "conv1"),
        (strided_chain(), "pool1"),
        (strided_chain(), "conv2"),
        (small_network(float), "relu2"),
        (towers(float), "pool1"),
        (averaging_chain(), "average"),
    ],
)
def test_a_unit_depends_on_its_box_and_on_nothing_else(net, layer):
    head, rng = net[:layer], np.random.default_rng(2)
    shape = net.input_shape
    height, width, _ = head.output_shape(shape)
    x = rng.normal(size=(1, *shape))
    y = head(x)
    for row, column in {(0, 0), (height - 1, width - 1), (height // 2, width // 2)}:
        top, bottom, left, right = head.receptive_field(Box(row, row + 1, column, column + 1), shape)
        inside = np.zeros(shape[:2], bool)
        inside[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
        noise = rng.normal(size=x.shape)
        outside = head(np.where(inside[None, :, :, None], x, noise))
        np.testing.assert_array_equal(outside[0, row, column], y[0, row, column])
    # In the middle, where no padding is near, the box is no larger than it must be: every edge counts.
    row, column = height // 2, width // 2
    top, bottom, left, right = head.receptive_field(Box(row, row + 1, column, column + 1), shape)
    rows, columns = (
        edges[(edges >= 0) & (edges < length)]
        for edges, length in (
            (np.array([top, bottom - 1]), shape[0]),
            (np.array([left, right - 1]), shape[1]),
        )
    )
    assert len(rows) + len(columns) >= 3
    assert all(_changes(head, x, np.s_[:, line, max(left, 0) : right], row, column) for line in rows)
    assert all(_changes(head, x, np.s_[:, max(top, 0) : bottom, line], row, column) for line in columns)


def _changes(head, x, where, row, column) -> bool:
    for seed in range(50):  # a rectifier or a pool may hide a small change: try large ones
        moved = x.copy()
        moved[where] = 10 * np.random.default_rng(seed).normal(size=moved[where].shape)
        if (head(moved)[0, row, column] != head(x)[0, row, column]).any():
            return True
    return False


def test_global_pooling_has_seen_the_whole_map():
    net = towers(float)
    below = net[:"pool2"]
    height, width, _ = below.output_shape(net.input_shape)
    whole = below.receptive_field(Box(0, height, 0, width), net.input_shape)
    assert net.receptive_field(Box(0, 1, 0, 1), net.input_shape) == whole
    assert net[:"pool3"].receptive_field(Box(0, 1, 0, 1), net.input_shape) == whole


def test_sizes_of_a_known_network():
    rows = {row.name: row for row in summarize(models.deck_model3(rng=np.random.default_rng(0)))}
    # 3, 5, +1 for the pool at distance 1, then 2 pixels per step: 10, 14; 4 per step: 24, 32.
    fields = [
        rows[name].receptive_field
        for name in ("conv1", "relu2", "pool1", "conv3", "conv4", "pool2", "conv5", "conv6")
    ]
    assert [side for side, _ in fields] == [3, 5, 6, 10, 14, 16, 24, 32]
    assert rows["flatten"].receptive_field == rows["logits"].receptive_field == (24 + 32, 24 + 32)
    assert rows["conv4"].output_shape == (14, 14, 64)
    assert rows["dense1"].parameters == 3136 * 32 + 32


def test_summary_needs_an_input_shape():
    net = Sequential({"relu": ReLU()}, name="nameless")
    with pytest.raises(ValueError, match="nameless has no input shape of its own, and none was given"):
        summarize(net)
    assert summarize(net, (4, 4, 1))[0].receptive_field == (1, 1)
