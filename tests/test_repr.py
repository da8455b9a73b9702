"""Results have a `repr` of a few lines."""

import inspect

import numpy as np
import pytest

from npdeconv import experiments, report, training, visualize
from npdeconv._repr import brief
from npdeconv.visualize import Projection
from tests.tiny import tiny_dataset, tiny_network

SMALL = {"LayerSummary", "Box", "Interval"}  # their own `repr` is one line


def test_a_projection_is_a_few_lines():
    result = visualize.project(tiny_network(), tiny_dataset(10).images, "relu2", 1)
    low, high = result.pixels.min(), result.pixels.max()
    lines = repr(result).splitlines()
    assert lines[0] == "Projection("
    assert lines[1] == f"  pixels=float32 (10, 8, 8, 1), {low:.4g} to {high:.4g}"
    assert lines[5] == f"  silent=bool (10,), {result.silent.sum()} true"
    assert lines[6:] == [")"]


def test_few_numbers_are_shown_and_results_in_results_are_indented():
    one = Projection(*(np.array([k]) for k in range(5)))
    both = visualize.LayerProjections(("relu1",), np.array([3]), one)
    assert repr(both).splitlines()[:5] == [
        "LayerProjections(",
        "  layers=('relu1',)",
        "  feature_maps=[3]",
        "  projection=Projection(",
        "    pixels=[0]",
    ]


def test_many_names_are_counted():
    kind = brief(type("Names", (training.Evaluation,), {}))
    assert repr(kind(tuple("abcdefgh"), np.array(["x"] * 9))).splitlines()[1:3] == [
        "  accuracy=tuple of 8, the first 'a'",
        "  loss=<U1 (9,)",
    ]


@pytest.mark.parametrize("room", [visualize, experiments, report, training])
def test_every_public_result_is_brief(room):
    kinds = [getattr(room, name) for name in room.__all__ if inspect.isclass(getattr(room, name))]
    results = {kind.__name__: kind for kind in kinds if issubclass(kind, tuple)}
    assert results
    long = [name for name, kind in results.items() if kind.__repr__.__module__ != "npdeconv._repr"]
    assert set(long) <= SMALL | {"Evaluation"}


def test_an_evaluation_has_names():
    network, dataset = tiny_network(), tiny_dataset(40)
    answer = training.evaluate(network, dataset)
    assert answer == (answer.accuracy, answer.loss)
    assert repr(answer).startswith("Evaluation(accuracy=0.")
