"""Training in float64 ends where PyTorch's does, by every optimizer.

Raw digits and zero biases: large parts of each image see nothing but zeros, so that most gates and
many switches are ties. `tests/golden/make_training.py` made the golden file.
"""

import json

import numpy as np
import pytest

from npdeconv.data import Dataset
from npdeconv.training import train
from tests.training_cases import BATCH, NETWORKS, OPTIMIZERS, RUNS, batches, sketch
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
        # The root mean square estimates the L2 error, which no single weight's exceeds.
        assert np.sqrt(np.mean(difference**2)) < 1e-9 * golden["largest"], key
    assert step.loss == pytest.approx(golden["loss"], rel=1e-9)
