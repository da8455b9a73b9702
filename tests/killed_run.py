"""A training run in a separate process: ``python -m tests.killed_run FOLDER OUT WORKERS``.

With OUT "-" the run is slow, so that it can be killed in the middle. Otherwise it resumes the run in
the folder, or starts it, and writes the result to OUT.
"""

import sys
import time

import numpy as np

from npdeconv.data import compose, shift
from npdeconv.optimizers import Adam, ReduceOnPlateau
from npdeconv.training import fit, fitting
from tests.tiny import tiny_dataset, tiny_network


def slowly(images, rng):
    """Change nothing."""
    time.sleep(PAUSE)
    return images


folder, out, workers = sys.argv[1:]
PAUSE = 0.03 if out == "-" else 0.0
fitting.CHECKPOINT_SECONDS = 0.01
network, optimizer = tiny_network(), Adam(0.02)
history = fit(
    network,
    tiny_dataset(160),
    optimizer,
    epochs=4,
    batch_size=16,
    rng=np.random.default_rng(5),
    validation=0.2,
    patience=3,
    schedule=ReduceOnPlateau(1, 0.5),
    augment=compose(slowly, shift(1)),
    run=folder,
    resume=True,
    workers=int(workers),
    progress=False,
)
columns = {column: np.array(history[column]) for column in history if column != "seconds"}
np.savez(out, steps=optimizer.steps, **columns, **network.parameters, **optimizer.state)
