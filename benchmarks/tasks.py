"""npdeconv's side of every comparison: the repeated calls.

The functions have the same names and arguments in the modules of the other libraries.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import reduce
from typing import Any

import numpy as np

from benchmarks.geometries import Convolution, Pooling
from benchmarks.inputs import build, build_block, build_layer, images_for, labels_for
from benchmarks.kernel_calls import convolution_call, pooling_call
from benchmarks.machine import libraries
from benchmarks.occluders import attribution, occluded_rows
from benchmarks.remote import Task
from npdeconv._types import Array, Shape
from npdeconv.data import Dataset
from npdeconv.fast import Plan
from npdeconv.inference import predict
from npdeconv.optimizers import SGD
from npdeconv.parallel import SHARD_SIZE, pool, shards, slices
from npdeconv.training import train
from npdeconv.visualize import find_strongest, occlude, project

_threads = 1


def use_threads(threads: int) -> None:
    """Set the number of workers for tasks without their own."""
    global _threads
    _threads = threads


def facts() -> Mapping[str, Any]:
    """Describe the loaded libraries."""
    return {"libraries": libraries()}


def kernel(shape: Convolution | Pooling, operation: str, threads: int, variant: str) -> Task:
    """Run one kernel; each thread works on separate images, as workers do."""
    call = (
        convolution_call(variant, operation, shape)
        if isinstance(shape, Convolution)
        else pooling_call(variant, operation, shape)
    )
    stack = ExitStack()
    parallel_map = stack.enter_context(pool(threads))

    def work() -> Array:
        *_, last = parallel_map(lambda _: call(), range(threads))
        return last

    return Task(work, close=stack.close)


def layer(
    kind: str, options: Mapping[str, Any], input_shape: Shape, batch: int, operation: str, variant: str
) -> Task:
    """Pass a batch through one layer: forward, backward (dx and gradients) or deconv."""
    measured = build_layer(kind, options, input_shape)
    x = np.random.default_rng(0).standard_normal((batch, *input_shape), dtype=np.float32)
    cuts = shards(x) if x.ndim == 4 else slices(len(x), SHARD_SIZE)
    passes = [measured.forward(x[cut]) for cut in cuts]
    dy = np.ones((batch, *measured.output_shape(input_shape)), np.float32)
    stack = ExitStack()
    parallel_map = stack.enter_context(pool(_threads))

    def forward() -> list[Array]:
        return list(parallel_map(lambda cut: measured.forward(x[cut])[0], cuts))

    def backward() -> list[Array]:
        work = [(dy[cut], context) for cut, (_, context) in zip(cuts, passes, strict=True)]
        parts = list(parallel_map(lambda one: measured.backward(*one), work))
        for name in measured.parameters:
            reduce(operator.add, (gradients[name] for _, gradients in parts))
        return [dx for dx, _ in parts]

    def deconv() -> list[Array]:
        work = [(dy[cut], context) for cut, (_, context) in zip(cuts, passes, strict=True)]
        return list(parallel_map(lambda one: measured.deconv(*one), work))

    calls: dict[str, Callable[[], list[Array]]] = {
        "forward": forward, "backward": backward, "deconv": deconv,
    }  # fmt: skip
    return Task(calls[operation], np.concatenate, stack.close)


def block(input_shape: Shape, filters: int, pooled: bool, batch: int, operation: str, variant: str) -> Task:
    """Pass a batch through convolution, ReLU and perhaps pooling: forward, or all gradients too.

    The layers are fused as in training and prediction, or separate with the variant "layer by layer".
    """
    chain = build_block(input_shape, filters, pooled)
    x = np.random.default_rng(0).standard_normal((batch, *input_shape), dtype=np.float32)
    dy = np.ones((batch, *chain.output_shape(input_shape)), np.float32)
    plan = Plan(chain)
    stack = ExitStack()
    parallel_map = stack.enter_context(pool(_threads))

    def pass_shard(cut: slice) -> Array:
        if variant == "layer by layer":
            y, tape = chain.forward(x[cut])
            return y if operation == "forward" else chain.backward(dy[cut], tape)[1]["conv.weight"]
        y, kept = plan.forward(x[cut])
        return y if operation == "forward" else plan.backward(dy[cut].copy(), kept)["conv.weight"]

    def call() -> list[Array]:
        return list(parallel_map(pass_shard, shards(x)))

    return Task(call, np.concatenate if operation == "forward" else sum, stack.close)


def training_step(network: str, batch: int, variant: str, workers: int | None = None) -> Task:
    """Train by one step of SGD with momentum; the answer is the first step's loss.

    The data set is one batch of uint8 pixels, so that all libraries train on the same images.
    Unlike the others, npdeconv gathers the batch and converts its pixels in each step.
    """
    chain = build(network)
    pixels = np.round(images_for(chain, batch) * 255).astype(np.uint8)
    assert chain.input_shape is not None
    (classes,) = chain.output_shape(chain.input_shape)
    dataset = Dataset(pixels, labels_for(pixels, classes), tuple(map(str, range(classes))), "benchmark")
    steps = train(
        chain, dataset, SGD(1e-3, momentum=0.9), epochs=10**9, batch_size=batch,
        rng=np.random.default_rng(0), workers=workers or _threads,
    )  # fmt: skip
    return Task(lambda: next(steps), lambda step: np.array([step.loss]), steps.close)  # type: ignore[attr-defined]


def prediction(network: str, images: int, variant: str, workers: int | None = None) -> Task:
    """Predict the classes of images; the answer is their probabilities."""
    chain = build(network)
    x = images_for(chain, images)
    return Task(lambda: predict(chain, x, workers=workers or _threads))


def projection(network: str, images: int, layers: Sequence[str], variant: str) -> Task:
    """Find the nine strongest images of each map of some layers, and project them to pixels."""
    chain = build(network)
    x = images_for(chain, images)

    def call() -> dict[str, Array]:
        strongest = find_strongest(chain, x, layers, k=9, workers=_threads)
        for name, best in strongest.items():
            maps, places = np.nonzero(best.image_indices >= 0)  # a map that rarely fires has fewer than nine
            project(chain, x[best.image_indices[maps, places]], name, maps, workers=_threads)
        return {name: best.activations for name, best in strongest.items()}

    return Task(call, lambda found: np.concatenate([found[name].ravel() for name in layers]))


def occlusion(network: str, size: int, stride: int, variant: str) -> Task:
    """Slide a gray occluder over one image; the answer is the mean drop of each pixel's positions.

    With the variant "full passes", every occluded image goes through the whole network. The shortcuts
    of `occlude` must give the same answer.
    """
    chain = build(network)
    image = images_for(chain, 1)[0]

    def drops() -> Array:
        seen = occlude(chain, image, "relu1", label=0, size=size, stride=stride, workers=_threads)
        return seen.clean_probability - seen.probability

    def full_drops() -> Array:
        clean = predict(chain, image[np.newaxis], workers=_threads)[0, 0]
        rows = [
            predict(chain, hidden, workers=_threads)[:, 0] for hidden in occluded_rows(image, size, stride)
        ]  # fmt: skip
        return clean - np.array(rows)

    call = full_drops if variant == "full passes" else drops
    return Task(call, lambda drop: attribution(drop, image.shape, size, stride))
