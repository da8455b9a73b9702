"""The cone of a change through networks that branch, and the pieces that are enough for one unit."""

import numpy as np
import pytest

from npdeconv.fast.cone import Cone, Variants
from npdeconv.fast.crops import crops_for
from npdeconv.layers import Add, Concat, Conv2D, Flatten, Graph, MaxPool2D, ReLU
from tests.fast.test_cone import variants
from tests.graphs import dense_net, inception, residual


def uneven() -> Graph:
    """Branches that see boxes of other sizes, and all of what a local layer can be."""
    rng = np.random.default_rng(0)

    def conv(channels, size, **options):
        return Conv2D(channels, 3, size, rng=rng, dtype=float, padding="same", **options)

    layers = {
        "conv1": conv(2, 3, stride=2), "relu1": ReLU(),
        "wide": conv(3, (1, 5)), "high": conv(3, (5, 1), dilation=(2, 1)), "relu2": ReLU(),
        "pool": MaxPool2D(3, stride=1, padding="same"),
        "add": Add(), "relu3": ReLU(), "concat": Concat(), "last": conv(6, 3), "flatten": Flatten(),
    }  # fmt: skip
    inputs = {"high": "relu1", "pool": "wide", "add": ("relu2", "pool", "wide"), "concat": ("relu1", "relu3")}
    return Graph(layers, inputs=inputs, input_shape=(30, 34, 2))


def shifted() -> Graph:
    """Branches that see to opposite sides: near an edge, the boxes of both are closer than elsewhere."""
    rng = np.random.default_rng(0)
    sides = {"before": ((2, 0), (2, 0)), "behind": ((0, 2), (0, 2))}
    layers = {name: Conv2D(2, 3, 3, padding=padding, rng=rng, dtype=float) for name, padding in sides.items()}
    inputs = {"behind": "input", "add": ("before", "behind")}
    return Graph({**layers, "add": Add()}, inputs=inputs, input_shape=(12, 11, 2))


@pytest.mark.parametrize(("make", "watched"), [
    (shifted, "add"),
    (uneven, "relu3"), (uneven, "wide"), (uneven, "concat"), (uneven, "last"),
    (residual, "add1"), (residual, "conv4"), (inception, "concat"), (inception, "inner"), (dense_net, "all2"),
])  # fmt: skip
def test_variants_pass_as_full_images_do(make, watched):
    network = make()
    height, width, _ = shape = network.input_shape
    for size in ((1, 1), (2, 3), (height, width)):
        x = variants(shape, size, [(0, 0), (height - size[0], width - size[1]), ((height - size[0]) // 2, 0)])
        whole = x.whole()
        expected, seen = dict(network.outputs(whole, network.layers)), []
        for name, y in Cone(network, x.clean, watched).ascend(x.boxes, x.corners):
            found = y.whole() if isinstance(y, Variants) else y
            if name in expected:
                np.testing.assert_allclose(found, expected[name], atol=1e-12, err_msg=name)
            if isinstance(y, Variants):
                inside = y.clean.shape[:2] - y.corners - y.boxes.shape[1:3]
                assert min(y.corners.min(), inside.min()) >= 0
            seen.append(name)
        assert watched in seen
        assert seen[-1] == list(network.layers)[-1]


def test_where_branches_meet_the_change_is_around_both():
    network = uneven()
    x = variants(network.input_shape, (2, 2), [(0, 0), (14, 16), (28, 32)])
    sizes = {
        name: y.boxes.shape[1:3]
        for name, y in Cone(network, x.clean, "relu3").ascend(x.boxes, x.corners)
        if isinstance(y, Variants)
    }
    # conv1 reaches 2 places each way; 1x5 adds 4 columns, 5x1 of every second row 8, and pooling 2 each way.
    assert sizes == {
        "relu1": (2, 2), "wide": (2, 6), "relu2": (10, 2), "pool": (4, 8), "add": (10, 8), "relu3": (10, 8),
        "concat": (10, 8), "last": (12, 10),
    }  # fmt: skip


@pytest.mark.parametrize(("make", "layer"), [(uneven, "concat"), (residual, "relu4"), (dense_net, "all3")])
def test_a_unit_and_its_projection_need_no_more_than_their_piece(make, layer):
    network = make()
    head, shape = network[:layer], network.input_shape
    x = np.random.default_rng(0).normal(size=(1, *shape))
    y, tape = head.forward(x)
    height, width = y.shape[1:3]
    positions = np.array([(0, 0), (height - 1, width - 1), (height // 2, width // 2)])
    crops = crops_for(head, shape, positions)
    for n, (row, column) in enumerate(positions):
        piece = crops.cut_out(x, np.zeros(len(positions), int), np.array([n]))
        part, own_tape = head.forward(piece)
        place = tuple(crops.positions[n])
        np.testing.assert_array_equal(part[0, *place], y[0, row, column])
        start, own_start = np.zeros_like(y), np.zeros_like(part)
        start[0, row, column], own_start[0, *place] = y[0, row, column], y[0, row, column]
        (top, left), (down, across) = crops.corners[n], crops.sizes[n]
        for rule in ("deconv", "gradient", "guided"):
            expected = head.descend(start, tape, rule)[0]
            inside = expected[top : top + down, left : left + across]
            np.testing.assert_allclose(head.descend(own_start, own_tape, rule)[0], inside, atol=1e-12)
            assert np.abs(expected).sum() == pytest.approx(np.abs(inside).sum())
    assert layer != "concat" or (crops.sizes < shape[:2]).all()
