"""Studies that train and look in turn: transfer to other classes, probes of every layer, retraining.

In reading order: `sampling` (few images of each class), `classifiers` (a new softmax), `scratch`
(training from scratch), `transfer`, `probes`, `pooling_comparison` (how well class maps find objects),
`recovery` (do pictures of a class show the class, or the image?), `randomize` (new weights for some
layers), `similarity` (of images, by classical computer vision), `retraining` and
`retraining_result`, `verdict` (is this picture evidence?), and `intervals` (confidence intervals).
"""

from npdeconv.experiments.classifiers import LinearClassifier, class_mean_accuracy, fit_classifier
from npdeconv.experiments.intervals import Interval, t_interval
from npdeconv.experiments.pooling_comparison import (
    Localization,
    LocalizationExample,
    PoolingComparison,
    compare_poolings,
)
from npdeconv.experiments.probes import Probes, linear_probes, untrained
from npdeconv.experiments.randomize import randomize
from npdeconv.experiments.recovery import Recovery, recovery
from npdeconv.experiments.retraining import retraining
from npdeconv.experiments.retraining_result import Contribution, Retraining
from npdeconv.experiments.sampling import only_classes, ranks_within_class
from npdeconv.experiments.scratch import Scratch, small_network
from npdeconv.experiments.transfer import Transfer, transfer
from npdeconv.experiments.verdict import Verdict, judge_class_maps, judge_projections

__all__ = [
    "Contribution",
    "Interval",
    "LinearClassifier",
    "Localization",
    "LocalizationExample",
    "PoolingComparison",
    "Probes",
    "Recovery",
    "Retraining",
    "Scratch",
    "Transfer",
    "Verdict",
    "class_mean_accuracy",
    "compare_poolings",
    "fit_classifier",
    "judge_class_maps",
    "judge_projections",
    "linear_probes",
    "only_classes",
    "randomize",
    "ranks_within_class",
    "recovery",
    "retraining",
    "small_network",
    "t_interval",
    "transfer",
    "untrained",
]
