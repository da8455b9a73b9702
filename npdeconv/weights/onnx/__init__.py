"""Whole networks, architecture and weights, from files of ONNX, the interchange format of the field.

In reading order: `loading` (the result); `model` (a file as plain data), `read` (checks untrusted files);
`constants` (computes what does not depend on the image), `simplify`, `names`; `values` (maps the file's
axes to ours), `building`, `operators` (from operators to layers), `convert`; `nearest` (alternatives to
operators without a layer). For writing: `saving`, `writers` (from layers to operators). `pretrained` adds
the preparation of images, which files do not contain.
"""

from npdeconv.weights.onnx.loading import OnnxInput, OnnxNetwork, load_onnx
from npdeconv.weights.onnx.pretrained import pretrained_onnx
from npdeconv.weights.onnx.saving import save_onnx

__all__ = ["OnnxInput", "OnnxNetwork", "load_onnx", "pretrained_onnx", "save_onnx"]
