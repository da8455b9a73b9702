"""Questions to a network, one file for each; every answer is a NamedTuple of arrays.

`projection` is the DeconvNet: which pixels made this unit fire? `strongest` finds the images that
excite each feature map most. `display` scales signed pixels for figures.
"""

from npdeconv._types import Box
from npdeconv.visualize.aliasing import Aliasing, aliasing
from npdeconv.visualize.attack import FlippedImages, flip_class
from npdeconv.visualize.class_activation import ClassActivationMaps, class_activation_maps, has_class_maps
from npdeconv.visualize.correspondence import Correspondence, correspondence
from npdeconv.visualize.display import display
from npdeconv.visualize.embedding import Embedding, Pca, embed, embed_tsne, pca
from npdeconv.visualize.evolution import Evolution, EvolutionRecorder, evolve, find_snapshots
from npdeconv.visualize.explainers import blank_pixel, explainers
from npdeconv.visualize.faithfulness import Infidelity, infidelity, max_sensitivity
from npdeconv.visualize.features import average_maps, layer_features, pixel_features
from npdeconv.visualize.filter_statistics import FilterStatistics, filter_statistics
from npdeconv.visualize.fooling import Fooling, fool
from npdeconv.visualize.insertion import InsertionDeletion, insertion_deletion
from npdeconv.visualize.invariance import Invariance, invariance
from npdeconv.visualize.layerwise import LayerProjections, project_layers
from npdeconv.visualize.map_similarity import (
    MapSimilarity,
    compare_maps,
    gradient_similarity,
    rank_similarity,
    structural_similarity,
)
from npdeconv.visualize.maps_and_filters import FeatureMaps, feature_maps, first_filters
from npdeconv.visualize.maximization import Aim, Maximization, maximize_activation
from npdeconv.visualize.mistakes import Mistakes, confusion, find_mistakes
from npdeconv.visualize.neighbors import Agreement, Neighbors, label_agreement, nearest_neighbors
from npdeconv.visualize.object_boxes import Saliency, energy_inside, object_boxes, overlap, saliency
from npdeconv.visualize.occluder import Fill, OccluderGrid, occlude_box, occluder_grid
from npdeconv.visualize.occlusion import Occlusion, occlude
from npdeconv.visualize.patches import Patches, find_patches
from npdeconv.visualize.paths import PathProjections, project_paths
from npdeconv.visualize.projection import Projection, Select, project
from npdeconv.visualize.regularizers import Regularizers
from npdeconv.visualize.relevance import RelevanceConstants, RelevanceJudgment, judge_relevance
from npdeconv.visualize.rules import RuleComparison, compare_rules
from npdeconv.visualize.selection import affordable_maps, living_maps, most_active
from npdeconv.visualize.starts import StartComparison, compare_starts
from npdeconv.visualize.strongest import Ranking, Strongest, find_strongest
from npdeconv.visualize.transformed import Interpolation, Surround, Transform, transform_image, usual_amounts

__all__ = [
    "Agreement",
    "Aim",
    "Aliasing",
    "Box",
    "ClassActivationMaps",
    "Correspondence",
    "Embedding",
    "Evolution",
    "EvolutionRecorder",
    "FeatureMaps",
    "Fill",
    "FilterStatistics",
    "FlippedImages",
    "Fooling",
    "Infidelity",
    "InsertionDeletion",
    "Interpolation",
    "Invariance",
    "LayerProjections",
    "MapSimilarity",
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
    "StartComparison",
    "Strongest",
    "Surround",
    "Transform",
    "affordable_maps",
    "aliasing",
    "average_maps",
    "blank_pixel",
    "class_activation_maps",
    "compare_maps",
    "compare_rules",
    "compare_starts",
    "confusion",
    "correspondence",
    "display",
    "embed",
    "embed_tsne",
    "energy_inside",
    "evolve",
    "explainers",
    "feature_maps",
    "filter_statistics",
    "find_mistakes",
    "find_patches",
    "find_snapshots",
    "find_strongest",
    "first_filters",
    "flip_class",
    "fool",
    "gradient_similarity",
    "has_class_maps",
    "infidelity",
    "insertion_deletion",
    "invariance",
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
    "rank_similarity",
    "saliency",
    "structural_similarity",
    "transform_image",
    "usual_amounts",
]
