"""Whole networks, architecture and weights, from files of ONNX, the interchange format of the field.

In reading order: `loading` (what comes out); `model` (a file as plain data), `read` (which does not trust
it); `constants` (what does not depend on the image is computed), `simplify`, `names`; `values` (which axis
of the file's is which of ours), `building`, `operators` (from operators to layers), `convert`; `nearest`
(what to say of operators that have no layer). The other way: `saving`, `writers` (from layers to operators).
And `pretrained`: what a file does not say of images.
"""

from npdeconv.weights.onnx.loading import OnnxInput, OnnxNetwork, load_onnx
from npdeconv.weights.onnx.pretrained import pretrained_onnx
from npdeconv.weights.onnx.saving import save_onnx

__all__ = ["OnnxInput", "OnnxNetwork", "load_onnx", "pretrained_onnx", "save_onnx"]
