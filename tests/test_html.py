"""Results show themselves in a notebook: small pictures, captions, whatever they hold."""

import base64
import io
import re
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from npdeconv import gradcheck, layers, visualize
from npdeconv._repr import brief
from tests.test_vocabulary import results
from tests.tiny import tiny_dataset, tiny_network


@brief
class Odd(NamedTuple):
    """Anything.

    Attributes
    ----------
    images : (N, H, W, C), signed and unscaled
    maps : (N, OH, OW)
    energy : float64 (E, M), in square meters
    name : str, of <something>
    """

    images: object
    maps: object = None
    energy: object = None
    name: object = ""


def pictures(html):
    """Return the pictures as arrays (H, W, 3)."""
    found = re.findall(r"src='data:image/png;base64,([^']+)'", html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in found]


def test_images_are_side_by_side_on_one_scale_with_what_black_and_white_mean():
    images = np.zeros((3, 2, 2, 1))
    images[1], images[2] = 4, -2
    html = Odd(images)._repr_html_()
    (sheet,) = pictures(html)
    assert sheet.shape == (2, 3 * 2 + 2 * 1, 3)
    assert sheet[0, [0, 3, 6], 0].tolist() == [128, 255, 64]
    assert "(N, H, W, C), signed and unscaled" in html
    assert "3 pictures, 2 x 2 pixels; mid-gray is 0, white 4 and more, black -4 and less" in html
    assert "width='384' height='96'" in html


@pytest.mark.parametrize(
    ("pixels", "shown", "words"),
    [
        (np.array([[0, 51], [102, 255]], np.uint8), [0, 51, 102, 255], "2 x 2 pixels"),
        (np.array([[1.0, 2.0], [2.0, 3.0]]), [0, 128, 128, 255], "2 x 2 pixels; black is 1, white 3"),
        (np.array([[True, False]]), [255, 0], "1 x 2 pixels; white is true"),
        (np.full((1, 2), 0.7), [128, 128], "1 x 2 pixels; all are 0.7"),
        (np.array([[0.0, np.nan, 1.0]]), [0, 214, 255], "black is 0, white 1; red is not finite"),
        (np.array([[-np.inf, -1.0, 1.0]]), [214, 0, 255], "black -1 and less; red is not finite"),
        (np.array([[1e308, -1e308]]), [255, 0], "white 1e+308 and more"),
    ],
)
def test_a_map_says_what_its_grays_mean(pixels, shown, words):
    html = Odd(None, maps=pixels[np.newaxis])._repr_html_()
    (sheet,) = pictures(html)
    assert sheet[..., 0].ravel().tolist() == shown
    assert words in html


def test_curves_follow_time_and_leave_gaps():
    energy = np.stack([np.linspace(0, 1, 9), np.linspace(1, 0, 9)], axis=1)
    energy[4, 0] = np.nan
    html = Odd(None, energy=energy)._repr_html_()
    assert "2 curves, along E, 0 to 8; bottom 0, top 1" in html
    assert "in square meters" in html
    (drawn,) = pictures(html)
    orange, blue = ((drawn == color).all(axis=2) for color in [(255, 127, 14), (31, 119, 180)])
    assert orange.any(axis=0)[6:-6].all()
    assert not blue.any(axis=0)[130:190].all()


def test_ten_thousand_images_show_a_few_and_say_so():
    many = np.random.default_rng(0).integers(256, size=(10_000, 40, 30, 3), dtype=np.uint8)
    html = Odd(many)._repr_html_()
    assert "the first 8 of 10000 pictures, 40 x 30 pixels" in html
    assert len(html) < 100_000
    large = Odd(np.zeros((9, 500, 2000, 3)), np.zeros((3, 1, 100_000)), np.zeros((100_000, 3)))._repr_html_()
    assert max(picture.shape[1] for picture in pictures(large)) < 8 * 100
    assert len(large) < 100_000


def test_text_is_escaped_and_cut():
    html = Odd(None, name="<script>\x1b[31m" + "x" * 10_000)._repr_html_()
    assert "&lt;script&gt;\\x1b" in html
    assert "&lt;something&gt;" in html
    assert "<script" not in html
    assert "x…" in html
    assert len(html) < 2000


DTYPES = ["?", "f2", "f4", "f8", "i1", "u1", "u2", "i8", "c8", "S3", "U3", "M8[s]", "O"]
SHAPES = array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=9)
ODD = st.one_of(
    st.none(),
    st.text(),
    st.floats(),
    st.lists(st.lists(st.floats())),
    st.builds(lambda dtype, shape: np.full(shape, 7).astype(dtype), st.sampled_from(DTYPES), SHAPES),
    arrays("f4", array_shapes(max_dims=5, max_side=4), elements=st.floats(width=32)),
    arrays("f8", array_shapes(max_dims=5, max_side=4), elements=st.floats()),
)


@settings(max_examples=150, deadline=None)
@given(ODD, ODD, ODD, ODD)
def test_whatever_a_result_holds_is_shown(images, maps, energy, name):
    with np.errstate(all="raise"):
        odd = Odd(images, maps, energy, name)
        html = odd._repr_html_()
    assert all(f"<code>{field} = " in html for field in Odd._fields)
    assert repr(odd).startswith("Odd(")


def holds_numbers_only(kind):
    return all(annotation in (int, float, str) for annotation in kind.__annotations__.values())


@pytest.mark.parametrize("kind", results(), ids=lambda kind: kind.__qualname__)
def test_every_result_is_shown_in_a_notebook(kind):
    """Those of a few numbers are one line of text."""
    if not hasattr(kind, "_repr_html_"):
        assert holds_numbers_only(kind) or kind.__name__ in {"LayerSummary", "ClauseCheck"}
        return
    if "__str__" in vars(kind):
        return  # its text, tested below
    for value in (np.zeros((9, 8, 7, 3)), np.zeros(0), np.full((8, 9), np.nan), (), None):
        html = kind(*[value] * len(kind._fields))._repr_html_()
        assert all(f"<code>{field} = " in html for field in kind._fields)


def test_results_in_results_are_opened():
    result = visualize.project_layers(tiny_network(), tiny_dataset(1).images[0])
    html = result._repr_html_()
    assert "<details open><summary><code>projection</code>" in html
    assert f"{len(result.layers)} pictures, 8 x 8 pixels" in html


def test_a_report_shows_the_text_that_it_prints():
    report = gradcheck.check_layer(layers.ReLU(), (2, 2, 1))
    assert report._repr_html_() == f"<pre>{report}</pre>"


def test_importing_everything_loads_no_image_library():
    script = "import sys, npdeconv._repr; assert not {'PIL', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
