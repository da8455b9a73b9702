"""Constants, biases, padding and axes that exporters write around layers become few layers."""

import numpy as np
import onnx
import pytest

from npdeconv._files import UnexpectedError
from npdeconv.layers import Graph, Sequential, Softmax
from npdeconv.weights import load_onnx
from npdeconv.weights.onnx.model import Node
from npdeconv.weights.onnx.names import short_names
from npdeconv.weights.onnx.nearest import OPERATORS
from npdeconv.weights.onnx.operators import CONVERT
from tests.weights.onnx.onnx_files import model, node
from tests.weights.onnx.replay import build, replay

RNG = np.random.default_rng(0)
FILTERS = RNG.standard_normal((4, 3, 3, 3)).astype(np.float32)
BIAS = RNG.standard_normal(4).astype(np.float32)
CONV = node("Conv", "x w", "c", pads=[1, 1, 1, 1])


def loaded(message, tmp_path, **options):
    onnx.save_model(message, tmp_path / "small.onnx")
    return load_onnx(tmp_path / "small.onnx", **options)


def reference(message, x):
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(message).run(None, {"x": x})[0]


def check(message, kinds):
    """The layers are these, and their outputs equal those of the package onnx's evaluator."""
    shape = [length if isinstance(length, int) else 2 for length in shape_of(message)]
    x = RNG.standard_normal(shape).astype(np.float32)
    layers = build(message, len(x)).layers
    assert [layer.kind for layer in layers.values()] == kinds
    np.testing.assert_allclose(replay(message, x), reference(message, x), rtol=1e-5, atol=1e-5)
    return layers


def shape_of(message):
    lengths = message.graph.input[0].type.tensor_type.shape.dim
    return [length.dim_value or length.dim_param for length in lengths]


def test_every_operator_has_its_function_and_leaves_no_other():
    assert {*CONVERT} | {"Identity", "Dropout", "Cast"} == {*OPERATORS}


def test_a_constant_added_to_a_convolution_is_its_bias():
    added = node("Add", "c b", "y")
    layers = check(model([CONV, added], {"w": FILTERS, "b": BIAS[:, None, None]}), ["Conv2D"])
    np.testing.assert_array_equal(layers["c"].bias, BIAS)


def test_a_constant_added_to_what_others_read_too_stays_where_it_is():
    nodes = [CONV, node("Add", "c b", "d"), node("Add", "c d", "y")]
    check(model(nodes, {"w": FILTERS, "b": BIAS[:, None, None]}), ["Conv2D", "Scale", "Add"])


def test_a_bias_along_another_axis_is_refused():
    nodes = [CONV, node("Add", "c b", "y")]
    with pytest.raises(UnexpectedError, match=r"node 'y' \(Add\) .*expected a constant for each channel"):
        build(model(nodes, {"w": FILTERS, "b": BIAS}, (1, 3, 8, 4)), 1)


def test_matmul_and_add_are_a_dense_layer():
    weight = RNG.standard_normal((5, 4)).astype(np.float32)
    nodes = [node("MatMul", "x w", "m"), node("Add", "b m", "y")]
    layers = check(model(nodes, {"w": weight, "b": BIAS}, ("n", 5)), ["Dense"])
    np.testing.assert_array_equal(layers["m"].weight, weight)


def test_zeros_around_a_convolution_are_its_padding_and_others_are_not():
    pads = np.array([0, 0, 2, 0, 0, 0, 1, 3])
    convolved = node("Conv", "p w", "y", pads=[1, 0, 0, 0])
    constants = {"w": FILTERS, "pads": pads}
    layers = check(model([node("Pad", "x pads", "p"), convolved], constants), ["Conv2D"])
    assert layers["y"].window.padding == ((3, 1), (0, 3))
    constants["value"] = np.array(0.5, np.float32)
    check(model([node("Pad", "x pads value", "p"), convolved], constants), ["Pad", "Conv2D"])


def test_a_normalization_is_a_scale_and_never_folded():
    statistics = {name: abs(RNG.standard_normal(4)).astype(np.float32) for name in ("g", "b", "m", "v")}
    nodes = [CONV, node("BatchNormalization", "c g b m v", "n", epsilon=0.1), node("Relu", "n", "y")]
    layers = check(model(nodes, {"w": FILTERS, **statistics}), ["Conv2D", "Scale", "ReLU"])
    expected = statistics["g"] / np.sqrt(statistics["v"].astype(np.float64) + 0.1)
    np.testing.assert_allclose(layers["n"].weight, expected, rtol=1e-6)


def test_flattened_maps_keep_their_dense_weights_beside_the_right_pixels():
    """In the file (C, H, W), here (H, W, C): through a rectifier, a scale and a concatenation, too."""
    weight = RNG.standard_normal((2 * 144, 5)).astype(np.float32)
    scale = RNG.standard_normal(144).astype(np.float32)
    nodes = [
        *(node("Flatten", "x", "f"), node("Relu", "f", "r"), node("Mul", "r s", "m")),
        *(node("Concat", "f m", "k", axis=1), node("Gemm", "k w", "y")),
    ]
    check(model(nodes, {"w": weight, "s": scale}), ["Flatten", "ReLU", "Scale", "Concat", "Dense"])


def test_a_flattened_map_as_the_output_is_refused():
    with pytest.raises(UnexpectedError, match=r"expected an output 'f' .*got a flattened map.*another order"):
        build(model([node("Flatten", "x", "f")]), 1)


def test_transposes_of_tensorflow_leave_no_layer():
    nodes = [
        *(node("Sub", "x mean", "s"), node("Transpose", "s", "t", perm=[0, 3, 1, 2])),
        *(node("Conv", "t w", "c"), node("Transpose", "c", "u", perm=[0, 2, 3, 1])),
        *(
            node("Add", "u b", "a"),
            node("Relu", "a", "r"),
            node("ReduceMean", "r", "y", axes=[1, 2], keepdims=0),
        ),
    ]
    constants = {"w": FILTERS, "b": BIAS, "mean": BIAS[:3]}
    message = model(nodes, constants, (None, 8, 6, 3))
    check(message, ["Scale", "Conv2D", "Scale", "ReLU", "GlobalAveragePool"])


def test_one_channel_may_be_moved_by_a_reshape(tmp_path):
    """As tf2onnx writes the transposes of gray images."""
    nodes = [
        *(node("Reshape", "x maps", "t"), node("Conv", "t w", "c"), node("Relu", "c", "r")),
        *(node("Conv", "r back", "d"), node("Reshape", "d image", "y")),
    ]
    filters = RNG.standard_normal((3, 1, 3, 3)).astype(np.float32)
    back = RNG.standard_normal((1, 3, 1, 1)).astype(np.float32)
    shapes = {"maps": np.array([-1, 1, 8, 6]), "image": np.array([-1, 6, 4, 1])}
    message = model(nodes, {"w": filters, "back": back, **shapes}, (None, 8, 6, 1))
    check(message, ["Conv2D", "ReLU", "Conv2D"])
    assert loaded(message, tmp_path).input.layout == "NHWC"


def test_an_image_is_as_the_file_has_it_unless_it_is_transposed_first(tmp_path):
    nodes = [
        node("Relu", "x", "r"),
        node("Transpose", "r", "t", perm=[0, 3, 1, 2]),
        node("MaxPool", "t", "y", kernel_shape=[2, 2]),
    ]
    assert loaded(model(nodes, shape=(1, 8, 6, 3)), tmp_path).input.layout == "NHWC"
    said = loaded(model([node("Relu", "x", "y")], shape=(5, 8, 6, 3)), tmp_path).input
    assert said == ("x", "NCHW", (6, 3, 8), 5, "float32")


@pytest.mark.parametrize("batch", [1, "n"])
def test_shapes_computed_from_shapes_are_followed(batch):
    """As exporters write x.view(x.shape[0], -1)."""
    nodes = [
        *(node("Shape", "x", "s"), node("Gather", "s zero", "n", axis=0), node("Unsqueeze", "n zeros", "u")),
        *(node("Concat", "u rest", "k", axis=0), node("Reshape", "x k", "f"), node("MatMul", "f w", "y")),
    ]
    constants = {"zero": np.array(0), "zeros": np.array([0]), "rest": np.array([-1])}
    constants["w"] = RNG.standard_normal((144, 2)).astype(np.float32)
    check(model(nodes, constants, (batch, 3, 8, 6)), ["Flatten", "Dense"])


def test_all_images_in_one_vector_are_refused_where_the_file_takes_several():
    nodes = [node("Reshape", "x k", "f"), node("MatMul", "f w", "y")]
    constants = {"k": np.array([1, -1]), "w": np.ones((144, 2), np.float32)}
    check(model(nodes, constants, (1, 3, 8, 6)), ["Flatten", "Dense"])
    constants["w"] = np.ones((288, 2), np.float32)
    with pytest.raises(UnexpectedError, match=r"node 'f' \(Reshape\) can't become a layer: it makes \(1, "):
        build(model(nodes, constants, (2, 3, 8, 6)), 2)


def test_constants_come_in_all_forms():
    """Nodes, initializers, and small graphs of them."""
    nodes = [
        node("Constant", "", "two", value_float=2.0),
        node("Constant", "", "shape", value_ints=[1, 3, 1, 1]),
        node("Expand", "two shape", "twos"),
        node("Sqrt", "twos", "roots"),
        node("Mul", "x roots", "y"),
    ]
    layers = check(model(nodes), ["Scale"])
    np.testing.assert_allclose(layers["y"].weight, np.sqrt([2, 2, 2]), rtol=1e-6)


def test_what_leads_nowhere_leaves_no_layer():
    nodes = [CONV, node("MaxPool", "x", "lost", kernel_shape=[2, 2]), node("Relu", "c", "y")]
    check(model(nodes, {"w": FILTERS}), ["Conv2D", "ReLU"])


def test_a_chain_is_a_sequential_and_branches_make_a_graph(tmp_path):
    chain = loaded(model([CONV, node("Relu", "c", "y")], {"w": FILTERS}), tmp_path).network
    assert type(chain) is Sequential
    assert chain.name == "small"
    assert isinstance(
        loaded(model([node("Relu", "x", "r"), node("Add", "r x", "y")]), tmp_path).network, Graph
    )


def test_filters_of_one_pixel_on_pooled_vectors_are_a_dense_layer():
    nodes = [node("GlobalAveragePool", "x", "g"), node("Conv", "g w b", "c"), node("Flatten", "c", "y")]
    check(model(nodes, {"w": FILTERS[:, :, :1, :1], "b": BIAS}), ["GlobalAveragePool", "Dense"])


def test_a_logsoftmax_at_the_end_gives_probabilities_and_says_so(tmp_path):
    found = loaded(model([node("LogSoftmax", "x", "y", "end")], shape=(1, 4)), tmp_path)
    assert isinstance(found.network["end"], Softmax)
    assert found.notes == (
        "outputs are probabilities: Softmax stands for 'end' (LogSoftmax), their logarithm",
    )
    with pytest.raises(UnexpectedError, match=r"node 'l' \(LogSoftmax\).*no layer for it but at the end"):
        build(model([node("LogSoftmax", "x", "l"), node("Relu", "l", "y")], shape=(1, 4)), 1)


def test_softmax_before_version_13_is_over_all_axes_behind():
    old = model([node("Softmax", "x", "y", axis=1)], opset=9)
    with pytest.raises(UnexpectedError, match=r"node 'y' \(Softmax\).*it is along C, H, W"):
        build(old, 1)
    check(model([node("Softmax", "x", "y", axis=1)]), ["Softmax"])


def test_a_size_that_the_file_leaves_open_is_given(tmp_path):
    message = model([CONV, node("Relu", "c", "y")], {"w": FILTERS}, ("n", 3, "h", "w"))
    with pytest.raises(ValueError, match=r"small\.onnx: expected an input with known lengths.*size=\(H"):
        loaded(message, tmp_path)
    assert loaded(message, tmp_path, size=9).input.shape == (9, 9, 3)
    assert loaded(message, tmp_path, size=(9, 7)).network.input_shape == (9, 7, 3)
    fixed = model([CONV, node("Relu", "c", "y")], {"w": FILTERS})
    with pytest.raises(ValueError, match=r"expected images of 9x9, the file takes 'x' of shape \(1, 3, 8"):
        loaded(fixed, tmp_path, size=9)


def test_same_padding_has_its_odd_pixel_where_the_file_says():
    for way, padding in (("SAME_UPPER", "same"), ("SAME_LOWER", ((1, 0), (1, 0)))):
        message = model([node("Conv", "x w", "y", auto_pad=way)], {"w": FILTERS[:, :, :2, :2]})
        assert check(message, ["Conv2D"])["y"].window.padding == padding


def test_a_double_is_one_here():
    message = model([node("Conv", "x w", "y")], {"w": FILTERS.astype(np.float64)}, dtype=np.float64)
    assert build(message, 1).network("double").dtype == np.float64


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("/c1/Conv:Conv /c1/Relu:Relu /Add:Add", "c1 c1_relu add"),
        (
            "/layer1/layer1.0/conv1/Conv:Conv /layer1/layer1.0/Add:Add /fc/Gemm:Gemm",
            "layer1_0_conv1 layer1_0_add fc",
        ),
        ("model/conv/BiasAdd:Conv model/Add_1:Add model/relu6/Relu6:Clip", "conv add_1 relu6_Relu6"),
        ("same:Add same:Add same:Add", "same same_2 same_3"),
        ("input:Add x.y!0:Add ../../etc/passwd:Add ///:Add", "input_2 x_y_0 etc_passwd layer"),
        ("node_conv2d:Conv node_relu_1:Relu", "conv2d relu_1"),
    ],
)
def test_names_are_short_and_unique(written, expected):
    words = [word.split(":") for word in written.split()]
    nodes = [Node(name, operator, (), (str(i),), {}, None) for i, (name, operator) in enumerate(words)]
    assert list(short_names(nodes).values()) == expected.split()


def test_arrays_are_contiguous():
    constants = {"w": FILTERS, "d": np.ones((2, 192), np.float32)}
    message = model([CONV, node("Flatten", "c", "f"), node("Gemm", "f d", "y", transB=1)], constants)
    layers = build(message, 1).layers
    assert all(a.flags.c_contiguous for layer in layers.values() for a in layer.parameters.values())


def test_a_value_may_be_added_to_itself_and_appended_to_itself():
    nodes = [node("Relu", "x", "r"), node("Add", "r r", "a"), node("Concat", "a a r", "y", axis=1)]
    check(model(nodes), ["ReLU", "Add", "Concat"])


def test_halves_become_floats_and_that_is_said(tmp_path):
    message = model([node("Conv", "x w", "y")], {"w": FILTERS.astype(np.float16)}, dtype=np.float16)
    found = loaded(message, tmp_path)
    assert found.notes == ("numbers have 32 bits: the file's have 16",)
    np.testing.assert_array_equal(found.network["y"].weight[0, 0, :, 0], FILTERS.astype("f2")[0, :, 0, 0])


def test_version_6_trains_unless_it_says_otherwise():
    statistics = {name: np.ones(3, np.float32) for name in ("g", "b", "m", "v")}
    for operator, inputs, constants in (
        ("BatchNormalization", "x g b m v", statistics),
        ("Dropout", "x", {}),
    ):
        for said, match in ({"is_test": 1}, None), ({}, "noise|statistics of the batch"):
            nodes = [node(operator, inputs, "n", **said), node("Relu", "n", "y")]
            message = model(nodes, constants, opset=6)
            if match is None:
                assert "ReLU" in [layer.kind for layer in build(message, 1).layers.values()]
            else:
                with pytest.raises(UnexpectedError, match=rf"node 'n' \({operator}\).*{match}"):
                    build(message, 1)
