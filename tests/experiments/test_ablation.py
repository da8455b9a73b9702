"""Table 3 of the paper in small: layers removed and resized."""

import itertools
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from npdeconv.data import Dataset, load_strokes
from npdeconv.experiments import VARIANTS, Ablation, Plateau, ablate, build_variant
from npdeconv.inference import evaluate
from npdeconv.optimizers import SGD, Adam
from npdeconv.training import fit
from tests.killed_ablation import SETTINGS, run
from tests.tiny import tiny_dataset, tiny_network

CONV1, CONV2 = 5 * 5 * 3 * 12 + 12, 5 * 5 * 12 * 32 + 32
FLAT, WIDE_FLAT = 3 * 3 * 32, 3 * 3 * 64  # 32 pixels are pooled to 15, 7 and 3


def conv(channels, *filters):
    """Count the weights and biases of 3x3 convolutions, one above the other."""
    return sum(9 * a * b + b for a, b in itertools.pairwise((channels, *filters)))


def dense(*units):
    return sum(a * b + b for a, b in itertools.pairwise(units))


BY_HAND = {  # layers with weights, and how many weights they have, for 32x32x3 and 10 classes
    "full": ("12345 678", conv(32, 48, 48, 32) + dense(FLAT, 512, 512, 10)),
    "no conv3, conv4": ("125 678", conv(32, 32) + dense(FLAT, 512, 512, 10)),
    "no fc7": ("12345 68", conv(32, 48, 48, 32) + dense(FLAT, 512, 10)),
    "no fc6, fc7": ("12345 8", conv(32, 48, 48, 32) + dense(FLAT, 10)),
    "no conv3, conv4, fc6, fc7": ("125 8", conv(32, 32) + dense(FLAT, 10)),
    "narrower dense": ("12345 678", conv(32, 48, 48, 32) + dense(FLAT, 256, 256, 10)),
    "wider dense": ("12345 678", conv(32, 48, 48, 32) + dense(FLAT, 1024, 1024, 10)),
    "wider convolutions": ("12345 678", conv(32, 64, 128, 64) + dense(WIDE_FLAT, 512, 512, 10)),
    "wider, both": ("12345 678", conv(32, 64, 128, 64) + dense(WIDE_FLAT, 1024, 1024, 10)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_layers_and_parameters_of_each_variant_by_hand(variant):
    net = build_variant(variant, (32, 32, 3), 10, np.random.default_rng(0))
    (convolutions, layers), count = BY_HAND[variant][0].split(), BY_HAND[variant][1]
    wanted = [f"conv{n}" for n in convolutions] + [f"fc{n}" for n in layers]
    assert [name for name in net.layers if name.startswith(("conv", "fc"))] == wanted
    assert sum(array.size for array in net.parameters.values()) == CONV1 + CONV2 + count
    dropped = [int(name[-1]) for name in net.layers if name.startswith("dropout")]
    assert dropped == [int(n) for n in layers if n != "8"]
    rectified = [name for name in net.layers if name.startswith("relu")]
    assert len(rectified) == len(wanted) - 1
    assert net.output_shape((32, 32, 3)) == (10,)
    assert net[:"pool5"].output_shape((32, 32, 3))[:2] == (3, 3)


def test_the_variants_are_those_of_the_paper():
    assert set(VARIANTS) == set(BY_HAND)
    whole = VARIANTS["full"]
    assert (whole.paper_train, whole.paper_test) == whole.paper_full == (35.1, 40.5)
    both = VARIANTS["no conv3, conv4, fc6, fc7"]
    assert both.paper_test - both.paper_full[1] == pytest.approx(30.8)
    with pytest.raises(KeyError, match="no variant 'no conv9'; the variants are full; no conv3, conv4"):
        build_variant("no conv9", (32, 32, 3), 10, np.random.default_rng(0))
    with pytest.raises(ValueError, match="MaxPool2D"):
        build_variant("full", (14, 15, 3), 10, np.random.default_rng(0))


def test_the_plateau_of_a_planted_history():
    rule = Plateau(lower_after=2, factor=0.5, stop_after=5)
    losses = [3.0, 2.0, 2.5, 2.0, 1.9, 2.0, 1.9, 2.0, 1.95, 2.2]  # the minimum is that of epoch 5
    ended = [rule.reached({"validation_loss": losses[:epochs]}) for epochs in range(len(losses) + 1)]
    assert ended == [False] * 10 + [True]
    assert not rule.reached({"validation_loss": [*losses[:9], 1.8]})
    rates = [rule.schedule()({"validation_loss": losses[:epochs]}) for epochs in range(len(losses) + 1)]
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_training_ends_when_the_rule_says_so():
    """A network that gets worse with every epoch stops at the first that the rule calls a plateau."""
    rule, data = Plateau(1, 0.5, 3, 0.25), tiny_dataset(40)
    shuffled = Dataset(data.images, np.roll(data.labels, 1), data.classes, "wrong")
    network = tiny_network()
    fit(network, data, SGD(0.05, momentum=0.9), epochs=15, batch_size=8, rng=np.random.default_rng(0))
    history = fit(
        network,
        shuffled,
        SGD(0.05, momentum=0.9),
        epochs=30,
        batch_size=8,
        rng=np.random.default_rng(0),
        validation=data,
        schedule=rule.schedule(),
        patience=rule.stop_after,
    )
    losses = history["validation_loss"]
    assert history.epochs < 30
    assert rule.reached(history)
    assert not rule.reached({"validation_loss": losses[:-1]})


def test_an_ablation_is_its_trainings_one_by_one():
    result = run(None)
    assert result.test_error.shape == result.epochs.shape == (2, 2)
    again = run(None, variants=SETTINGS["variants"][1:], seeds=(1,), workers=2)
    for name in ("train_error", "test_error", "epochs", "plateaued"):
        assert getattr(again, name)[0, 0] == getattr(result, name)[1, 1]
    assert result.parameters.tolist() == [59746, 20482]
    assert (result.plateaued <= (result.epochs >= 3)).all()  # no rule ends it before its third epoch


def test_errors_are_those_of_the_trained_network_and_its_images():
    digits, test = load_strokes(60), load_strokes(40, seed=1)
    settings = {"variants": ["no fc6, fc7"], "seeds": [3], "epochs": 1, "batch_size": 20}
    result = ablate(digits, test, **settings)
    rest, aside = digits.split(0.1, np.random.default_rng([3, 1]))
    network = build_variant("no fc6, fc7", (28, 28, 1), 10, np.random.default_rng([3, 0]))
    rng = np.random.default_rng([3, 2])
    fit(network, rest, Adam(1e-3), epochs=1, batch_size=20, rng=rng, validation=aside, patience=8)
    assert result.train_error[0, 0] == 1 - evaluate(network, rest).accuracy
    assert result.test_error[0, 0] == 1 - evaluate(network, test).accuracy
    assert not result.plateaued[0, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_ablation_loses_no_finished_training_and_ends_in_the_same_bits(tmp_path):
    killed = tmp_path / "killed"
    first, second = (killed / f"no_{name}fc6_fc7_seed0" for name in ("", "conv3_conv4_"))
    checkpoint = killed / "runs" / second.name / "checkpoint.npz"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.killed_ablation", str(killed)], cwd=Path(__file__).parents[2]
    )
    until = time.monotonic() + 120
    while not checkpoint.exists():
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < until
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    kept = first.with_suffix(".json")
    text, written = kept.read_text(), kept.stat().st_mtime_ns
    assert not second.with_suffix(".json").exists()
    resumed, whole = run(killed), run(tmp_path / "whole")
    for name in ("train_error", "test_error", "epochs", "plateaued"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
    for run_folder in (tmp_path / "whole/runs").iterdir():
        with (
            np.load(run_folder / "weights.npz") as one,
            np.load(killed / "runs" / run_folder.name / "weights.npz") as other,
        ):
            assert {name: one[name].tobytes() for name in one} == {
                name: other[name].tobytes() for name in other
            }
    assert (kept.read_text(), kept.stat().st_mtime_ns) == (text, written)
    stored = json.loads(text)
    assert stored["test_error"] == resumed.test_error[0, 0]
    assert stored["seconds"] == resumed.seconds[0, 0]


def test_a_folder_of_other_settings_or_with_damaged_results_is_refused(tmp_path):
    one = {"variants": SETTINGS["variants"][1:], "seeds": (0,), "epochs": 1}
    run(tmp_path, **one)
    with pytest.raises(ValueError, match=r"seed0.json: the training was made with rate 0\.001, and can't"):
        run(tmp_path, **one, learning_rate=0.01)
    with pytest.raises(ValueError, match="was made with epochs 1, and can't stand beside others with 2"):
        run(tmp_path, **one | {"epochs": 2})
    (file,) = tmp_path.glob("*.json")
    file.write_text(file.read_text()[:-20])
    with pytest.raises(ValueError, match="expected a result of a training, got a file that can't be read"):
        run(tmp_path, **one)


def test_what_does_not_fit_is_refused_before_any_training(tmp_path):
    digits = load_strokes(40)
    unlabeled = Dataset(digits.images, None, (), "nothing")
    with pytest.raises(ValueError, match="ablate: expected images with labels"):
        ablate(digits, unlabeled, folder=tmp_path)
    small = Dataset(digits.images[:, 2:, 2:], digits.labels, digits.classes, "small")
    with pytest.raises(ValueError, match=r"expected images of shape \(28, 28, 1\), small has \(26, 26, 1\)"):
        ablate(digits, small, folder=tmp_path)
    with pytest.raises(ValueError, match="ablate: expected variants, each once, got 'full'"):
        ablate(digits, digits, variants="full")
    assert not list(tmp_path.iterdir())


def test_changes_are_paired_by_seed():
    error = np.array([[0.2, 0.5], [0.3, 0.4]])
    whole = np.ones((2, 2), int)
    result = Ablation(("no fc7", "full"), whole[0], whole[0], error, error, whole, whole > 0, error)
    np.testing.assert_allclose(result.change(), [[-0.3, 0], [-0.1, 0]])
    with pytest.raises(ValueError, match="expected the variant 'full' to compare with"):
        result._replace(variants=("no fc7", "wider dense")).change()
