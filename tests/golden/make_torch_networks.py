"""Make the golden files of PyTorch's networks: python tests/golden/make_torch_networks.py, with torch.

`torch_networks.npz` holds the outputs of torchvision's alexnet, vgg16 and squeezenet1_0, and of the
original AlexNet, for one image, and the projections of their strongest units, computed in float64.
Torchvision itself is not needed: the networks are written here with its names of layers. NumPy draws
weights and images from a seed, and the tests draw the same ones (`tests.torch_weights`).

`small.pth`, `small_legacy.pth` and `small.npz` are one small network with batch normalizations, as
`torch.save` writes it in both formats, with an image and its logits.
"""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.torch_weights import SEED, draw_image, draw_parameter, sample_positions

HERE = Path(__file__).parent
CHECKED = {
    "alexnet": ("features.1", "features.5", "features.11", "classifier.6"),
    "alexnet_grouped": ("features.2", "features.5", "features.14", "classifier.6"),
    "vgg16": ("features.1", "features.16", "features.29", "classifier.6"),
    "squeezenet": ("features.1", "features.5", "features.12", "classifier.2"),
}


class Fire(nn.Module):
    """Squeeze, then expand by 1x1 and 3x3 filters side by side."""

    def __init__(self, channels, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = functional.relu(self.squeeze(x))
        return functional.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))

    def project(self, y):
        half = y.shape[1] // 2
        y = functional.relu(y)
        x = transposed(self.expand1x1, y[:, :half]) + transposed(self.expand3x3, y[:, half:])
        return transposed(self.squeeze, functional.relu(x))


def convolutions(*plan):
    """Stack 3x3 convolutions (a number of filters) and poolings (None)."""
    layers, channels = [], 3
    for filters in plan:
        if filters is None:
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
    return nn.Sequential(*layers)


def alexnet():
    return OrderedDict(
        features=nn.Sequential(
            *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
        ),
        flatten=nn.Sequential(nn.Flatten()),
        classifier=nn.Sequential(
            *(nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU()),
            *(nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)),
        ),
    )


def alexnet_grouped():
    """Return the original AlexNet, which torchvision lacks."""

    def norm():
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)

    return OrderedDict(
        features=nn.Sequential(
            *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        ),
        flatten=nn.Sequential(nn.Flatten()),
        classifier=nn.Sequential(
            *(nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout()),
            *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000)),
        ),
    )


def vgg16():
    plan = (64, 64, None, 128, 128, None, 256, 256, 256, None, 512, 512, 512, None, 512, 512, 512, None)
    return OrderedDict(
        features=convolutions(*plan),
        flatten=nn.Sequential(nn.Flatten()),
        classifier=nn.Sequential(
            *(nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout()),
            *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000)),
        ),
    )


def squeezenet():
    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return OrderedDict(
        features=nn.Sequential(
            *(nn.Conv2d(3, 96, 7, 2), nn.ReLU(), pool()),
            *(Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128), pool()),
            *(Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), pool()),
            Fire(512, 64, 256),
        ),
        classifier=nn.Sequential(nn.Dropout(), nn.Conv2d(512, 1000, 1), nn.ReLU()),
        mean=nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()),
    )


def transposed(layer, y, output_size=None):
    """Carry y down through a convolution, without its bias, to inputs of a size."""
    extra = 0
    if output_size is not None:
        least = [
            (n - 1) * s - 2 * p + k
            for n, s, p, k in zip(y.shape[2:], layer.stride, layer.padding, layer.kernel_size, strict=True)
        ]
        extra = [want - have for want, have in zip(output_size, least, strict=True)]
    return functional.conv_transpose2d(
        y, layer.weight, None, layer.stride, layer.padding, extra, groups=layer.groups
    )


def up(layer, x):
    """Return the output of a layer, and a function that projects through it."""
    if isinstance(layer, nn.MaxPool2d):
        y, indices = functional.max_pool2d(
            x, layer.kernel_size, layer.stride, ceil_mode=layer.ceil_mode, return_indices=True
        )

        def unpool(y):  # max_unpool2d would keep only one of colliding values
            flat = torch.zeros_like(x).flatten(2)
            return flat.scatter_add_(2, indices.flatten(2), y.flatten(2)).reshape(x.shape)

        return y, unpool
    down = {
        nn.Conv2d: lambda y: transposed(layer, y, x.shape[2:]),
        nn.Linear: lambda y: y @ layer.weight,
        nn.ReLU: functional.relu,
        nn.Flatten: lambda y: y.reshape(x.shape),
        nn.Dropout: lambda y: y,
        nn.LocalResponseNorm: lambda y: y,  # the paper does not invert it
        nn.AdaptiveAvgPool2d: None,
        Fire: getattr(layer, "project", None),
    }
    return layer(x), down[type(layer)]


def channels_last(array):
    array = array.numpy()
    return array.transpose(0, 2, 3, 1) if array.ndim == 4 else array


def golden(name, parts):
    network = nn.Sequential(parts).double().eval()
    with torch.no_grad():
        for n, (key, parameter) in enumerate(network.state_dict().items()):
            parameter[...] = torch.from_numpy(draw_parameter(key, tuple(parameter.shape), n))
        x = torch.from_numpy(
            draw_image(227 if name == "alexnet_grouped" else 224).transpose(0, 3, 1, 2)
        ).double()
        state = network.state_dict()
        yield "parameters", np.array(list(state))
        yield "shapes", np.array([[*array.shape, *[0] * (4 - array.ndim)] for array in state.values()])
        way_down = []
        for part, layers in parts.items():
            for position, layer in layers.named_children():
                x, down = up(layer, x)
                way_down.insert(0, down)
                if f"{part}.{position}" in CHECKED[name]:
                    yield from look(f"{part}.{position}", x, way_down)
        yield "logits", x.numpy()


def look(place, y, way_down):
    values = channels_last(y)
    yield f"{place}/sum", values.sum()
    yield f"{place}/samples", values.reshape(-1)[sample_positions(values.size)]
    unit = torch.where(y == y.max(), y, 0.0)
    for down in way_down:
        unit = down(unit)
    pixels = channels_last(unit)[0]
    rows, columns = (np.flatnonzero(pixels.any(axis)) for axis in ((1, 2), (0, 2)))
    yield f"{place}/box", np.array([rows[0], rows[-1] + 1, columns[0], columns[-1] + 1])
    yield f"{place}/norm", np.linalg.norm(pixels)
    seen = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    yield f"{place}/pixels", seen.reshape(-1)[sample_positions(seen.size)]


def make_networks():
    arrays = {
        f"{name}/{key}": array
        for build in (alexnet, alexnet_grouped, vgg16, squeezenet)
        for name, parts in [(build.__name__, build())]
        for key, array in golden(name, parts)
    }
    np.savez_compressed(HERE / "torch_networks.npz", **arrays)


def make_small():
    torch.manual_seed(SEED)
    layers = OrderedDict(
        conv1=nn.Conv2d(3, 4, 3, padding=1, bias=False),
        norm1=nn.BatchNorm2d(4),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(4, 6, (3, 1), groups=2),
        norm2=nn.BatchNorm2d(6, affine=False),
        relu2=nn.ReLU(),
        flatten=nn.Flatten(),
        dense=nn.Linear(48, 5),
        norm3=nn.BatchNorm1d(5),
    )
    network = nn.Sequential(layers)
    image = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        network.norm1.weight.uniform_(0.5, 2)
        network.norm1.bias.normal_()
        for _ in range(20):  # running means and variances
            network(torch.rand(8, 3, 8, 8))
        logits = network.eval()(image)
    torch.save(network.state_dict(), HERE / "small.pth")
    torch.save(network.state_dict(), HERE / "small_legacy.pth", _use_new_zipfile_serialization=False)
    arrays = {name: array.numpy() for name, array in network.state_dict().items()}
    np.savez_compressed(HERE / "small.npz", image=channels_last(image), logits=logits.numpy(), **arrays)


if __name__ == "__main__":
    make_small()
    make_networks()
