"""The report's scatter of similar images, as arrays and in a browser."""

import re

import numpy as np
import pytest

from npdeconv.data import Dataset
from npdeconv.layers import Dense, Flatten, Sequential
from npdeconv.report import collect, render, write
from npdeconv.report.scatter import find_scatter
from npdeconv.visualize import embed, label_agreement
from tests.browsing import opened
from tests.report.test_browser import pixels
from tests.report.test_page import payload_of, tile_of
from tests.tiny import CLASSES, tiny_dataset, tiny_network


@pytest.fixture(scope="module")
def report():
    return collect(tiny_network(), tiny_dataset(120), image_count=60, examples=0)


@pytest.fixture(scope="module")
def path(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("scatter") / "report.html"
    write(path, report)
    return path


def test_the_scatter_is_what_embed_finds(report):
    dataset = tiny_dataset(120)[::2]
    expected = embed(tiny_network(), dataset.images, k=5)
    scatter = report.scatter
    assert scatter.layer == "relu2"
    assert scatter.image_indices.tolist() == list(range(0, 120, 2))
    np.testing.assert_array_equal(scatter.neighbors, expected.neighbors.image_indices)
    np.testing.assert_array_equal(scatter.pixel_neighbors, expected.pixel_neighbors.image_indices)
    np.testing.assert_array_equal(scatter.points["principal components"], expected.pca.points)
    assert scatter.agreement.vote == label_agreement(expected.neighbors, dataset.labels).vote
    data = payload_of(render(report))["scatter"]
    assert data["imageIndices"] == scatter.image_indices.tolist()
    np.testing.assert_array_equal(tile_of(data["seen"], 7, 0), dataset.images[7, ..., 0])
    points = np.array(data["points"]["principal components"])
    assert points.min() == 0  # the longer axis fills the square
    assert points.max() == 1
    straight = np.ptp(expected.pca.points, axis=0) / np.ptp(points, axis=0)
    np.testing.assert_allclose(straight[0], straight[1], rtol=1e-2)  # both axes have one scale
    assert np.corrcoef(points[:, 1], expected.pca.points[:, 1])[0, 1] == pytest.approx(-1)


def test_many_images_are_thinned_out_and_embedded_by_tsne():
    pytest.importorskip("sklearn")
    searched = tiny_dataset(400)
    scatter = find_scatter(tiny_network(), searched, np.arange(400), searched.labels, workers=2)
    assert len(scatter.image_indices) == 300
    assert scatter.image_indices[-1] == 398
    assert list(scatter.points) == ["principal components", "t-SNE"]


def test_without_a_hidden_layer_or_with_few_images_there_is_no_scatter():
    dataset = tiny_dataset(9)
    flat = Sequential(
        {"flatten": Flatten(), "logits": Dense(64, 3, rng=np.random.default_rng(0))}, input_shape=(8, 8, 1)
    )
    assert find_scatter(flat, dataset, np.arange(9), dataset.labels, workers=1) is None
    assert find_scatter(tiny_network(), dataset[:5], np.arange(5), dataset.labels[:5], workers=1) is None
    page = render(collect(tiny_network(), dataset[:5], examples=0))
    assert payload_of(page)["scatter"] is None
    assert 'id="similar"' not in page


def test_equal_images_lie_at_one_point():
    blank = Dataset(np.zeros((8, 8, 8, 1), np.uint8), np.zeros(8, int), CLASSES, "blank")
    data = payload_of(render(collect(tiny_network(), blank, examples=0)))["scatter"]
    assert data["points"]["principal components"] == [[0.5, 0.5]] * 8


def place_of(page, number):
    """Return where a point stands on the screen."""
    box = page.locator("#scatter circle:not(.ring)").nth(number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def shown_words(report, number):
    scatter = report.scatter
    return f"Image {scatter.image_indices[number]}, class {report.classes[scatter.labels[number]]}"


def test_pointing_at_a_point_shows_its_image_and_neighbors(browser, path, report):
    scatter, images = report.scatter, tiny_dataset(120).images[::2]
    with opened(browser, path) as page:
        page.locator("#scatter-points").scroll_into_view_if_needed()
        for number in (3, 41):
            page.mouse.move(*place_of(page, number))
            assert page.inner_text("#scatter-words") == shown_words(report, number)
            (picture,) = pixels(page, "#scatter-image canvas")
            np.testing.assert_array_equal(picture[..., 0], images[number, ..., 0])
            kin = np.concatenate([scatter.neighbors[number], scatter.pixel_neighbors[number]])
            shown = pixels(page, "#scatter-kin canvas")
            for tile, other in zip(shown, kin, strict=True):
                np.testing.assert_array_equal(tile[..., 0], images[other, ..., 0])
            same = scatter.labels[kin] == scatter.labels[number]
            heading = f"Nearest by relu2: {same[:5].sum()} of 5 of its class"
            assert heading in page.inner_text("#scatter-kin")
            framed = page.locator("#scatter-kin span").evaluate_all(
                "all => all.map(e => e.className === 'other')"
            )
            assert framed == (~same).tolist()
            assert page.locator(".threads line").count() == 5
        assert "of the nearest neighbors share" in page.inner_text("#similar")


def test_the_arrow_keys_go_from_point_to_point(browser, path, report):
    with opened(browser, path) as page:
        page.focus("#scatter-points")
        assert page.inner_text("#scatter-words") == shown_words(report, 0)
        before = place_of(page, 0)
        seen = set()
        for key, axis, sign in [
            ("ArrowRight", 0, 1),
            ("ArrowLeft", 0, -1),
            ("ArrowUp", 1, -1),
            ("ArrowDown", 1, 1),
        ]:
            page.keyboard.press(key)
            words = page.inner_text("#scatter-words")
            (number,) = (n for n in range(60) if shown_words(report, n) == words)
            after = place_of(page, number)
            moved = (after[axis] - before[axis]) * sign
            assert moved >= abs(after[1 - axis] - before[1 - axis]) - 0.1
            seen.add(number)
            before = after
        for _ in range(70):  # and stop at the edge
            page.keyboard.press("ArrowRight")
        last = page.inner_text("#scatter-words")
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#scatter-words") == last
        assert len(seen) > 1


def test_touching_a_point_shows_its_image(browser, path, report):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(browser, path, **phone) as page:
        page.locator("#scatter-points").scroll_into_view_if_needed()
        page.touchscreen.tap(*place_of(page, 17))
        assert page.inner_text("#scatter-words") == shown_words(report, 17)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_another_method_moves_the_points(browser, report, tmp_path):
    other = np.random.default_rng(0).random((60, 2))
    names = {**report.scatter.axes, "t-SNE": ("no meaning", "")}
    scatter = report.scatter._replace(points={**report.scatter.points, "t-SNE": other}, axes=names)
    write(tmp_path / "page.html", report._replace(scatter=scatter))
    with opened(browser, tmp_path / "page.html") as page:
        assert page.get_attribute("#scatter-methods >> text=t-SNE", "aria-pressed") == "true"
        assert page.text_content("#scatter .axis") == "no meaning"
        before = place_of(page, 5)
        page.click("#scatter-methods >> text=principal components")
        assert page.get_attribute("#scatter-methods >> text=t-SNE", "aria-pressed") == "false"
        assert place_of(page, 5) != before
        said = page.locator("#scatter .axis").all_text_contents()
        assert said == list(report.scatter.axes["principal components"])
        assert re.fullmatch(r"first principal component: \d+% of the variance", said[0])
