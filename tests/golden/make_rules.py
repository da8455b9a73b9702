"""Make the golden projections by every rule: python -m tests.golden.make_rules, with torch and captum.

`rules.npz` holds the outputs of each network of `tests.rule_cases` and Captum's projections to pixels,
in float64, by `NeuronDeconvolution`, `NeuronGradient` and `NeuronGuidedBackprop`. These change only
the gradient of `nn.ReLU`. "linear" is the gradient of a network with rectifiers that let every
gradient pass.

Two rules that Captum lacks are written here. By "deconv", normalizations, tanh, sigmoid, softmax and
the rectification of `Invert` are the identity on the way down, and a `LeakyReLU` gates by its slope.
Guided backpropagation is Springenberg's (arXiv:1412.6806, 3.4) and changes only rectifiers, so
`Invert`, which preprocesses images, passes its gradient.
"""

from collections import OrderedDict
from functools import partial

import numpy as np
import torch
from captum.attr import NeuronDeconvolution, NeuronGradient, NeuronGuidedBackprop
from torch import nn

from benchmarks.peers_torch import to_numpy, to_torch, torch_layer
from npdeconv.layers import (
    AvgPool2D,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Invert,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from tests.rule_cases import CASES, GOLDEN, draw, kept

CAPTUM = {
    "deconv": NeuronDeconvolution,
    "gradient": NeuronGradient,
    "guided": NeuronGuidedBackprop,
    "linear": NeuronGradient,
}


class Function(nn.Module):
    """A function as a module without parts, so that Captum's hooks skip it."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Straight(Function):
    """A function with the identity as its gradient."""

    def forward(self, x):
        return x + (self.function(x) - x).detach()


class Leaky(nn.Module):
    """A leaky rectifier that gates up, down, both ways or not at all."""

    def __init__(self, slope, rule):
        super().__init__()
        self.rule, self.function = rule, nn.LeakyReLU(slope)

    def forward(self, x):
        gated_up = self.rule in ("gradient", "guided")
        y = self.function(x) if gated_up else Straight(self.function)(x)
        if y.requires_grad and self.rule in ("deconv", "guided"):
            y.register_hook(self.function)
        return y


def translate(chain, rule):
    """Translate a chain for a rule; the parts keep their names."""
    parts, shape, flattened = OrderedDict(), chain.input_shape, None
    for name, part in chain.layers.items():
        parts[name] = translate_layer(part, shape, flattened, rule)
        flattened = shape if isinstance(part, Flatten) else None
        shape = part.output_shape(shape)
    return nn.Sequential(parts)


def translate_layer(part, shape, flattened, rule):
    uninverted = Straight if rule == "deconv" else Function
    others = {
        Sequential: lambda: translate(Sequential(part.layers, input_shape=shape), rule),
        ReLU: lambda: Straight(torch.relu) if rule == "linear" else nn.ReLU(),
        LeakyReLU: lambda: Leaky(part.slope, rule),
        LocalResponseNorm: lambda: uninverted(nn.LocalResponseNorm(part.size, part.alpha, part.beta, part.k)),
        Tanh: lambda: uninverted(torch.tanh),
        Sigmoid: lambda: uninverted(torch.sigmoid),
        Softmax: lambda: uninverted(nn.Softmax(dim=1)),
        Invert: lambda: nn.Sequential(
            Function(lambda x: part.level - x), uninverted(lambda x: torch.clamp(x, min=0))
        ),
        Standardize: lambda: Function(partial(standardize, part)),
        MaxPool2D: lambda: nn.Sequential(
            nn.ConstantPad2d(padding(part, shape), -torch.inf), windows(nn.MaxPool2d, part)
        ),
        AvgPool2D: lambda: windows(nn.AvgPool2d, part),
        GlobalAveragePool: lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        GlobalMaxPool: lambda: nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten()),
    }
    if type(part) in others:
        return others[type(part)]()
    return torch_layer(part, shape, flattened)  # linear, whatever the rule


def standardize(part, x):
    mean, std = (torch.from_numpy(array)[:, None, None] for array in (part.mean, part.std))
    x = (x - mean) / std
    return x.flip(1) if part.reverse else x


def windows(kind, part):
    return kind(part.window.size, part.window.stride)


def padding(part, shape):
    (top, left), (rows, columns) = part.window.place(shape, "make_rules")
    bottom = (rows - 1) * part.window.stride[0] + part.window.size[0] - top - shape[0]
    right = (columns - 1) * part.window.stride[1] + part.window.size[1] - left - shape[1]
    return left, max(right, 0), top, max(bottom, 0)


def descend(chain, images, start, rule):
    """Return the outputs, and Captum's projection by a rule."""
    model = translate(chain, rule).double().eval()
    x, start = to_torch(images, "contiguous"), to_torch(start, "contiguous")
    *_, last = model.children()

    def unit(y):  # the "neuron": the descent starts from its gradient with respect to the outputs
        return (y * start).flatten(1).sum(1)

    pixels = CAPTUM[rule](model, last).attribute(x.clone().requires_grad_(), unit)
    return to_numpy(model(x)), to_numpy(pixels)


def main():
    """Write rules.npz beside this file."""
    arrays = {}
    for name in CASES:
        chain, images, start = draw(name)
        for rule in CAPTUM:
            outputs, pixels = descend(chain, images, start, rule)
            arrays[f"{name}/outputs"] = outputs
            arrays[f"{name}/{rule}"] = kept(pixels)
    np.savez_compressed(GOLDEN, **arrays)


if __name__ == "__main__":
    main()
