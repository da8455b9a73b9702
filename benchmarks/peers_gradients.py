"""How far are the gradients of training in float32 from those in float64, for npdeconv and PyTorch?

Run as python -m benchmarks.peers_gradients, with PyTorch and MNIST. PyTorch trains a network; at three
states, the gradients of fresh batches are computed by PyTorch and by npdeconv's plan, which training
uses. An error is the L2 norm of a gradient's difference, divided by that of the gradient.
"""

import argparse
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.peers_torch import as_ours, below, to_torch, torch_network
from npdeconv import models
from npdeconv._types import Array
from npdeconv.data import as_input, load_mnist
from npdeconv.fast import Plan
from npdeconv.layers import Sequential
from npdeconv.losses import softmax_cross_entropy

SEED, BATCH = 9, 32
STATES = (0, 50, 500)
PAIRS = (
    ("npdeconv float32", "npdeconv float64"),
    ("npdeconv float32", "PyTorch float64"),
    ("npdeconv float64", "PyTorch float64"),
    ("PyTorch float32", "PyTorch float64"),
)
Gradients = Mapping[str, Array]


def main() -> None:
    """Print the distribution of the errors at each state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=50)
    options = parser.parse_args()
    chain = below(models.deck_model3(rng=np.random.default_rng(SEED)))
    model = torch_network(chain)
    optimizer = torch.optim.SGD(model.parameters(), 0.02, momentum=0.9)
    training, fresh = _batches(SEED), list(islice(_batches(SEED + 1), options.batches))
    print(f"{'steps':>5}  {'gradients of':<18}{'from':<18}{'median':>9}{'90 %':>9}{'largest':>9}")
    for before, steps in zip((0, *STATES), STATES, strict=False):
        for images, labels in islice(training, steps - before):
            optimizer.zero_grad()
            _torch_loss(model, images, labels, torch.float32).backward()
            optimizer.step()
        found = _all_gradients(chain, model, fresh)
        for one, other in PAIRS:
            errors = [
                np.linalg.norm(got[key] - right[key]) / np.linalg.norm(right[key])
                for got, right in zip(found[one], found[other], strict=True)
                for key in right
                if right[key].any()
            ]
            median, most, largest = np.quantile(errors, [0.5, 0.9, 1])
            print(f"{steps:>5}  {one:<18}{other:<18}{median:>9.1e}{most:>9.1e}{largest:>9.1e}", flush=True)


def _batches(seed: int) -> Iterator[tuple[Array, Array]]:
    """Yield random batches of images and labels."""
    train, rng = load_mnist("train"), np.random.default_rng(seed)
    labels = train.labels_for("_batches")
    while True:
        chosen = rng.integers(0, len(train), BATCH)
        yield train.images[chosen], labels[chosen]


def _all_gradients(
    chain: Sequential, model: Any, batches: list[tuple[Array, Array]]
) -> Mapping[str, list[Gradients]]:
    """Return each contender's gradients of each batch, at the weights of the torch model."""
    weights = {key: array.copy() for key, array in as_ours(chain, model.named_parameters()).items()}
    found: dict[str, list[Gradients]] = {}
    for dtype in (np.float32, np.float64):
        ours = below(models.deck_model3(rng=np.random.default_rng(SEED), dtype=dtype))
        for key, array in ours.parameters.items():
            array[...] = weights[key]
        name = np.dtype(dtype).name
        theirs = torch_network(ours).to(getattr(torch, name))
        found[f"npdeconv {name}"] = [_our_gradients(ours, *batch) for batch in batches]
        found[f"PyTorch {name}"] = [_torch_gradients(ours, theirs, *batch) for batch in batches]
    return found


def _our_gradients(chain: Sequential, images: Array, labels: Array) -> Gradients:
    plan = Plan(chain)
    logits, tape = plan.forward(as_input(images, chain.dtype))
    return plan.backward(softmax_cross_entropy(logits, labels)[1], tape)


def _torch_gradients(chain: Sequential, model: Any, images: Array, labels: Array) -> Gradients:
    model.zero_grad()
    _torch_loss(model, images, labels, next(model.parameters()).dtype).backward()
    return as_ours(chain, [(key, parameter.grad) for key, parameter in model.named_parameters()])


def _torch_loss(model: Any, images: Array, labels: Array, dtype: Any) -> Any:
    exact = np.float64 if dtype == torch.float64 else np.float32
    x = to_torch(as_input(images, exact), "contiguous")
    return functional.cross_entropy(model(x), torch.from_numpy(labels))


if __name__ == "__main__":
    main()
