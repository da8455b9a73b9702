"""PyTorch's side of every comparison: the same networks, weights, images and numbers of threads.

The variant is the memory format, "contiguous" or "channels_last"; comparisons take the faster one.
Pixels are floats in that format before the time starts.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.inputs import build, build_block, build_layer, images_for, labels_for
from benchmarks.machine import libraries
from benchmarks.remote import Task
from npdeconv._types import Array, Shape
from npdeconv.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D, ReLU, Sequential, Softmax

BATCH = 128  # images per pass of a prediction
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def use_threads(threads: int) -> None:
    """Set the number of threads."""
    torch.set_num_threads(threads)


def facts() -> Mapping[str, Any]:
    """Describe the loaded libraries."""
    return {"threads": torch.get_num_threads(), "libraries": libraries()}


def training_step(network: str, batch: int, variant: str) -> Task:
    """Train by one step of SGD with momentum; the answer is the loss."""
    chain = build(network)
    model = torch_network(below(chain)).to(memory_format=FORMATS[variant])
    model.train()
    x = to_torch(images_for(chain, batch), variant)
    assert chain.input_shape is not None
    (classes,) = chain.output_shape(chain.input_shape)
    labels = torch.from_numpy(labels_for(x, classes))
    optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9)

    def call() -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    return Task(call, lambda loss: loss.detach().numpy()[np.newaxis])


def prediction(network: str, images: int, variant: str) -> Task:
    """Predict the classes of images in batches; the answer is their probabilities."""
    chain = build(network)
    model = torch_network(chain).to(memory_format=FORMATS[variant]).eval()
    batches = to_torch(images_for(chain, images), variant).split(BATCH)

    def call() -> Any:
        with torch.inference_mode():
            return torch.cat([model(batch) for batch in batches])

    return Task(call, lambda probabilities: probabilities.numpy())


def layer(
    kind: str, options: Mapping[str, Any], input_shape: Shape, batch: int, operation: str, variant: str
) -> Task:
    """Pass a batch through one layer: forward, backward (all gradients) or deconv (dx alone)."""
    single = Sequential({"layer": build_layer(kind, options, input_shape)})
    model = torch_layer(single["layer"], input_shape).to(memory_format=FORMATS[variant])
    array = np.random.default_rng(0).standard_normal((batch, *input_shape), dtype=np.float32)
    x = to_torch(array, variant).requires_grad_()
    y = model(x)
    dy = torch.ones_like(y)
    wanted = [x, *model.parameters()] if operation == "backward" else [x]

    def forward() -> Any:
        with torch.inference_mode():
            return model(x)

    def backward() -> Any:
        return torch.autograd.grad(y, wanted, dy, retain_graph=True)[0]

    call: Callable[[], Any] = forward if operation == "forward" else backward
    return Task(call, to_numpy)


def block(input_shape: Shape, filters: int, pooled: bool, batch: int, operation: str, variant: str) -> Task:
    """Pass a batch through convolution, ReLU and perhaps pooling: forward, or all gradients too."""
    model = torch_network(build_block(input_shape, filters, pooled)).to(memory_format=FORMATS[variant])
    array = np.random.default_rng(0).standard_normal((batch, *input_shape), dtype=np.float32)
    x = to_torch(array, variant)
    dy = torch.ones_like(model(x))

    def forward() -> Any:
        with torch.inference_mode():
            return model(x)

    def gradients() -> Any:
        return torch.autograd.grad(model(x), list(model.parameters()), dy)[0]

    if operation == "forward":
        return Task(forward, to_numpy)
    return Task(gradients, lambda weight: weight.numpy().transpose(2, 3, 1, 0))


def to_torch(array: Array, variant: str) -> Any:
    """Turn NHWC into torch's NCHW, in a memory format; (N, D) is not changed."""
    if array.ndim == 2:
        return torch.from_numpy(array)
    return torch.from_numpy(array.transpose(0, 3, 1, 2).copy()).contiguous(memory_format=FORMATS[variant])


def to_numpy(tensor: Any) -> Array:
    """Turn torch's NCHW into NHWC."""
    array = tensor.detach().numpy()
    return array if array.ndim == 2 else array.transpose(0, 2, 3, 1)


def below(chain: Sequential) -> Sequential:
    """Return the chain without its softmax, which is part of torch's loss."""
    return chain[:"logits"]


def torch_network(chain: Sequential) -> Any:
    """Translate a chain and its parameters; the parts keep their names."""
    assert chain.input_shape is not None
    parts, shape, flattened = OrderedDict[str, Any](), chain.input_shape, None
    for name, part in chain.layers.items():
        parts[name] = torch_layer(part, shape, flattened)
        flattened = shape if isinstance(part, Flatten) else None
        shape = part.output_shape(shape)
    return nn.Sequential(parts)


def torch_layer(part: Layer, shape: Shape, flattened: Shape | None = None) -> Any:
    """Translate one layer for inputs of a shape; `flattened` is the shape before a flattening just below."""
    if isinstance(part, Conv2D):
        return _convolution(part, shape)
    if isinstance(part, Dense):
        return _dense(part, flattened)
    if isinstance(part, MaxPool2D):
        offset, _ = part.window.place(shape, "benchmarks")
        return nn.MaxPool2d(part.window.size, part.window.stride, offset)
    others: dict[type[Layer], Callable[[], Any]] = {
        ReLU: nn.ReLU, Flatten: nn.Flatten, Dropout: nn.Dropout, Softmax: lambda: nn.Softmax(dim=1),
    }  # fmt: skip
    return others[type(part)]()


def _convolution(part: Conv2D, shape: Shape) -> Any:
    offset, _ = part.window.place(shape, "benchmarks")
    groups = getattr(part, "groups", 1)
    filters = part.weight.shape[3]
    module = nn.Conv2d(
        shape[2], filters, part.window.size, part.window.stride, offset, groups=groups
    )  # fmt: skip
    return _with(module, part.weight.transpose(3, 2, 0, 1), part.bias)


def _dense(part: Dense, flattened: Shape | None) -> Any:
    """Translate a dense layer and reorder its inputs, since torch flattens channels first."""
    inputs, outputs = part.weight.shape
    weight = part.weight
    if flattened is not None and len(flattened) == 3:
        weight = weight.reshape(*flattened, outputs).transpose(2, 0, 1, 3).reshape(inputs, outputs)
    return _with(nn.Linear(inputs, outputs), weight.T, part.bias)


def _with(module: Any, weight: Array, bias: Array) -> Any:
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(weight.copy()))
        module.bias.copy_(torch.from_numpy(bias.copy()))
    return module


def as_ours(chain: Sequential, named: Iterable[tuple[str, Any]]) -> dict[str, Array]:
    """Return the parameters of a translated chain, or their gradients, in npdeconv's layout."""
    found, flattened = {key: tensor.detach().numpy() for key, tensor in named}, None
    shape = chain.input_shape
    assert shape is not None
    for name, part in chain.layers.items():
        for key, parameter in part.parameters.items():
            array = found[f"{name}.{key}"]
            array = array.transpose(*range(2, array.ndim), 1, 0) if array.ndim > 1 else array
            if array.ndim == 2 and flattened is not None:  # torch flattened channels first
                array = array.reshape(flattened[2], *flattened[:2], -1).transpose(1, 2, 0, 3)
            found[f"{name}.{key}"] = array.reshape(parameter.shape)
        flattened = shape if isinstance(part, Flatten) else None
        shape = part.output_shape(shape)
    return found
