"""Networks that branch: forks, sums, concatenations, what is below and above a cut."""

import re
import weakref

import numpy as np
import pytest

from npdeconv._types import Box
from npdeconv.layers import (
    Add,
    Concat,
    Conv2D,
    Dense,
    Flatten,
    Graph,
    Layer,
    MaxPool2D,
    ReLU,
    Sequential,
)
from npdeconv.layers.further.rebuilding import preceded_by, with_layers
from tests.graphs import dense_net, inception, residual, scale

X = np.array([[1.0, -2.0, 3.0]])


def graph(layers, **inputs):
    return Graph(layers, inputs=inputs)


def test_a_sum_copies_down_and_a_concatenation_gives_each_its_piece():
    x, z = np.arange(4.0).reshape(1, 2, 2, 1), np.arange(8.0).reshape(1, 2, 2, 2)
    y, context = Add().forward((z, z, 2 * z))
    np.testing.assert_array_equal(y, 4 * z)
    for way in (Add().deconv(y, context), Add().backward(y, context)[0]):
        assert len(way) == 3
        for piece in way:
            np.testing.assert_array_equal(piece, y)
    y, context = Concat().forward((x, z))
    np.testing.assert_array_equal(y[0, 1, 1], [3, 6, 7])
    for way in (Concat().deconv(y, context), Concat().backward(y, context)[0]):
        np.testing.assert_array_equal(way[0], x)
        np.testing.assert_array_equal(way[1], z)


def test_what_comes_down_at_a_fork_is_summed_before_the_rectifier_sees_it():
    """relu is read with weights 1 and -3: of y = 1, +1 and -3 come down, and -2 is no positive evidence."""
    net = graph(
        {"relu": ReLU(), "one": scale(1), "three": scale(-3), "add": Add()},
        three="relu", add=("one", "three"),
    )  # fmt: skip
    y, tape = net.forward(X)
    np.testing.assert_array_equal(y, [[-2, 0, -6]])
    np.testing.assert_array_equal(net.deconv(np.array([[1.0, 2.0, 3.0]]), tape), [[0, 0, 0]])
    np.testing.assert_array_equal(net.deconv(np.array([[-1.0, 2.0, -3.0]]), tape), [[2, 0, 6]])
    np.testing.assert_array_equal(net.backward(np.array([[1.0, 2.0, 3.0]]), tape)[0], [[-2, 0, -6]])
    np.testing.assert_array_equal(net.descend(np.array([[-1.0, -2.0, 3.0]]), tape, "guided"), [[2, 0, 0]])
    np.testing.assert_array_equal(net.descend(np.array([[1.0, 2.0, 3.0]]), tape, "linear"), [[-2, -4, -6]])


def test_a_value_may_be_used_three_times_and_twice_by_one_layer():
    net = graph(
        {"half": scale(0.5), "add": Add(), "both": Concat()},
        add=("half", "half"), both=("input", "add", "input", "half"),
    )  # fmt: skip
    y, tape = net.forward(X)
    np.testing.assert_array_equal(y, np.concatenate([X, X, X, X / 2], axis=1))
    down = net.deconv(np.arange(12.0).reshape(1, 12), tape)
    np.testing.assert_array_equal(down, [[0 + 3 + 6 + 9 / 2, 1 + 4 + 7 + 10 / 2, 2 + 5 + 8 + 11 / 2]])


def test_values_that_all_have_read_are_let_go():
    outputs: list[weakref.ref] = []
    alive: list[int] = []

    class Watched(ReLU):
        def forward(self, x, *, rng=None):
            y, context = super().forward(x)
            outputs.append(weakref.ref(y))
            alive.append(sum(output() is not None for output in outputs))
            return y, context

    layers = {"a": Watched(), "b": Watched(), "c": Watched(), "add": Add(), "d": Watched(), "e": Watched()}
    graph(layers, c="a", add=("b", "c"))(np.ones((1, 4)))
    assert alive == [1, 2, 3, 1, 2]
    outputs.clear()
    alive.clear()
    Sequential({f"relu{n}": Watched() for n in range(5)})(np.ones((1, 4)))
    assert alive == [1, 2, 2, 2, 2]


def test_outputs_of_some_layers_in_one_pass():
    for net in (residual(), inception(), Sequential({"relu": ReLU(), "tail": Flatten()})):
        x = np.random.default_rng(0).normal(size=(2, *(net.input_shape or (3, 3, 1))))
        names = [*net.layers][::2]
        found = dict(net.outputs(x, reversed(names)))
        assert list(found) == names
        for name in names:
            np.testing.assert_array_equal(found[name], net[:name](x))
        assert list(net.outputs(x, [])) == []
        with pytest.raises(KeyError, match="no layer 'nobody'; the layers are"):
            list(net.outputs(x, ["nobody"]))


def test_outputs_pass_no_layer_above_the_last_wanted():
    class Refusing(ReLU):
        def forward(self, x, *, rng=None):
            raise AssertionError

    net = Sequential({"relu": ReLU(), "never": Refusing()})
    assert [name for name, _ in net.outputs(X, ["relu"])] == ["relu"]


def test_everything_that_a_layer_depends_on():
    net = residual()
    assert list(net[:"add1"].layers) == ["conv0", "relu0", "conv1", "relu1", "conv2", "add1"]
    assert type(net[:"conv1"]) is Sequential  # nothing branches below it
    assert list(net[:"short2"].layers) == [*net[:"relu2"].layers, "short2"]
    x = np.random.default_rng(0).normal(size=(2, *net.input_shape))
    for name in net.layers:
        head = net[:name]
        assert head[name] is net[name]
        assert head.input_shape == net.input_shape
        np.testing.assert_array_equal(head(x), dict(net.outputs(x, [name]))[name])
    assert net[:].inputs == net.inputs


def test_what_lies_above_a_cut():
    net = residual()
    x = np.random.default_rng(0).normal(size=(2, *net.input_shape))
    upper = net["conv1":]  # conv1 and the shortcut both read relu0
    np.testing.assert_array_equal(upper(net[:"relu0"](x)), net(x))
    assert upper.input_shape == net[:"relu0"].output_shape(net.input_shape)
    assert upper.inputs["add1"] == ("conv2", "input")
    body = net["conv3":"conv4"]
    assert type(body) is Sequential
    assert list(body.layers) == ["conv3", "relu3", "conv4"]
    np.testing.assert_array_equal(net["mean":](net[:"relu4"](x)), net(x))
    assert net["mean":].classes == net.classes == ("a", "b", "c", "d")
    assert body.classes is None


def test_a_tape_of_the_whole_serves_a_part():
    net = residual()
    x = np.random.default_rng(0).normal(size=(2, *net.input_shape))
    head = net[:"add2"]
    y, tape = head.forward(x)
    np.testing.assert_array_equal(head.deconv(y, net.forward(x)[1]), head.deconv(y, tape))


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (lambda net: net["conv2":], "begins with 'conv2' would sever the branch from 'relu0' to 'add1'"),
        (lambda net: net["relu1":"add1"], "begins with 'relu1' would sever the branch from 'relu0' to"),
        (lambda net: net["short2":], "begins with 'short2' would sever the branch from 'conv4' to 'add2'"),
        (lambda net: net["add1":], "expected a part to begin with a layer that reads one, got 'add1', which"
                                   " reads 'conv2' and 'relu0'"),
        (lambda net: net["conv3":"short2"], "'short2' does not depend on 'conv3'"),
        (lambda net: net["add2":"conv1"], "layer 'conv1' comes before 'add2'"),
    ],
)  # fmt: skip
def test_cuts_that_are_refused(cut, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        cut(residual())


def test_unknown_names_are_refused():
    with pytest.raises(KeyError, match="no layer 'add3'; the layers are conv0, relu0"):
        residual()[:"add3"]
    with pytest.raises(TypeError, match="Graph: expected a layer's name or a slice of names, got 3"):
        residual()[3]


def two() -> dict[str, Layer]:
    return {"a": ReLU(), "b": ReLU(), "add": Add()}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Graph(two(), inputs=[]), TypeError, "Graph: inputs must be a mapping of names to names"),
        (lambda: graph(two(), c="a"), KeyError, "no layer 'c'"),
        (lambda: graph(two(), add=("a", "bb")), KeyError, "no layer 'bb'; the layers are a, b, add"),
        (lambda: graph(two(), add=("a", 3)), TypeError, "names of layers that 'add' reads, got ('a', 3)"),
        (lambda: graph(two(), add=3), TypeError, "names of layers that 'add' reads, got 3"),
        (lambda: graph(two(), a="b", add=("a", "b")), ValueError, "'a' reads 'b', which does not stand"),
        (lambda: graph(two(), a="a", add=("a", "b")), ValueError, "'a' reads 'a', which does not stand"),
        (lambda: graph(two(), add=("b",)), ValueError, "expected 'add' (Add) to read several layers, got b"),
        (lambda: graph(two()), ValueError, "expected 'add' (Add) to read several layers, got b"),
        (lambda: graph(two(), b=("a", "input"), add=("a", "b")), ValueError,
         "expected 'b' (ReLU) to read one layer, got a, input"),
        (lambda: graph(two(), b=(), add=("a", "b")), ValueError, "'b' (ReLU) to read one layer, got none"),
        (lambda: graph({**two(), "end": ReLU()}, add=("a", "b"), end="b"), ValueError,
         "no layer reads 'add', and it is not the last one ('end')"),
        (lambda: graph({"input": ReLU()}), ValueError, "'input' stands for what goes in, and can't"),
        (lambda: Sequential({"input": ReLU()}), ValueError, "'input' stands for what goes in"),
    ],
)  # fmt: skip
def test_inputs_that_are_refused(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_shapes_that_do_not_fit_are_refused_where_the_graph_is_made():
    rng = np.random.default_rng(0)
    layers = {"conv": Conv2D(3, 4, 1, rng=rng), "merge": Add()}
    with pytest.raises(
        ValueError, match=r"Add: expected inputs of one shape, got \(5, 5, 4\), \(5, 5, 3\)"
    ) as caught:
        Graph(layers, inputs={"merge": ("conv", "input")}, input_shape=(5, 5, 3))
    assert caught.value.__notes__ == ["in layer 'merge'"]
    layers = {"pool": MaxPool2D(2), "merge": Concat()}
    with pytest.raises(ValueError, match=r"Concat: expected inputs that differ in their channels at most"):
        Graph(layers, inputs={"merge": ("pool", "input")}, input_shape=(4, 4, 3))


def test_errors_on_the_way_say_in_which_layer():
    net = residual()
    with pytest.raises(ValueError, match="Conv2D") as caught:
        net(np.zeros((1, 4, 4, 9)))
    assert "in layer 'conv0'" in caught.value.__notes__
    y, tape = net.forward(np.zeros((1, *net.input_shape)))
    with pytest.raises(ValueError, match="on the way down") as caught:
        net.deconv(y[:, :2], tape)
    assert "in layer 'softmax'" in caught.value.__notes__


@pytest.mark.parametrize("layer", [Add(), Concat()])
def test_merging_layers_take_tuples_of_batches(layer):
    kind, x = layer.kind, np.zeros((2, 3))
    for wrong in (x, [x, x], (x, 3), (x, x.astype(np.float32)), (x.astype(int), x.astype(int)), ()):
        with pytest.raises(TypeError, match=f"{kind}: expected a tuple of arrays of floats of one dtype"):
            layer.forward(wrong)
    with pytest.raises(ValueError, match=rf"{kind}: expected batches of one length, got \[2, 1\]"):
        layer.forward((x, x[:1]))
    for wrong in ((3,), ((3,),), (3, 3)):
        with pytest.raises(ValueError, match=f"{kind}: expected the shapes of two inputs or more"):
            layer.output_shape(wrong)
    _, context = layer.forward((x, x))
    with pytest.raises(ValueError, match=f"{kind}: expected float64 of shape .* on the way down"):
        layer.deconv(np.zeros((2, 1)), context)


def test_a_receptive_field_is_the_union_over_paths():
    """A 3x3 convolution below a 1x5 one, beside a shortcut of 7x1: 7 rows and 7 columns."""
    rng = np.random.default_rng(0)
    layers = {
        "square": Conv2D(1, 1, 3, padding="same", rng=rng),
        "wide": Conv2D(1, 1, (1, 5), padding="same", rng=rng),
        "high": Conv2D(1, 1, (7, 1), padding="same", rng=rng),
        "add": Add(),
    }
    net = graph(layers, high="input", add=("wide", "high"))
    assert net.receptive_field(Box(4, 5, 6, 7), (20, 20, 1)) == Box(1, 8, 3, 10)
    assert net[:"wide"].receptive_field(Box(4, 5, 6, 7), (20, 20, 1)) == Box(3, 6, 3, 10)


def test_repr_says_who_reads_whom_where_that_is_not_the_layer_above():
    lines = repr(residual()).splitlines()
    assert lines[0] == "Graph("
    assert "  relu0: ReLU()" in lines
    assert "  add1: Add() of conv2, relu0" in lines


def test_centered_tapes_lose_the_switches_of_all_branches():
    net = inception()
    _, tape = net.forward(np.random.default_rng(0).normal(size=(1, *net.input_shape)))
    centered = net.centered(tape)
    assert centered.keys() == tape.keys()
    assert not np.array_equal(centered["pool"].switches, tape["pool"].switches)
    assert centered["average"] is tape["average"]


def test_a_dense_net_reads_all_that_is_below():
    net = dense_net()
    assert dict(net.output_shapes(net.input_shape))["all3"] == (5, 6, 2 + 3 + 3 + 3)
    assert isinstance(net["logits"], Dense)


def test_the_same_network_with_another_layer():
    for net in (residual(), residual()[:"relu1"]):
        other = with_layers(
            net, {"conv0": Conv2D(2, 4, 3, padding="same", rng=np.random.default_rng(9), dtype=float)}
        )
        assert (type(other), other.inputs, other.classes) == (type(net), net.inputs, net.classes)
        assert other["conv0"] is not net["conv0"]
        assert other["conv1"] is net["conv1"]
    with pytest.raises(KeyError, match="no layer 'conv7'"):
        with_layers(net, {"conv7": ReLU()})
    with pytest.raises(ValueError, match="expected 4 input channels"):
        with_layers(
            net, {"conv0": Conv2D(2, 5, 3, padding="same", rng=np.random.default_rng(9), dtype=float)}
        )


def test_a_network_behind_one_more_layer():
    for net in (dense_net(), residual()[:"relu1"]):
        prepared = preceded_by(net, "half", scale(0.5, 2))
        x = np.random.default_rng(0).normal(size=(2, *net.input_shape))
        np.testing.assert_allclose(prepared(x), net(x / 2), rtol=1e-12)
        assert list(prepared.layers) == ["half", *net.layers]
        assert (prepared.name, prepared.classes, type(prepared)) == (net.name, net.classes, type(net))
        with pytest.raises(ValueError, match="expected a network without a layer 'conv1', which comes first"):
            preceded_by(net, "conv1", ReLU())


def test_the_shapes_that_layers_read():
    shapes = residual().input_shapes((9, 8, 2))
    assert shapes["conv0"] == (9, 8, 2)
    assert shapes["add2"] == ((5, 4, 6), (5, 4, 6))
    assert residual()[:"relu1"].input_shapes((9, 8, 2))["relu1"] == (9, 8, 4)
