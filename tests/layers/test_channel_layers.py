"""Scale, PReLU and Clip: worked examples, rules of descent, what they refuse."""

import re

import numpy as np
import pytest

from npdeconv.layers import Clip, Conv2D, PReLU, ReLU, Scale, Sequential

X = np.array([[[[2.0, -4.0]], [[-1.0, 8.0]]]])  # (1, 2, 1, 2)
Y = np.array([[[[-3.0, 5.0]], [[6.0, -7.0]]]])


def scale() -> Scale:
    layer = Scale(2, dtype=float)
    layer.weight[:], layer.bias[:] = (3, -0.5), (1, 10)
    return layer


def prelu() -> PReLU:
    layer = PReLU(2, dtype=float)
    layer.slope[:] = 0.5, -2
    return layer


def test_scale_and_shift_and_no_shift_on_the_way_down():
    y, context = scale().forward(X)
    np.testing.assert_array_equal(y, [[[[7, 12]], [[-2, 6]]]])
    for rule in ("deconv", "gradient", "guided", "linear", "ascent"):
        np.testing.assert_array_equal(scale().descend(Y, context, rule), [[[[-9, -2.5]], [[18, 3.5]]]])
    _, gradients = scale().backward(Y, context)
    np.testing.assert_array_equal(gradients["weight"], [2 * -3 + -1 * 6, -4 * 5 + 8 * -7])
    np.testing.assert_array_equal(gradients["bias"], [3, -2])


def test_a_new_scale_changes_nothing():
    np.testing.assert_array_equal(Scale(2, dtype=float)(X), X)


def test_folding_a_scale_into_the_convolution_changes_no_projection():
    rng = np.random.default_rng(0)
    conv, normalization = Conv2D(3, 4, 3, rng=rng, dtype=float), Scale(4, dtype=float)
    for array in (conv.bias, normalization.weight, normalization.bias):
        array[:] = rng.normal(size=array.shape)
    folded = Conv2D(3, 4, 3, rng=rng, dtype=float)
    folded.weight[:] = conv.weight * normalization.weight
    folded.bias[:] = conv.bias * normalization.weight + normalization.bias
    net = Sequential({"conv": conv, "scale": normalization, "relu": ReLU()})
    other = Sequential({"conv": folded, "relu": ReLU()})
    x = rng.normal(size=(2, 6, 5, 3))
    (y, tape), (other_y, other_tape) = net.forward(x), other.forward(x)
    np.testing.assert_allclose(y, other_y, atol=1e-12)
    for rule in ("deconv", "gradient", "guided", "linear"):
        np.testing.assert_allclose(net.descend(y, tape, rule), other.descend(y, other_tape, rule), atol=1e-12)


def test_prelu_has_a_slope_for_each_channel():
    y, context = prelu().forward(X)
    np.testing.assert_array_equal(y, [[[[2, 8]], [[-0.5, 8]]]])
    expected = {
        "deconv": [[[[-1.5, 5]], [[6, 14]]]],
        "gradient": [[[[-3, -10]], [[3, -7]]]],
        "guided": [[[[-1.5, 20]], [[3, 14]]]],
        "linear": Y,
    }
    for rule, down in expected.items():
        np.testing.assert_array_equal(prelu().descend(Y, context, rule), down, err_msg=rule)
    np.testing.assert_array_equal(prelu().backward(Y, context)[1]["slope"], [-1 * 6, -4 * 5])
    assert PReLU(3).slope.tolist() == [0.25] * 3


def test_a_prelu_of_slope_0_is_a_rectifier():
    layer, x = PReLU(2, dtype=float), np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    layer.slope[:] = 0
    (y, context), (expected, other) = layer.forward(x), ReLU().forward(x)
    np.testing.assert_array_equal(y, expected)
    for rule in ("deconv", "gradient", "guided", "linear", "ascent"):
        np.testing.assert_array_equal(layer.descend(-x, context, rule), ReLU().descend(-x, other, rule))


def test_clip_between_0_and_6_is_a_rectifier_with_a_ceiling_on_the_way_up_alone():
    x = np.array([[-1.0, 0.0, 3.0, 6.0, 9.0]])
    y, context = Clip().forward(x)
    np.testing.assert_array_equal(y, [[0, 0, 3, 6, 6]])
    down = np.array([[1.0, -2.0, -3.0, 40.0, 50.0]])
    expected = {
        "deconv": [[1, 0, 0, 40, 50]],
        "gradient": [[0, 0, -3, 0, 0]],
        "guided": [[0, 0, 0, 0, 0]],
        "linear": down,
    }
    for rule, result in expected.items():
        np.testing.assert_array_equal(Clip().descend(down, context, rule), result, err_msg=rule)


def test_clip_to_both_signs_does_not_rectify():
    layer = Clip(-1, 2)
    y, context = layer.forward(np.array([[-3.0, -1.0, 1.0, 2.0]]))
    np.testing.assert_array_equal(y, [[-1, -1, 1, 2]])
    down = np.array([[-1.0, 2.0, -3.0, 4.0]])
    np.testing.assert_array_equal(layer.deconv(down, context), down)
    for rule in ("gradient", "guided", "linear"):
        np.testing.assert_array_equal(layer.descend(down, context, rule), [[0, 0, -3, 0]])
    assert not layer.rectifies
    assert Clip(0, np.inf).rectifies


@pytest.mark.parametrize("layer", [scale(), prelu(), Clip()])
def test_nans_stay_visible(layer):
    x = X.copy()
    x[0, 0, 0, 0] = np.nan
    assert np.argwhere(np.isnan(layer(x))).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Scale(0), ValueError, "Scale: channels must be at least 1, got 0"),
        (lambda: PReLU(1.5), TypeError, "PReLU: channels must be an integer, got 1.5"),
        (lambda: scale()(X.astype(np.float32)), TypeError, "Scale: expected dtype float64, got float32"),
        (lambda: prelu()(X[..., :1]), ValueError, "PReLU: expected shape (N, any, any, 2), got (1, 2, 1, 1)"),
        (
            lambda: scale().output_shape((3, 3, 4)),
            ValueError,
            "Scale: expected 2 channels, got shape (3, 3, 4)",
        ),
        (lambda: prelu().output_shape(()), ValueError, "PReLU: expected 2 channels, got shape ()"),
        (lambda: Clip(2, 2), ValueError, "Clip: expected two numbers, low below high, got 2 and 2"),
        (lambda: Clip("a", 2), ValueError, "Clip: expected two numbers, low below high, got 'a' and 2"),
        (lambda: Clip(np.nan, 2), ValueError, "Clip: expected two numbers, low below high, got nan and 2"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_repr():
    assert repr(Scale(2)) == "Scale(2)"
    assert repr(PReLU(2)) == "PReLU(2)"
    assert repr(Clip()) == "Clip(0.0, 6.0)"
