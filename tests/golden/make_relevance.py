"""Make Captum's infidelity and sensitivity: python -m tests.golden.make_relevance, with torch and captum.

`relevance.npz` holds the infidelity of the maps of `tests.relevance_cases`, with and without their best
scale, and the sensitivity of the gradient.
"""

import numpy as np
import torch
from captum.attr import Saliency
from captum.metrics import infidelity, sensitivity_max
from torch.nn import functional

from tests.relevance_cases import DRAWS, GOLDEN, RADIUS, SEED, case, network


def to_torch(images):
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, -3)))


def main():
    arrays = {name: torch.from_numpy(array) for name, array in network().parameters.items()}

    def answer(x):
        y = functional.conv2d(x, arrays["conv.weight"].permute(3, 2, 0, 1), arrays["conv.bias"]).relu()
        flat = y.permute(0, 2, 3, 1).reshape(len(y), -1)
        return flat @ arrays["logits.weight"] + arrays["logits.bias"]

    images, labels, maps, changes = case()
    x, targets = to_torch(images), torch.from_numpy(labels)
    taken = to_torch(changes).reshape(-1, *x.shape[1:])
    draws = np.random.default_rng(SEED).uniform(-RADIUS, RADIUS, (DRAWS, *images.shape))
    moved = to_torch(images + draws).transpose(0, 1).reshape(-1, *x.shape[1:])
    found = {}
    for name, normalize in (("plain", False), ("scaled", True)):
        found[name] = infidelity(
            answer,
            lambda inputs: (taken, inputs - taken),
            x,
            to_torch(maps),
            target=targets,
            n_perturb_samples=changes.shape[1],
            normalize=normalize,
        )
    explain = Saliency(answer).attribute
    found["sensitivity"] = sensitivity_max(
        explain, x, lambda inputs, radius: (moved,), RADIUS, DRAWS, target=targets, abs=False
    )
    np.savez(GOLDEN, **{name: values.detach().numpy() for name, values in found.items()})


if __name__ == "__main__":
    main()
