"""The properties that layers declare are used elsewhere, also for a user's own kinds."""

import numpy as np
import pytest

from npdeconv._types import Box
from npdeconv.fast.cone import Cone, is_local
from npdeconv.layers import Conv2D, LeakyReLU, MaxPool2D, ReLU, Sequential
from npdeconv.layers.base import Layer
from npdeconv.layers.window import Window
from npdeconv.visualize import compare_rules, project
from tests.chains import Jump


class Cube(Layer):
    """A user's own kind that declares its locality."""

    locality = "position"

    def forward(self, x, *, rng=None):
        return x**3, (x,)

    def backward(self, dy, context):
        return 3 * context[0] ** 2 * dy, {}

    def deconv(self, y, context):
        return y


class Erosion(MaxPool2D):
    """A user's own kind of pooling: the least of each window."""

    locality = "window"
    beyond = np.inf

    def forward(self, x, *, rng=None):
        y, context = super().forward(-x)
        return -y, context


class Slope(Layer):
    """A user's own rectifier."""

    rectifies = True

    def forward(self, x, *, rng=None):
        return np.maximum(x, 0.5 * x), (x,)

    def backward(self, dy, context):
        return dy * np.where(context[0] > 0, 1, 0.5), {}

    def deconv(self, y, context):
        return np.maximum(y, 0.5 * y)


@pytest.mark.parametrize("layer", [Cube(), Erosion(2, padding=((1, 1), (0, 1)))], ids=repr)
def test_a_new_kind_is_computed_in_pieces(layer):
    rng = np.random.default_rng(3)
    chain = Sequential({"own": layer, "conv": Conv2D(2, 3, 3, rng=rng, dtype=float)}, input_shape=(16, 15, 2))
    image, boxes = rng.normal(size=(16, 15, 2)), rng.normal(size=(4, 2, 3, 2))
    corners = np.array([[0, 0], [5, 5], [14, 12], [0, 7]])
    *_, (_, found) = Cone(chain, image, "conv").ascend(boxes, corners)
    changed = np.repeat(image[np.newaxis], 4, axis=0)
    for n, (row, column) in enumerate(corners):
        changed[n, row : row + 2, column : column + 3] = boxes[n]
    assert not isinstance(found, np.ndarray)  # pieces, not whole maps
    np.testing.assert_array_equal(found.whole(), chain(changed))


def test_a_derived_kind_declares_its_own_locality_or_none():
    class Derived(ReLU):
        def deconv(self, y, context):
            return y

    class Restated(ReLU):
        locality = "position"

    assert is_local(ReLU())
    assert is_local(LeakyReLU())
    assert is_local(Restated())
    assert not is_local(Derived())
    assert not is_local(Jump(1, 1, 1, rng=np.random.default_rng(0)))
    assert Derived().rectifies  # inherited


def test_a_new_rectifier_has_all_four_rules():
    layer, x, y = Slope(), np.array([[1.0, 1, -1, -1]]), np.array([[4.0, -4, 4, -4]])
    _, context = layer.forward(x)
    assert layer.descend(y, context, "deconv").tolist() == [[4, -2, 4, -2]]
    assert layer.descend(y, context, "gradient").tolist() == [[4, -4, 2, -2]]
    assert layer.descend(y, context, "guided").tolist() == [[4, -2, 2, -1]]
    assert layer.descend(y, context, "linear") is y
    with pytest.raises(
        ValueError, match=r"Slope: expected float64 of shape \(1, 4\) on the way down, .* shape \(2, 4\)"
    ):
        layer.descend(np.zeros((2, 4)), context, "linear")


def test_a_changed_projection_of_a_linear_layer_changes_one_rule():
    class Twice(Conv2D):
        def deconv(self, y, context):
            return 2 * super().deconv(y, context)

    layer = Twice(2, 3, 3, rng=np.random.default_rng(0), dtype=float)
    y, context = layer.forward(np.random.default_rng(1).normal(size=(2, 5, 5, 2)))
    dx, _ = layer.backward(y, context)
    np.testing.assert_array_equal(layer.descend(y, context, "deconv"), 2 * dx)
    for rule in ("gradient", "guided", "linear"):
        np.testing.assert_array_equal(layer.descend(y, context, rule), dx)


def test_switches_of_own_layers_are_replaced_when_rules_are_compared():
    layers = {"pool": Erosion(2), "relu": Slope()}
    image = np.random.default_rng(0).normal(size=(4, 4, 1)).astype(np.float32) + 5
    network = Sequential(layers, input_shape=(4, 4, 1))
    compared = compare_rules(network, image, "relu", 0)
    kept, lost = compared.pixels[0], compared.pixels[4]
    np.testing.assert_array_equal(kept, project(network, image[np.newaxis], "relu", 0).pixels[0])
    assert np.flatnonzero(lost).tolist() != np.flatnonzero(kept).tolist()


def test_a_window_gives_the_receptive_field():
    class Windowed(Slope):
        window = Window((3, 2), (2, 1), ((1, 0), (0, 0)))

    assert Windowed().receptive_field(Box(1, 2, 3, 5), (9, 9, 1)) == Box(1, 4, 3, 6)
    assert Slope().receptive_field(Box(1, 2, 3, 5), (9, 9, 1)) == Box(1, 2, 3, 5)


def test_a_window_of_another_kind_is_refused():
    class Pool(Slope):
        window = 3

    with pytest.raises(TypeError, match=r"^Pool: expected window to be a Window, got 3$"):
        Pool().receptive_field(Box(0, 1, 0, 1), (9, 9, 1))


@pytest.mark.parametrize("context", [None, (), (None, 3), np.ones(3)], ids=repr)
def test_a_context_must_begin_with_the_input(context):
    with pytest.raises(
        TypeError, match="Slope: expected a context that begins with the inputs or their shape, got "
    ):
        Slope().check_descent(np.zeros((2, 4)), context)
