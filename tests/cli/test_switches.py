"""`npdeconv switches`, and the verdicts of project, top and cam, from beginning to end, small."""

import csv

import numpy as np
import pytest

from npdeconv import cli, models, weights
from npdeconv.cli import datasets
from npdeconv.cli.networks import Loaded
from npdeconv.cli.switches import _spread
from npdeconv.data import load_strokes
from npdeconv.experiments import judge_class_maps, judge_projections, judging, recovery, t_interval
from npdeconv.visualize import class_activation_maps, compare_starts


@pytest.fixture(autouse=True)
def _few_strokes(monkeypatch):
    monkeypatch.setattr(datasets, "STROKES", {"train": (20, 0), "test": (12, 1)})


@pytest.fixture
def net():
    return models.deck_model4(rng=np.random.default_rng(5))


def cam():
    return models.cam_net(input_shape=(28, 28, 1), rng=np.random.default_rng(0))


@pytest.fixture
def say(tmp_path, net, capsys):
    """Run a command on an untrained network for digits, and return what it printed."""
    weights.save(net, tmp_path / "w.npz")

    def run(command, *arguments):
        shown = "--data", "strokes", "--out", tmp_path, "--dpi", "20", "--workers", "1"
        every = command, "deck_model4", "--weights", tmp_path / "w.npz", *arguments, *shown
        assert cli.main([str(argument) for argument in every]) == 0
        return capsys.readouterr().out

    return run


def test_the_table_is_of_the_arrays_and_these_of_the_library(say, net, tmp_path):
    printed = say(
        "switches", "--layer", "relu4", "--map", "7", "3", "--count", "6", "--draws", "2"
    ).splitlines()
    arrays = np.load(tmp_path / "switches_deck_model4_relu4.npz")
    images = load_strokes(12, 1).images[:6]
    rules = ("deconv", "gradient", "guided", "linear")
    for place, m in enumerate((7, 3)):
        rng = np.random.default_rng((0, m))
        result = compare_starts(net, images, "relu4", m, rules=rules, draws=2, rng=rng)
        np.testing.assert_allclose(arrays["random values"][place], result.to_random.mean(axis=2))
        np.testing.assert_allclose(arrays["image"][place], result.to_image)
    assert not arrays["silent"].any()
    assert printed[0] == "relu4, maps 7 3: silent in 0 of 12 pictures"
    interval = t_interval(arrays["to centers"][:, 2].mean(axis=0))
    guided = next(line for line in printed if line.startswith("guided"))
    assert f"{interval.mean:.2f} ± {interval.high - interval.mean:.2f}" in guided
    for name in ("switches_deck_model4_relu4_map7.png", "switches_deck_model4_relu4_map3.png"):
        assert (tmp_path / name).is_file()


def test_silent_pictures_are_counted_and_left_out(say, net, tmp_path):
    values = np.array([[0.5, 0.1, 0.0], [0.3, 0.0, 0.0]])
    silent = np.array([[False, False, True], [False, True, True]])
    interval = t_interval(np.array([0.4, 0.1]))
    assert _spread(values, silent) == f"0.25 ± {interval.high - interval.mean:.2f}"
    net["conv4"].bias[...] = -100
    weights.save(net, tmp_path / "w.npz")
    printed = say("switches", "--layer", "relu4", "--map", "7", "--count", "3", "--draws", "1").splitlines()
    assert printed[:2] == ["relu4, maps 7: silent in 3 of 3 pictures", "nothing to compare"]


def test_recovery_prints_the_means_over_images_and_keeps_each_finished_seed(tmp_path, capsys):
    asked = "--count", "8", "--test-count", "5", "--epochs", "1", "--seeds", "2", "--out", str(tmp_path)
    assert cli.main(["recovery", *asked]) == 0
    printed = capsys.readouterr().out
    result = recovery(load_strokes(8), load_strokes(5, 1), seeds=[0, 1], epochs=1)
    with np.load(tmp_path / "recovery_strokes.npz") as arrays:
        np.testing.assert_array_equal(arrays["correlation"], result.correlation)
    guided = next(line for line in printed.splitlines() if line.startswith("dense, trained, guided"))
    interval = t_interval(result.correlation[:, 2, 1, 2, 0].mean(axis=-1))
    assert f" {interval.mean:.2f} ± {interval.high - interval.mean:.2f} " in guided
    size = result.size[:, 2, 1][result.flipped[:, 2, 1]].mean()
    assert f"changed by {size:.1%} of its length" in printed.splitlines()[-3]
    with (tmp_path / "recovery_strokes.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert float(last["random logits"]) == pytest.approx(result.correlation[1, 2, 1, 2, 3, 4], abs=1e-6)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "seeds").iterdir()}
    assert len(kept) == 2
    assert cli.main(["recovery", *asked]) == 0
    assert capsys.readouterr().out == printed
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "seeds").iterdir()} == kept


def test_project_says_its_verdict(say, net, tmp_path):
    printed = say("project", "--layer", "relu4", "--map", "7", "--images", "2", "4", "--verdict")
    images = load_strokes(12, 1).images[[2, 4]]
    verdict = judge_projections(net, images, "relu4", np.array([7, 7]), rng=np.random.default_rng(0))
    lines = printed.splitlines()
    assert lines[1] == f"  {verdict.sentence(0)}"
    assert lines[3] == f"  {verdict.sentence(1)}"
    arrays = np.load(tmp_path / "relu4_deconv_map7_image2-4.npz")
    np.testing.assert_array_equal(arrays["verdict_to_random"], verdict.to_random)
    assert "correlation" not in say("project", "--layer", "relu4", "--map", "7", "--images", "2")


@pytest.mark.parametrize(
    "command", ["project --layer relu4 --map 7", "top --layers relu4 --map 7 8 -k 2", "cam"]
)
def test_a_second_run_finds_the_verdict_of_the_first(command, say, net, tmp_path, monkeypatch):
    if command == "cam":
        monkeypatch.setattr("npdeconv.cli.cam.load_network", lambda options: Loaded(cam()))
    words = *command.split(), "--verdict"
    first = say(*words)
    (kept,) = (tmp_path / "verdicts").iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(judging, "compare_starts", None)
        patched.setattr(judging, "class_activation_maps", None)
        assert say(*words) == first
    assert "correlation" in first
    kept.unlink()
    assert say(*words) == first


def test_top_judges_what_it_draws(say, net, tmp_path):
    printed = say("top", "--layers", "relu4", "--map", "7", "-k", "1", "--verdict", "--select", "map")
    found = np.load(tmp_path / "relu4_top1_maximum_map7_whole_map.npz")
    images = load_strokes(12, 1).images[found["image_indices"][0]]
    verdict = judge_projections(net, images, "relu4", [7], select="map", rng=np.random.default_rng(0))
    assert f"  map 7: {verdict.sentence(0)}" in printed.splitlines()


def test_top_says_a_verdict_for_each_living_map(say, tmp_path):
    printed = say("top", "--layers", "relu4", "-k", "2", "--verdict")
    arrays = np.load(tmp_path / "relu4_top2_maximum.npz")
    living = np.flatnonzero(arrays["firing"])
    assert [line.split(":")[0] for line in printed.splitlines() if line.startswith("  map ")] == [
        f"  map {m}" for m in living
    ]
    assert len(arrays["verdict_to_random"]) == len(living)


def test_cam_says_its_verdict(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(models, "_OWN", {})
    net = cam()
    weights.save(net, tmp_path / "cam.npz")
    (tmp_path / "own.py").write_text(
        "from npdeconv import models\n"
        "def build(*, rng, dtype=None):\n"
        "    return models.cam_net(input_shape=(28, 28, 1), rng=rng)\n"
    )
    model = f"{tmp_path / 'own.py'}:build"
    shown = "--data", "strokes", "--out", tmp_path, "--dpi", "20", "-k", "2", "--verdict"
    assert cli.main([str(one) for one in ("cam", model, "--weights", tmp_path / "cam.npz", *shown)]) == 0
    lines = capsys.readouterr().out.splitlines()
    images = load_strokes(12, 1).images[:1]
    maps = class_activation_maps(net, images, k=2)
    (verdict,) = judge_class_maps(net, images, labels=maps.labels, rng=np.random.default_rng(0))
    assert [lines[1], lines[3]] == [f"  {verdict.sentence(n)}" for n in range(2)]
