"""Training: `steps` is the algorithm, `fitting` the loop around it, `run` its folder on disk."""

from npdeconv.inference import evaluate, predict
from npdeconv.training.fitting import fit
from npdeconv.training.history import History
from npdeconv.training.steps import Step, train

__all__ = ["History", "Step", "evaluate", "fit", "predict", "train"]
