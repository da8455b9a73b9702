"""An ablation in a separate process: ``python -m tests.killed_ablation FOLDER``, made to be killed."""

import sys

from npdeconv.data import load_strokes
from npdeconv.experiments import Plateau, ablate

SETTINGS = {
    "variants": ("no fc6, fc7", "no conv3, conv4, fc6, fc7"),
    "seeds": (0, 1),
    "epochs": 3,
    "batch_size": 20,
    "plateau": Plateau(1, 0.5, 2, 0.25),
    "workers": 1,
}


def run(folder, **changed):
    """Run the ablation, or go on with it."""
    return ablate(load_strokes(80), load_strokes(40, seed=1), folder=folder, **(SETTINGS | changed))


if __name__ == "__main__":
    run(sys.argv[1])
