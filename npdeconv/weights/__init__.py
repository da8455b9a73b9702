"""Parameters as files: our own, and those of other frameworks, read without them.

The file format is the dictionary `network.parameters`: names such as `conv1.weight`, filters as
(KH, KW, C, F), dense weights as (D, M).

In reading order: `npz` (our files), `arrays` (how a file's arrays get into a network: all or none),
`modules` (how another framework's layers become ours), `batch_norm`, `keras`, `state_dict` and
`pytorch`, `safetensors`, `names` (of torchvision's networks), `card` (networks with their card).
"""

from npdeconv.weights.arrays import assign
from npdeconv.weights.batch_norm import fold_batch_norm
from npdeconv.weights.keras import load_keras
from npdeconv.weights.names import TORCHVISION
from npdeconv.weights.npz import load, save
from npdeconv.weights.pytorch import load_torch
from npdeconv.weights.safetensors import load_safetensors

__all__ = [
    "TORCHVISION",
    "assign",
    "fold_batch_norm",
    "load",
    "load_keras",
    "load_safetensors",
    "load_torch",
    "save",
]
