"""Torchvision's networks: the names of their layers, and their preprocessing of images."""

from pathlib import Path

import numpy as np

from npdeconv import models
from npdeconv._checks import one_of
from npdeconv.data.preprocessing import Preprocessing
from npdeconv.weights.card import Pretrained
from npdeconv.weights.modules import Names
from npdeconv.weights.pytorch import load_torch
from npdeconv.weights.reader import reader_of
from npdeconv.weights.safetensors import load_safetensors

PREPROCESSING = Preprocessing(
    (224, 224), shorter_side=256, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
"""The preprocessing of all its networks for ImageNet, with the mean and deviation of ImageNet's pixels."""

_ALEXNET = {"conv1": 0, "conv2": 3, "conv3": 6, "conv4": 8, "conv5": 10}, {"fc6": 1, "fc7": 4, "fc8": 6}
_VGG16 = (
    {"conv1_1": 0, "conv1_2": 2, "conv2_1": 5, "conv2_2": 7, "conv3_1": 10, "conv3_2": 12, "conv3_3": 14}
    | {"conv4_1": 17, "conv4_2": 19, "conv4_3": 21, "conv5_1": 24, "conv5_2": 26, "conv5_3": 28},
    {"fc6": 0, "fc7": 3, "fc8": 6},
)
_FIRE_MODULES = {2: 3, 3: 4, 4: 5, 5: 7, 6: 8, 7: 9, 8: 10, 9: 12}


def _with_dense_layers(features: dict[str, int], classifier: dict[str, int]) -> Names:
    convolutions = {ours: f"features.{position}" for ours, position in features.items()}
    return convolutions | {ours: f"classifier.{position}" for ours, position in classifier.items()}


def _squeezenet() -> Names:
    squeezed = {
        f"fire{ours}_squeeze": f"features.{position}.squeeze" for ours, position in _FIRE_MODULES.items()
    }
    expanded = {
        f"fire{ours}_expand": (f"features.{position}.expand1x1", f"features.{position}.expand3x3")
        for ours, position in _FIRE_MODULES.items()
    }
    return {"conv1": "features.0", **squeezed, **expanded, "conv10": "classifier.1"}


TORCHVISION: dict[str, Names] = {
    "alexnet": _with_dense_layers(*_ALEXNET),
    "vgg16": _with_dense_layers(*_VGG16),
    "squeezenet": _squeezenet(),
}
"""The modules that make each layer, for `load_torch` and `load_safetensors`, by the name of our network.

Torchvision's name of the last one is squeezenet1_0; ours is `models.squeezenet(variant="torchvision")`.
"""


def load_torchvision(name: str, path: str | Path) -> Pretrained:
    """Load one of torchvision's networks from its file of weights, `.pth` or `.safetensors`.

    Parameters
    ----------
    name : "alexnet", "vgg16" or "squeezenet"
        The last is torchvision's squeezenet1_0.
    path : str or path
        A state dictionary of PyTorch or a `.safetensors` file, with any suffix.

    Returns
    -------
    Pretrained
        Its classes, ImageNet's 1000, have no names, since the file has none.

    Raises
    ------
    ValueError
        For other networks, or as in `load_torch` and `load_safetensors`.
    ImportError, FileNotFoundError
        As in these.
    """
    one_of(name, TORCHVISION, "load_torchvision", "name")
    options = {"variant": "torchvision"} if name == "squeezenet" else {}
    network = getattr(models, name)(rng=np.random.default_rng(0), **options)
    read = load_safetensors if reader_of(path) is load_safetensors else load_torch
    read(network, path, TORCHVISION[name])
    return Pretrained(network, PREPROCESSING, None)
