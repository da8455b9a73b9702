"""Worked examples, small enough for paper, and properties of single layers beyond the contract."""

import re

import numpy as np
import pytest

from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Invert,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sequential,
)
from npdeconv.layers.softmax import softmax
from npdeconv.training import predict
from tests.cases import small_network, towers


def image(rows) -> np.ndarray:
    return np.array(rows, float)[None, :, :, None]


def conv_of(rows, **options) -> Conv2D:
    """A layer with one given filter."""
    size = (len(rows), len(rows[0]))
    layer = Conv2D(1, 1, size, rng=np.random.default_rng(0), dtype=float, **options)
    layer.weight[...] = np.array(rows, float)[:, :, None, None]
    return layer


def test_convolution_correlates_without_flipping():
    layer = conv_of([[1, 2], [0, -1]])
    layer.bias[...] = 10
    y, context = layer.forward(image([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    np.testing.assert_array_equal(y, image([[10, 12], [16, 18]]))  # 1*1 + 2*2 - 5 + 10, ...
    # The way down puts the filter back, weighted, and adds no bias.
    down = layer.deconv(image([[1, 0], [0, 3]]), context)
    np.testing.assert_array_equal(down, image([[1, 2, 0], [0, -1 + 3, 6], [0, 0, -3]]))


def test_same_padding_puts_the_odd_pixel_below_and_to_the_right():
    layer = conv_of([[1, 0], [0, 0]], padding="same")
    x = image([[1, 2], [3, 4]])
    np.testing.assert_array_equal(layer(x), x)


def test_pooling_records_switches_and_unpooling_uses_them():
    layer = MaxPool2D(2)
    y, context = layer.forward(image([[1, 5, 2, 0], [3, 4, 0, 7], [9, 9, 1, 1], [9, 9, 1, 2]]))
    np.testing.assert_array_equal(y, image([[5, 7], [9, 2]]))
    np.testing.assert_array_equal(context.switches[0, :, :, 0], [[1, 7], [8, 15]])  # a tie: the first
    down = layer.deconv(image([[10, 20], [30, 40]]), context)
    expected = image([[0, 10, 0, 0], [0, 0, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]])
    np.testing.assert_array_equal(down, expected)


def test_overlapping_windows_that_share_a_winner_sum():
    layer = MaxPool2D(3, stride=1)
    y, context = layer.forward(image([[0, 0, 0, 0], [0, 8, 0, 0], [0, 0, 0, 0]]))
    np.testing.assert_array_equal(y, image([[8, 8]]))
    down = layer.deconv(image([[1, 2]]), context)
    np.testing.assert_array_equal(down, image([[0, 0, 0, 0], [0, 3, 0, 0], [0, 0, 0, 0]]))


def test_pooling_drops_rows_that_fill_no_window_as_keras_valid_does():
    assert MaxPool2D(2).output_shape((7, 5, 3)) == (3, 2, 3)
    assert MaxPool2D(2, padding="same").output_shape((7, 5, 3)) == (4, 3, 3)
    assert MaxPool2D(3, stride=2).output_shape((55, 55, 96)) == (27, 27, 96)  # AlexNet


def test_padding_never_wins_even_over_negative_numbers():
    y = MaxPool2D(2, padding=((1, 0), (1, 0)))(image([[-3, -2], [-1, -4]]))
    np.testing.assert_array_equal(y, image([[-3]]))


def test_the_rules_of_the_rectifier():
    x, y = np.array([[1.0, 1, -1, -1]]), np.array([[5.0, -5, 5, -5]])
    _, context = ReLU().forward(x)
    np.testing.assert_array_equal(ReLU().descend(y, context, "deconv"), [[5, 0, 5, 0]])
    np.testing.assert_array_equal(ReLU().descend(y, context, "gradient"), [[5, -5, 0, 0]])
    np.testing.assert_array_equal(ReLU().descend(y, context, "guided"), [[5, 0, 0, 0]])
    np.testing.assert_array_equal(ReLU().descend(y, context, "linear"), y)


@pytest.mark.parametrize("nested", [False, True])
def test_the_ascent_rule_passes_everything_a_rectifier_would_stop(nested):
    x, y = np.array([[1.0, -1], [-1, -1], [1, -1]]), np.array([[5.0, -5], [5, -5], [0, 7]])
    layer = Sequential({"relu": ReLU()}) if nested else ReLU()
    _, context = layer.forward(x)
    expected = [[5, 0], [5, -5], [0, 7]]  # separately for each image; the first is not blocked
    np.testing.assert_array_equal(layer.descend(y, context, "ascent"), expected)
    np.testing.assert_array_equal(y, [[5, -5], [5, -5], [0, 7]])


def test_the_rectifier_keeps_nans():
    assert np.isnan(ReLU()(np.array([[np.nan]]))).all()
    assert np.isnan(LeakyReLU()(np.array([[np.nan]]))).all()


def test_the_rules_of_the_leaky_rectifier_let_a_share_through():
    x, y = np.array([[1.0, 1, -1, -1]]), np.array([[8.0, -8, 8, -8]])
    layer = LeakyReLU(0.25)
    np.testing.assert_array_equal(layer(y), [[8, -2, 8, -2]])
    _, context = layer.forward(x)
    np.testing.assert_array_equal(layer.descend(y, context, "deconv"), [[8, -2, 8, -2]])
    np.testing.assert_array_equal(layer.descend(y, context, "gradient"), [[8, -8, 2, -2]])
    np.testing.assert_array_equal(layer.descend(y, context, "guided"), [[8, -2, 2, -0.5]])
    np.testing.assert_array_equal(layer.descend(y, context, "linear"), y)


def test_at_zero_the_leaky_gradient_is_the_share():
    layer = LeakyReLU(0.25)
    y, context = layer.forward(np.array([[0.0, -0.0, 2.0, -4.0]]))
    np.testing.assert_array_equal(y, [[0, 0, 2, -1]])
    np.testing.assert_array_equal(layer.backward(np.ones((1, 4)), context)[0], [[0.25, 0.25, 1, 0.25]])


def test_a_projection_through_invert_changes_signs_and_stops_nothing():
    layer = Invert(0.5)
    y, context = layer.forward(np.array([[0.25, 0.75]]))
    np.testing.assert_array_equal(y, [[0.25, 0]])
    np.testing.assert_array_equal(layer.deconv(np.array([[2.0, -3.0]]), context), [[-2, 3]])
    np.testing.assert_array_equal(layer.backward(np.array([[2.0, -3.0]]), context)[0], [[-2, 0]])


def test_averages_are_spread_in_the_dtype_of_the_maps():
    layer, y = AvgPool2D(3, stride=1), np.full((1, 3, 3, 1), 0.1, np.float32)
    _, context = layer.forward(np.zeros((1, 5, 5, 1), np.float32))
    share, total = np.float32(0.1) / np.float32(9), np.float32(0)
    for _ in range(9):
        total += share
    assert layer.deconv(y, context)[0, 2, 2, 0] == total


def test_a_leak_of_zero_is_the_plain_rectifier():
    x, y = np.random.default_rng(0).normal(size=(2, 3, 50))
    (up, context), (expected, own) = LeakyReLU(0).forward(x), ReLU().forward(x)
    np.testing.assert_array_equal(up, expected)
    for rule in ("deconv", "gradient", "guided", "linear"):
        down = LeakyReLU(0).descend(y, context, rule)
        np.testing.assert_array_equal(down, ReLU().descend(y, own, rule))


def test_a_chain_with_plain_and_leaky_rectifiers_equals_its_layers():
    """The reference runs the chain layer by layer."""
    net = towers(np.float32)
    x = np.random.default_rng(0).random((3, *net.input_shape), np.float32)
    y = x
    for layer in net.layers.values():
        y = layer.forward(y)[0]
    np.testing.assert_allclose(net(x), y, rtol=1e-5)
    np.testing.assert_allclose(predict(net, x, workers=1), softmax(y), rtol=1e-5)


@pytest.mark.parametrize(("channels", "filters", "groups"), [(4, 6, 2), (6, 3, 3), (32, 32, 2)])
def test_groups_are_a_convolution_with_zeros_between_groups(channels, filters, groups):
    options = {"padding": "same", "rng": np.random.default_rng(0), "dtype": float}
    layer = Conv2D(channels, filters, 3, groups=groups, **options)
    full = Conv2D(channels, filters, 3, **options)
    full.weight[...] = 0
    for f in range(filters):
        first = f // (filters // groups) * (channels // groups)  # of the channels that filter f sees
        full.weight[:, :, first : first + channels // groups, f] = layer.weight[:, :, :, f]
    layer.bias[...] = full.bias[...] = np.arange(filters)
    x = np.random.default_rng(1).normal(size=(2, 5, 7, channels))
    (y, context), (expected, own) = layer.forward(x), full.forward(x)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    np.testing.assert_allclose(layer.deconv(y, context), full.deconv(y, own), atol=1e-11)
    (_, gradients), (_, all_gradients) = layer.backward(y, context), full.backward(y, own)
    for f in range(filters):
        first = f // (filters // groups) * (channels // groups)
        dense = all_gradients["weight"][:, :, first : first + channels // groups, f]
        np.testing.assert_allclose(gradients["weight"][:, :, :, f], dense, atol=1e-10)


def test_initial_weights_depend_on_the_channels_of_a_group():
    layer = Conv2D(64, 64, 3, groups=4, rng=np.random.default_rng(0))
    assert layer.weight.shape == (3, 3, 16, 64)
    assert abs(layer.weight.var() * 9 * 16 / 2 - 1) < 0.05


def test_dropout_is_the_identity_without_noise_and_keeps_the_mean_with_it():
    layer, x = Dropout(0.25), np.ones((200, 200))
    assert layer(x) is x
    y, context = layer.forward(x, rng=np.random.default_rng(0))
    assert set(np.unique(y)) == {0, 1 / 0.75}
    assert abs((y == 0).mean() - 0.25) < 0.01
    np.testing.assert_array_equal(layer.backward(x, context)[0], y)  # the same mask
    np.testing.assert_array_equal(layer.deconv(x, context), x)
    other, _ = layer.forward(x, rng=np.random.default_rng(1))
    assert (other != y).any()


def test_flatten_reads_rows_then_columns_then_channels():
    x = np.arange(8.0).reshape(1, 2, 2, 2)
    np.testing.assert_array_equal(Flatten()(x), [np.arange(8)])


def test_label_slices_include_both_ends_and_share_the_arrays():
    net = small_network(float)
    head = net[:"relu2"]
    assert list(head.layers) == ["conv1", "relu1", "pool1", "conv2", "relu2"]
    assert list(net["pool1":"relu2"].layers) == ["pool1", "conv2", "relu2"]
    assert list(net["logits":].layers) == ["logits", "softmax"]
    assert head["conv1"] is net["conv1"]
    assert head.parameters["conv1.weight"] is net.parameters["conv1.weight"]
    assert net["pool1":].input_shape == (9, 11, 4)
    x = np.random.default_rng(0).random((2, 9, 11, 2))
    np.testing.assert_array_equal(net["flatten":](head(x)), net(x))


def test_parameters_are_flat_and_nest():
    net = small_network(float)
    assert list(net.parameters)[:3] == ["conv1.weight", "conv1.bias", "conv2.weight"]
    outer = Sequential({"features": net[:"flatten"], "head": net["dense1":]}, input_shape=(9, 11, 2))
    assert list(outer.parameters)[:2] == ["features.conv1.weight", "features.conv1.bias"]
    x = np.random.default_rng(0).random((2, 9, 11, 2))
    y, tape = outer.forward(x)
    dx, gradients = outer.backward(y, tape)
    expected_dx, expected = net.backward(y, net.forward(x)[1])
    np.testing.assert_array_equal(dx, expected_dx)
    np.testing.assert_array_equal(gradients["head.logits.bias"], expected["logits.bias"])


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Conv2D(0, 4, 3, rng=rng()), ValueError, "Conv2D: in_channels must be at least 1, got 0"),
        (lambda: Conv2D(1, 4.0, 3, rng=rng()), TypeError, "Conv2D: filters must be an integer, got 4.0"),
        (
            lambda: Conv2D(1, 4, (3, 3, 3), rng=rng()),
            ValueError,
            "Conv2D: kernel_size must be one integer or two",
        ),
        (
            lambda: Conv2D(1, 4, 3, stride=0, rng=rng()),
            ValueError,
            "Conv2D: stride must be at least 1, got 0",
        ),
        (
            lambda: Conv2D(1, 4, 3, padding="full", rng=rng()),
            ValueError,
            "padding must be 'valid', 'same' or",
        ),
        (
            lambda: Conv2D(1, 4, 3, padding=((1, 1), (-1, 1)), rng=rng()),
            ValueError,
            "padding must be 'valid'",
        ),
        (lambda: Conv2D(1, 4, 3, padding=1, rng=rng()), ValueError, "padding must be 'valid', 'same' or"),
        (
            lambda: Conv2D(1, 4, 3, rng=rng(), dtype=int),
            TypeError,
            "dtype must be float32 or float64, got int64",
        ),
        (
            lambda: Conv2D(6, 4, 3, groups=3, rng=rng()),
            ValueError,
            "Conv2D: in_channels and filters must be multiples of groups (3), got 6 and 4",
        ),
        (lambda: Conv2D(6, 4, 3, groups=0, rng=rng()), ValueError, "groups must be at least 1, got 0"),
        (lambda: LeakyReLU(1), ValueError, "LeakyReLU: slope must be at least 0 and below 1, got 1"),
        (lambda: MaxPool2D(True), TypeError, "MaxPool2D: window must be an integer, got True"),
        (
            lambda: MaxPool2D(2, padding=((2, 0), (0, 0))),
            ValueError,
            "padding must be smaller than the window",
        ),
        (lambda: Dense(3, -1, rng=rng()), ValueError, "Dense: outputs must be at least 1, got -1"),
        (lambda: Dense(3, 2, rng=0), TypeError, "Dense: rng must be a numpy.random.Generator, got 0"),
        (lambda: Conv2D(1, 4, 3, rng=0), TypeError, "Conv2D: rng must be a numpy.random.Generator, got 0"),
        (lambda: Invert(0), ValueError, "Invert: level must be above 0 and below 1, got 0"),
        (lambda: Invert(1), ValueError, "Invert: level must be at least 0 and below 1, got 1"),
        (lambda: Dropout(1), ValueError, "Dropout: rate must be at least 0 and below 1, got 1"),
        (lambda: Dropout("half"), TypeError, "Dropout: rate must be a number, got 'half'"),
        (lambda: Sequential({}), ValueError, "Sequential: expected at least one layer, got none"),
        (
            lambda: Sequential([Flatten(), Dropout(0.5)]),
            TypeError,
            "Sequential: layers must be a mapping of names to layers, got [Flatten(), Dropout(0.5)]",
        ),
        (lambda: Sequential({"relu": 3}), TypeError, "Sequential: 'relu' must be a Layer, got int"),
    ],
)
def test_constructors_check_their_arguments(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_invert_takes_arrays_of_floats():
    with pytest.raises(TypeError, match=r"^Invert: expected an array of floats, got \[1\]$"):
        Invert(0.5)([1])


def test_calls_check_shape_and_dtype():
    layer = Conv2D(2, 4, 3, rng=rng())
    with pytest.raises(
        ValueError, match=re.escape("Conv2D: expected shape (N, any, any, 2), got (1, 5, 5, 3)")
    ):
        layer(np.zeros((1, 5, 5, 3), np.float32))
    with pytest.raises(TypeError, match="Conv2D: expected dtype float32, got float64"):
        layer(np.zeros((1, 5, 5, 2)))
    with pytest.raises(TypeError, match="Conv2D: expected an array, got list"):
        layer([[1.0]])
    with pytest.raises(
        ValueError, match="a window of 3x3 with padding 'valid' does not fit into an input of 2x5"
    ):
        layer(np.zeros((1, 2, 5, 2), np.float32))
    with pytest.raises(ValueError, match=re.escape("Dense: expected shape (N, 3), got (1, 4)")):
        Dense(3, 2, rng=rng())(np.zeros((1, 4), np.float32))


def test_layers_that_do_not_fit_are_found_at_construction_and_named():
    layers = {"conv1": Conv2D(1, 4, 3, rng=rng()), "conv2": Conv2D(5, 4, 3, rng=rng())}
    with pytest.raises(ValueError, match="Conv2D: expected 5 input channels, got 4") as caught:
        Sequential(layers, input_shape=(8, 8, 1))
    assert caught.value.__notes__ == ["in layer 'conv2'"]
    with pytest.raises(ValueError, match=re.escape("expected an input of shape (H, W, C), got (8,)")):
        Sequential(layers, input_shape=(8,))
    flat = {"flatten": Flatten(), "dense1": Dense(7, 2, rng=rng())}
    with pytest.raises(ValueError, match=re.escape("Dense: expected an input of shape (7,), got (8,)")):
        Sequential(flat, input_shape=(2, 2, 2))


def test_unknown_names_list_the_known_ones():
    net = small_network(float)
    for ask in (lambda: net["conv9"], lambda: net[:"conv9"], lambda: net["conv9":]):
        with pytest.raises(KeyError, match="no layer 'conv9'; the layers are conv1, relu1, pool1, conv2"):
            ask()
    with pytest.raises(ValueError, match="layer 'conv1' comes before 'relu2'"):
        net["relu2":"conv1"]
    with pytest.raises(TypeError, match="expected a layer's name or a slice of names, got 3"):
        net[3]


def test_the_tape_of_a_network_serves_its_parts():
    net = small_network(float)
    x = np.random.default_rng(0).normal(size=(2, 9, 11, 2))
    head = net[:"relu2"]
    y, tape = head.forward(x)
    np.testing.assert_array_equal(head.deconv(y, net.forward(x)[1]), head.deconv(y, tape))
    with pytest.raises(ValueError, match="a tape with the context of each layer, got none of 'flatten'"):
        net[:"flatten"].deconv(y, tape)
