"""Optimizers: `algorithms` (SGD and its relatives), `schedules` of the learning rate, `constraints`."""

from npdeconv.optimizers.algorithms import SGD, Adadelta, Adam, Optimizer, RMSprop
from npdeconv.optimizers.constraints import FilterRenormalization, MaxNorm
from npdeconv.optimizers.schedules import CosineDecay, ReduceOnPlateau, StepDecay

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
