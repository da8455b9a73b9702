"""Verdicts on the page, on demand."""

import numpy as np

from npdeconv import report
from npdeconv.experiments import judge_projections, judging
from tests.report_cases import DEAD, network_with_a_dead_map
from tests.tiny import tiny_dataset


def test_every_map_has_the_sentence_of_its_strongest_image_if_asked():
    network, dataset = network_with_a_dead_map(), tiny_dataset()
    page = report.collect(network, dataset, examples=0, verdict=True)
    for view in page.layers:
        strongest = dataset.images[np.maximum(view.found.image_indices[:, 0], 0)]
        rng = np.random.default_rng(0)
        verdict = judge_projections(network, strongest, view.name, view.feature_maps, rng=rng)
        assert view.verdicts == tuple(verdict.sentence(n) for n in range(len(strongest)))
        if view.name == "relu2":
            assert view.verdicts[DEAD] == "silent: there is no picture to judge"
    assert not any(view.verdicts for view in report.collect(network, dataset, examples=0).layers)


def test_a_second_page_finds_the_verdicts_of_the_first(tmp_path, monkeypatch):
    network, dataset = network_with_a_dead_map(), tiny_dataset(20)
    settings = {"examples": 0, "verdict": True, "verdicts": tmp_path}
    first = report.collect(network, dataset, **settings)
    count = len(list(tmp_path.iterdir()))
    monkeypatch.setattr(judging, "compare_starts", None)
    again = report.collect(network, dataset, **settings)
    assert [view.verdicts for view in again.layers] == [view.verdicts for view in first.layers]
    assert count == len(first.layers)
