"""Questions to a network, one file for each; every answer is a NamedTuple of arrays.

`projection` is the DeconvNet: which pixels made this unit fire? `strongest` finds the images that
excite each feature map most. `display` scales signed pixels for figures.
"""

from npdeconv._types import Box
from npdeconv.visualize.class_activation import ClassActivationMaps, class_activation_maps, has_class_maps
from npdeconv.visualize.display import display
from npdeconv.visualize.embedding import Embedding, Pca, embed, embed_tsne, pca
from npdeconv.visualize.evolution import Evolution, EvolutionRecorder, evolve, find_snapshots
from npdeconv.visualize.explainers import blank_pixel, explainers
from npdeconv.visualize.faithfulness import Infidelity, infidelity, max_sensitivity
from npdeconv.visualize.features import average_maps, layer_features, pixel_features
from npdeconv.visualize.fooling import Fooling, fool
from npdeconv.visualize.insertion import InsertionDeletion, insertion_deletion
from npdeconv.visualize.layerwise import LayerProjections, project_layers
from npdeconv.visualize.maps_and_filters import FeatureMaps, feature_maps, first_filters
from npdeconv.visualize.maximization import Aim, Maximization, maximize_activation
from npdeconv.visualize.mistakes import Mistakes, confusion, find_mistakes
from npdeconv.visualize.neighbors import Agreement, Neighbors, label_agreement, nearest_neighbors
from npdeconv.visualize.object_boxes import (
    Saliency,
    box_coverage,
    energy_inside,
    object_boxes,
    overlap,
    saliency,
)
from npdeconv.visualize.occluder import Fill, OccluderGrid, occlude_box, occluder_grid
from npdeconv.visualize.occlusion import Occlusion, occlude
from npdeconv.visualize.patches import Patches, find_patches
from npdeconv.visualize.paths import PathProjections, project_paths
from npdeconv.visualize.projection import Projection, Select, project
from npdeconv.visualize.regularizers import Regularizers
from npdeconv.visualize.relevance import RelevanceConstants, RelevanceJudgment, judge_relevance
from npdeconv.visualize.rules import RuleComparison, compare_rules
from npdeconv.visualize.selection import affordable_maps, living_maps, most_active
from npdeconv.visualize.strongest import Ranking, Strongest, find_strongest

__all__ = [
    "Agreement",
    "Aim",
    "Box",
    "ClassActivationMaps",
    "Embedding",
    "Evolution",
    "EvolutionRecorder",
    "FeatureMaps",
    "Fill",
    "Fooling",
    "Infidelity",
    "InsertionDeletion",
    "LayerProjections",
    "Maximization",
    "Mistakes",
    "Neighbors",
    "OccluderGrid",
    "Occlusion",
    "Patches",
    "PathProjections",
    "Pca",
    "Projection",
    "Ranking",
    "Regularizers",
    "RelevanceConstants",
    "RelevanceJudgment",
    "RuleComparison",
    "Saliency",
    "Select",
    "Strongest",
    "affordable_maps",
    "average_maps",
    "blank_pixel",
    "box_coverage",
    "class_activation_maps",
    "compare_rules",
    "confusion",
    "display",
    "embed",
    "embed_tsne",
    "energy_inside",
    "evolve",
    "explainers",
    "feature_maps",
    "find_mistakes",
    "find_patches",
    "find_snapshots",
    "find_strongest",
    "first_filters",
    "fool",
    "has_class_maps",
    "infidelity",
    "insertion_deletion",
    "judge_relevance",
    "label_agreement",
    "layer_features",
    "living_maps",
    "max_sensitivity",
    "maximize_activation",
    "most_active",
    "nearest_neighbors",
    "object_boxes",
    "occlude",
    "occlude_box",
    "occluder_grid",
    "overlap",
    "pca",
    "pixel_features",
    "project",
    "project_layers",
    "project_paths",
    "saliency",
]
