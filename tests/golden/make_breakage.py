"""Make the arrays of npdeconv.breakage: python -m tests.golden.make_breakage golden, or scene.

`golden.npz`, with torch and captum: an image and the weights of a small network, whose numbers are multiples
of 1/8, so that equal sums are equal to the last bit; projections of some units by Captum's
NeuronDeconvolution; and parameters after each of some steps of PyTorch's Adam.

`scene.npz`, with npdeconv alone: the weights of the network of the pictures, trained on drawn digits.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

PACKAGE = Path(__file__).parents[2] / "npdeconv" / "breakage"
UNITS = {  # by our layers: the modules of PyTorch's network, and row, column, map
    "relu1": ("1", ((4, 5, 0), (11, 0, 2))),
    "pool1": ("2", ((0, 0, 1), (2, 3, 0))),
    "relu2": ("4", ((1, 2, 0), (3, 0, 3), (0, 3, 2))),
    "pool2": ("5", ((1, 1, 1), (0, 1, 3))),
    "dense2": ("9", ((0,), (2,))),
}


def eighths(rng, shape, largest):
    return rng.integers(-8 * largest, 8 * largest + 1, shape) / 8


def golden():
    import torch
    from captum.attr import NeuronDeconvolution
    from torch import nn

    class ChannelsLast(nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1).flatten(1)

    rng = np.random.default_rng(2)
    image = np.zeros((1, 12, 12, 1))
    image[0, 2:9, 3:10, 0] = rng.integers(0, 5, (7, 7)) / 4  # an even margin, as digits have: ties
    network = nn.Sequential(
        *(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(3, 4, 3), nn.ReLU()),
        *(nn.MaxPool2d(2), ChannelsLast(), nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 3)),
    ).double()
    found = {"image": image}
    for name, module in (("conv1", 0), ("conv2", 3), ("dense1", 7), ("dense2", 9)):
        weight, bias = network[module].weight.data, network[module].bias.data
        weight.copy_(torch.from_numpy(eighths(rng, weight.shape, 1)))
        bias.copy_(torch.from_numpy(eighths(rng, bias.shape, 1)))
        found[f"parameters {name}.weight"] = weight.numpy().transpose(
            [2, 3, 1, 0] if weight.ndim == 4 else [1, 0]
        )
        found[f"parameters {name}.bias"] = bias.numpy()
    x = torch.from_numpy(image.transpose(0, 3, 1, 2).copy())
    found["logits"] = network(x).detach().numpy()
    for layer, (module, units) in UNITS.items():
        explained = NeuronDeconvolution(network, network[int(module)])
        for unit in units:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pixels = explained.attribute(
                    x.clone().requires_grad_(), neuron_selector=(unit[-1], *unit[:-1])
                )
            found[f"{layer} {' '.join(map(str, unit))}"] = pixels.numpy().transpose(0, 2, 3, 1)
    gradients = rng.standard_normal((5, 4)) * [1e-3, 1, 30, 1]
    parameter = torch.nn.Parameter(torch.zeros(4, dtype=torch.float64))
    optimizer, path = torch.optim.Adam([parameter], lr=0.1), []
    for gradient in gradients:
        parameter.grad = torch.from_numpy(gradient)
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    np.savez_compressed(PACKAGE / "golden.npz", **found, gradients=gradients, adam=np.array(path))


def scene():
    from npdeconv import data, training
    from npdeconv.breakage.parts import Parts, build
    from npdeconv.breakage.scenes import SCENE
    from npdeconv.layers import Sequential, Softmax
    from npdeconv.optimizers import Adam

    logits = build(Parts(), *SCENE)
    network = Sequential({**logits.layers, "softmax": Softmax()}, input_shape=(28, 28, 1), name="scene")
    digits, rng = data.load_strokes(4000, seed=7), np.random.default_rng(0)
    training.fit(network, digits, Adam(3e-3), epochs=4, batch_size=64, rng=rng)
    accuracy, _ = training.evaluate(network, data.load_strokes(1000, seed=8))
    sys.stderr.write(f"{accuracy:.1%} of 1,000 other drawn digits\n")
    halves = {name: array.astype(np.float16) for name, array in network.parameters.items()}
    np.savez_compressed(PACKAGE / "scene.npz", **halves)


if __name__ == "__main__":
    {"golden": golden, "scene": scene}[sys.argv[1]]()
