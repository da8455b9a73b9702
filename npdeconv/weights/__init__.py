"""Files of parameters: npdeconv's own, and those of other frameworks, read without these frameworks.

The file format is the dictionary `network.parameters`: names such as `conv1.weight`, filters as
(KH, KW, C, F), dense weights as (D, M).

In reading order: `npz` (our files), `arrays` (all arrays of a file are loaded, or none); `modules`,
`conversion` and `batch_norm` (from another framework's layers to ours); `keras`, with `hdf5` (the
file), `keras_layouts` (the places of its arrays), `keras_model` and `keras_match` (its model, compared
with the network), `keras_kinds` and `keras_network` (the network that its model describes);
`state_dict` and `pytorch`; `safetensors`; `reader` (finds the reader of a file); `card` and
`layer_list` (pretrained networks with a card), `assumed` (the preparation of images, which other files
of networks do not contain), `published` (published files of PyTorch); `onnx`, a room of its own.
"""

from npdeconv.weights.arrays import assign
from npdeconv.weights.batch_norm import fold_batch_norm
from npdeconv.weights.card import Pretrained, load_card
from npdeconv.weights.keras import load_keras
from npdeconv.weights.keras_network import load_keras_network, pretrained_keras
from npdeconv.weights.npz import load, save
from npdeconv.weights.onnx import OnnxNetwork, load_onnx, pretrained_onnx, save_onnx
from npdeconv.weights.published import PUBLISHED, load_published
from npdeconv.weights.pytorch import load_torch
from npdeconv.weights.reader import is_keras, reader_of
from npdeconv.weights.safetensors import load_safetensors

__all__ = [
    "PUBLISHED",
    "OnnxNetwork",
    "Pretrained",
    "assign",
    "fold_batch_norm",
    "is_keras",
    "load",
    "load_card",
    "load_keras",
    "load_keras_network",
    "load_onnx",
    "load_published",
    "load_safetensors",
    "load_torch",
    "pretrained_keras",
    "pretrained_onnx",
    "reader_of",
    "save",
    "save_onnx",
]
