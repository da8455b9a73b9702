"""The settings that a resumed run can't change, as its folder records them."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from npdeconv.data import Augmentation, Dataset
from npdeconv.layers import Graph, Sequential
from npdeconv.optimizers import Optimizer
from npdeconv.training.history import History
from npdeconv.training.loop import Constraint

Schedule: TypeAlias = Callable[[History], float]
"""Returns the factor of the learning rate in the next epoch, such as `optimizers.StepDecay`."""


def settings_of(
    network: Sequential,
    dataset: Dataset,
    optimizer: Optimizer,
    batch_size: int,
    validation: Dataset | float | None,
    schedule: Schedule | None,
    augment: Augmentation | None,
    constraint: Constraint | None,
    patience: int | None,
) -> dict[str, Any]:
    """Collect the settings that a resumed run can't change."""
    return {
        "network": network.name,
        "layers": {name: _describe(layer) for name, layer in network.layers.items()},
        **({"inputs": network.inputs} if isinstance(network, Graph) else {}),
        "dataset": {
            "name": dataset.name,
            "images": dataset.images.shape,
            "classes": dataset.classes,
        },
        "batch_size": batch_size,
        **optimizer.settings,
        "validation": _describe(validation),
        "schedule": _describe(schedule),
        "augment": _describe(augment),
        "constraint": _describe(constraint),
        "patience": patience,
    }


def _describe(setting: object) -> str:
    """Return the repr of a setting without memory addresses, so that it is the same in every process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(setting))
