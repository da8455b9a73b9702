"""How parameters change: `steps` (SGD and its relatives), `schedules` of the learning rate, `constraints`."""

from npdeconv.optimizers.constraints import FilterRenormalization, MaxNorm
from npdeconv.optimizers.schedules import CosineDecay, ReduceOnPlateau, StepDecay
from npdeconv.optimizers.steps import SGD, Adadelta, Adam, Optimizer, RMSprop

__all__ = [
    "SGD",
    "Adadelta",
    "Adam",
    "CosineDecay",
    "FilterRenormalization",
    "MaxNorm",
    "Optimizer",
    "RMSprop",
    "ReduceOnPlateau",
    "StepDecay",
]
