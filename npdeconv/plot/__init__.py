"""Draw the results of `npdeconv.visualize` and training: axes (or None) in, axes out; nothing is computed."""

from npdeconv.plot.ablation import ablation
from npdeconv.plot.activation_frames import activation_frames
from npdeconv.plot.breakage import fault
from npdeconv.plot.class_activation import class_activation
from npdeconv.plot.correspondence import correspondence
from npdeconv.plot.embedding import neighbors, scatter, thumbnails
from npdeconv.plot.filter_statistics import filter_statistics
from npdeconv.plot.first_layers import first_layers
from npdeconv.plot.fooling import fooling
from npdeconv.plot.images import draw_box, image
from npdeconv.plot.invariance import invariance
from npdeconv.plot.layers import layers
from npdeconv.plot.learning import curves
from npdeconv.plot.maps_and_filters import (
    feature_maps,
    filters,
    filters_beside,
    strongest_projections,
)
from npdeconv.plot.maximization import ascents, maximized
from npdeconv.plot.mistakes import confusion, mistakes
from npdeconv.plot.montage import evolution, montage, strongest
from npdeconv.plot.occlusion import occlusion
from npdeconv.plot.paths import paths
from npdeconv.plot.pooling_comparison import localization, localization_examples
from npdeconv.plot.projections import projections
from npdeconv.plot.randomization import randomization, randomized_maps
from npdeconv.plot.relevance import relevance_curves, relevance_maps
from npdeconv.plot.retraining import bags_of_words, contributions, reconstructions, similarity
from npdeconv.plot.rules import correlations, rules
from npdeconv.plot.starts import starts
from npdeconv.plot.text import literal, use_fonts
from npdeconv.plot.textures import textures
from npdeconv.plot.top_images import top_images
from npdeconv.plot.transfer import probes, transfer

__all__ = [
    "ablation",
    "activation_frames",
    "ascents",
    "bags_of_words",
    "class_activation",
    "confusion",
    "contributions",
    "correlations",
    "correspondence",
    "curves",
    "draw_box",
    "evolution",
    "fault",
    "feature_maps",
    "filter_statistics",
    "filters",
    "filters_beside",
    "first_layers",
    "fooling",
    "image",
    "invariance",
    "layers",
    "literal",
    "localization",
    "localization_examples",
    "maximized",
    "mistakes",
    "montage",
    "neighbors",
    "occlusion",
    "paths",
    "probes",
    "projections",
    "randomization",
    "randomized_maps",
    "reconstructions",
    "relevance_curves",
    "relevance_maps",
    "rules",
    "scatter",
    "similarity",
    "starts",
    "strongest",
    "strongest_projections",
    "textures",
    "thumbnails",
    "top_images",
    "transfer",
    "use_fonts",
]
