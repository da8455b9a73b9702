"""Hostile files are refused with one sentence each, at once, with nothing run and little memory taken."""

import tracemalloc

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import npdeconv as nd
from npdeconv.weights import load_onnx
from npdeconv.weights.onnx import constants as computing
from tests.weights.onnx.onnx_files import model, node

FILTERS = np.ones((4, 3, 3, 3), np.float32)
CONV = node("Conv", "x w", "c", "first")


def refused(content, tmp_path, match):
    """The file is refused with a sentence, and with little memory."""
    path = tmp_path / "hostile.onnx"
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=match) as caught:
            load_onnx(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    said = str(caught.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    assert len(said) < len(str(path)) + 500
    assert most < 50_000_000
    return said


def sentence(path):
    """The message of a refusal; None if the file is read."""
    try:
        load_onnx(path)
    except ValueError as error:
        return str(error)
    return None


def small():
    return model([CONV, node("Relu", "c", "y")], {"w": FILTERS})


def test_a_file_that_is_not_there_or_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.onnx: there is no such file"):
        load_onnx(tmp_path / "none.onnx")
    with pytest.raises(ValueError, match="expected an ONNX file, got something else"):
        load_onnx(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" * 9, b"\x89HDF\r\n\x1a\n", b"\xff" * 1000, b"hello there"]
)
def test_other_bytes(content, tmp_path):
    refused(
        content, tmp_path, "expected a whole ONNX file|expected an ONNX model, got a file without any node"
    )


def test_cut_short_anywhere(tmp_path):
    whole = small().SerializeToString()
    for end in range(1, len(whole), 37):
        refused(whole[:end], tmp_path, "expected")


def test_flipped_bytes_are_refused_or_read(tmp_path):
    whole, rng = bytearray(small().SerializeToString()), np.random.default_rng(0)
    path = tmp_path / "flipped.onnx"
    for _ in range(150):
        flipped = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            flipped[place] = rng.integers(0, 256)
        path.write_bytes(flipped)
        outcome = sentence(path)
        assert outcome is None or outcome.startswith(str(path))


def test_external_data_of_an_initializer_or_a_constant(tmp_path):
    (tmp_path / "secret").write_bytes(FILTERS.tobytes())
    message = small()
    tensor = message.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret")
    refused(message, tmp_path, r"expected all weights in the file, 'w' lies in another one \(external data\)")
    within = model([node("Constant", "", "w", value=tensor), CONV])
    refused(within, tmp_path, r"'w' lies in another one")


def test_a_cycle(tmp_path):
    message = model([node("Relu", "b", "a"), node("Add", "a x", "b")])
    refused(message, tmp_path, "expected a valid ONNX model, the onnx package says: Nodes .* must be topolog")


def test_a_value_made_twice_and_one_made_never(tmp_path):
    refused(model([node("Relu", "x", "y"), node("Tanh", "x", "y")]), tmp_path, "the onnx package says: ")
    refused(model([node("Relu", "nowhere", "y")]), tmp_path, "the onnx package says: .*nowhere")


def test_weights_that_are_missing(tmp_path):
    refused(model([CONV]), tmp_path, r"the onnx package says: .*input 'w'")
    message = small()
    message.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, FILTERS.shape))
    del message.graph.initializer[:]
    refused(message, tmp_path, "expected one input, a batch of images, got 'x', 'w'")


@pytest.mark.parametrize("version", [1, 5, 999])
def test_operators_of_another_version(version, tmp_path):
    message = small()
    message.opset_import[0].version = version
    refused(
        message, tmp_path, rf"expected operators of version \(opset\) 6 to \d+, got {version}; onnx\.version"
    )
    del message.opset_import[:]
    refused(message, tmp_path, r"expected the version of the operators \(opset\), the file says none")


@pytest.mark.parametrize(
    ("operator", "domain", "match"),
    [
        ("Convolve", "", r"no such operator; what works is listed in docs/onnx\.md"),
        ("Softplus", "", r"there is no layer for it; the nearest that works is Relu"),
        ("ConvTranspose", "", r"there is no layer for it; the nearest that works is Conv,"),
        ("FusedConv", "com.microsoft", r"no such operator of 'com\.microsoft'; what works"),
        ("Convs", "", r"no such operator; what works is listed in docs/onnx\.md \(did you mean 'Conv'\?\)"),
    ],
)
def test_operators_that_there_are_not(operator, domain, match, tmp_path):
    inputs = "c w2" if operator == "ConvTranspose" else "c"
    constants = {"w": FILTERS, "w2": np.ones((4, 1, 2, 2), np.float32)}
    bad = node(operator, inputs, "y", "bad", domain=domain)
    said = refused(model([CONV, bad], constants), tmp_path, match)
    assert f"node 'bad' ({operator}) can't become a layer" in said


def test_graphs_within_graphs(tmp_path):
    inner = helper.make_graph([node("Relu", "x", "r")], "inner", [], [onnx.ValueInfoProto(name="r")])
    branching = helper.make_node("If", ["when"], ["y"], "choice", then_branch=inner, else_branch=inner)
    refused(
        model([branching], {"when": np.array(True)}),
        tmp_path,
        r"node 'choice' \(If\) can't become a layer: it runs a graph of its own; the nearest that",
    )


def test_functions_of_the_files_own(tmp_path):
    message = small()
    opset = [helper.make_opsetid("", 17)]
    message.functions.append(helper.make_function("own", "F", ["x"], ["y"], [node("Relu", "x", "y")], opset))
    refused(message, tmp_path, r"expected operators of the ONNX standard alone, got functions.*'F'")


@pytest.mark.parametrize(
    ("nodes", "match"),
    [
        (
            [node("ConstantOfShape", "huge", "k"), node("Mul", "x k", "y")],
            r"'k' \(ConstantOfShape\).*at most 268435456",
        ),
        (
            [node("Expand", "one huge", "k"), node("Mul", "x k", "y")],
            r"'k' \(Expand\).*at most 268435456 numbers in all",
        ),
        ([node("Tile", "many huge", "k"), node("Mul", "x k", "y")], r"'k' \(Tile\).*(at most|not known)"),
        (
            [node("Range", "zero end one64", "k"), node("Mul", "x k", "y")],
            r"'k' \(Range\).*(at most|not known)",
        ),
        ([node("MatMul", "column row", "k"), node("Mul", "x k", "y")], r"'k' \(MatMul\).*at most 268435456"),
        ([node("Pad", "x wide", "y")], r"'y' \(Pad\).*expected at most 268435456 numbers of an image"),
    ],
)
def test_huge_shapes_from_small_files(nodes, match, tmp_path):
    constants = {
        "huge": np.array([100_000, 100_000]),
        "one": np.ones((1, 1), np.float32),
        "many": np.ones((1, 1), np.float32),
        "zero": np.array(0),
        "end": np.array(10**12),
        "one64": np.array(1),
        "column": np.ones((100_000, 1), np.float32),
        "row": np.ones((1, 100_000), np.float32),
        "wide": np.array([0, 0, 10**5, 10**5, 0, 0, 0, 0]),
    }
    used = {name for one in nodes for name in one.input}
    refused(model(nodes, {k: v for k, v in constants.items() if k in used}), tmp_path, match)


def test_constants_that_double_and_double(monkeypatch, tmp_path):
    monkeypatch.setattr(computing, "LARGEST", 2**20)
    doubled = [node("Concat", f"k{i} k{i}", f"k{i + 1}", axis=0) for i in range(40)]
    message = model([*doubled, node("Mul", "x k40", "y")], {"k0": np.ones(1, np.float32)})
    refused(message, tmp_path, r"\(Concat\).*expected constants of at most 1048576 numbers in all, got more")


def test_huge_images_and_negative_lengths(tmp_path):
    refused(
        model([node("Relu", "x", "y")], shape=(1, 3, 10**6, 10**6)), tmp_path, "expected sides from 1 to 4096"
    )
    refused(model([node("Relu", "x", "y")], shape=(1, 3, -4, 4)), tmp_path, "expected sides from 1 to 4096")
    refused(model([node("Relu", "x", "y")], shape=(1, 3, 0, 4)), tmp_path, "expected sides from 1 to 4096")


def test_weights_of_another_length_than_they_say(tmp_path):
    message = small()
    message.graph.initializer[0].dims[:] = [4, 3, 300, 300]
    refused(message, tmp_path, r"'w' of shape \(4, 3, 300, 300\), its|onnx package says: .*w\) raw_data size")
    message.graph.initializer[0].dims[:] = [-4, 3, 3, 3]
    refused(message, tmp_path, "expected")


def test_weights_that_do_not_fit(tmp_path):
    message = model([CONV], {"w": np.ones((4, 5, 3, 3), np.float32)})
    refused(message, tmp_path, r"node 'first' \(Conv\) can't become a layer: ")
    message = model([node("MatMul", "x w", "y")], {"w": np.ones((7, 2), np.float32)}, (1, 6))
    refused(message, tmp_path, r"node 'y' \(MatMul\) can't become a layer: ")


def test_settings_that_no_layer_takes(tmp_path):
    for attributes in (
        {"strides": [0, 1]},
        {"pads": [-1, 0, 0, 0]},
        {"dilations": [1]},
        {"auto_pad": "MOST"},
    ):
        message = model([node("Conv", "x w", "y", "odd", **attributes)], {"w": FILTERS})
        refused(message, tmp_path, r"node 'odd' \(Conv\) can't become a layer: ")


def test_inputs_that_are_no_images(tmp_path):
    refused(
        model([node("Relu", "x", "y")], shape=(1, 3, 8)), tmp_path, r"or vectors \(N, D\), got an input 'x'"
    )
    message = model([node("Cast", "x", "y", to=1)], dtype=np.uint8)
    refused(message, tmp_path, "expected an input of floats, 'x' is of another kind")


def test_names_of_a_file_lead_nowhere(tmp_path):
    message = model(
        [node("Conv", "x w", "c", "../../../etc/passwd"), node("Relu", "c", "y", "a\nb\0c")], {"w": FILTERS}
    )
    path = tmp_path / "named.onnx"
    path.write_bytes(message.SerializeToString())
    assert list(load_onnx(path).network.layers) == ["etc_passwd", "a_b_c"]


def test_without_the_package_onnx_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ImportError, match=r"load_onnx: .* needs onnx: pip install npdeconv\[onnx\]"):
        nd.weights.load_onnx(tmp_path / "any.onnx")


def test_text_is_no_weight(tmp_path):
    words = helper.make_tensor("w", TensorProto.STRING, [1], [b"word"])
    message = model([node("Constant", "", "w", value=words), node("Mul", "x w", "y")])
    refused(message, tmp_path, "expected 'w' to hold numbers, got text|can't become a layer")
    assert numpy_helper.to_array(words).dtype == object
