"""What a run can't change on its way, in words that its folder keeps."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from npdeconv.data import Augmentation, Dataset
from npdeconv.layers import Graph, Sequential
from npdeconv.optimizers import Optimizer
from npdeconv.training.history import History
from npdeconv.training.loop import Constraint

Schedule: TypeAlias = Callable[[History], float]
"""What the learning rate is multiplied with in the next epoch, such as `optimizers.StepDecay`."""


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
    """Collect the settings that a run can't change on its way."""
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
    """Describe a setting as every process would: without the address that functions show."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(setting))
