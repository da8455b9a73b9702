"""Make training.json, the results of PyTorch's training in float64: python -m tests.golden.make_training.

Needs PyTorch and MNIST. The networks, batches and optimizers are those of `tests.training_cases`. The
file holds inner products of each parameter with fixed random vectors of +1 and -1. The mean square of
their differences estimates the squared L2 error, see `make_truth`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from benchmarks.peers_torch import as_ours, to_torch, torch_network
from npdeconv.data import as_input
from tests.training_cases import NETWORKS, OPTIMIZERS, RUNS, batches, sketch


def torch_optimizer(ours, parameters):
    """Translate an optimizer; PyTorch adds every epsilon where npdeconv does."""
    s = ours.settings
    rate = s["learning_rate"]
    build = {
        "SGD": lambda: torch.optim.SGD(
            parameters, rate, s["momentum"], nesterov=s["nesterov"], weight_decay=s["weight_decay"]
        ),
        "Adam": lambda: torch.optim.Adam(parameters, rate, (s["beta1"], s["beta2"]), s["epsilon"]),
        "RMSprop": lambda: torch.optim.RMSprop(parameters, rate, s["decay"], s["epsilon"]),
        "Adadelta": lambda: torch.optim.Adadelta(parameters, rate, s["decay"], s["epsilon"]),
    }
    return build[s["optimizer"]]()


def train(network, ours):
    """Return the parameters after all steps, with npdeconv's names and shapes, and the last loss."""
    model = torch_network(network)
    optimizer = torch_optimizer(ours, model.parameters())
    for images, labels in batches():
        optimizer.zero_grad()
        x = to_torch(as_input(images, np.float64), "contiguous")
        loss = functional.cross_entropy(model(x), torch.from_numpy(labels.copy()))
        loss.backward()
        optimizer.step()
    return as_ours(network, model.named_parameters()), loss.item()


def main():
    """Write the file beside this one."""
    torch.set_default_dtype(torch.float64)
    runs = {}
    for name, kind in RUNS:
        end, loss = train(NETWORKS[name](), OPTIMIZERS[kind]())
        runs[f"{name}/{kind}"] = {
            "loss": loss,
            "largest": max(float(np.abs(array).max()) for array in end.values()),
            "sketches": {key: sketch(array).tolist() for key, array in end.items()},
        }
        sys.stderr.write(f"{name}/{kind}: loss {loss:.4f}\n")
    golden = {"torch": torch.__version__, "runs": runs}
    path = Path(__file__).with_name("training.json")
    path.write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
