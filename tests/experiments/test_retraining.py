"""Retraining a class: the meaning of its numbers, on small networks and planted scores."""

import csv
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from npdeconv import cli, models, plot, weights
from npdeconv.experiments import Retraining, retraining, t_interval
from npdeconv.experiments.similarity import count_words, learn_words, sift_descriptors
from npdeconv.layers import Conv2D, Dense, Flatten, GlobalAveragePool, MaxPool2D, ReLU, Sequential, Softmax
from tests.blocks import blocks
from tests.tiny import assert_same_bits, copy_of

SIZE = 64
FEW = {"seeds": range(2), "epochs": 2, "learning_rate": 0.02, "steps": 8, "vocabulary": 6, "progress": False}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def network(channels=3):
    rng = np.random.default_rng(0)
    layers = {
        "conv": Conv2D(channels, 6, 5, stride=2, rng=rng),
        "relu": ReLU(),
        "pool": MaxPool2D(3),
        "flatten": Flatten(),
        "logits": Dense(600, 3, rng=rng),
        "softmax": Softmax(),
    }
    return Sequential(layers, input_shape=(SIZE, SIZE, channels), name="small")


def pictures(count, start, channels=3):
    return np.stack([blocks(start + n, channels, SIZE) for n in range(count)])


def study(channels=3, **settings):
    pytest.importorskip("skimage")
    images, control_images = pictures(5, 0, channels), pictures(3, 50, channels)
    return retraining(
        network(channels), images, label=1, control_images=control_images, control_label=2, **FEW | settings
    )


@pytest.mark.parametrize("side", [SIZE, 8])
def test_photos_without_any_corner_are_refused(side):
    """Blank photos, and photos of fewer pixels than the detectors look at."""
    pytest.importorskip("skimage")
    layers = {"conv": Conv2D(3, 3, 3, rng=np.random.default_rng(0)), "pool": GlobalAveragePool()}
    net = Sequential(layers, input_shape=(side, side, 3))
    blank = np.full((3, side, side, 3), 99, np.uint8)
    small = np.random.default_rng(1).integers(0, 256, (3, side, side, 3), np.uint8) if side < SIZE else blank
    with pytest.raises(
        ValueError, match=r"^learn_words: expected at least 6 SIFT descriptors, .*, the images have 0; larger"
    ):
        retraining(net, small, label=1, control_images=blank, control_label=2, **FEW)


KNOWN = np.arange(12.0).reshape(2, 3, 2) / 100


def planted():
    """Two repetitions, four images of the class and one of the control; scores that are easy to follow."""
    words = np.zeros((2, 2, 2, 5))
    words[0, 0] = [[0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5]]
    words[1, 0] = [[0.3, 0.3, 0.3, 0.3, 0.5], [0.1, 0.6, 0.3, 0.5, 0.4]]
    words[1, 1, :, 4] = 0.25, 0.05
    trained = np.array([[1, 1, 0, 0, 0], [1, 0, 1, 0, 0]], bool)
    blank = np.zeros((2, 2, 2, 8, 8, 1), np.uint8)
    nothing = np.zeros((2, 2, 2))
    empty = np.zeros((2, 2, 2, 5))
    images = np.zeros((5, 8, 8, 1), np.uint8)
    bags, drawn = np.eye(5, 6), np.zeros((2, 2, 2, 6))
    scores = words, empty, KNOWN, 1, bags, drawn
    return Retraining(np.arange(2), np.array([1, 2]), images, trained, blank, nothing, empty, *scores)


def test_the_closest_image_is_one_of_the_class_though_the_control_may_be_closer():
    result = planted()
    assert result.closest(0).tolist() == [3, 0]
    assert result.closest(1).tolist() == [3, 1]
    axes = plot.bags_of_words(result, repetition=1, files=["a", "b", "c", "d", "e"])
    assert [ax.get_title() for ax in axes[:, 1]] == ["closest: d\ncosine 0.40", "closest: b\ncosine 0.60"]
    heights = [[bar.get_height() for bar in group] for group in axes[1, 2].containers]
    assert heights == [[0] * 6, [0, 0, 1, 0, 0, 0]]  # the word of d comes first, then the others by number


def test_the_best_scores_and_their_gain_by_hand():
    result = planted()
    np.testing.assert_allclose(result.best("words", "trained")[:, 0], [[0.2, 0.3], [0.3, 0.3]])
    np.testing.assert_allclose(result.best("words", "held out")[:, 0], [[0.4, 0.4], [0.3, 0.6]])
    np.testing.assert_allclose(result.best("words", "control")[:, 0], [[0.5, 0.5], [0.5, 0.4]])
    np.testing.assert_allclose(result.gain("words", "trained")[0], [0.1, 0], atol=1e-12)
    effect = result.effect("words")
    np.testing.assert_allclose(effect, t_interval(np.array([-0.1 - 0.25, 0.2 - 0.05])))


def test_contributions_by_hand():
    trained, held_out = planted().contribution("words")
    np.testing.assert_allclose(trained, [0.1, 0.1, 0, np.nan], atol=1e-12)
    np.testing.assert_allclose(held_out, [np.nan, 0.4, 0, 0], atol=1e-12)


@pytest.mark.slow
def test_only_a_copy_is_trained_and_on_the_class():
    pytest.importorskip("skimage")
    given = network()
    before = copy_of(given.parameters)
    result = retraining(
        given, pictures(5, 0), label=1, control_images=pictures(3, 50), control_label=2, **FEW
    )
    assert_same_bits(given.parameters, before)
    assert result.trained.sum(axis=1).tolist() == [2, 2]
    assert not result.trained[:, 5:].any()
    probability = result.probability[:, 0, :, :5]
    assert (probability[1] > probability[0]).all()
    assert (result.probability[:, 1][1] < result.probability[:, 1][0]).all()
    assert result.reconstructions.shape == (2, 2, 2, SIZE, SIZE, 3)
    assert (result.activation[1, 0] > result.activation[0, 0]).all()


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_without_training_nothing_changes(channels):
    result = study(channels, learning_rate=0.0)
    np.testing.assert_array_equal(result.reconstructions[0], result.reconstructions[1])
    for score in ("words", "corners"):
        assert not result.gain(score, "held out").any()
        assert result.effect(score) == (0, 0, 0)
        values = getattr(result, score)
        assert values.min() >= 0
        assert values.max() <= 1 + 1e-12
        np.testing.assert_array_equal(values[0], values[1])


@pytest.mark.slow
def test_the_result_depends_on_the_seeds_but_not_on_the_workers():
    first, again, other = study(workers=1), study(workers=2), study(seeds=[2, 3], workers=1)
    for name, array in first._asdict().items():
        np.testing.assert_array_equal(array, getattr(again, name), err_msg=name)
    assert not np.array_equal(first.reconstructions, other.reconstructions)


def test_known_pictures_are_scored_like_reconstructions():
    result = study(learning_rate=0.0)
    words = learn_words([sift_descriptors(image) for image in result.images], FEW["vocabulary"])
    bags = np.array([count_words(sift_descriptors(image), words) for image in result.images])
    np.testing.assert_array_equal(result.image_bags, bags)
    np.testing.assert_allclose(result.bags @ bags.T, result.words)
    for repetition, trained in enumerate(result.trained):
        held_out = [n for n in range(5) if not trained[n]]
        expected = [
            np.mean([max(bags[n] @ bag for bag in others) for n in held_out])
            for others in (bags[trained], bags[5:])
        ]
        np.testing.assert_allclose(result.known[0, :2, repetition], expected)
    assert (result.known[0, 2] < 1).all()


def test_errors(monkeypatch):
    pytest.importorskip("skimage")
    images, others = pictures(2, 0), pictures(1, 9)
    with pytest.raises(ValueError, match=r"^retraining: expected classes from 0 to 2, got 3$"):
        retraining(network(), images, label=3, control_images=others, control_label=1)
    with pytest.raises(ValueError, match=r"^retraining: expected a control of another class than 1$"):
        retraining(network(), images, label=1, control_images=others, control_label=1)
    with pytest.raises(KeyError, match=r"^.retraining: no class 'dog'; the classes are 0, 1, 2.$"):
        retraining(network(), images, label="dog", control_images=others, control_label=1)
    with pytest.raises(ValueError, match=r"^retraining: expected at least two seeds, got 1$"):
        retraining(network(), images, label=1, control_images=others, control_label=2, seeds=[0])
    with pytest.raises(
        ValueError, match=r"expected images to be at least 2, uint8 and of shape \(64, 64, 3\)"
    ):
        retraining(network(), images[:1], label=1, control_images=others, control_label=2)
    with pytest.raises(ValueError, match=r"expected control_images to be at least 1, uint8 and of shape"):
        retraining(network(), images, label=1, control_images=others[:, 1:], control_label=2)
    with pytest.raises(
        ValueError, match=r"expected a network that ends in classes, got outputs of shape \(10"
    ):
        retraining(network()[:"pool"], images, label=1, control_images=others, control_label=2)
    with pytest.raises(ValueError, match=r"^Retraining: score must be one of words, corners, got 'sift'$"):
        planted().best("sift", "trained")
    with pytest.raises(ValueError, match=r"^Retraining: seen must be one of trained, held out, control, got"):
        planted().best("words", "all")
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    with pytest.raises(ImportError, match=r"^similarities of images need scikit-image, which is not"):
        retraining(network(), images, label=1, control_images=others, control_label=2)


def test_plots_show_means_and_intervals():
    result = planted()
    axes = plot.similarity(result, ("cat", "dog"))
    containers = {container.get_label(): container for container in axes[0].containers}
    line, _, bars = containers["cat (retrained), after"].lines
    best = np.stack([result.best("words", seen)[1, 0] for seen in ("trained", "held out", "control")], axis=1)
    np.testing.assert_allclose(line.get_ydata(), best.mean(axis=0))
    interval = t_interval(best)
    ends = np.array(bars[0].get_segments())[:, :, 1]
    np.testing.assert_allclose(ends, np.stack([interval.low, interval.high], axis=1))
    lines = {line.get_label(): line.get_ydata()[0] for line in axes[1].lines}
    assert lines["noise"] == pytest.approx(KNOWN[1, 2].mean())
    ax = plot.contributions(result, files=["a", "b", "c", "d"])
    np.testing.assert_allclose(
        [bar.get_height() for bar in ax.containers[0]], [0.1, 0.1, 0, np.nan], atol=1e-9
    )
    assert plot.reconstructions(result, ("cat", "dog")).shape == (4, 2)


@pytest.fixture
def command(tmp_path, monkeypatch):
    pytest.importorskip("skimage")
    monkeypatch.setitem(models._NETWORKS, "small", lambda *, rng, dtype=np.float32: network())
    weights.save(network(), tmp_path / "weights.npz")
    for name, count, start in (("new", 4, 0), ("others", 2, 50)):
        (tmp_path / name).mkdir()
        for n in range(count):
            picture = np.pad(blocks(start + n, 3, SIZE), ((0, 0), (0, 20), (0, 0)))
            Image.fromarray(picture).save(tmp_path / name / f"photo{n}.png")
    folders = ["--photos", str(tmp_path / "new"), "--control", str(tmp_path / "others")]
    few = [
        "--repetitions",
        "2",
        "--epochs",
        "1",
        "--steps",
        "4",
        "--words",
        "6",
        "--out",
        str(tmp_path / "out"),
    ]
    return ["retrain", "small", "--weights", str(tmp_path / "weights.npz"), *folders, *few]


def test_the_command_writes_figures_scores_and_arrays(command, tmp_path, capsys):
    assert cli.main([*command, "--class", "1", "--control-class", "0"]) == 0
    out, stem = tmp_path / "out", "retraining_small_class1_control0"
    kinds = ("reconstructions", "scores", "words", "contributions_words", "contributions_corners")
    assert {file.name for file in out.glob("*.png")} == {f"{stem}_{kind}.png" for kind in kinds}
    with np.load(out / f"{stem}.npz", allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == [1, 0]
        words = arrays["words"]
    assert words.shape == (2, 2, 2, 6)
    with (out / f"{stem}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 6 * 2
    assert rows[0]["before"] == f"{words[0, 0, 0, 0]:.6f}"
    assert [row["image is"] for row in rows].count("control") == 2 * 2 * 2 * 2
    printed = capsys.readouterr().out
    assert "words, 1, against images: held out" in printed
    assert "corners: 1 gained " in printed


def test_the_default_control_is_the_most_frequent_prediction(command, tmp_path, capsys):
    assert cli.main([*command, "--class", "1"]) == 0
    assert len(list((tmp_path / "out").glob("*class1_control[02].npz"))) == 1
    assert cli.main([*command, "--class", "cat"]) == 2
    error = capsys.readouterr().err
    assert "npdeconv: --class: no class 'cat'; the classes are 0, 1, 2" in error
