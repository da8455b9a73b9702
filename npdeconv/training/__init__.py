"""Training: `loop` is the algorithm, `fitting` the loop over epochs, `run` the folder on disk, and
`loading` reads that folder, with `start` for networks that came from a file.
"""

from npdeconv.inference import Evaluation, evaluate, predict
from npdeconv.training.advice import advise
from npdeconv.training.fitting import fit
from npdeconv.training.history import History
from npdeconv.training.loading import LoadedRun, load_run
from npdeconv.training.loop import Step, train

__all__ = [
    "Evaluation",
    "History",
    "LoadedRun",
    "Step",
    "advise",
    "evaluate",
    "fit",
    "load_run",
    "predict",
    "train",
]
