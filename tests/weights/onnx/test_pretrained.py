"""Preparation of images for ONNX files: from a card, from the caller, or assumed and reported."""

import json

import numpy as np
import onnx
import pytest

from npdeconv.weights import pretrained_onnx
from tests.weights.onnx.onnx_files import model, node

FILTERS = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
CLASSES = "index,wordnet_id,name\n0,n0,ant\n1,n1,bee\n2,n2,cow\n3,n3,dog\n"


@pytest.fixture
def file(tmp_path):
    nodes = [node("Conv", "x w", "c"), node("GlobalAveragePool", "c", "g"), node("Flatten", "g", "y")]
    onnx.save_model(model(nodes, {"w": FILTERS}, ("n", 3, "h", "w")), tmp_path / "net.onnx")
    (tmp_path / "classes.csv").write_text(CLASSES)
    return tmp_path / "net.onnx"


def test_what_is_assumed_is_said(file):
    found = pretrained_onnx(file, size=8)
    assert found.assumed == (
        "net.onnx: assumed RGB photos stretched to 8x8, pixels divided by 255, mean 0, std 1, classes without"
        " names"
    )
    assert found.pretrained.preprocessing.size == (8, 8)


def test_what_is_given_is_done(file):
    given = {"mean": (0.4, 0.5, 0.6), "std": (0.2, 0.2, 0.1), "class_file": file.with_name("classes.csv")}
    found = pretrained_onnx(file, size=(8, 6), channels="BGR", **given)
    assert found.assumed == (
        "net.onnx: assumed BGR photos stretched to 8x6, pixels divided by 255, mean 0.4 0.5 0.6, std 0.2 0.2"
        " 0.1, 4 names of classes"
    )
    assert found.pretrained.network.classes == ("ant", "bee", "cow", "dog")
    photos = np.random.default_rng(1).integers(0, 256, (2, 8, 6, 3), np.uint8)
    prepared = ((photos / 255 - given["mean"]) / given["std"])[..., ::-1].astype(np.float32)
    on_pixels = found.pretrained.on_pixels()
    np.testing.assert_allclose(
        on_pixels((photos / 255).astype(np.float32)),
        found.pretrained.network(np.ascontiguousarray(prepared)),
        rtol=1e-4,
    )


def test_a_mean_above_1_is_of_pixels_up_to_255(file):
    assert (
        "as they are, 0 to 255, mean 123 117 104,"
        in pretrained_onnx(file, size=8, mean=(123, 117, 104)).assumed
    )


def test_a_card_beside_the_file_says_it(file):
    card = {
        "input_shape_hwc": [9, 7, 3],
        "channel_order": "RGB",
        "mean_rgb": [0.5, 0.5, 0.5],
        "classes": "classes.csv",
    }
    file.with_suffix(".json").write_text(json.dumps({**card, "preprocessing": "/ 255, then minus the mean"}))
    found = pretrained_onnx(file)
    assert found.assumed == "net.onnx: images as net.json says"
    assert found.pretrained.network.input_shape == (9, 7, 3)
    assert found.pretrained.preprocessing.mean == (0.5, 0.5, 0.5)
    assert found.pretrained.classes == ("ant", "bee", "cow", "dog")
    with pytest.raises(
        ValueError, match=r"net\.json: says how images are prepared; expected no other settings"
    ):
        pretrained_onnx(file, size=8)


def test_what_does_not_fit_is_refused(file, tmp_path):
    with pytest.raises(ValueError, match=r"net\.onnx: expected images of 3 channels, got gray"):
        pretrained_onnx(file, size=8, channels="gray")
    (tmp_path / "two.csv").write_text("name\nant\nbee\n")
    with pytest.raises(
        ValueError, match=r"net\.onnx: expected 2 outputs, one per class, got outputs of shape \(4,\)"
    ):
        pretrained_onnx(file, size=8, class_file=tmp_path / "two.csv")
    onnx.save_model(model([node("Relu", "x", "y")], shape=(1, 9)), tmp_path / "vectors.onnx")
    with pytest.raises(
        ValueError, match=r"vectors\.onnx: expected a network of photos, .* it takes inputs \(9,\)"
    ):
        pretrained_onnx(tmp_path / "vectors.onnx")
    card = {"input_shape_hwc": [9, 7, 1], "channel_order": "grey", "preprocessing": "/ 255"}
    file.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(
        ValueError, match=r"net\.json: expected inputs of shape \(9, 7, 3\), as net\.onnx has them"
    ):
        pretrained_onnx(file)
