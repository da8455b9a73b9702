"""Captum's side: projection by its deconvnet, and occlusion."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from captum.attr import NeuronDeconvolution, Occlusion

from benchmarks.inputs import build, images_for
from benchmarks.machine import libraries
from benchmarks.occluders import GRAY
from benchmarks.peers_torch import BATCH, FORMATS, to_torch, torch_network, use_threads
from benchmarks.remote import Task

__all__ = ["facts", "occlusion", "projection", "use_threads"]

AT_ONCE = (1, 2, 4, 8, 16, 32, 64, 147, 441)  # perturbations_per_eval to choose from
PIXELS_AT_ONCE = 2**21  # activations of more pixels would need gigabytes


def facts() -> Mapping[str, Any]:
    """Describe the loaded libraries."""
    return {"threads": torch.get_num_threads(), "libraries": libraries()}


def projection(network: str, images: int, layers: Sequence[str], variant: str) -> Task:
    """Find the nine strongest images of each map in one pass, and project them, nine per call."""
    chain = build(network)
    model = torch_network(chain[:"logits"]).to(memory_format=FORMATS[variant]).eval()
    x = to_torch(images_for(chain, images), variant)
    projectors = {name: NeuronDeconvolution(model, model.get_submodule(name)) for name in layers}

    def call() -> dict[str, Any]:
        found = _strongest(model, x, layers)
        for name, (values, chosen) in found.items():
            for feature_map in range(values.shape[1]):
                projectors[name].attribute(
                    x[chosen[:, feature_map]], neuron_selector=lambda y, f=feature_map: _largest(y[:, f])
                )
        return {name: values for name, (values, _) in found.items()}

    def answer(found: dict[str, Any]) -> Any:
        # A map that fires on fewer than nine images has zeros here, as in npdeconv's answer.
        return np.concatenate([np.maximum(found[name].numpy().T, 0).ravel() for name in layers])

    return Task(call, answer)


def _strongest(model: Any, x: Any, layers: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Return for each layer the nine largest activations of every map, and their images: (9, F)."""
    largest: dict[str, list[Any]] = {name: [] for name in layers}
    with torch.inference_mode():
        for batch in x.split(BATCH):
            y = batch
            for name, module in model.named_children():
                y = module(y)
                if name in largest:
                    largest[name].append(_largest(y))
        return {name: tuple(torch.cat(parts).topk(9, dim=0)) for name, parts in largest.items()}


def _largest(y: Any) -> Any:
    """Return the largest activation of each map (N, F, ...), or of one map (N, ...)."""
    return y.amax(dim=(-2, -1)) if y.ndim >= 3 else y


def occlusion(network: str, size: int, stride: int, variant: str) -> Task:
    """Slide a gray occluder over one image, in the fastest format and batch size."""
    chain = build(network)
    image = images_for(chain, 1)
    explained = Occlusion(torch_network(chain).eval())
    side, channels = image.shape[1], image.shape[3]

    def attribute(x: Any, at_once: int, down: int) -> Any:
        return explained.attribute(
            x, sliding_window_shapes=(channels, size, size), strides=(channels, down, down),
            baselines=GRAY, target=0, perturbations_per_eval=at_once,
        )  # fmt: skip

    # The search uses fewer positions where all of them would take minutes.
    coarse = stride if side < 100 else max(stride, (side - size) // 5)
    search: dict[str, float] = {}
    for memory_format in FORMATS:
        explained.forward_func.to(memory_format=FORMATS[memory_format])
        x = to_torch(image, memory_format)
        attribute(x, 1, coarse)
        for at_once in AT_ONCE:
            if at_once * side**2 <= PIXELS_AT_ONCE:
                started = time.perf_counter()
                attribute(x, at_once, coarse)
                search[f"{memory_format} {at_once}"] = time.perf_counter() - started
    best_format, best_count = min(search, key=search.__getitem__).split()
    explained.forward_func.to(memory_format=FORMATS[best_format])
    best_x = to_torch(image, best_format)
    return Task(
        lambda: attribute(best_x, int(best_count), stride),
        lambda drop: drop.detach().numpy()[0, 0],
        facts={"best": f"{best_format}, perturbations_per_eval={best_count}", "search": search},
    )
