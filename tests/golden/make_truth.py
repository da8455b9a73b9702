"""Make the golden projections: python -m tests.golden.make_truth, with torch, captum and real data.

They cover every map of every rectifier of three networks, at initialization and with their published
weights, for all images of `tests.truth_cases`, by all four rules. A projection starts from the map's
strongest unit (the first of equals in row-major order). A map that is silent for an image is skipped;
`truth_units.npz` records the units. Autograd makes the projections in float64. As in Captum's hooks,
each rule changes only the gates of the rectifiers; a sample is compared with Captum.

PyTorch's own convolution adds in different orders at different places of an image, in float64 too.
Rounding then decides 2 of the 2,000,000 switches here, between neighbors with equal patches. The
truth therefore comes from a convolution that adds in one order everywhere, see `in_order`.

Why sketches suffice
--------------------
All pixels would be hundreds of megabytes. A sketch of a projection p is its norm and three inner
products with fixed random vectors s of +1 and -1. For any error e of a projection,
s @ (p + e) - s @ p = s @ e, and the expected square of this is the sum of the squares of e. The root
mean square of three such differences therefore estimates the L2 error. It is exact if e is a single
pixel. For a dense e the differences are nearly normal, and the estimate is below a third of the error
once in 22 times, below a tenth once in 730, below a ten-thousandth once in 10^12.

Tests demand an estimated error below 1e-6 of the norm for every projection in float64, so no error of
1 % passes. In float32 they count the estimated errors above 1 %, over hundreds of projections.

`truth_torch.json` holds the exact shares of PyTorch's projections in float32, of the same units, that
differ from the truth by more than 1 % of the norm in L2, and the number of units for which Captum's
projections in float64 differ by more than 1e-9.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context

import captum
import numpy as np
import torch
from captum.attr import NeuronDeconvolution, NeuronGradient, NeuronGuidedBackprop
from torch import nn

from benchmarks.peers_torch import to_numpy, to_torch, torch_network
from tests.golden.in_order import AddInOrder
from tests.truth_cases import CASES, GOLDEN, OFF, RULES, STATES, build, draw_signs, rectifiers, sketch

CAPTUM = {"deconv": NeuronDeconvolution, "gradient": NeuronGradient, "guided": NeuronGuidedBackprop}
COMPARED = 8  # units of each layer that Captum also projects


class Rectify(torch.autograd.Function):
    """A rectifier with the descent of a rule as its gradient."""

    @staticmethod
    def forward(context, x, rule):
        context.rule = rule
        context.save_for_backward(x > 0)
        return x.clamp(min=0)

    @staticmethod
    def backward(context, dy):
        (positive,) = context.saved_tensors
        if context.rule in ("gradient", "guided"):
            dy = dy * positive
        return dy.clamp(min=0) if context.rule in ("deconv", "guided") else dy, None


class Projector:
    """One forward pass for a rule; it carries units down from any rectifier."""

    def __init__(self, model, x, rule, in_order=False):
        self.x = x.requires_grad_()
        self.maps, y = {}, self.x
        for name, module in model.named_children():
            if isinstance(module, nn.ReLU):
                y = Rectify.apply(y, rule)
                self.maps[name] = y
            elif isinstance(module, nn.Conv2d) and in_order:
                y = AddInOrder.apply(y, module.weight, module.bias, module.padding)
            else:
                y = module(y)

    def project(self, layer, feature_map, positions):
        """Carry down the unit at a position of each image: (N, H, W, C)."""
        y = self.maps[layer]
        flat = y.detach().flatten(2) if y.ndim == 4 else y.detach()[:, :, None]
        start, every = torch.zeros_like(flat), torch.arange(len(y))
        start[every, feature_map, positions] = flat[every, feature_map, positions]
        (dx,) = torch.autograd.grad(y, self.x, start.reshape(y.shape), retain_graph=True)
        return to_numpy(dx)


def double(images):
    return to_torch(images.astype(np.float64), "channels_last")


def find_units(y):
    """Return each map's strongest activation (N, F), and its position h * W + w."""
    maps = to_numpy(y)
    flat = maps.reshape(len(maps), -1, maps.shape[-1])
    return flat.max(axis=1), flat.argmax(axis=1)


def look(network, images, rule):
    """Yield each layer's name, units, sketches (N, F, 4), and the exact errors of torch in float32."""
    model, signs = torch_network(network).requires_grad_(False), draw_signs(images.shape[1:])
    own = Projector(model, to_torch(images, "contiguous"), rule)
    model = torch_network(network).requires_grad_(False).double()
    truth = Projector(model, double(images), rule, in_order=True)
    for layer in rectifiers(network):
        activations, positions = find_units(truth.maps[layer])
        fires = activations > 0
        kept = np.zeros((*activations.shape, len(signs) + 1))
        errors = np.zeros(activations.shape)
        for feature_map in range(activations.shape[1]):
            at = torch.from_numpy(positions[:, feature_map])
            pixels = truth.project(layer, feature_map, at)
            kept[:, feature_map] = sketch(pixels, signs) * fires[:, feature_map, None]
            error = (own.project(layer, feature_map, at) - pixels).reshape(len(pixels), -1)
            errors[:, feature_map] = np.linalg.norm(error, axis=1)
        yield layer, (activations, positions), kept, errors


def compare_with_captum(network, images, rule, layer, units, truth):
    """Return the number of compared units that Captum projects differently, and of all compared units."""
    activations, positions = units
    model = torch_network(network).requires_grad_(False).double()
    explained = CAPTUM[rule](model, model.get_submodule(layer))
    signs, wrong = draw_signs(images.shape[1:]), 0
    firing = np.argwhere(activations > 0)
    chosen = firing[np.random.default_rng(0).integers(0, len(firing), COMPARED)]
    for n, feature_map in chosen:
        x = double(images[n : n + 1])
        row = np.unravel_index(positions[n, feature_map], model_shape(model, x, layer))
        pixels = to_numpy(explained.attribute(x, neuron_selector=(int(feature_map), *map(int, row))))
        expected = truth[n, feature_map]
        got = sketch(pixels * activations[n, feature_map], signs)[0]
        wrong += np.abs(got - expected).max() > 1e-9 * expected[-1]
    return wrong, len(chosen)


def model_shape(model, x, layer):
    for name, module in model.named_children():
        x = module(x)
        if name == layer:
            return x.shape[2:]
    raise KeyError(layer)


def make(rule):
    """Return one rule's sketches, its units, the exact shares of PyTorch's float32, and Captum's count."""
    torch.set_num_threads(1)  # each of several processes
    sketches, units, shares, compared = {}, {}, {}, np.zeros(2, int)
    for name, state in product(CASES, STATES):
        images, network = CASES[name].images(), build(name, state)
        for layer, found, kept, errors in look(network, images, rule):
            key, fires = f"{name}/{state}/{layer}", found[0] > 0
            sketches[key] = np.moveaxis(kept, 2, 0).astype(np.float32)
            units[key] = np.where(fires, found[1], 0).astype(np.uint16)
            shares[f"{key}/{rule}"] = float(np.mean(errors[fires] > OFF * kept[fires, -1]))
            if rule in CAPTUM:
                compared += compare_with_captum(network, images, rule, layer, found, kept)
            sys.stderr.write(f"{key}/{rule} {shares[f'{key}/{rule}']} {compared}\n")
    return sketches, units, shares, compared


def main():
    """Write truth_RULE.npz for each rule, truth_units.npz and truth_torch.json beside this file."""
    shares, compared = {}, np.zeros(2, int)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as executor:
        for rule, made in zip(RULES, executor.map(make, RULES), strict=True):
            sketches, units, own_shares, own_compared = made
            np.savez_compressed(GOLDEN / f"truth_{rule}.npz", **sketches)
            shares, compared = shares | own_shares, compared + own_compared
    np.savez_compressed(GOLDEN / "truth_units.npz", **units)  # the same for every rule
    golden = {
        "versions": {"torch": torch.__version__, "captum": captum.__version__},
        "captum": {"units": int(compared[1]), "otherwise": int(compared[0])},
        "shares": shares,
    }
    (GOLDEN / "truth_torch.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
