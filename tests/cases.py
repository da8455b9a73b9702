"""The layers of the contract suite, in geometries that reveal mistakes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npdeconv._types import Array, Generator, Gradients
from npdeconv.fast.blocks import WinogradBlock
from npdeconv.gradcheck import trials
from npdeconv.layers import (
    Add,
    AvgPool2D,
    Clip,
    Concat,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Graph,
    Invert,
    Layer,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    Pad,
    PReLU,
    ReLU,
    Scale,
    Sequential,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
    TwoClasses,
)
from tests import graphs


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[..., Layer]  # (dtype) -> layer
    input_shape: tuple[int, ...]
    linear: bool = True  # up to a bias, with switches held: the adjoint identity holds
    exact: bool = True  # equal inputs give equal bits at any place in the batch

    def layer(self, dtype: Any = np.float64) -> Layer:
        layer = self.make(dtype)
        rng = np.random.default_rng(7)
        for name, array in layer.parameters.items():
            if name.endswith("bias"):  # not 0, so that a forgotten bias shows
                array[...] = rng.normal(size=array.shape)
        return layer

    def inputs(self, batch: int = 3, dtype: Any = np.float64, seed: int = 1) -> np.ndarray:
        return distinct((batch, *self.input_shape), seed).astype(dtype)


def distinct(shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    return trials.distinct(shape, np.random.default_rng(seed))


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def conv(*arguments: Any, **options: Any) -> Callable[..., Layer]:
    return lambda dtype: Conv2D(*arguments, rng=rng(), dtype=dtype, **options)


class WinogradConv2D(Conv2D):
    """A convolution by Winograd's algorithm in both dtypes; `npdeconv.fast.plan` uses it in float32."""

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Any]:
        return WinogradBlock(self, rectified=False, pooled=False, fewest=0).forward(x)

    def gradients(self, dy: Array, context: Any) -> Gradients:
        return WinogradBlock(self, rectified=False, pooled=False).gradients(dy, context)

    def _transpose(self, y: Array, context: Any) -> Array:
        return WinogradBlock(self, rectified=False, pooled=False).backward(y, context)[0]


def winograd_conv(*arguments: Any, **options: Any) -> Callable[..., Layer]:
    return lambda dtype: WinogradConv2D(*arguments, rng=rng(), dtype=dtype, **options)


def pool(*arguments: Any, **options: Any) -> Callable[..., Layer]:
    return lambda dtype: MaxPool2D(*arguments, **options)


def average(*arguments: Any, **options: Any) -> Callable[..., Layer]:
    return lambda dtype: AvgPool2D(*arguments, **options)


def normalize(*arguments: Any, **options: Any) -> Callable[..., Layer]:
    return lambda dtype: LocalResponseNorm(*arguments, **options)


def towers(dtype: Any) -> Sequential:
    """Build a small AlexNet: two towers, normalization, overlapping pooling; then global pooling."""
    source = rng()
    layers: dict[str, Layer] = {
        "conv1": Conv2D(3, 8, 3, stride=2, rng=source, dtype=dtype),
        "relu1": ReLU(),
        "norm1": LocalResponseNorm(3, alpha=0.5),
        "pool1": MaxPool2D(3, stride=2, padding=((0, 1), (0, 1))),
        "conv2": Conv2D(8, 6, 3, padding="same", groups=2, rng=source, dtype=dtype),
        "relu2": LeakyReLU(0.2),
        "pool2": AvgPool2D(2, stride=1),
        "pool3": GlobalMaxPool(),
        "logits": Dense(6, 4, rng=source, dtype=dtype),
    }
    return Sequential(layers, input_shape=(15, 13, 3))


def small_network(dtype: Any) -> Sequential:
    source = rng()
    layers: dict[str, Layer] = {
        "conv1": Conv2D(2, 4, 3, padding="same", rng=source, dtype=dtype),
        "relu1": ReLU(),
        "pool1": MaxPool2D(3, stride=2),
        "conv2": Conv2D(4, 5, (2, 3), stride=(1, 2), rng=source, dtype=dtype),
        "relu2": ReLU(),
        "flatten": Flatten(),
        "dense1": Dense(30, 6, rng=source, dtype=dtype),
        "relu_dense1": ReLU(),
        "logits": Dense(6, 4, rng=source, dtype=dtype),
        "softmax": Softmax(),
    }
    return Sequential(layers, input_shape=(9, 11, 2))


def scale(dtype: Any) -> Layer:
    layer = Scale(3, dtype=dtype)
    layer.weight[:] = 0.5, -2.0, 1.5
    return layer


def prelu(dtype: Any) -> Layer:
    layer = PReLU(3, dtype=dtype)
    layer.slope[:] = 0.25, -0.5, 1.5
    return layer


def merged(kind: Callable[[], Layer]) -> Callable[..., Layer]:
    """What goes in, twice itself and a rectifier's output, merged."""
    layers: dict[str, Layer] = {
        "scaled": Standardize([0.1, 0.2, 0.3], [0.5, 1.0, 2.0]),
        "relu": ReLU(),
        "merge": kind(),
    }
    inputs = {"relu": "input", "merge": ("scaled", "input", "relu")}
    return lambda dtype: Graph(layers, inputs=inputs)


CASES = [
    Case("conv 3x3 same", conv(3, 4, 3, padding="same"), (6, 7, 3)),
    Case("conv 3x3 valid", conv(3, 4, 3), (6, 7, 3)),
    Case("conv 1x1", conv(3, 2, 1), (4, 5, 3)),
    Case("conv 5x2, wider than high input", conv(2, 3, (5, 2)), (5, 9, 2)),
    Case("conv even size, same", conv(2, 3, (4, 2), padding="same"), (6, 5, 2)),
    Case("conv stride 2, valid, last row unused", conv(2, 3, 3, stride=2), (8, 6, 2)),
    Case("conv stride 2x3, same", conv(2, 3, 3, stride=(2, 3), padding="same"), (7, 8, 2)),
    Case("conv stride larger than filter", conv(2, 3, 2, stride=4), (11, 9, 2)),
    Case("conv explicit uneven padding", conv(2, 3, 3, padding=((2, 0), (1, 3))), (4, 5, 2)),
    Case("conv one pixel, same", conv(2, 3, 3, padding="same"), (1, 1, 2)),
    Case("conv one channel, 16 filters", conv(1, 16, 3, padding="same"), (8, 8, 1)),
    Case("conv winograd, same", winograd_conv(16, 16, 3, padding="same"), (9, 6, 16), exact=False),
    Case("conv winograd, valid", winograd_conv(16, 32, 3), (7, 10, 16), exact=False),
    Case(
        "conv winograd, explicit padding",
        winograd_conv(32, 16, 3, padding=((2, 3), (0, 1))),
        (5, 5, 32),
        exact=False,
    ),
    Case("conv winograd, one pixel", winograd_conv(16, 16, 3, padding="same"), (1, 1, 16), exact=False),
    Case("conv 2 groups", conv(6, 4, 3, groups=2), (5, 6, 6)),
    Case("conv 3 groups, stride 2", conv(3, 6, (3, 2), stride=2, padding="same", groups=3), (7, 6, 3)),
    Case("conv as many groups as channels", conv(4, 4, 3, padding="same", groups=4), (4, 5, 4)),
    Case("conv depthwise, 2 filters each, stride 2", conv(3, 6, 3, stride=2, groups=3), (8, 7, 3)),
    Case("conv depthwise, dilated", conv(4, 4, 3, groups=4, dilation=(2, 1), padding="same"), (7, 6, 4)),
    Case("conv dilated", conv(2, 3, 3, dilation=2), (7, 8, 2)),
    Case(
        "conv dilated 2x3, stride 2, same",
        conv(2, 3, (3, 2), dilation=(2, 3), stride=2, padding="same"),
        (8, 9, 2),
    ),
    Case(
        "conv dilated, explicit padding", conv(2, 3, 3, dilation=(1, 2), padding=((2, 0), (1, 3))), (4, 5, 2)
    ),
    Case("conv dilated, 2 groups", conv(4, 2, 2, dilation=3, groups=2), (6, 7, 4)),
    Case("pool 3/2, ceil", pool(3, stride=2, ceil_mode=True), (8, 6, 2)),
    Case("pool 2/2, ceil, padded", pool(2, padding=((1, 1), (0, 1)), ceil_mode=True), (6, 5, 2)),
    Case("average 3/2, ceil", average(3, stride=2, ceil_mode=True), (8, 6, 2)),
    Case(
        "average 3/2, padding counts",
        average(3, stride=2, padding=((1, 1), (0, 2)), count_include_pad=True),
        (6, 7, 2),
    ),
    Case(
        "average 3/1, same, padding counts",
        average(3, stride=1, padding="same", count_include_pad=True),
        (5, 4, 2),
    ),
    Case(
        "average 3/2, ceil, padding counts",
        average(3, stride=2, padding=((1, 0), (1, 1)), ceil_mode=True, count_include_pad=True),
        (7, 6, 2),
    ),
    Case("pad", lambda dtype: Pad(((1, 0), (2, 3)), value=0.5), (4, 5, 2)),
    Case("pad of channels", lambda dtype: Pad(((0, 1), (0, 0)), value=0.5, channels=(1, 3)), (4, 5, 2)),
    Case("pad by nothing", lambda dtype: Pad(((0, 0), (0, 0))), (4, 5, 2)),
    Case("pool 2", pool(2), (6, 8, 3)),
    Case("pool 2, odd input", pool(2), (7, 5, 3)),
    Case("pool overlapping 3/2", pool(3, stride=2), (9, 8, 2)),
    Case("pool overlapping 3/1, same", pool(3, stride=1, padding="same"), (5, 4, 2)),
    Case("pool 3/2, same, odd", pool(3, stride=2, padding="same"), (7, 6, 2)),
    Case("pool 2x3, stride 3x1", pool((2, 3), stride=(3, 1)), (8, 5, 2)),
    Case("pool explicit padding", pool(3, stride=2, padding=((1, 0), (0, 2))), (6, 6, 2)),
    Case("pool stride larger than window", pool(2, stride=3), (8, 8, 1)),
    Case("average 2", average(2), (6, 8, 3)),
    Case("average 2, odd input", average(2), (7, 5, 3)),
    Case("average overlapping 3/2", average(3, stride=2), (9, 8, 2)),
    Case("average overlapping 3/1, same", average(3, stride=1, padding="same"), (5, 4, 2)),
    Case("average 3/2, same, odd", average(3, stride=2, padding="same"), (7, 6, 2)),
    Case("average 2x3, stride 3x1", average((2, 3), stride=(3, 1)), (8, 5, 2)),
    Case("average explicit padding", average(3, stride=2, padding=((1, 0), (0, 2))), (6, 6, 2)),
    Case("average stride larger than window", average(2, stride=3), (8, 8, 1)),
    Case("global average", lambda dtype: GlobalAveragePool(), (4, 5, 3)),
    Case("global average of one pixel", lambda dtype: GlobalAveragePool(), (1, 1, 3)),
    Case("global max", lambda dtype: GlobalMaxPool(), (4, 5, 3)),
    Case("global max of one pixel", lambda dtype: GlobalMaxPool(), (1, 1, 3)),
    Case("normalization", normalize(5, alpha=2.0), (3, 4, 9), linear=False),
    Case("normalization, even size", normalize(4, alpha=2.0, beta=0.6, k=2.0), (3, 4, 7), linear=False),
    Case("normalization, wider than deep", normalize(9, alpha=2.0), (3, 4, 3), linear=False),
    Case("normalization of vectors", normalize(3, alpha=2.0), (8,), linear=False),
    Case("relu", lambda dtype: ReLU(), (4, 5, 3), linear=False),
    Case("relu on vectors", lambda dtype: ReLU(), (7,), linear=False),
    Case("leaky relu", lambda dtype: LeakyReLU(0.1), (4, 5, 3), linear=False),
    Case("leaky relu of slope 0", lambda dtype: LeakyReLU(0), (4, 5, 3), linear=False),
    Case("invert", lambda dtype: Invert(0.3), (4, 5, 3), linear=False),
    Case("standardize", lambda dtype: Standardize([0.2, -0.1, 0.0], [0.5, 1.0, 2.0]), (4, 5, 3)),
    Case(
        "standardize in reverse", lambda dtype: Standardize([0.2, 0.1], [0.5, 2.0], reverse=True), (4, 5, 2)
    ),
    Case("scale", scale, (4, 5, 3)),
    Case("scale of vectors", scale, (3,)),
    Case("prelu", prelu, (4, 5, 3), linear=False),
    Case("prelu of vectors", prelu, (3,), linear=False),
    Case("clip", lambda dtype: Clip(0, 1), (4, 5, 3), linear=False),
    Case("clip of vectors", lambda dtype: Clip(0, 1), (7,), linear=False),
    Case("clip above", lambda dtype: Clip(0.5, np.inf), (4, 5, 3), linear=False),
    Case("clip to both signs", lambda dtype: Clip(-1, 0.5), (4, 5, 3), linear=False),
    Case("tanh", lambda dtype: Tanh(), (4, 5, 3), linear=False),
    Case("tanh on vectors", lambda dtype: Tanh(), (7,), linear=False),
    Case("sigmoid", lambda dtype: Sigmoid(), (4, 5, 3), linear=False),
    Case("sigmoid on vectors", lambda dtype: Sigmoid(), (7,), linear=False),
    Case("one logit as those of two classes", lambda dtype: TwoClasses(), (1,)),
    Case("flatten", lambda dtype: Flatten(), (3, 4, 2)),
    Case("dense", lambda dtype: Dense(6, 4, rng=rng(), dtype=dtype), (6,)),
    Case("softmax", lambda dtype: Softmax(), (5,), linear=False),
    Case("dropout", lambda dtype: Dropout(0.5), (4, 3, 2), linear=False),
    Case("network", small_network, (9, 11, 2), linear=False),
    Case("network of towers", towers, (15, 13, 3), linear=False),
    Case("sum of a value and itself scaled", merged(Add), (4, 5, 3), linear=False),
    Case("concatenation", merged(Concat), (4, 5, 3), linear=False),
    Case("sum of vectors", merged(Add), (3,), linear=False),
    Case("concatenation of vectors", merged(Concat), (3,), linear=False),
    Case("residual network", graphs.residual, (9, 8, 2), linear=False),
    Case("network of inceptions", graphs.inception, (7, 6, 3), linear=False),
    Case("dense net", graphs.dense_net, (5, 6, 2), linear=False),
    Case("chain around a graph", graphs.chain_around_a_graph, (7, 6, 3), linear=False),
]
