"""Time training steps of the decks' networks, here and, where PyTorch is installed, there.

    python benchmarks/training_step.py

Both train on the same two shapes with the same batch, optimizer and number of threads, in turn
within one run; warm-up steps, in which npdeconv compiles and both get their memory, are not
counted. PyTorch is tried in both memory formats.
"""

import argparse
import statistics
import time
from collections.abc import Iterator

import numpy as np

from npdeconv import models, training
from npdeconv.data import Dataset
from npdeconv.optimizers import SGD
from npdeconv.parallel import available_processors

STACKS = {  # filters of each convolution, "pool", and the width of the hidden layer
    "deck_model2": ([32, 64, "pool"], 64),
    "deck_model3": ([32, 32, "pool", 64, 64, "pool", 64, 64], 32),
}
WARM_UP, BATCH = 3, 128


def npdeconv_steps(name: str, steps: int) -> Iterator[float]:
    """Yield the seconds of each step."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (steps * BATCH, 28, 28, 1), np.uint8)
    noise = Dataset(images, rng.integers(0, 10, len(images)), tuple("0123456789"), "noise")
    network, optimizer = models.build(name, rng=rng), SGD(0.01, momentum=0.9)
    started = time.perf_counter()
    for _ in training.train(network, noise, optimizer, epochs=1, batch_size=BATCH, rng=rng):
        yield time.perf_counter() - started
        started = time.perf_counter()


def pytorch_steps(name: str, steps: int, memory_format: str) -> Iterator[float]:
    """Yield the seconds of each step of the same network in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(available_processors())
    stack, hidden = STACKS[name]
    layers: list[nn.Module] = []
    channels, side = 1, 28
    for part in stack:
        if part == "pool":
            layers.append(nn.MaxPool2d(2))
            side //= 2
        else:
            layers += [nn.Conv2d(channels, part, 3, padding=1), nn.ReLU()]
            channels = part
    layers += [nn.Flatten(), nn.Linear(side * side * channels, hidden), nn.ReLU(), nn.Linear(hidden, 10)]
    layout = getattr(torch, memory_format)
    network = nn.Sequential(*layers).to(memory_format=layout)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    x, labels = torch.rand(BATCH, 1, 28, 28).to(memory_format=layout), torch.randint(0, 10, (BATCH,))
    for _ in range(steps):
        started = time.perf_counter()
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), labels).backward()
        optimizer.step()
        yield time.perf_counter() - started


def report(who: str, name: str, seconds: list[float]) -> None:
    """Print the median and the spread, in milliseconds."""
    counted = [1e3 * value for value in seconds[WARM_UP:]]
    middle = statistics.median(counted)
    print(f"{name:<12} {who:<28} {middle:7.1f} ms  ({min(counted):.1f} to {max(counted):.1f})")


def main() -> None:
    """Measure everything twice, in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=15, help="of each, with the warm-up")
    steps = parser.parse_args().steps
    try:
        import torch

        formats = ["contiguous_format", "channels_last"]
        print(f"PyTorch {torch.__version__}, {available_processors()} threads")
    except ImportError:
        formats = []
    for name in (*STACKS, *STACKS):
        report("npdeconv", name, list(npdeconv_steps(name, steps)))
        for memory_format in formats:
            report(f"PyTorch {memory_format}", name, list(pytorch_steps(name, steps, memory_format)))


if __name__ == "__main__":
    main()
