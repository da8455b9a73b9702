"""What is asked of a network, one file per question; every answer is a NamedTuple of arrays.

`projection` is the DeconvNet: which pixels made this unit fire? `strongest` finds the images that
excite each feature map most. `display` turns signed pixels into something to look at.
"""

from npdeconv._types import Box
from npdeconv.visualize.display import display
from npdeconv.visualize.evolution import Evolution, EvolutionRecorder, evolve, find_snapshots
from npdeconv.visualize.filters import FeatureMaps, feature_maps, first_filters
from npdeconv.visualize.layerwise import LayerProjections, map_layers, project_layers
from npdeconv.visualize.mistakes import Mistakes, confusion, find_mistakes
from npdeconv.visualize.occluder import Fill, Positions, occlude_box, occlusion_positions
from npdeconv.visualize.occlusion import Occlusion, occlude
from npdeconv.visualize.patches import Patches, find_patches
from npdeconv.visualize.projection import Projection, Select, project
from npdeconv.visualize.rules import RuleComparison, compare_rules
from npdeconv.visualize.strongest import Ranking, Strongest, find_strongest
from npdeconv.visualize.summary import LayerSummary, summarize

__all__ = [
    "Box",
    "Evolution",
    "EvolutionRecorder",
    "FeatureMaps",
    "Fill",
    "LayerProjections",
    "LayerSummary",
    "Mistakes",
    "Occlusion",
    "Patches",
    "Positions",
    "Projection",
    "Ranking",
    "RuleComparison",
    "Select",
    "Strongest",
    "compare_rules",
    "confusion",
    "display",
    "evolve",
    "feature_maps",
    "find_mistakes",
    "find_patches",
    "find_snapshots",
    "find_strongest",
    "first_filters",
    "map_layers",
    "occlude",
    "occlude_box",
    "occlusion_positions",
    "project",
    "project_layers",
    "summarize",
]
