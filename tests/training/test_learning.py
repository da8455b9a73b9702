"""A whole network learns to read real data. Slow."""

import numpy as np
import pytest

from npdeconv import data, models, training
from npdeconv.optimizers import SGD, StepDecay


@pytest.mark.slow
def test_a_network_trained_on_strokes_alone_reads_real_digits(real_data):
    rng = np.random.default_rng(0)
    network = models.deck_model3(rng=rng)
    training.fit(
        network,
        data.load_strokes(10_000, seed=0),
        SGD(0.02, momentum=0.9),
        epochs=3,
        batch_size=64,
        rng=rng,
        schedule=StepDecay(2),
        progress=False,
    )
    accuracy, _ = training.evaluate(network, data.load_mnist("test"))
    assert accuracy > 0.9
