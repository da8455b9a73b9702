"""Parameters as files: our own, and those of other frameworks, read without them.

The file format is the dictionary `network.parameters`: names such as `conv1.weight`, filters as
(KH, KW, C, F), dense weights as (D, M).

In reading order: `npz` (our files), `arrays` (into a network go all of a file's arrays, or none);
`modules`, `conversion` and `batch_norm` (how another framework's layers become ours); `keras`, with
`hdf5` (the file), `keras_layouts` (where its arrays lie), `keras_model` and `keras_match`
(what it says of its model, and whether that is the network); `state_dict` and `pytorch`;
`safetensors`; `reader` (which of these reads a file); `card` and `layer_list` (pretrained networks
that come with a card), `published` (networks that come as a file of PyTorch); `onnx`, a room of its own.
"""

from npdeconv.weights.arrays import assign
from npdeconv.weights.batch_norm import fold_batch_norm
from npdeconv.weights.card import Pretrained, load_card
from npdeconv.weights.keras import load_keras
from npdeconv.weights.npz import load, save
from npdeconv.weights.onnx import OnnxNetwork, load_onnx, pretrained_onnx, save_onnx
from npdeconv.weights.published import PUBLISHED, load_published
from npdeconv.weights.pytorch import load_torch
from npdeconv.weights.reader import reader_of
from npdeconv.weights.safetensors import load_safetensors

__all__ = [
    "PUBLISHED",
    "OnnxNetwork",
    "Pretrained",
    "assign",
    "fold_batch_norm",
    "load",
    "load_card",
    "load_keras",
    "load_onnx",
    "load_published",
    "load_safetensors",
    "load_torch",
    "pretrained_onnx",
    "reader_of",
    "save",
    "save_onnx",
]
