"""What an experiment finished before it was killed is found again, and the result is the same."""

import sys

import numpy as np
import pytest

from npdeconv.data import load_strokes
from npdeconv.experiments import (
    Scratch,
    compare_poolings,
    linear_probes,
    retraining,
    small_network,
    transfer,
)
from npdeconv.experiments.finished_seeds import fingerprint
from tests.blocks import blocks
from tests.tiny import tiny_dataset, tiny_network


def poolings(folder):
    given = {"seeds": [0], "warm_up": 0, "epochs": 1, "examples": 1, "workers": 1}
    result, examples = compare_poolings(load_strokes(20), load_strokes(6, 1), folder=folder, **given)
    return [*result, *(array for example in examples for array in (example.maps, example.boxes))]


def scratch(folder):
    how = Scratch(lambda rng: tiny_network(int(rng.integers(9))), steps=3)
    given = {"per_class": [1, 2], "seeds": [0], "scratch": how, "scratch_seeds": [0], "workers": 1}
    return transfer(tiny_network(), tiny_dataset(30), folder=folder, **given)


def probes(folder):
    given = {"per_class": [1, 2], "seeds": [0, 1], "workers": 1}
    return linear_probes(tiny_network(), tiny_dataset(30), ["relu1", "relu2"], folder=folder, **given)


def repetitions(folder):
    pytest.importorskip("skimage")
    images = np.stack([blocks(n, 1, 40) for n in range(5)])
    given = {"label": 1, "control_images": images[3:], "control_label": 2, "seeds": [0, 1]}
    few = {"epochs": 1, "steps": 2, "vocabulary": 4, "workers": 1, "folder": folder}
    return retraining(small_network((40, 40, 1), 3, np.random.default_rng(0)), images[:3], **given | few)


@pytest.mark.parametrize(
    ("run", "module", "step", "done", "files", "steps"),
    [
        (poolings, "pooling_comparison", "_train", 1, 1, 2),
        (scratch, "transfer", "most_probable", 1, 2, 2),
        (probes, "probes", "score_classifiers", 2, 2, 3),
        (repetitions, "retraining", "_reconstruct", 3, 1, 5),  # the second repetition's first is made anew
    ],
)
def test_what_is_finished_is_found_again(run, module, step, done, files, steps, tmp_path, monkeypatch):
    whole, room, asked = run(None), sys.modules[f"npdeconv.experiments.{module}"], []
    compute = getattr(room, step)

    def killed(*given, **more):
        if len(asked) == done:
            raise KeyboardInterrupt
        return noted(*given, **more)

    def noted(*given, **more):
        asked.append(given)
        return compute(*given, **more)

    monkeypatch.setattr(room, step, killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert len(list(tmp_path.iterdir())) == files
    monkeypatch.setattr(room, step, noted)
    resumed = run(tmp_path)
    assert len(asked) == steps
    for got, expected in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(got, expected)
    run(tmp_path)
    assert len(asked) == steps


def test_functions_count_by_their_names_since_addresses_differ_between_processes():
    def made(scale):
        def draw():
            return scale

        return draw

    first, second, net = made(1), made(2), tiny_network()
    assert repr(first) != repr(second)
    assert fingerprint(net, first, [first]) == fingerprint(net, second, [second])
    assert fingerprint(net, first) != fingerprint(net, made)
    assert fingerprint(net, first) != fingerprint(tiny_network(1), first)
