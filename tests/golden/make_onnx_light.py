"""Make `onnx_light.npz`: python -m tests.golden.make_onnx_light, with torch, captum and onnx.

The package onnx's light models, with the random weights of `tests.weights.onnx.light_models` in float64, are
rebuilt in PyTorch, a module for each node. The file keeps the outputs, and sketches of the projections of the
strongest unit of some rectifiers, by Captum's NeuronDeconvolution. Networks with a response normalization are
left out: Captum's projection passes its gradient there, the paper's passes it unchanged.
"""

import warnings
from pathlib import Path

import numpy as np
import torch
from captum.attr import NeuronDeconvolution
from onnx import helper, numpy_helper
from torch import nn

from tests.weights.onnx.light_models import PROJECTED, in_doubles, photo, randomized, sketch

HERE = Path(__file__).parent


class Rebuilt(nn.Module):
    """A graph's nodes, each of which is a module if it has weights or is a rectifier or a pooling."""

    def __init__(self, graph):
        super().__init__()
        self.graph = graph
        self.constants = {t.name: _tensor(t) for t in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = _tensor(node.attribute[0].t)
        self.steps = nn.ModuleDict(
            {node.output[0].replace(".", "_"): self._module(node) for node in self._computed()}
        )

    def _computed(self):
        return [node for node in self.graph.node if node.op_type != "Constant"]

    def forward(self, x):
        (image,) = (value.name for value in self.graph.input if value.name not in self.constants)
        values = {**self.constants, image: x}
        for node in self._computed():
            step = self.steps[node.output[0].replace(".", "_")]
            values[node.output[0]] = step(*(values[name] for name in _read(node)))
        return values[self.graph.output[0].name]

    def _module(self, node):
        said = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs = [self.constants.get(name) for name in node.input]
        if node.op_type == "Relu":
            return nn.ReLU()
        if node.op_type == "Conv":
            return _conv(said, *inputs[1:])
        if node.op_type in ("MaxPool", "AveragePool"):
            kind = nn.MaxPool2d if node.op_type == "MaxPool" else nn.AvgPool2d
            pooled = kind(said["kernel_shape"], said["strides"])
            fill = -torch.inf if node.op_type == "MaxPool" else 0.0
            return (
                nn.Sequential(nn.ConstantPad2d(_sides(said), fill), pooled) if any(_sides(said)) else pooled
            )
        if node.op_type == "BatchNormalization":
            scale, bias, mean, variance = inputs[1:]
            norm = nn.BatchNorm2d(len(scale), eps=said["epsilon"])
            for tensor, array in zip(norm.state_dict().values(), (scale, bias, mean, variance), strict=False):
                tensor.copy_(array)
            return norm
        return _Plain(node.op_type, said)


class _Plain(nn.Module):
    """A node without weights of its own."""

    def __init__(self, operator, said):
        super().__init__()
        self.operator, self.said = operator, said

    def forward(self, *values):
        first = values[0]
        if self.operator in ("Add", "Sum", "Mul"):
            for other in values[1:]:
                first = first * other if self.operator == "Mul" else first + other
            return first
        if self.operator == "Concat":
            return torch.cat(values, self.said["axis"])
        if self.operator == "GlobalAveragePool":
            return first.mean((2, 3), keepdim=True)
        if self.operator == "Unsqueeze":
            for axis in sorted(self.said.get("axes") or values[1].tolist()):
                first = first.unsqueeze(axis)
            return first
        if self.operator == "Reshape":
            return first.reshape(values[1].tolist())
        if self.operator == "Gemm":
            return values[2] + first @ (values[1].T if self.said.get("transB") else values[1])
        if self.operator == "Softmax":
            return first.flatten(1).softmax(1).reshape(first.shape)
        assert self.operator == "Dropout", self.operator
        return first


def _tensor(message):
    return torch.from_numpy(numpy_helper.to_array(message).copy())


def _read(node):
    """Return what a module takes; convolutions and normalizations keep their constants."""
    return node.input[:1] if node.op_type in ("Conv", "BatchNormalization", "Dropout") else node.input


def _sides(said):
    top, left, bottom, right = said.get("pads", (0, 0, 0, 0))
    return left, right, top, bottom


def _conv(said, weight, bias=None):
    groups = said.get("group", 1)
    channels = weight.shape[1] * groups
    top, left, bottom, right = said.get("pads", (0, 0, 0, 0))
    assert (top, left) == (bottom, right)
    conv = nn.Conv2d(
        *(channels, len(weight), weight.shape[2:], said.get("strides", (1, 1)), (top, left)),
        groups=groups,
        bias=bias is not None,
    )
    for tensor, array in zip(conv.state_dict().values(), (weight, bias), strict=False):
        tensor.copy_(array)
    return conv


def main():
    golden = {}
    x = torch.from_numpy(photo().transpose(0, 3, 1, 2).copy())
    for name, units in PROJECTED.items():
        model = in_doubles(randomized(name))
        torch.set_default_dtype(torch.float64)
        network = Rebuilt(model.graph).eval().requires_grad_(False)
        golden[f"{name} output"] = network(x).numpy().reshape(-1)
        for value in units:
            step = network.steps[value]
            seen = []
            hook = step.register_forward_hook(lambda module, given, made, seen=seen: seen.append(made))
            network(x)
            hook.remove()
            unit = tuple(int(n) for n in np.unravel_index(seen[0].numpy().argmax(), seen[0].shape)[1:])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                explained = NeuronDeconvolution(network, step)
                pixels = explained.attribute(x.clone().requires_grad_(), neuron_selector=unit)
            golden[f"{name} {value} unit"] = np.array(unit)
            golden[f"{name} {value}"] = sketch(pixels.detach().numpy().transpose(0, 2, 3, 1))
    np.savez_compressed(HERE / "onnx_light.npz", **golden)


if __name__ == "__main__":
    main()
