"""Make the golden file of torchvision's branching networks: python -m tests.golden.make_published.

It needs torch and torchvision.
`published.npz` holds, for each network, the names and shapes of its state
dictionary, its logits for one image, and the projection of the strongest unit of one layer. Weights,
statistics of batch normalizations and the image are drawn by NumPy (`tests.torch_weights`), so that the
tests draw the same ones. It also holds what two residual networks for CIFAR-10, trained by others, answer to
each test image; their files are read from `$NPDECONV_DATA`. All is computed in float64.
"""

import lzma
import os
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional

from tests.torch_weights import draw_image, draw_parameter, sample_positions

HERE = Path(__file__).parent
LOOKED_AT = {
    "resnet18": "layer3.1",
    "resnet50": "layer4.0",
    "googlenet": "inception4b",
    "densenet121": "features.norm5",
    "mobilenet_v2": "features.14",
    "resnet20": "layer3.0",
}


class Block(nn.Module):
    """A block of the residual networks for CIFAR-10, with option A's shortcuts."""

    def __init__(self, channels, filters):
        super().__init__()
        self.padding = (filters - channels) // 2
        stride = 2 if self.padding else 1
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x):
        body = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        if self.padding:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.padding, self.padding))
        return self.relu2(body + x)


class CifarResNet(nn.Module):
    def __init__(self, blocks=3):
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        self.layer1 = nn.Sequential(*(Block(16, 16) for _ in range(blocks)))
        self.layer2 = nn.Sequential(Block(16, 32), *(Block(32, 32) for _ in range(blocks - 1)))
        self.layer3 = nn.Sequential(Block(32, 64), *(Block(64, 64) for _ in range(blocks - 1)))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def build(name):
    if name == "resnet20":
        return CifarResNet()
    options = {"aux_logits": False, "transform_input": False, "init_weights": False}
    return getattr(torchvision.models, name)(weights=None, **(options if name == "googlenet" else {}))


def with_module(self, x):
    """Pass torchvision's BasicConv2d with a rectifier that is a module, so that a hook reaches it."""
    self.relu = nn.ReLU()
    self.relu.register_full_backward_hook(rectify)
    return self.relu(self.bn(self.conv(x)))


def rectify(module, passed, arrived):
    """Replace a rectifier's gradient by the DeconvNet's."""
    return (functional.relu(arrived[0]),)


def golden(name):
    network = build(name).double().eval()
    state = network.state_dict()
    with torch.no_grad():
        for n, (key, array) in enumerate(state.items()):
            if not key.endswith("num_batches_tracked"):
                array[...] = torch.from_numpy(draw_parameter(key, tuple(array.shape), n))
    for module in network.modules():
        if isinstance(module, nn.ReLU | nn.ReLU6):
            module.inplace = False
            module.register_full_backward_hook(rectify)
    seen = {}
    dict(network.named_modules())[LOOKED_AT[name]].register_forward_hook(
        lambda module, x, y: seen.update(maps=y)
    )
    image = draw_image(32 if name == "resnet20" else 224)
    x = torch.from_numpy(image.transpose(0, 3, 1, 2)).double().requires_grad_()
    logits = network(x)
    maps = seen["maps"]
    (pixels,) = torch.autograd.grad(maps.max(), x)
    pixels = (pixels * maps.max())[0].permute(1, 2, 0).detach().numpy()
    values = maps[0].permute(1, 2, 0).detach().numpy()
    return {
        "parameters": np.array(list(state)),
        "shapes": np.array([[*array.shape, *[0] * (4 - array.ndim)] for array in state.values()]),
        "logits": logits.detach().numpy(),
        "maps": values.reshape(-1)[sample_positions(values.size)],
        "pixels": pixels.reshape(-1)[sample_positions(pixels.size)],
        "norm": np.linalg.norm(pixels),
    }


def answers(blocks, file):
    """Return what a trained network for CIFAR-10 answers to each test image, uint8 (9800,), in float64."""
    data = Path(os.environ["NPDECONV_DATA"])
    state = torch.load(data / "resnet" / file, map_location="cpu", weights_only=True)["state_dict"]
    network = CifarResNet(blocks).eval()
    network.load_state_dict({name.removeprefix("module."): array for name, array in state.items()})
    records = np.frombuffer(lzma.decompress((data / "cifar10/test_batch.bin.xz").read_bytes()), np.uint8)
    pixels = torch.from_numpy(records.reshape(-1, 3073)[:, 1:].reshape(-1, 3, 32, 32).copy())
    mean, std = (
        torch.tensor(v).double()[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    with torch.no_grad():
        logits = [network.double()((part.double() / 255 - mean) / std) for part in pixels.split(100)]
    return torch.cat(logits).argmax(1).numpy().astype(np.uint8)


if __name__ == "__main__":
    sys.modules["torchvision.models.googlenet"].BasicConv2d.forward = with_module
    arrays = {f"{name}/{key}": array for name in LOOKED_AT for key, array in golden(name).items()}
    arrays["resnet20/answers"] = answers(3, "resnet20-12fca82f.th")
    arrays["resnet44/answers"] = answers(7, "resnet44-014dd654.th")
    np.savez_compressed(HERE / "published.npz", **arrays)
