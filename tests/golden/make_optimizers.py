"""Write optimizers.json: the trajectories of PyTorch's optimizers for one start and one series of gradients.

Run by hand, with PyTorch: ``python tests/golden/make_optimizers.py``. The tests read only the file.

Both sides add epsilon at the same place (Adam, RMSprop: to the root; Adadelta: inside both roots).
"""

import json
from pathlib import Path

import numpy as np
import torch

STEPS, SIZE = 12, 5
CASES = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05},
        {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05, "nesterov": True},
    ],
    "Adam": [{"lr": 0.01}, {"lr": 0.05, "betas": (0.5, 0.75), "eps": 0.01}],
    "RMSprop": [{"lr": 0.01, "alpha": 0.9, "eps": 1e-7}, {"lr": 0.02, "alpha": 0.6, "eps": 0.05}],
    "Adadelta": [{"lr": 1.0, "rho": 0.95, "eps": 1e-6}, {"lr": 0.5, "rho": 0.7, "eps": 0.01}],
}


def trajectory(kind, arguments, start, gradients):
    """Return the parameters after each step."""
    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = getattr(torch.optim, kind)([parameter], **arguments)
    positions = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        positions.append(parameter.tolist())
    return positions


def main():
    """Write the file beside this one."""
    rng = np.random.default_rng(0)
    start = rng.normal(0, 1, SIZE)
    gradients = rng.normal(0, 1, (STEPS, SIZE)) * [0.01, 0.1, 1, 3, 1]
    runs = [
        {"kind": kind, "arguments": arguments, "parameters": trajectory(kind, arguments, start, gradients)}
        for kind, cases in CASES.items()
        for arguments in cases
    ]
    golden = {
        "torch": torch.__version__,
        "start": start.tolist(),
        "gradients": gradients.tolist(),
        "runs": runs,
    }
    path = Path(__file__).with_name("optimizers.json")
    path.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
