"""The section of the report about what the last hidden layer finds similar, also in a browser."""

import re

import numpy as np
import pytest

from npdeconv.data import Dataset
from npdeconv.layers import Dense, Flatten, Sequential
from npdeconv.report import collect, render, write
from npdeconv.report.cloud import find_cloud
from npdeconv.visualize import embed, label_agreement
from tests.test_report import payload_of, tile_of
from tests.test_report_browser import browser, opened, pixels  # noqa: F401
from tests.tiny import CLASSES, tiny_dataset, tiny_network


@pytest.fixture(scope="module")
def report():
    return collect(tiny_network(), tiny_dataset(120), images=60, examples=0)


@pytest.fixture(scope="module")
def path(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("cloud") / "report.html"
    write(path, report)
    return path


def test_the_cloud_is_what_embed_finds(report):
    dataset = tiny_dataset(120)[::2]
    expected = embed(tiny_network(), dataset.images, k=5)
    cloud = report.cloud
    assert cloud.layer == "relu2"
    assert cloud.positions.tolist() == list(range(0, 120, 2))
    np.testing.assert_array_equal(cloud.neighbors, expected.neighbors.positions)
    np.testing.assert_array_equal(cloud.pixel_neighbors, expected.pixel_neighbors.positions)
    np.testing.assert_array_equal(cloud.points["principal components"], expected.pca.points)
    assert cloud.agreement.vote == label_agreement(expected.neighbors, dataset.labels).vote
    data = payload_of(render(report))["cloud"]
    assert data["positions"] == cloud.positions.tolist()
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
    cloud = find_cloud(tiny_network(), searched, np.arange(400), searched.labels, workers=2)
    assert len(cloud.positions) == 300
    assert cloud.positions[-1] == 398
    assert list(cloud.points) == ["principal components", "t-SNE"]


def test_without_a_hidden_layer_or_with_few_images_there_is_no_cloud():
    dataset = tiny_dataset(9)
    flat = Sequential(
        {"flatten": Flatten(), "logits": Dense(64, 3, rng=np.random.default_rng(0))}, input_shape=(8, 8, 1)
    )
    assert find_cloud(flat, dataset, np.arange(9), dataset.labels, workers=1) is None
    assert find_cloud(tiny_network(), dataset[:5], np.arange(5), dataset.labels[:5], workers=1) is None
    page = render(collect(tiny_network(), dataset[:5], examples=0))
    assert payload_of(page)["cloud"] is None
    assert 'id="similar"' not in page


def test_equal_images_lie_at_one_point():
    blank = Dataset(np.zeros((8, 8, 8, 1), np.uint8), np.zeros(8, int), CLASSES, "blank")
    data = payload_of(render(collect(tiny_network(), blank, examples=0)))["cloud"]
    assert data["points"]["principal components"] == [[0.5, 0.5]] * 8


def place_of(page, number):
    """Return where a point stands on the screen."""
    box = page.locator("#cloud circle:not(.ring)").nth(number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def shown_words(report, number):
    cloud = report.cloud
    return f"Image {cloud.positions[number]}, class {report.classes[cloud.labels[number]]}"


def test_pointing_at_a_point_shows_its_image_and_neighbors(browser, path, report):  # noqa: F811
    cloud, images = report.cloud, tiny_dataset(120).images[::2]
    with opened(browser, path) as page:
        page.locator("#cloud-points").scroll_into_view_if_needed()
        for number in (3, 41):
            page.mouse.move(*place_of(page, number))
            assert page.inner_text("#cloud-words") == shown_words(report, number)
            (picture,) = pixels(page, "#cloud-image canvas")
            np.testing.assert_array_equal(picture[..., 0], images[number, ..., 0])
            kin = np.concatenate([cloud.neighbors[number], cloud.pixel_neighbors[number]])
            shown = pixels(page, "#cloud-kin canvas")
            for tile, other in zip(shown, kin, strict=True):
                np.testing.assert_array_equal(tile[..., 0], images[other, ..., 0])
            same = cloud.labels[kin] == cloud.labels[number]
            heading = f"Nearest by relu2: {same[:5].sum()} of 5 of its class"
            assert heading in page.inner_text("#cloud-kin")
            framed = page.locator("#cloud-kin span").evaluate_all(
                "all => all.map(e => e.className === 'other')"
            )
            assert framed == (~same).tolist()
            assert page.locator(".threads line").count() == 5
        assert "Of the nearest neighbors, " in page.inner_text("#similar")


def test_the_arrow_keys_go_from_point_to_point(browser, path, report):  # noqa: F811
    with opened(browser, path) as page:
        page.focus("#cloud-points")
        assert page.inner_text("#cloud-words") == shown_words(report, 0)
        before = place_of(page, 0)
        seen = set()
        for key, axis, sign in [
            ("ArrowRight", 0, 1),
            ("ArrowLeft", 0, -1),
            ("ArrowUp", 1, -1),
            ("ArrowDown", 1, 1),
        ]:
            page.keyboard.press(key)
            words = page.inner_text("#cloud-words")
            (number,) = (n for n in range(60) if shown_words(report, n) == words)
            after = place_of(page, number)
            moved = (after[axis] - before[axis]) * sign
            assert moved >= abs(after[1 - axis] - before[1 - axis]) - 0.1
            seen.add(number)
            before = after
        for _ in range(70):  # and stop at the edge
            page.keyboard.press("ArrowRight")
        last = page.inner_text("#cloud-words")
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#cloud-words") == last
        assert len(seen) > 1


def test_touching_a_point_shows_its_image(browser, path, report):  # noqa: F811
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(browser, path, **phone) as page:
        page.locator("#cloud-points").scroll_into_view_if_needed()
        page.touchscreen.tap(*place_of(page, 17))
        assert page.inner_text("#cloud-words") == shown_words(report, 17)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_points_move_where_another_method_puts_them(browser, report, tmp_path):  # noqa: F811
    other = np.random.default_rng(0).random((60, 2))
    names = {**report.cloud.axes, "t-SNE": ("no meaning", "")}
    cloud = report.cloud._replace(points={**report.cloud.points, "t-SNE": other}, axes=names)
    write(tmp_path / "page.html", report._replace(cloud=cloud))
    with opened(browser, tmp_path / "page.html") as page:
        assert page.get_attribute("#cloud-methods >> text=t-SNE", "aria-pressed") == "true"
        assert page.text_content("#cloud .axis") == "no meaning"
        before = place_of(page, 5)
        page.click("#cloud-methods >> text=principal components")
        assert page.get_attribute("#cloud-methods >> text=t-SNE", "aria-pressed") == "false"
        assert place_of(page, 5) != before
        said = page.locator("#cloud .axis").all_text_contents()
        assert said == list(report.cloud.axes["principal components"])
        assert re.fullmatch(r"first principal component: \d+% of the variance", said[0])
