"""Windows that are dilated, hang over the edge or count their padding, and margins."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npdeconv._types import Box
from npdeconv.layers import AvgPool2D, Conv2D, MaxPool2D, Pad
from tests.layers.test_layers import image


def dilated_and_spread(channels, filters, size, dilation, **options):
    """Return a dilated convolution, and one whose larger filters have zeros in between."""
    rng = np.random.default_rng(0)
    layer = Conv2D(channels, filters, size, dilation=dilation, rng=rng, dtype=float, **options)
    layer.bias[:] = rng.normal(size=filters)
    spread = Conv2D(channels, filters, layer.window.span, rng=rng, dtype=float, **options)
    spread.weight[:] = 0
    spread.weight[:: layer.window.dilation[0], :: layer.window.dilation[1]] = layer.weight
    spread.bias[:] = layer.bias
    return layer, spread


@settings(deadline=None)
@given(
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    dilation=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["valid", "same", ((2, 0), (1, 3))]),
    groups=st.sampled_from([1, 2, 4]),
)
def test_a_dilated_filter_is_one_with_zeros_in_between(size, dilation, stride, padding, groups):
    layer, spread = dilated_and_spread(
        4, 4, size, dilation, stride=stride, padding=padding, groups=groups
    )  # fmt: skip
    x = np.random.default_rng(1).normal(size=(2, 13, 12, 4))
    (y, context), (expected, other) = layer.forward(x), spread.forward(x)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    dy = np.random.default_rng(2).normal(size=y.shape)
    (dx, gradients), (other_dx, others) = layer.backward(dy, context), spread.backward(dy, other)
    np.testing.assert_allclose(dx, other_dx, atol=1e-12)
    down, across = dilation
    np.testing.assert_allclose(gradients["weight"], others["weight"][::down, ::across], atol=1e-11)
    box = Box(1, 3, 0, 2)
    assert layer.receptive_field(box, (13, 12, 4)) == spread.receptive_field(box, (13, 12, 4))


def test_a_dilated_convolution_by_hand():
    layer = Conv2D(1, 1, (1, 2), dilation=(1, 3), rng=np.random.default_rng(0), dtype=float)
    layer.weight[0, :, 0, 0] = 1, 10
    y, context = layer.forward(image([[1, 2, 3, 4, 5]]))
    np.testing.assert_array_equal(y, image([[41, 52]]))
    np.testing.assert_array_equal(layer.deconv(image([[1, 2]]), context), image([[1, 2, 0, 10, 20]]))
    assert repr(layer) == "Conv2D(1, 1, (1, 2), padding='valid', dilation=(1, 3))"
    with pytest.raises(
        ValueError, match="a window of 1x2, dilated to 1x4, with padding 'valid' does not fit"
    ):
        layer(image([[1, 2, 3]]))
    with pytest.raises(ValueError, match="Conv2D: dilation must be at least 1, got 0"):
        Conv2D(1, 1, 3, dilation=0, rng=np.random.default_rng(0))


def test_with_ceil_mode_a_last_window_hangs_over():
    rows = image([[1, 7, 3, 4, 9], [2, 5, 6, 8, 0], [0, 1, 2, 3, 4]])
    layer = MaxPool2D(2, ceil_mode=True)
    y, context = layer.forward(rows)
    np.testing.assert_array_equal(y, image([[7, 8, 9], [1, 3, 4]]))
    down = layer.deconv(image([[1, 2, 3], [4, 5, 6]]), context)
    np.testing.assert_array_equal(down, image([[0, 1, 0, 0, 3], [0, 0, 0, 2, 0], [0, 4, 0, 5, 6]]))
    np.testing.assert_array_equal(MaxPool2D(2)(rows), image([[7, 8]]))
    average = AvgPool2D(2, ceil_mode=True)
    np.testing.assert_array_equal(average(rows), image([[15 / 4, 21 / 4, 9 / 2], [1 / 2, 5 / 2, 4]]))


@pytest.mark.parametrize(
    ("length", "size", "stride", "before", "after", "places"),
    [
        (5, 2, 2, 0, 0, 3),
        (6, 2, 2, 0, 0, 3),
        (7, 3, 2, 0, 0, 3),
        (8, 3, 2, 0, 0, 4),
        (4, 1, 3, 0, 0, 2),
        (5, 2, 2, 1, 1, 3),  # a fourth would begin in the padding behind
        (4, 2, 3, 1, 1, 2),
        (3, 3, 4, 0, 0, 1),
        (6, 3, 5, 0, 2, 2),
    ],
)
def test_as_many_windows_as_in_pytorch(length, size, stride, before, after, places):
    """`torch.nn.functional.max_pool2d(torch.zeros(1, 1, length, 1), ..., ceil_mode=True).shape`."""
    padding = ((before, after), (0, 0))
    layer = MaxPool2D((size, 1), stride=(stride, 1), padding=padding, ceil_mode=True)
    assert layer.output_shape((length, 1, 1)) == (places, 1, 1)


def test_with_same_there_is_nothing_to_round_up():
    assert repr(MaxPool2D(3, stride=2, padding="same", ceil_mode=True)) == repr(
        MaxPool2D(3, stride=2, padding="same")
    )


def test_padding_counts_if_asked_for_but_not_what_hangs_over():
    x = image([[4, 8, 12], [4, 8, 12], [4, 8, 12]])
    layer = AvgPool2D(2, padding=((1, 0), (0, 0)), count_include_pad=True)
    y, context = layer.forward(x)
    np.testing.assert_array_equal(y, image([[3], [6]]))
    down = layer.deconv(image([[4], [8]]), context)
    np.testing.assert_array_equal(down, image([[1, 1, 0], [2, 2, 0], [2, 2, 0]]))
    layer = AvgPool2D(2, padding=((1, 0), (0, 0)), ceil_mode=True, count_include_pad=True)
    np.testing.assert_array_equal(layer(x), image([[3, 6], [6, 12]]))
    assert repr(layer) == (
        "AvgPool2D((2, 2), stride=(2, 2), padding=((1, 0), (0, 0)), ceil_mode=True, count_include_pad=True)"
    )


def test_all_of_the_padding_counts_with_same():
    layer = AvgPool2D(3, stride=1, padding="same", count_include_pad=True)
    np.testing.assert_array_equal(
        layer(np.full((1, 3, 3, 1), 9.0))[0, :, :, 0], [[4, 6, 4], [6, 9, 6], [4, 6, 4]]
    )


def test_a_margin():
    layer = Pad(((1, 0), (0, 2)), value=-1)
    y, context = layer.forward(image([[1, 2], [3, 4]]))
    np.testing.assert_array_equal(y, image([[-1, -1, -1, -1], [1, 2, -1, -1], [3, 4, -1, -1]]))
    np.testing.assert_array_equal(layer.deconv(y, context), image([[1, 2], [3, 4]]))
    assert layer.receptive_field(Box(0, 2, 1, 3), (2, 2, 1)) == Box(-1, 1, 1, 3)
    assert repr(layer) == "Pad(((1, 0), (0, 2)), value=-1.0)"


def test_a_margin_of_zeros_below_a_convolution_is_its_padding():
    rng, padding = np.random.default_rng(0), ((1, 2), (0, 3))
    inside = Conv2D(2, 3, 3, padding=padding, rng=rng, dtype=float)
    bare = Conv2D(2, 3, 3, rng=rng, dtype=float)
    bare.weight[:] = inside.weight
    x = rng.normal(size=(2, 5, 4, 2))
    np.testing.assert_array_equal(bare(Pad(padding)(x)), inside(x))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pad("same"), "Pad: padding must be ((top, bottom), (left, right)), got 'same'"),
        (
            lambda: Pad(((1, -1), (0, 0))),
            "Pad: padding must be 'valid', 'same' or ((top, bottom), (left, right))",
        ),
        (lambda: Pad(((1, 1), (0, 0)), value=np.inf), "Pad: value must be a finite number, got inf"),
        (lambda: Pad(((1, 1), (0, 0)), value="0"), "Pad: value must be a finite number, got '0'"),
    ],
)
def test_margins_that_are_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
