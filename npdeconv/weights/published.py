"""Published networks in PyTorch files: names of modules, preparation of images.

Torchvision's networks for ImageNet, and Idelbayev's residual networks for CIFAR-10
(github.com/akamaster/pytorch_resnet_cifar10).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npdeconv import models
from npdeconv._checks import one_of
from npdeconv.data.preprocessing import Preprocessing
from npdeconv.layers import Sequential
from npdeconv.weights.card import Pretrained, read_classes
from npdeconv.weights.modules import Names, layer_names
from npdeconv.weights.pytorch import load_torch
from npdeconv.weights.reader import reader_of
from npdeconv.weights.safetensors import load_safetensors

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's pixels."""

IMAGENET = Preprocessing((224, 224), shorter_side=256, mean=MEAN, std=STD)

IMAGENET_CLASSES = Path(__file__).with_name("imagenet_classes.csv")
"""WordNet's number and a name of each of ImageNet's 1000 classes, in the order of the outputs."""

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Published(NamedTuple):
    """How to read a published file into our network."""

    module: Callable[[str], str | tuple[str, ...]]
    """Names the modules of a layer."""
    preprocessing: Preprocessing = IMAGENET
    epsilon: float = 1e-5
    """The epsilon of its batch normalizations."""
    unused: tuple[str, ...] = ()
    """Beginnings of the names of modules that only training needed."""
    classes: tuple[str, ...] | None = None
    """Their names; ImageNet's unless given."""
    options: Mapping[str, Any] = {}
    """Arguments of the function that builds the network."""

    def names(self, network: Sequential) -> Names:
        """Return the modules of each layer."""
        return {layer: self.module(layer) for layer in layer_names(network)}


_ALEXNET = {"conv1": 0, "conv2": 3, "conv3": 6, "conv4": 8, "conv5": 10}, {"fc6": 1, "fc7": 4, "fc8": 6}
_VGG16 = (
    {"conv1_1": 0, "conv1_2": 2, "conv2_1": 5, "conv2_2": 7, "conv3_1": 10, "conv3_2": 12, "conv3_3": 14}
    | {"conv4_1": 17, "conv4_2": 19, "conv4_3": 21, "conv5_1": 24, "conv5_2": 26, "conv5_3": 28},
    {"fc6": 0, "fc7": 3, "fc8": 6},
)
_FIRE_MODULES = {"2": 3, "3": 4, "4": 5, "5": 7, "6": 8, "7": 9, "8": 10, "9": 12}


def _with_dense_layers(features: dict[str, int], classifier: dict[str, int]) -> Published:
    convolutions = {ours: f"features.{position}" for ours, position in features.items()}
    return Published(
        (convolutions | {ours: f"classifier.{position}" for ours, position in classifier.items()}).__getitem__
    )


def _squeezenet(layer: str) -> str | tuple[str, ...]:
    if not layer.startswith("fire"):
        return {"conv1": "features.0", "conv10": "classifier.1"}[layer]
    number, _, part = layer.removeprefix("fire").partition("_")
    module = f"features.{_FIRE_MODULES[number]}"
    return f"{module}.squeeze" if part == "squeeze" else (f"{module}.expand1x1", f"{module}.expand3x3")


def _resnet(layer: str, dense: str = "fc") -> tuple[str, ...]:
    if layer == "logits":
        return (dense,)
    if layer == "conv1":
        return "conv1", "bn1"
    stage, number, part = layer.removeprefix("block").split("_")
    module = f"layer{stage}.{int(number) - 1}"
    if part == "shortcut":
        return f"{module}.downsample.0", f"{module}.downsample.1"
    return f"{module}.{part}", f"{module}.{part.replace('conv', 'bn')}"


def _googlenet(layer: str) -> tuple[str, ...]:
    if layer == "logits":
        return ("fc",)
    if layer.startswith("conv"):
        return f"{layer}.conv", f"{layer}.bn"
    module, branch, *parts = layer.removesuffix("_conv").split("_")
    # Torchvision's fourth branch begins with its pooling.
    inner = {"1": "", "4": ".1"}.get(branch) if not parts else f".{int(parts[0]) - 1}"
    return f"{module}.branch{branch}{inner}.conv", f"{module}.branch{branch}{inner}.bn"


def _densenet(layer: str) -> tuple[str, ...]:
    if layer == "logits":
        return ("classifier",)
    if layer in ("conv0", "norm5"):
        return ("features.conv0", "features.norm0") if layer == "conv0" else ("features.norm5",)
    if layer.startswith("transition"):
        return (f"features.{layer.replace('_', '.')}",)
    block, number, part = layer.removeprefix("block").split("_")
    module = f"features.denseblock{block}.denselayer{number}"
    if part == "conv1":
        return f"{module}.conv1", f"{module}.norm2"
    return (f"{module}.{'norm1' if part == 'norm' else part}",)


def _mobilenet(layer: str) -> tuple[str, ...]:
    if layer in ("conv1", "conv2"):
        module = f"features.{0 if layer == 'conv1' else 18}"
        return f"{module}.0", f"{module}.1"
    if layer == "logits":
        return ("classifier.1",)
    number, part = layer.removeprefix("block").split("_")
    module, expansions = f"features.{number}.conv", int(number != "1")
    if part == "project":
        return f"{module}.{expansions + 1}", f"{module}.{expansions + 2}"
    position = 0 if part == "expand" else expansions
    return f"{module}.{position}.0", f"{module}.{position}.1"


def _published() -> dict[str, Published]:
    half = (0.5, 0.5, 0.5)
    cifar = Published(
        partial(_resnet, dense="linear"), Preprocessing((32, 32), mean=MEAN, std=STD), classes=CIFAR10
    )
    return {
        "alexnet": _with_dense_layers(*_ALEXNET),
        "vgg16": _with_dense_layers(*_VGG16),
        "squeezenet": Published(_squeezenet, options={"variant": "torchvision"}),
        "resnet18": Published(_resnet),
        "resnet50": Published(_resnet),
        "resnet101": Published(_resnet),
        "googlenet": Published(
            _googlenet, replace(IMAGENET, mean=half, std=half), epsilon=1e-3, unused=("aux1.", "aux2.")
        ),
        "densenet121": Published(_densenet),
        "mobilenet_v2": Published(_mobilenet),
        **dict.fromkeys(("resnet20", "resnet32", "resnet44", "resnet56"), cifar),
    }


PUBLISHED: Mapping[str, Published] = _published()
"""By the names of our networks. Ours called squeezenet is torchvision's squeezenet1_0."""


def load_published(name: str, path: str | Path) -> Pretrained:
    """Load a published network from its file of weights, `.pth` or `.safetensors`.

    Parameters
    ----------
    name : str
        One of `PUBLISHED`: torchvision's alexnet, vgg16, squeezenet (its squeezenet1_0), resnet18, 50
        and 101, googlenet, densenet121 and mobilenet_v2; and Idelbayev's resnet20, 32, 44 and 56.
    path : str or path
        A state dictionary of PyTorch or `.safetensors`, with any ending.

    Returns
    -------
    Pretrained
        With the names of ImageNet's 1000 classes, or of CIFAR-10's ten.

    Raises
    ------
    ValueError
        For other networks, and as `load_torch` and `load_safetensors`.
    ImportError, FileNotFoundError
        As those.

    Examples
    --------
    >>> nd.weights.load_published("resnet18", "nowhere/resnet18-f37072fd.pth")
    Traceback (most recent call last):
        ...
    FileNotFoundError: nowhere/resnet18-f37072fd.pth: there is no such file
    """
    one_of(name, PUBLISHED, "load_published", "name")
    said = PUBLISHED[name]
    network = getattr(models, name)(rng=np.random.default_rng(0), **said.options)
    read = load_safetensors if reader_of(path) is load_safetensors else load_torch
    read(network, path, said.names(network), epsilon=said.epsilon, unused=said.unused)
    return Pretrained(network, said.preprocessing, said.classes or read_classes(IMAGENET_CLASSES))
