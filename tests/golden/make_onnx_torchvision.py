"""Say in docs/onnx.md which of torchvision's classifiers load: python -m tests.golden.make_onnx_torchvision.

Needs torch, torchvision, captum and onnx. Each classifier is built with random weights and statistics,
exported by PyTorch in float64, and loaded; outputs are compared for one image, and of some networks the
projection of one unit of an inner layer with Captum's NeuronDeconvolution.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
import torchvision
from captum.attr import NeuronDeconvolution
from torch import nn

from npdeconv.weights import load_onnx

PAGE = Path(__file__).parents[2] / "docs" / "onnx.md"
MARK = "<!-- written by tests/golden/make_onnx_torchvision.py -->"
SIDE = {"inception_v3": 299}
PROJECTED = {  # a module, and our layer
    "alexnet": ("features.11", "features_11"),
    "densenet121": ("features.denseblock2.denselayer3.relu2", "features_denseblock2_denselayer3_relu2"),
    "resnet18": ("layer3", "layer3_1_relu_1"),
    "squeezenet1_1": ("features.12.squeeze_activation", "features_12_squeeze_activation"),
    "vgg11_bn": ("features.27", "features_27"),
}


def classifier(name):
    """Return a classifier in float64, with statistics that are not those of a new network."""
    torch.manual_seed(0)
    options = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = torchvision.models.get_model(name, weights=None, **options)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        if isinstance(module, nn.ReLU):
            module.inplace = False  # Captum's hooks need it
    return network.double().eval().requires_grad_(False)


def judge(name):
    """Return what became of a classifier, in a few words."""
    network, side = classifier(name), SIDE.get(name, 224)
    x = torch.randn(1, 3, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, f"{name}.onnx")
        try:
            torch.onnx.export(network, (x,), path, dynamo=False, opset_version=17)
        except torch.onnx.errors.OnnxExporterError as error:
            return f"PyTorch does not export it: {str(error).splitlines()[0]}"
        try:
            loaded = load_onnx(path)
        except ValueError as error:
            return f"refused: {str(error).removeprefix(f'{path}: ')}"
    images = np.ascontiguousarray(x.numpy().transpose(0, 2, 3, 1))
    expected = network(x).numpy()
    error = np.abs(loaded.network(images) - expected).max() / np.abs(expected).max()
    said = f"loads, {len(loaded.network.layers)} layers; outputs agree to {error:.0e}"
    if name in PROJECTED:
        said += f", a projection to {projection_error(network, loaded, *PROJECTED[name], x, images):.0e}"
    return said


def projection_error(network, loaded, module, layer, x, images):
    """Return how far a projection is from Captum's, relative to its largest pixel."""
    head = loaded.network[:layer]
    y, tape = head.forward(images)
    place = np.unravel_index(y.argmax(), y.shape)
    start = np.zeros_like(y)
    start[place] = 1
    row, column, feature_map = map(int, place[1:])
    explained = NeuronDeconvolution(network, network.get_submodule(module))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels = explained.attribute(x.clone().requires_grad_(), neuron_selector=(feature_map, row, column))
    expected = pixels.detach().numpy().transpose(0, 2, 3, 1)
    return np.abs(head.deconv(start, tape) - expected).max() / np.abs(expected).max()


def main(names):
    """Write a row for each classifier."""
    rows = []
    for name in names:
        rows.append(f"| `{name}` | {judge(name)} |")
        sys.stderr.write(f"{rows[-1]}\n")
    table = "\n".join(["| classifier | |", "|---|---|", *rows])
    before, _, after = PAGE.read_text(encoding="utf-8").split(MARK)
    PAGE.write_text(f"{before}{MARK}\n\n{table}\n\n{MARK}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or torchvision.models.list_models(module=torchvision.models))
