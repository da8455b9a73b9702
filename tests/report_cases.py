"""Small reports, one of them with names that contain markup and escapes."""

import numpy as np

from npdeconv import models, weights
from npdeconv.data import Dataset, load_strokes
from npdeconv.layers import Sequential
from npdeconv.report import Evolving, collect
from npdeconv.training import History
from npdeconv.visualize import Patches
from tests.tiny import tiny_dataset, tiny_network

DEAD = 2  # a map of conv2
HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "&lt;b onclick='window.hacked = 1'&gt;</style>",
    "relu <svg onload=window.hacked=1>&\"'",
)


def history(epochs, seconds=1.0):
    """Return a history whose first epoch had no validation."""
    result = History()
    for epoch in range(1, epochs + 1):
        result.append(
            epoch=epoch,
            loss=2 / epoch,
            accuracy=1 - 0.5**epoch,
            validation_loss=np.nan if epoch == 1 else 1 / (2 ** (epoch - 1)),
            validation_accuracy=np.nan if epoch == 1 else 1 - 0.4**epoch,
            learning_rate=0.1,
            seconds=seconds,
        )
    return result


def network_with_a_dead_map(seed=0):
    """Return a tiny network with a map that never fires; it always predicts class 1 or 0."""
    network = tiny_network(seed)
    network["conv2"].bias[DEAD] = -100
    network["logits"].bias[1] = 0.5
    return network


def tiny_report(folder, dataset=None, rename=None, run="tiny run"):
    """Return a report of three stages (one if renamed), and the networks of earlier stages by epoch."""
    earlier = {epoch: network_with_a_dead_map(epoch) for epoch in (1, 2)}
    network = network_with_a_dead_map()
    if rename is not None:
        layers = {rename.get(name, name): layer for name, layer in network.layers.items()}
        network = Sequential(layers, input_shape=network.input_shape, name=run)
        earlier = {}
    paths = {epoch: folder / f"epoch_{epoch:04d}.npz" for epoch in earlier}
    for epoch, path in paths.items():
        weights.save(earlier[epoch], path)
    dataset = tiny_dataset(70) if dataset is None else dataset
    report = collect(network, dataset, run=run, history=history(3), snapshots=paths)
    return report, earlier


def hostile_report(folder):
    """Return the tiny report with hostile names everywhere."""
    plain = tiny_dataset(70)
    dataset = Dataset(plain.images, plain.labels, HOSTILE[:3], HOSTILE[0])
    report, _ = tiny_report(folder, dataset, {"relu1": HOSTILE[3]}, run=HOSTILE[1])
    return report._replace(stages=HOSTILE[:1])


def noisy_report(stages=9):
    """Return a report of deck_model3 with pictures of noise, which PNG cannot compress."""
    rng = np.random.default_rng(0)
    report = collect(models.deck_model3(rng=rng), load_strokes(2), history=history(stages), examples=2)

    def noisy(view):
        projections = rng.standard_normal(view.patches.projections.shape, np.float32)
        patches = Patches(
            rng.integers(0, 256, view.patches.pixels.shape, dtype=np.uint8),
            projections,
            np.ones_like(view.patches.inside),
        )
        every = (stages, *projections.shape[:1], *projections.shape[2:])
        evolving = Evolving(
            np.zeros(every[:2], int),
            rng.random(every[:2]),
            rng.standard_normal(every, np.float32),
            np.ones(every[:-1], bool),
            np.ones(every[:2], bool),
        )
        found = view.found._replace(
            image_indices=np.zeros_like(view.found.image_indices), firing=rng.random(every[1])
        )
        labels = np.zeros_like(view.labels)
        return view._replace(found=found, labels=labels, patches=patches, evolving=evolving)

    names = tuple(f"epoch {stage}" for stage in range(1, stages + 1))
    return report._replace(stages=names, layers=tuple(noisy(view) for view in report.layers))
