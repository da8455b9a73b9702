"""The network at earlier stages of its training."""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from npdeconv import weights
from npdeconv.layers import Sequential

STAGES = 12  # snapshots shown at most: color pictures of 300x300 then stay below 15 MB


def some_of(snapshots: dict[int, str | Path]) -> dict[int, str | Path]:
    """Keep at most STAGES snapshots, evenly spaced, including the first and the last."""
    if len(snapshots) <= STAGES:
        return snapshots
    kept = np.linspace(0, len(snapshots) - 1, STAGES).round().astype(int)
    epochs = sorted(snapshots)
    return {epochs[n]: snapshots[epochs[n]] for n in kept}


def stages_of(network: Sequential, snapshots: Mapping[int, str | Path]) -> Iterator[tuple[str, Sequential]]:
    """Yield the name of each stage and the network at that stage, the final weights last."""
    moving, last = copy.deepcopy(network), "current weights"
    for epoch, path in snapshots.items():
        weights.load(moving, path)
        if all(np.array_equal(moving.parameters[name], array) for name, array in network.parameters.items()):
            last = f"epoch {epoch} (current)"
        else:
            yield f"epoch {epoch}", moving
    yield last, network
