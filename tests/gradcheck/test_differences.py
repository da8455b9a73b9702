"""Checks of the gradient checker: a wrong gradient fails; a kink is reported, and does not fail."""

import re

import numpy as np
import pytest

from npdeconv import models
from npdeconv.gradcheck import check_adjoint, check_gradients
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.layers.base import Layer
from tests.cases import distinct, small_network


class Swish(Layer):
    """A user's own layer: x * sigmoid(scale * x), with one parameter."""

    def __init__(self, slant=1.0):
        self.scale = np.array([1.3])
        self.slant = slant  # the relative error of backward

    @property
    def parameters(self):
        return {"scale": self.scale}

    def forward(self, x, *, rng=None):
        sigmoid = 1 / (1 + np.exp(-self.scale * x))
        return x * sigmoid, (x, sigmoid)

    def backward(self, dy, context):
        x, sigmoid = context
        inner = sigmoid * (1 - sigmoid)
        gradient = np.array([np.sum(dy * x * x * inner)])
        return dy * (sigmoid + x * self.scale * inner) * self.slant, {"scale": gradient}

    def deconv(self, y, context):
        return y

    def output_shape(self, input_shape):
        return input_shape


def test_a_users_own_layer_passes():
    report = check_gradients(Swish(), distinct((2, 5)))
    assert report.passed
    assert [tensor.name for tensor in report.tensors] == ["x", "scale"]
    assert report.error < 1e-7


@pytest.mark.parametrize("slant", [1.001, 0.999, -1.0, 0.0])
def test_a_gradient_wrong_by_a_thousandth_fails(slant):
    report = check_gradients(Swish(slant), distinct((2, 5)))
    assert not report.passed
    x, scale = report.tensors
    assert x.error >= min(abs(slant - 1), 1) / 2
    assert scale.error < 1e-6
    assert "FAILED" in str(report)


@pytest.mark.parametrize("which", ["conv1.weight", "conv2.bias", "dense1.weight", "x"])
def test_one_wrong_array_in_a_network_is_found_and_named(which, monkeypatch):
    net = small_network(float)
    right = Sequential.backward

    def wrong(self, dy, context):
        dx, gradients = right(self, dy, context)
        if which == "x":
            return dx * 1.001, gradients
        return dx, gradients | {which: gradients[which] * 1.001}

    monkeypatch.setattr(Sequential, "backward", wrong)
    report = check_gradients(net, distinct((2, 9, 11, 2)))
    failed = [tensor.name for tensor in report.tensors if tensor.error > report.tolerance]
    assert failed == [which]


def test_whole_networks_pass():
    report = check_gradients(small_network(float), distinct((2, 9, 11, 2)), samples=200)
    assert report.passed, str(report)
    assert {tensor.name for tensor in report.tensors} == {"x", *small_network(float).parameters}


def test_a_rectifier_at_zero_is_a_kink_not_a_failure():
    x = distinct((1, 10))
    x[0, :3] = 0
    report = check_gradients(ReLU(), x)
    assert (report.kinks, report.passed) == (3, True)
    assert re.search(r"x +\d.\de[-+]\d\d +10 +3", str(report))


def test_a_switch_that_changes_is_a_kink_not_a_failure():
    x = distinct((1, 4, 4, 1))
    x[0, 0, 0, 0] = x[0, 0, 1, 0] = 3  # a tie for the first window
    report = check_gradients(MaxPool2D(2), x)
    assert (report.kinks, report.passed) == (2, True)


def test_only_kinks_are_no_pass():
    report = check_gradients(ReLU(), np.zeros((1, 4)))
    assert (report.kinks, report.undecided, report.passed) == (4, ("x",), False)
    assert str(report).endswith(
        "UNDECIDED: largest relative error 0.0e+00, tolerance 1e-06; only kinks or rounding in x"
    )


def test_a_wrong_gradient_is_not_excused_by_kinks_elsewhere():
    class Leaky(ReLU):
        def backward(self, dy, context):
            return dy * np.where(context.positive, 1, 0.01), {}

    x = distinct((1, 10))
    x[0, 0] = 0
    report = check_gradients(Leaky(), x)
    assert not report.passed


@pytest.mark.parametrize("wrong", [1 + 4e-6, 1 + 1e-5, 0.9])
@pytest.mark.parametrize("scale", [1, 5])
def test_a_wrong_gradient_of_a_curved_function_is_no_kink(wrong, scale):
    """The slopes of a curved function differ by about the step times its curvature, as at a faint kink."""

    class Slanted(Softmax):
        def backward(self, dy, context):
            dx, none = super().backward(dy, context)
            return dx * wrong, none

    x = scale * distinct((4, 10))
    report = check_gradients(Slanted(), x, samples=40)
    assert not report.passed
    assert report.kinks <= 1  # at an inflection, slopes agree as suddenly as past a kink
    assert report.error == pytest.approx(abs(wrong - 1), rel=0.2)
    assert check_gradients(Softmax(), x, samples=40).passed


@pytest.mark.parametrize("distance", [0, 1e-9, 1e-7, 3e-7, 1e-6, 9e-6])
def test_a_kink_anywhere_within_the_step_is_found(distance):
    x = distinct((1, 10))
    x[0, :3] = distance, -distance, distance
    report = check_gradients(ReLU(), x)
    assert report.passed, str(report)
    assert report.kinks == 3


def test_parameters_and_inputs_come_back_as_they_were():
    net, x = small_network(float), distinct((2, 9, 11, 2))
    before, pixels = {name: array.copy() for name, array in net.parameters.items()}, x.copy()
    check_gradients(net, x, samples=5)
    np.testing.assert_array_equal(x, pixels)
    for name, array in net.parameters.items():
        np.testing.assert_array_equal(array, before[name])


def test_the_same_seed_gives_the_same_report():
    net, x = small_network(float), distinct((2, 9, 11, 2))
    assert check_gradients(net, x, samples=4) == check_gradients(net, x, samples=4)
    other = check_gradients(net, x, samples=4, rng=np.random.default_rng(9))
    assert other != check_gradients(net, x, samples=4)


def test_progress_names_the_arrays():
    names = []
    check_gradients(
        Dense(3, 2, rng=np.random.default_rng(0), dtype=float), distinct((2, 3)), say=names.append
    )
    assert names == ["x", "weight", "bias"]


def test_adjoint_finds_a_bias_added_on_the_way_down():
    class Biased(Conv2D):
        def deconv(self, y, context):
            return super().deconv(y, context) + 0.01

    layer = Biased(2, 3, 3, rng=np.random.default_rng(0), dtype=float)
    report = check_adjoint(layer, distinct((2, 6, 6, 2)))
    assert report.deconv > 1e-6
    assert report.backward < 1e-12


def test_adjoint_of_a_rectifier_does_not_hold():
    assert check_adjoint(ReLU(), distinct((3, 8))).deconv > 1e-3


def test_bad_arguments():
    with pytest.raises(TypeError, match="expected x to be an array of floats, got an array of dtype int64"):
        check_gradients(Flatten(), np.zeros((1, 2, 2, 1), int))
    with pytest.raises(ValueError, match="expected finite x, got NaN or infinity"):
        check_adjoint(Flatten(), np.full((1, 2, 2, 1), np.nan))
    with pytest.raises(ValueError, match="samples must be at least 1, got 0"):
        check_gradients(Flatten(), np.zeros((1, 2, 2, 1)), samples=0)

    class Forgetful(Swish):
        def backward(self, dy, context):
            return super().backward(dy, context)[0], {}

    with pytest.raises(ValueError, match="Forgetful: parameters and gradients differ in scale"):
        check_gradients(Forgetful(), distinct((1, 3)))

    class Misshapen(Swish):
        def backward(self, dy, context):
            dx, _ = super().backward(dy, context)
            return dx, {"scale": np.zeros(2)}

    with pytest.raises(ValueError, match=re.escape("the gradient of scale has shape (2,), not (1,)")):
        check_gradients(Misshapen(), distinct((1, 3)))


def test_many_kinks_at_once_are_kinks():
    """One bias moves a million units: within any step, some of them switch."""

    class ManyUnits(Layer):
        thresholds = np.random.default_rng(0).uniform(-1e-3, 1e-3, (1, 200_000))

        def __init__(self, factor=1.0):
            self.bias, self.factor = np.zeros(1), factor

        @property
        def parameters(self):
            return {"bias": self.bias}

        def forward(self, x, *, rng=None):
            units = x.sum() + self.bias + self.thresholds
            return np.maximum(units, 0).sum(axis=1, keepdims=True), units > 0

        def backward(self, dy, context):
            slope = dy * context.sum() * self.factor
            return slope, {"bias": slope.ravel()}

        def deconv(self, y, context):
            return y

        def output_shape(self, input_shape):
            return input_shape

    report = check_gradients(ManyUnits(), np.zeros((1, 1)))
    assert report.error < 1e-6
    assert report.kinks == 2
    assert check_gradients(ManyUnits(1.1), np.zeros((1, 1))).error == pytest.approx(0.1, rel=0.1)


SMALLER = dict.fromkeys(("resnet18", "resnet50", "googlenet", "densenet121", "mobilenet_v2"), 32)
"""Sides of images: these networks take any size, and have hundreds of parameters to check."""

REPEATED = {
    "resnet32",
    "resnet50",
    "resnet44",
    "resnet56",
    "resnet101",
    "alexnet_gap",
    "vgg16_gap",
    "googlenet_gap",
}
"""They have no other layers and connections than networks that are checked."""


def named(name):
    """A named network and an image, as `npdeconv gradcheck` checks them."""
    rng = np.random.default_rng(0)
    net = models.build(name, rng=rng, dtype=np.float64)
    for parameter, array in net.parameters.items():
        if parameter.endswith("bias"):
            array[...] = rng.normal(0, 0.1, array.shape)
    side = SMALLER.get(name, net.input_shape[0])
    return net, rng.random((1, side, side, net.input_shape[2])), rng


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in models.names() if name not in REPEATED])
def test_named_networks_pass(name):
    net, x, rng = named(name)
    report = check_gradients(net, x, rng=rng, samples=1)
    assert report.passed, str(report)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["x", "conv1.weight", "fc8.bias"])
def test_a_thousandth_is_found_in_a_deep_network_too(which, monkeypatch):
    net, x, rng = named("alexnet")
    right = Sequential.backward

    def wrong(self, dy, context):
        dx, gradients = right(self, dy, context)
        factors = dict.fromkeys(gradients, 1.0) | {which: 1.001}
        return dx * factors.get("x", 1), {key: array * factors[key] for key, array in gradients.items()}

    monkeypatch.setattr(Sequential, "backward", wrong)
    report = check_gradients(net, x, rng=rng, samples=2)
    failed = [tensor.name for tensor in report.tensors if tensor.error > report.tolerance]
    assert failed == [which]


def test_a_gradient_lost_in_rounding_is_undecided():
    class Faint(Layer):
        """A large sum of many terms, to which the input adds almost nothing."""

        def forward(self, x, *, rng=None):
            return np.cumsum(np.full(1000, 1e9 / 3))[-1:] + 1e-9 * x, None

        def backward(self, dy, context):
            return 1e-9 * dy, {}

        def deconv(self, y, context):
            return y

        def output_shape(self, input_shape):
            return input_shape

    report = check_gradients(Faint(), distinct((1, 6)))
    assert not report.passed
    assert report.undecided == ("x",)
    assert "only kinks or rounding in x" in str(report)


def test_the_adjoint_error_is_relative_to_the_norms():
    class Scaled(Flatten):
        def __init__(self, scale, wrong):
            self.scale, self.wrong = scale, wrong

        def forward(self, x, *, rng=None):
            y, context = super().forward(x)
            return self.scale * y, context

        def _transpose(self, y, context):
            return self.scale * self.wrong * super()._transpose(y, context)

    x = distinct((2, 3, 4, 2))
    y = np.random.default_rng(0).standard_normal((2, 24))  # as the check draws it
    flat = x.reshape(2, -1)
    cosine = abs(np.vdot(flat, y)) / (np.linalg.norm(flat) * np.linalg.norm(y))
    for scale in (1e-6, 1.0, 1e6):
        report = check_adjoint(Scaled(scale, 1.25), x)
        assert report.deconv == pytest.approx(0.25 * cosine)
