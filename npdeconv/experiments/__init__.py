"""Studies that train and look in turn, and tests of whether the pictures are evidence.

In reading order: `sampling` (few images of each class), `classifiers` (a new softmax), `scratch`
(training from scratch), `transfer`, `probes`; `pooling_comparison` (how well class maps find objects);
`first_layers` (what renormalization and finer first filters mend); `variants` (networks with layers
removed), `plateau` (when to stop) and `ablation`; `similarity` (of images, by classical computer
vision), `retraining` and `retraining_result`. Under oath: `randomize` (new weights for some layers),
`explanations`, `randomization` with its `plan`, `result` and `maps` (do pictures depend on weights?),
`randomized_labels` (or on what was taught?), `recovery` (do pictures of a class show the class, or the
image?), `verdict` and `judging` (is this picture evidence?). `intervals` (confidence intervals) and
`finished_seeds` (files that a killed study leaves) serve all.
"""

from npdeconv.experiments.ablation import Ablation, ablate
from npdeconv.experiments.classifiers import LinearClassifier, class_mean_accuracy, fit_classifier
from npdeconv.experiments.first_layers import FirstLayers, compare_first_layers
from npdeconv.experiments.intervals import Interval, t_interval
from npdeconv.experiments.judging import judge_class_maps, judge_projections
from npdeconv.experiments.plateau import Plateau
from npdeconv.experiments.pooling_comparison import (
    Localization,
    LocalizationExample,
    PoolingComparison,
    compare_poolings,
)
from npdeconv.experiments.probes import Probes, linear_probes, untrained
from npdeconv.experiments.randomization import randomization
from npdeconv.experiments.randomization_result import Randomization
from npdeconv.experiments.randomize import randomize
from npdeconv.experiments.randomized_labels import RandomizedLabels, randomized_labels
from npdeconv.experiments.randomized_maps import RandomizedMaps, randomized_maps
from npdeconv.experiments.recovery import Recovery, recovery
from npdeconv.experiments.retraining import retraining
from npdeconv.experiments.retraining_result import Contribution, Retraining
from npdeconv.experiments.sampling import only_classes, ranks_within_class
from npdeconv.experiments.scratch import Scratch, small_network
from npdeconv.experiments.transfer import Transfer, transfer
from npdeconv.experiments.variants import VARIANTS, Variant, build_variant
from npdeconv.experiments.verdict import Verdict

__all__ = [
    "VARIANTS",
    "Ablation",
    "Contribution",
    "FirstLayers",
    "Interval",
    "LinearClassifier",
    "Localization",
    "LocalizationExample",
    "Plateau",
    "PoolingComparison",
    "Probes",
    "Randomization",
    "RandomizedLabels",
    "RandomizedMaps",
    "Recovery",
    "Retraining",
    "Scratch",
    "Transfer",
    "Variant",
    "Verdict",
    "ablate",
    "build_variant",
    "class_mean_accuracy",
    "compare_first_layers",
    "compare_poolings",
    "fit_classifier",
    "judge_class_maps",
    "judge_projections",
    "linear_probes",
    "only_classes",
    "randomization",
    "randomize",
    "randomized_labels",
    "randomized_maps",
    "ranks_within_class",
    "recovery",
    "retraining",
    "small_network",
    "t_interval",
    "transfer",
    "untrained",
]
