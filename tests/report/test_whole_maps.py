"""Whole images beside whole projections: which maps, which pictures, how large."""

import numpy as np
import pytest

from npdeconv import cli, models, report, weights
from npdeconv.anatomy import map_count, shown_layers
from npdeconv.report import is_page
from npdeconv.report.payload import page_data
from npdeconv.report.whole_maps import IMAGES, LEAST, PIXELS, find_whole, whole_size
from npdeconv.visualize import find_strongest, project
from tests.report_cases import DEAD, network_with_a_dead_map
from tests.tiny import tiny_dataset, tiny_network


@pytest.mark.parametrize("select", ["strongest", "map"])
def test_every_living_map_has_the_projections_of_its_strongest_images(select):
    network, dataset = network_with_a_dead_map(), tiny_dataset(40)
    page = report.collect(network, dataset, image_count=20, examples=0, whole=select)
    views = {view.name: view for view in page.layers}
    assert views["logits"].whole is None  # its patches are whole images
    for layer in ("relu1", "pool1", "relu2"):
        view = views[layer]
        assert view.whole.select == select
        assert view.whole.feature_maps.tolist() == np.flatnonzero(view.found.firing).tolist()
        for m, shown in zip(view.whole.feature_maps, view.whole.projections, strict=True):
            images = dataset.images[view.found.image_indices[m, :IMAGES]]
            expected = project(network, images, layer, int(m), select=select)
            np.testing.assert_array_equal(shown, expected.pixels)
    assert DEAD not in views["relu2"].whole.feature_maps
    data = next(layer for layer in page_data(page, None)["layers"] if layer["name"] == "relu2")
    assert data["whole"]["images"] == IMAGES
    assert data["whole"]["scales"][0] == pytest.approx(np.abs(view.whole.projections[0]).max(), rel=1e-4)


def test_without_the_request_there_are_none():
    page = report.collect(tiny_network(), tiny_dataset(20), examples=0)
    assert [view.whole for view in page.layers] == [None] * len(page.layers)


def test_large_images_leave_the_most_active_maps_and_smaller_pictures():
    small = models.deck_model3(rng=np.random.default_rng(0))
    layers = shown_layers(small)
    maps = [layer for layer in layers if layer not in ("relu_dense1", "logits")]
    assert whole_size(small, (28, 28, 1), layers) == (64, int(np.sqrt(PIXELS / (IMAGES * 416))))
    assert sum(map_count(small, layer, (28, 28, 1)) for layer in maps) == 416
    large = models.squeezenet(rng=np.random.default_rng(0))
    many = shown_layers(large)
    most, side = whole_size(large, (227, 227, 3), many)
    assert most == LEAST
    pictures = IMAGES * LEAST * (len(many) - 1)  # the last layer's maps are single units
    assert pictures * side**2 <= PIXELS < pictures * (side + 1) ** 2


def test_only_the_most_active_of_the_shown_maps_are_projected():
    network, images = tiny_network(width=6), tiny_dataset(20).images
    found = find_strongest(network, images, ["relu2"], k=9)["relu2"]
    order = np.argsort(-found.activations[:, 0], kind="stable")
    given = {"found": found, "maps": np.arange(6), "select": "map", "workers": 1}
    two = find_whole(network, images, "relu2", size=(2, 4), **given)
    assert two.feature_maps.tolist() == sorted(order[:2].tolist())
    assert two.projections.shape == (2, IMAGES, 4, 4, 1)
    silent = found._replace(firing=np.zeros(6))
    assert find_whole(network, images, "relu2", size=(2, 4), **given | {"found": silent}) is None


@pytest.mark.parametrize(
    ("options", "select"),
    [
        ([], None),
        (["--whole"], "strongest"),
        (["--select", "map"], "map"),
        (["--whole", "--select", "map"], "map"),
    ],
)
def test_the_command_line_asks_for_it(options, select, tmp_path, monkeypatch, capsys):
    asked = {}

    def note(network, dataset, **settings):
        asked.update(settings)
        return tiny

    tiny = report.collect(tiny_network(), tiny_dataset(20), examples=0)
    monkeypatch.setattr("npdeconv.cli.report.collect", note)
    page = tmp_path / "page.html"
    weights.save(models.deck_model4(rng=np.random.default_rng(0)), tmp_path / "w.npz")
    given = "--model", "deck_model4", "--data", "strokes", "--page", str(page)
    assert cli.main(["report", str(tmp_path / "w.npz"), *given, *options]) == 0
    assert asked["whole"] == select
    assert is_page(page)


def test_other_units_are_refused(tmp_path, capsys):
    assert cli.main(["report", "nowhere", "--select", "1", "2"]) == 2
    assert "--select: expected strongest or map, got '1 2'" in capsys.readouterr().err
