"""The report's arrays and HTML; `test_browser` tests the page in a browser."""

import base64
import hashlib
import html.parser
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from npdeconv import models, weights
from npdeconv.cli import main
from npdeconv.data import as_input
from npdeconv.layers import Concat, Conv2D, Dropout, Flatten, Graph, ReLU, Sequential
from npdeconv.report import Watch, collect, render, write
from npdeconv.report.downscaling import shrink, shrink_patches
from npdeconv.report.filter_slices import find_filters
from npdeconv.report.payload import numbers
from npdeconv.report.sprites import as_bytes, coarsen, sheet
from npdeconv.report.stages import STAGES
from npdeconv.training import predict
from npdeconv.visualize import Patches, maximize_activation, occlude_box, project
from npdeconv.visualize.occluder import box_at
from tests.cases import small_network
from tests.report_cases import (
    HOSTILE,
    history,
    hostile_report,
    network_with_a_dead_map,
    noisy_report,
    tiny_report,
)
from tests.tiny import tiny_dataset, tiny_network


def payload_of(page):
    """Return the data that the page's script reads."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def tile_of(picture, column, row):
    """Cut a tile out of a sheet, as a browser does."""
    raw = base64.b64decode(picture["uri"].removeprefix("data:image/png;base64,"))
    left, top = column * picture["width"], row * picture["height"]
    box = left, top, left + picture["width"], top + picture["height"]
    return np.asarray(Image.open(io.BytesIO(raw)).crop(box))


def test_the_strongest_images_are_those_of_a_sort():
    network, dataset = tiny_network(), tiny_dataset(70)
    report = collect(network, dataset, image_count=35, examples=0)
    assert (report.searched, report.available) == (35, 70)
    assert [view.name for view in report.layers] == ["relu1", "pool1", "relu2", "logits"]
    activations = network[:"relu2"](as_input(dataset.images[::2])).max(axis=(1, 2))
    view = report.layers[2]
    for m in range(4):
        order = np.argsort(-activations[:, m], kind="stable")
        fires = order[activations[order, m] > 0][:9]
        assert view.found.image_indices[m, : len(fires)].tolist() == (2 * fires).tolist()
        assert view.labels[m, : len(fires)].tolist() == dataset.labels[2 * fires].tolist()
        assert (view.labels[m, len(fires) :] == -1).all()
    assert view.output_shape == (4, 4, 4)
    assert view.receptive_field == (8, 8)
    assert report.layers[-1].classes == dataset.classes
    assert view.classes == ()


def test_the_stages_are_the_snapshots_and_the_final_weights(tmp_path):
    report, earlier = tiny_report(tmp_path)
    assert report.stages == ("epoch 1", "epoch 2", "current weights")
    for view in report.layers:
        every = view.evolving
        np.testing.assert_array_equal(every.projections[-1], view.patches.projections[:, 0])
        np.testing.assert_array_equal(every.image_indices[-1], view.found.image_indices[:, 0])
        assert not every.jumped[0].any()
        np.testing.assert_array_equal(every.jumped[1:], every.image_indices[1:] != every.image_indices[:-1])
    images = tiny_dataset(70).images
    first = report.layers[0].evolving
    m = int(np.flatnonzero(first.image_indices[0] >= 0)[0])
    result = project(earlier[1], images[first.image_indices[0, m]][None], "relu1", m)
    assert first.activations[0, m] == pytest.approx(result.activation[0])
    top, bottom, left, right = np.clip(result.box[0], 0, 8)
    expected = result.pixels[0, top:bottom, left:right]
    np.testing.assert_allclose(
        first.projections[0, m][first.inside[0, m]], expected.reshape(-1, 1), atol=1e-6
    )


def test_a_snapshot_that_is_the_final_weights_is_shown_once(tmp_path):
    network = tiny_network()
    paths = {}
    for epoch in range(1, STAGES + 5):
        network.parameters["conv1.bias"][...] = epoch
        paths[epoch] = tmp_path / f"{epoch}.npz"
        weights.save(network, paths[epoch])
    report = collect(network, tiny_dataset(9), snapshots=paths, examples=0)
    assert len(report.stages) == STAGES
    assert report.stages[0] == "epoch 1"
    assert report.stages[-1] == f"epoch {STAGES + 4} (current)"


def test_the_most_active_of_many_maps_are_shown(tmp_path, monkeypatch):
    whole, _ = tiny_report(tmp_path)
    # Patches have 3x3, 4x4, 8x8 and 8x8 pixels; each map has 18 of them, and 3 stages.
    monkeypatch.setattr("npdeconv.report.downscaling.PIXELS", 2 * 21 * (9 + 16 + 64 + 64))
    some, _ = tiny_report(tmp_path)
    for part, view in zip(some.layers, whole.layers, strict=True):
        kept = sorted(np.argsort(-view.found.activations[:, 0], kind="stable")[:2].tolist())
        assert part.feature_maps.tolist() == kept
        assert view.feature_maps.tolist() == list(range(view.total))
        assert (part.total, part.dead) == (view.total, (view.found.firing == 0).sum())
        for left, right in zip(part.found, view.found, strict=True):
            np.testing.assert_array_equal(left, right[kept])
        np.testing.assert_array_equal(part.labels, view.labels[kept])
        np.testing.assert_array_equal(part.filters.pixels, view.filters.pixels[kept])
        np.testing.assert_array_equal(part.patches.pixels, view.patches.pixels[kept])
        np.testing.assert_array_equal(part.evolving.image_indices, view.evolving.image_indices[:, kept])
        np.testing.assert_array_equal(part.evolving.jumped, view.evolving.jumped[:, kept])
        np.testing.assert_allclose(
            part.evolving.projections, view.evolving.projections[:, kept], rtol=1e-4, atol=1e-5
        )
    logits = some.layers[-1]
    assert logits.classes == tuple(some.classes[m] for m in logits.feature_maps)
    shown = payload_of(render(some))["layers"][2]
    assert (shown["maps"], shown["total"], shown["dead"]) == (some.layers[2].feature_maps.tolist(), 4, 1)


def test_a_table_of_many_classes_is_left_out(monkeypatch):
    report = collect(tiny_network(), tiny_dataset(30), examples=0)
    counts = report.wrong.result.confusion
    assert payload_of(render(report))["wrong"]["confusion"] == counts.tolist()
    monkeypatch.setattr("npdeconv.report.payload.TABLE_CLASSES", 2)
    wrong = payload_of(render(report))["wrong"]
    assert wrong["confusion"] is None
    assert (wrong["right"], wrong["answers"]) == (counts.trace(), 30)


def test_examples_are_right_and_their_probabilities_are_those_of_occluded_images():
    network, dataset = tiny_network(), tiny_dataset(70)
    network["logits"].bias[...] = 0, 5, 0  # all but class 1 are wrong now
    told = []
    report = collect(network, dataset, image_count=70, say=lambda *step: told.append(step))
    assert [example.result.label for example in report.examples] == [1]
    (example,) = report.examples
    assert dataset.labels[example.image_index] == 1
    result = example.result
    hidden = occlude_box(example.image, box_at(result.rows[3], result.columns[5], result.size))
    assert result.probability[3, 5] == pytest.approx(predict(network, hidden[None])[0, 1], rel=1e-5)
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert len({total for _, _, total in told}) == 1


def test_images_are_made_for_the_most_active_maps_of_each_layer():
    network = network_with_a_dead_map()
    report = collect(network, tiny_dataset(20), examples=0, made=2)
    for view in report.layers:
        assert view.made is not None
        alive = np.flatnonzero(view.found.firing)
        strongest = alive[np.argsort(-view.found.activations[alive, 0], kind="stable")[:2]]
        assert view.made.feature_maps.tolist() == sorted(view.feature_maps[strongest])
        expected = maximize_activation(network, view.name, view.made.feature_maps, steps=100)
        np.testing.assert_array_equal(view.made.activation, expected.activation[-1])
    relu1 = next(view for view in report.layers if view.name == "relu1")
    assert relu1.made.pixels.shape == (2, 3, 3, 1)  # cropped to what a unit sees
    data = payload_of(render(report))
    assert data["layers"][0]["made"]["maps"] == report.layers[0].made.feature_maps.tolist()
    tile = tile_of(data["layers"][0]["made"], 0, 1).reshape(3, 3, -1)
    np.testing.assert_array_equal(tile[..., 0], relu1.made.pixels[1, ..., 0])
    assert collect(network, tiny_dataset(20), examples=0).layers[0].made is None


def test_mistakes_are_those_of_the_whole_data_set_and_counted():
    network, dataset = tiny_network(), tiny_dataset(70)
    report = collect(network, dataset, image_count=35, examples=0)
    probabilities = predict(network, dataset.images[::2])
    answers, labels = probabilities.argmax(axis=1), dataset.labels[::2]
    wrong = np.flatnonzero(answers != labels)
    order = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:8]
    result = report.wrong.result
    assert result.image_indices.tolist() == (2 * order).tolist()
    np.testing.assert_array_equal(report.wrong.images, dataset.images[2 * order])
    assert result.confusion.sum() == 35
    assert result.confusion.trace() == 35 - len(wrong)
    data = payload_of(render(report))["wrong"]
    assert data["confusion"] == result.confusion.tolist()
    tile = tile_of(data["spoke"], 1, 0) / 255.0
    both = np.stack([result.misled_by[0], result.spoke_for_truth[0]])[..., 0]
    np.testing.assert_allclose(tile, 0.5 + both[1] / (2 * np.abs(both).max()), atol=1 / 255)


def test_a_network_without_mistakes_has_none_to_show():
    network, dataset = tiny_network(), tiny_dataset(30)
    only = dataset[predict(network, dataset.images).argmax(axis=1) == dataset.labels]
    assert len(only)
    data = payload_of(render(collect(network, only, examples=0)))["wrong"]
    assert data["imageIndices"] == []
    assert "seen" not in data


def test_any_number_of_workers_gives_the_same_page(tmp_path):
    network, dataset = tiny_network(), tiny_dataset(40)
    one, two = (render(collect(network, dataset, workers=workers)) for workers in (1, 2))
    assert one == two


def test_no_images_are_too_few():
    with pytest.raises(ValueError, match="image_count must be at least 1, got 0"):
        collect(tiny_network(), tiny_dataset(9), image_count=0)


def test_shrinking_averages_whole_blocks():
    picture = np.arange(5 * 7, dtype=float).reshape(5, 7, 1)
    small = shrink(picture, side=4)
    assert small.shape == (3, 4, 1)
    for i, j in np.ndindex(3, 4):
        assert small[i, j, 0] == picture[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean()
    assert shrink(picture, side=7) is picture
    assert shrink(np.uint8([[[10], [11]], [[10], [11]]]), side=1).tolist() == [[[10]]]
    assert shrink(np.ones((2, 3, 100, 90, 3), np.float32), side=30).shape == (2, 3, 25, 23, 3)
    inside = np.zeros((1, 1, 60, 60), bool)
    inside[..., 20:] = True
    zeros = np.zeros((1, 1, 60, 60, 1))
    assert (
        shrink_patches(Patches(zeros, zeros, inside)).inside[0, 0, 0].tolist() == [False] * 10 + [True] * 20
    )


def test_filters_over_pixels_over_maps_and_over_flattened_maps():
    network = tiny_network(width=5)
    first = find_filters(network, "pool1")
    assert (first.source, first.reads, first.slices, first.size) == ("conv1", "", 1, (3, 3))
    np.testing.assert_array_equal(first.pixels[2], network["conv1"].weight[..., 2])
    second = find_filters(network, "relu2")
    assert (second.source, second.reads, second.slices) == ("conv2", "pool1", 5)
    assert second.pixels.shape == (5, 7, 11, 1)  # 5 slices of 3x3 in 2 rows of 3, with a gap
    np.testing.assert_array_equal(second.pixels[1, 4:, 4:7, 0], network["conv2"].weight[:, :, 4, 1])
    assert not second.pixels[~second.inside].any()
    assert second.inside[0].sum() == 5 * 9
    dense = find_filters(network, "logits")
    assert (dense.source, dense.reads, dense.slices, dense.size) == ("logits", "relu2", 5, (4, 4))
    weight = network["logits"].weight.reshape(4, 4, 5, 3)
    np.testing.assert_array_equal(dense.pixels[2, :4, 5:9, 0], weight[:, :, 1, 2])
    order = [*list(network.layers)[:5], "flatten", "dropout", "logits"]  # dropout above the flattening
    other = Sequential({name: network[name] for name in order}, input_shape=network.input_shape)
    np.testing.assert_array_equal(find_filters(other, "logits").pixels, dense.pixels)
    hidden = find_filters(small_network(float), "logits")
    assert (hidden.reads, hidden.size) == ("relu_dense1", (1, 1))
    flat = Sequential({"flatten": Flatten(), "relu": ReLU()}, input_shape=(2, 2, 1))
    assert find_filters(flat, "relu") is None


def test_filters_over_maps_of_several_layers_name_them_all():
    rng = np.random.default_rng(0)
    layers = {"a": Conv2D(1, 2, 1, rng=rng), "b": Conv2D(1, 3, 1, rng=rng), "both": Concat()}
    layers |= {"drop": Dropout(0.5), "c": Conv2D(5, 4, 1, rng=rng)}
    net = Graph(layers, inputs={"b": "input", "both": ("a", "b")}, input_shape=(3, 3, 1))
    assert find_filters(net, "c")[:3] == ("c", "both (a, b)", 5)


@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_come_out_of_a_sheet_as_they_went_in(channels):
    tiles = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 6, channels), dtype=np.uint8)
    whole = sheet(tiles)
    assert (whole["width"], whole["height"]) == (6, 5)
    np.testing.assert_array_equal(tile_of(whole, 1, 2).reshape(5, 6, channels), tiles[2, 1])
    inside = np.ones((3, 4, 5, 6), bool)
    inside[0, 3, 2:] = False
    cut = tile_of(sheet(tiles, inside), 3, 0)
    np.testing.assert_array_equal(cut[..., -1], np.where(inside[0, 3], 255, 0))
    np.testing.assert_array_equal(cut[:2, :, :-1], tiles[0, 3, :2])


def test_images_of_two_channels_are_shown_as_their_mean():
    tiles = np.uint8([[[[[10, 20]]]]])
    assert tile_of(sheet(tiles), 0, 0).tolist() == [[15]]


def test_signed_pixels_become_bytes_around_mid_gray():
    pixels = np.array([[[-2.0, 0, 1]], [[0, 0, 0]]])
    shown, scales = as_bytes(pixels, axes=(1, 2))
    assert shown.tolist() == [[[0, 128, 191]], [[128, 128, 128]]]
    assert scales.tolist() == [2, 0]


def test_colors_become_coarse_around_mid_gray_and_grays_stay():
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(coarsen(every[:, None]), every[:, None])
    coarse = coarsen(np.stack([every] * 3, axis=1))
    assert coarse[128].tolist() == [128] * 3
    assert len(np.unique(coarse)) == 33
    assert np.abs(coarse.astype(int) - every[:, None]).max() == 4


def test_numbers_for_javascript():
    assert numbers([1.23456789, float("nan"), float("inf"), 3, (0.0,)]) == [1.2346, None, None, 3, [0.0]]
    assert numbers(np.float32([[0.1]])) == [[0.1]]


def test_the_page_holds_what_was_collected(tmp_path):
    report, _ = tiny_report(tmp_path)
    data = payload_of(render(report))
    assert data["stages"] == list(report.stages)
    assert data["refresh"] is None
    assert data["history"]["validation_loss"] == [None, 0.5, 0.25]
    view, shown = report.layers[2], data["layers"][2]
    assert shown["imageIndices"] == view.found.image_indices.tolist()
    tile = tile_of(shown["patches"], 1, 3).reshape(8, 8, -1)
    np.testing.assert_array_equal(tile[..., 0], view.patches.pixels[3, 1, ..., 0])
    pixels = view.patches.projections[3]
    expected = np.round((0.5 + pixels[1, ..., 0] / (2 * np.abs(pixels).max())) * 255)
    tile = tile_of(shown["projections"], 1, 3).reshape(8, 8, -1)
    np.testing.assert_allclose(tile[..., 0], expected, atol=1)
    probability = report.examples[0].result.probability
    np.testing.assert_allclose(data["examples"][0]["probability"], probability, rtol=1e-3)


class Collector(html.parser.HTMLParser):
    """Collects the tags of a page, and the text inside scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.code = [], {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if tag in ("script", "style") and "type" not in attributes:
            self.code.setdefault(tag, data)  # text after the end of the element comes later


def test_the_page_references_nothing_outside_and_allows_only_its_own_code(tmp_path):
    page = render(tiny_report(tmp_path)[0])
    found = Collector(page)
    for tag, attributes in found.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        assert "style" not in attributes, tag
        for name in ("src", "href", "action", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:")), tag
    policy = next(a["content"] for tag, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    for tag in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(found.code[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "refresh" not in [a.get("http-equiv") for _, a in found.tags]


def test_hostile_names_are_text(tmp_path):
    page = render(hostile_report(tmp_path))
    plain = render(tiny_report(tmp_path, rename={})[0])
    kinds = [[tag for tag, _ in Collector(text).tags] for text in (page, plain)]
    assert kinds[0] == kinds[1]  # hostile names add no element
    data = payload_of(page)
    assert data["classes"] == list(HOSTILE[:3])
    assert data["layers"][0]["name"] == HOSTILE[3]
    assert not set(json.dumps(data)) - set(page) - set("<>&")  # all characters are kept ...
    inside = page.split('id="data">')[1].split("</script>")[0]
    assert not set("<>&") & set(inside)  # ... and none can end the element


def test_writing_is_whole_and_returns_the_size(tmp_path):
    report, _ = tiny_report(tmp_path)
    path = tmp_path / "page.html"
    size = write(path, report, refresh=5)
    assert size == path.stat().st_size
    assert payload_of(path.read_text(encoding="utf-8"))["refresh"] == 5
    with pytest.raises(FileNotFoundError, match=r"missing.page\.html: could not be written"):
        write(tmp_path / "missing" / "page.html", report)


def test_watch_rewrites_the_page_after_each_epoch(tmp_path):
    network, page = tiny_network(), tmp_path / "report.html"
    watch = Watch(page, tiny_dataset(30), snapshots=tmp_path / "snapshots", run="a run")
    watch(network, history(1))
    first = payload_of(page.read_text(encoding="utf-8"))
    assert first["refresh"] == 2
    assert first["stages"] == ["current weights"]
    (tmp_path / "snapshots").mkdir()
    weights.save(network, tmp_path / "snapshots" / "epoch_0001.npz")
    network["conv1"].bias[...] = 1
    watch(network, history(2, seconds=1000))
    second = payload_of(page.read_text(encoding="utf-8"))
    assert second["refresh"] == 30
    assert second["stages"] == ["epoch 1", "current weights"]
    assert second["history"]["epoch"] == [1, 2]


@pytest.fixture
def tiny_model(monkeypatch):
    """Register the tiny network as a model, and make every command load its data."""

    def build(*, rng, dtype):
        return tiny_network(dtype=dtype)

    monkeypatch.setitem(models._NETWORKS, "tiny", build)
    for module in ("train", "datasets"):  # before train is imported, which takes the other's
        monkeypatch.setattr(f"npdeconv.cli.{module}.read_data", lambda *_, **__: tiny_dataset(30))


@pytest.mark.usefixtures("tiny_model")
def test_the_commands(tmp_path, capsys):
    run = tmp_path / "my run"
    assert main(["train", "tiny", "--run", str(run), "--epochs", "2", "--watch"]) == 0
    page = run / "report.html"
    out = capsys.readouterr().out
    assert f"after the first epoch, open {page}" in out
    assert re.search(rf"{re.escape(str(page))} \(0\.\d MB\)", out)
    data = payload_of(page.read_text(encoding="utf-8"))
    assert data["refresh"] is None  # training is over
    assert data["history"]["epoch"] == [1, 2]
    assert data["stages"] == ["epoch 1", "epoch 2 (current)"]
    assert "run my run" in page.read_text(encoding="utf-8")

    other = tmp_path / "other.html"
    assert main(["report", str(run), "--count", "5", "--page", str(other)]) == 0
    assert payload_of(other.read_text(encoding="utf-8"))["searched"] == 5
    assert main(["report", str(run), "--count", "4", "--page", str(other)]) == 0  # a page may be replaced
    assert payload_of(other.read_text(encoding="utf-8"))["searched"] == 4
    assert main(["report", str(tmp_path / "nothing")]) == 2
    assert "expected the folder of a training run" in capsys.readouterr().err

    other.write_text("mine")
    assert main(["report", str(run), "--count", "5", "--page", str(other)]) == 2
    assert "expected a page of a run to replace, got another file" in capsys.readouterr().err
    assert other.read_text() == "mine"


def test_images_to_search_are_counted():
    with pytest.raises(ValueError, match="collect: image_count must be at least 1, got 0"):
        collect(tiny_network(), tiny_dataset(3), image_count=0)


@pytest.mark.slow
def test_a_real_network_fits_into_15_megabytes(tmp_path):
    assert write(tmp_path / "page.html", noisy_report()) < 15e6
