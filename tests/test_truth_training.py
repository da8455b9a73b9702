"""Training in float64 ends at the same weights as PyTorch's, with every optimizer.

With raw digits and zero biases, large parts of each image see only zeros, so most gates and many
switches are ties. `tests/golden/make_training.py` made the golden file.
"""

import json
from itertools import islice

import numpy as np
import pytest

from npdeconv import models
from npdeconv.anatomy import below_softmax
from npdeconv.data import Dataset, as_input
from npdeconv.fast import Plan
from npdeconv.losses import softmax_cross_entropy
from npdeconv.training import train
from tests.training_cases import BATCH, NETWORKS, OPTIMIZERS, RUNS, SEED, batches, sketch
from tests.truth_cases import GOLDEN

CLASSES = tuple("0123456789")
MARKED = [pytest.param(*run, marks=pytest.mark.slow if run[0] == "deck_model3" else ()) for run in RUNS]


@pytest.mark.parametrize(("name", "kind"), MARKED)
def test_training_ends_where_pytorchs_does(name, kind, real_data):
    golden = json.loads((GOLDEN / "training.json").read_text(encoding="utf-8"))["runs"][f"{name}/{kind}"]
    network, optimizer = NETWORKS[name](), OPTIMIZERS[kind]()
    for images, labels in batches():
        batch, rng = Dataset(images, labels, CLASSES, "batch"), np.random.default_rng(0)
        (step,) = train(network, batch, optimizer, epochs=1, batch_size=BATCH, rng=rng)
    for key, parameter in network.parameters.items():
        difference = sketch(parameter) - golden["sketches"][key]
        # The root mean square estimates the L2 error, which bounds the error of each weight.
        assert np.sqrt(np.mean(difference**2)) < 1e-9 * golden["largest"], key
    assert step.loss == pytest.approx(golden["loss"], rel=1e-9)


def test_gradients_of_the_plan_are_those_of_float64(real_data):
    """With zero biases and raw digits, rounding would decide the gates of every blank patch.

    `python -m benchmarks.peers_gradients` prints the errors at three states, beside PyTorch's.
    """
    errors = []
    rough = below_softmax(models.deck_model3(rng=np.random.default_rng(SEED)))
    exact = below_softmax(models.deck_model3(rng=np.random.default_rng(SEED), dtype=np.float64))
    for name, parameter in exact.parameters.items():
        parameter[...] = rough.parameters[name]
    for images, labels in islice(batches(), 12):
        plan = Plan(rough)
        y, tape = plan.forward(as_input(images))
        found = plan.backward(softmax_cross_entropy(y, labels)[1], tape)
        y, tape = exact.forward(as_input(images, np.float64))
        _, right = exact.backward(softmax_cross_entropy(y, labels)[1], tape)
        errors += [np.linalg.norm(found[key] - right[key]) / np.linalg.norm(right[key]) for key in right]
    median, most = np.quantile(errors, [0.5, 0.9])
    assert median < 1e-5
    assert most < 2e-3  # it is 0.14 if Winograd's algorithm decides ties
